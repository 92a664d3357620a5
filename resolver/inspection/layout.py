"""Where a wheel's members are installed, and what that makes importable, run at start-up, or put into `bin`.

Sources: Binary distribution format (the `.data` folder), PEP 420 (namespace packages), the documentation of `site`
(`.pth`, `sitecustomize`), PEP 829 (`.start`).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping

    from resolver.inspection.archive import WheelArchive

_MAX_PTH_BYTES = 1024 * 1024
MAX_NAMESPACE_INIT_BYTES = 2048

SCHEMES = ("purelib", "platlib", "headers", "scripts", "data")

# `data` lands in the prefix: below these it is on sys.path like any module.
_ON_PATH_IN_DATA = re.compile(r"lib(64)?/python[0-9.]+/((site|dist)-packages/)?")
_MODULE_FILE = re.compile(r"(?P<name>[^.]+)(\.(abi3|cpython-[\w-]+))?\.(py|pyc|so)")
# The two old ways to share a top-level package; such an `__init__.py` holds nothing else.
_NAMESPACE_LINES = re.compile(
    r"""
    try: | except\ (ImportError|ModuleNotFoundError): | import\ (pkgutil|pkg_resources)
    | from\ pkgutil\ import\ extend_path
    | __path__\ =\ (__import__\(.pkgutil.\)\.|pkgutil\.)?extend_path\(__path__,\ __name__\)
    | (__import__\(.pkg_resources.\)|pkg_resources)\.declare_namespace\(__name__\)
    """,
    re.VERBOSE,
)


def data_scheme(member: str) -> tuple[str, str] | None:
    """Return the scheme and the rest of the path of a member in a `.data` folder, None for any other."""
    top, _, rest = member.partition("/")
    if not rest or not top.endswith(".data"):
        return None
    scheme, _, rest = rest.partition("/")
    return scheme, rest


def check_schemes(archive: WheelArchive) -> None:
    """Check that a `.data` folder holds only what an installer knows a place for."""
    for member in archive.members:
        in_data = data_scheme(member)
        if in_data is None:
            continue
        scheme, rest = in_data
        if scheme not in SCHEMES or not rest:
            archive.findings.add("wheel-data", "is in no scheme that installers know", member=member)
        elif scheme == "data" and rest == "pyvenv.cfg":
            archive.findings.add("wheel-data", "would replace the settings of the environment", member=member)
        elif scheme == "scripts" and "/" in rest:
            archive.findings.add("wheel-data", "is a script in a folder of its own", member=member)


def site_packages(members: Iterable[str]) -> dict[str, str]:
    """Map each path on `sys.path`, relative to site-packages, to the member that is installed there."""
    placed: dict[str, str] = {}
    for member in members:
        path = _site_path(member)
        if path:
            placed[path] = member
    return placed


def _site_path(member: str) -> str | None:
    in_data = data_scheme(member)
    if in_data is None:
        return member
    scheme, rest = in_data
    if scheme in ("purelib", "platlib"):
        return rest
    match = _ON_PATH_IN_DATA.match(rest) if scheme == "data" else None
    return rest[match.end() :] if match else None


def installed_scripts(members: Iterable[str]) -> set[str]:
    """Return the names of the files that are put into `bin` as they are."""
    found = set()
    for scheme, rest in filter(None, map(data_scheme, members)):
        if scheme == "scripts" and rest:
            found.add(rest)
        elif scheme == "data" and rest.startswith("bin/") and rest.count("/") == 1:
            found.add(rest.removeprefix("bin/"))
    return found


def modules(placed: Mapping[str, str], archive: WheelArchive) -> set[str]:
    """Return the importable top-level names of a wheel; see `importable`."""
    return importable(placed, lambda path: _is_namespace(placed[path], archive))


def importable(paths: Collection[str], is_namespace: Callable[[str], bool]) -> set[str]:
    """Return the importable top-level names of files below one folder of `sys.path`.

    For a namespace package (PEP 420, or of the older kinds) the dotted name of each first regular package or module
    below it; `is_namespace` tells of the path of an `__init__` whether it is of the older kinds.
    """
    folders = _regular_packages(paths, is_namespace)
    found: set[str] = set()
    for path in paths:
        parts = path.split("/")
        match = _MODULE_FILE.fullmatch(parts[-1])
        if not match:
            continue
        names = [*parts[:-1], match["name"]]
        depth = next((depth for depth in range(1, len(parts)) if "/".join(parts[:depth]) in folders), len(names))
        # What is left of a namespace package's own `__init__.py` is no module.
        if all(name.isidentifier() for name in names[:depth]) and names[depth - 1] != "__init__":
            found.add(".".join(names[:depth]))
    return found


def _regular_packages(paths: Iterable[str], is_namespace: Callable[[str], bool]) -> set[str]:
    folders = set()
    for path in paths:
        folder, _, file = path.rpartition("/")
        match = _MODULE_FILE.fullmatch(file)
        if folder and match and match["name"] == "__init__" and not is_namespace(path):
            folders.add(folder)
    return folders


def _is_namespace(member: str, archive: WheelArchive) -> bool:
    size = archive.members[member].file_size
    if not member.endswith(".py") or not 0 < size <= MAX_NAMESPACE_INIT_BYTES:
        return False
    return shares_its_name(archive.read(member, size) or b"")


def shares_its_name(content: bytes) -> bool:
    """Say whether an `__init__.py` does nothing but share its name, by `pkgutil` or `pkg_resources`."""
    if not any(word in content for word in (b"extend_path", b"declare_namespace")):
        return False
    lines = [line.split("#")[0].strip() for line in content.decode("latin-1").splitlines()]
    return all(_NAMESPACE_LINES.fullmatch(line) for line in lines if line)


def path_files(placed: Mapping[str, str]) -> set[str]:
    """Return the `.pth` files; those that are no start-up files only add folders to `sys.path`."""
    return {path for path in placed if "/" not in path and path.endswith(".pth")}


def startup_files(placed: Mapping[str, str], archive: WheelArchive) -> set[str]:
    """Return the files that an interpreter runs when it starts, relative to site-packages."""
    return {path for path, member in placed.items() if _runs_at_start(path, member, archive)}


def _runs_at_start(path: str, member: str, archive: WheelArchive) -> bool:
    folder, _, file = path.rpartition("/")
    match = _MODULE_FILE.fullmatch(file)
    if match:
        name = folder if match["name"] == "__init__" else match["name"] if not folder else None
        return name in ("sitecustomize", "usercustomize")
    if folder:
        return False
    return path.endswith(".start") or (path.endswith(".pth") and _has_code(member, archive))


def _has_code(member: str, archive: WheelArchive) -> bool:
    """Say whether `site` would execute a line of this `.pth` file rather than add it to `sys.path`."""
    data = archive.read(member, _MAX_PTH_BYTES)
    if data is None:
        return True
    # `site` reads UTF-8 and falls back to the locale's encoding; where lines end differs between the two.
    texts = (data.removeprefix(b"\xef\xbb\xbf").decode("utf-8", "replace"), data.decode("latin-1"))
    return any(line.startswith(("import ", "import\t")) for text in texts for line in text.splitlines())
