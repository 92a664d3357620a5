"""What can fail between us and an index, as errors that name the index and never a secret."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lock.errors import Problem, WorldError
from resolver.index.addresses import shown

if TYPE_CHECKING:
    from resolver.index.model import Index

GONE = "index-gone"
"""The code of a file that its server no longer has (404, 410)."""

UNREACHABLE = "index-unreachable"
"""The code of a server that gave no usable answer at all."""


def index_failure(code: str, index: Index, message: str, *, key: str | None = None, remedy: str) -> WorldError:
    """Make the error of one index: what happened there, and what to do next."""
    return WorldError(
        Problem(code=code, message=f"{index.noun} {index.name} ({shown(index.url)}): {message}", key=key, remedy=remedy)
    )
