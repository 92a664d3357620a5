"""One file of a project page, found by its name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from resolver.index import parsed
from resolver.index.file_names import UnusableNameError, version_in

if TYPE_CHECKING:
    from resolver.index.model import ProjectFile, ProjectPage


def offered(page: ProjectPage | None, filename: str) -> ProjectFile | None:
    """Return the file of this name that a page lists, None where it lists none.

    Only the entries of the file's own version are looked at: one of another that is damaged is in nobody's way.
    Raises `WorldError` for entries that cannot be accepted.
    """
    if page is None:
        return None
    try:
        named = version_in(filename, page.name)
    except UnusableNameError:
        return None
    if named is None:
        return None
    # A page may hold 1.0 and 1.0.0, which are one version.
    wanted = parsed.version(named.version)
    version = next((text for text in page.versions if parsed.version(text) == wanted), None)
    files = page.versions[version] if version is not None else ()
    return next((file for file in files if file.filename == filename), None)
