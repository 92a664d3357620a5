"""Asking indexes who published the files that were chosen (PEP 740), while those are fetched."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lock.identities import identity_key, published_by
from resolver.locked_package import publisher_key
from resolver.provenance.parsing import identities

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from concurrent.futures import Future

    from resolver.index.interface import PackageIndexes
    from resolver.locked_package import PublisherKey
    from resolver.provenance.parsing import Attestations
    from resolver.search.resolution import Found

    Identities = tuple[Mapping[str, str], ...]


class Asked:
    """The questions of one run, under way while its files are fetched."""

    def __init__(self, parts: Iterable[Found], client: PackageIndexes) -> None:
        self._asked: dict[PublisherKey, Future[tuple[Attestations, ...]]] = {}
        for found in parts:
            for package in found.packages:
                for file in package.files.values():
                    key = publisher_key(package.page, file)
                    if file.provenance is not None and key not in self._asked:
                        self._asked[key] = client.provenance(package.page, file)

    def publishers(self) -> dict[PublisherKey, Identities]:
        """Return the publishers of each file that has any, by `publisher_key`; raises `WorldError`."""
        found = {key: tuple(identities(future.result())) for key, future in self._asked.items()}
        return {key: publishers for key, publishers in found.items() if publishers}


def remarks(parts: Iterable[Found], publishers: Mapping[PublisherKey, Identities]) -> tuple[str, ...]:
    """Tell, once each, releases whose files are not published by the same, and what an index names and does not serve.

    `parts` may hold one release twice: what is installed may build something else.
    """
    return tuple(dict.fromkeys(remark for found in parts for remark in _remarks(found, publishers)))


def _remarks(found: Found, publishers: Mapping[PublisherKey, Identities]) -> Iterator[str]:
    for package in found.packages:
        files = sorted(dict.fromkeys(package.files.values()), key=lambda file: file.filename)
        said = {file.filename: publishers.get(publisher_key(package.page, file), ()) for file in files}
        if len({tuple(map(identity_key, of_file)) for of_file in said.values()}) > 1:
            each = "; ".join(f"{name} by {published_by(of_file)}" for name, of_file in said.items())
            yield f"the files of {package.name} {package.version_text} are not all published by the same: {each}"
        for file in files:
            if file.provenance is not None and not said[file.filename]:
                yield f"the index names a provenance of {file.filename}, and it holds no publisher"
