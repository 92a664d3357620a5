"""What `verify` looks at, and what it finds."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

import msgspec

if TYPE_CHECKING:
    from lock.errors import Problem
    from lock.model import Artifact, Directory, Package, Plugin, Vcs

Outcome = Literal["changed", "gone", "different", "moved", "publisher", "withdrawn", "damaged", "unknown", "failed"]
"""`changed`: other bytes than were locked.  `gone`: nobody serves it any more.  `different`: the bytes are right, and
hold something else than the lock says.  `moved`: a tag or branch names another commit.  `publisher`: the index names
others, or nobody, as its publishers (PEP 740).  `withdrawn`: yanked (PEP 592), or the project is quarantined (PEP 792).
`damaged`: a copy on this machine is not what its place says.  `unknown`: it could not be looked at offline.  `failed`:
the network did."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LockedFile:
    """One file of a lock: a wheel, an sdist or an archive; `size` in bytes, `sha256` 64 lower-case hex digits.

    `artifact` is what the lock says of its content, None for the archive of a directory plugin.  `index` is the URL of
    the index that lists it, None where it is known by its address alone.  `store_name` is what Nix calls it.  `owners`
    are all packages, build packages and directory plugins that are made of it.
    """

    name: str
    version: str | None
    filename: str
    url: str
    sha256: str
    size: int
    store_name: str
    artifact: Artifact | None = None
    index: str | None = None
    owners: tuple[Package | Plugin, ...] = field(default=(), compare=False)


class LockedTree(msgspec.Struct, frozen=True, kw_only=True):
    """One git commit or folder of a lock, and the packages and directory plugins that are made of it.

    `nar_hash` is the SRI hash of the whole tree.
    """

    source: Vcs | Directory
    nar_hash: str
    submodules: bool
    owners: tuple[Package | Plugin, ...]


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that is no longer as it was locked; `artifact` is the artifact's name in the lock."""

    outcome: Outcome
    name: str
    version: str | None
    artifact: str
    problem: Problem


class VerifyReport(msgspec.Struct, frozen=True, kw_only=True):
    """What `verify` found: `verified` counts the artifacts that are as they were locked, `artifacts` all looked at.

    `notes` are finished sentences about what is no finding: a project that is archived or deprecated.
    """

    path: str
    artifacts: int
    verified: int
    findings: tuple[Finding, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def exit_code(self) -> int:
        """1 for findings, 3 where the world failed, 2 where something could not be told, else 0."""
        outcomes = {finding.outcome for finding in self.findings}
        if outcomes - {"unknown", "failed"}:
            return 1
        if "failed" in outcomes:
            return 3
        return 2 if outcomes else 0
