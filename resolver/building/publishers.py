"""`[policy.publishers]`, held against what a build would run while locking, before any of it runs.

What is locked is held against it once more, as a whole: a refusal there comes too late for code that ran already.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lock.errors import LockError
from resolver.provenance.allowed import refusals
from resolver.provenance.parsing import identities

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from lock.errors import Problem
    from lock.options import Publisher
    from resolver.building.source import SourceTree
    from resolver.index.interface import PackageIndexes
    from resolver.index.model import ProjectFile, ProjectPage

    Listed = tuple[ProjectPage, ProjectFile]


class PublisherGate:
    """Asks an index who published what the policy names, and nothing of the rest; `path` is that of plugins.toml."""

    def __init__(self, client: PackageIndexes, publishers: Mapping[str, tuple[Publisher, ...]], path: str) -> None:
        self._client = client
        self._publishers = publishers
        self._path = path

    def refuse(self, source: SourceTree, listed: Listed | None, tools: Iterable[Listed]) -> None:
        """Refuse a source with the tools that build it; `listed` is its file, None where it is from no index.

        Raises `LockError` with all that is wrong, `WorldError` where an index does not answer.
        """
        problems: list[Problem] = []
        if listed is None and source.name in self._publishers:
            # Nobody attests what is from no index.
            problems += self._problems(source.name, str(source), source.name, ())
        for page, file in ([listed] if listed is not None else []) + [*tools]:
            if page.name in self._publishers:
                found = tuple(identities(self._client.provenance(page, file).result()))
                problems += self._problems(page.name, f"{page.name} {file.version}", file.filename, found)
        if problems:
            raise LockError(*problems)

    def _problems(self, name: str, label: str, what: str, found: tuple[Mapping[str, str], ...]) -> Iterator[Problem]:
        return refusals(
            label,
            name,
            self._publishers[name],
            identities=found,
            unattested=() if found else (what,),
            path=self._path,
        )
