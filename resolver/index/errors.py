"""What can be wrong with one file of an index, as opposed to the index as a whole."""

from __future__ import annotations


class MetadataError(Exception):
    """A distribution's core metadata cannot be used; `reason` completes the sentence "it is passed over: …"."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(reason)
