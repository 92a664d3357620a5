"""The core metadata of a wheel, by the cheapest way its index has."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING
from urllib.parse import urlsplit, urlunsplit

from resolver.index import remote_wheel
from resolver.index.addresses import origin
from resolver.index.downloads import Downloads
from resolver.index.failures import index_failure
from resolver.index.questions import Question

if TYPE_CHECKING:
    from resolver.index.cache import Cache
    from resolver.index.model import Index, ProjectFile, ProjectPage
    from resolver.index.transport import Transport

_ABSENT = frozenset({403, 404, 405, 410})


class WheelReader:
    """Reads METADATA: a PEP 658 file, else range requests, else the whole wheel.

    A PEP 658 file that the page does not promise is not asked for, though some mirrors have it: of 30 wheels on one
    such mirror a part had none, and asking took 5.2 s where range requests took 0.3 s.
    """

    def __init__(self, transport: Transport, cache: Cache | None) -> None:
        self._transport = transport
        self._without_ranges: set[str] = set()
        self.downloads = Downloads(transport, cache)

    def metadata(self, page: ProjectPage, file: ProjectFile) -> bytes:
        """Return the METADATA of a wheel; raises `MetadataError` and `WorldError`."""
        place = origin(file.url)
        if file.metadata:
            text = self._beside(page.index, file)
            if text is not None:
                return text
        if place not in self._without_ranges:
            try:
                return remote_wheel.read_remote(self._transport, page.index, page.name, file)
            except remote_wheel.NoRangesError:
                self._without_ranges.add(place)
        path = self.downloads.known(file) or self.downloads.fetch(page.index, file, _unheard)
        with path.open("rb") as stream:
            return remote_wheel.read_local(stream, page.name, file)

    def _beside(self, index: Index, file: ProjectFile) -> bytes | None:
        """Fetch the file that PEP 658 puts beside the wheel; None where it is not there."""
        parts = urlsplit(file.url)
        answer = self._transport.get(
            Question(
                index=index,
                url=urlunsplit(parts._replace(path=parts.path + ".metadata")),
                what=f"the metadata of {file.filename}",
                limit=remote_wheel.METADATA_LIMIT,
                headers={"Accept-Encoding": "gzip"},
                statuses=_ABSENT,
            )
        )
        if answer.status != 200:
            return None
        if isinstance(file.metadata, str):
            sha256 = hashlib.sha256(answer.body).hexdigest()
            if sha256 != file.metadata:
                raise index_failure(
                    "file-hash",
                    index,
                    f"the metadata of {file.filename} has sha256 {sha256}, and its page says {file.metadata}",
                    key=file.filename,
                    remedy="do not use this file: it was replaced or damaged on its way; tell whoever runs the index",
                )
        return answer.body


def _unheard(_: int) -> None:
    """Report to nobody: this download is a means to the metadata."""
