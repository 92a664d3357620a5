"""The shared libraries that the Nix side can provide, as nix/libraries.json lists them."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import msgspec

from lock.errors import Problem, WorldError


class LibraryTable(msgspec.Struct, frozen=True):
    """The content of nix/libraries.json.

    `libraries` maps a shared library's name to the nixpkgs attribute that holds it; `system` are those that come
    with the C library; `driver` those that come with a graphics driver, from outside Nix's store.
    """

    libraries: dict[str, str | list[str]]
    system: frozenset[str]
    driver: frozenset[str]

    def covers(self, name: str) -> bool:
        """Say whether a library will be there when the plugin environment is built or run."""
        return name in self.libraries or name in self.system or name in self.driver


def nix_folder() -> Path:
    """Return the folder that holds the Nix library.

    An installed wheel carries it inside of plugin_lock, a checkout beside the packages.  It is found by its place
    next to this package, so that nothing above this layer is imported.

    Raises:
        WorldError: the installation is not whole.
    """
    root = Path(__file__).parents[2]
    for folder in (root / "plugin_lock" / "nix", root / "nix"):
        if (folder / "libraries.json").is_file():
            return folder
    raise WorldError(
        Problem(
            code="installation-incomplete",
            message="the Nix library that belongs to plugin-lock is missing",
            path=str(root / "plugin_lock" / "nix"),
            remedy="install plugin-lock again",
        )
    )


@cache
def library_table() -> LibraryTable:
    """Read nix/libraries.json, once.

    Raises:
        WorldError: the installation is not whole.
    """
    path = nix_folder() / "libraries.json"
    try:
        return msgspec.json.decode(path.read_bytes(), type=LibraryTable)
    except msgspec.DecodeError as error:
        problem = Problem(
            code="installation-incomplete",
            message=f"cannot be understood: {error}",
            path=str(path),
            remedy="install plugin-lock again",
        )
        raise WorldError(problem) from error
