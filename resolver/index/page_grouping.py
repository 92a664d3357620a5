"""Which entries of a page belong to which version, newest first."""

from __future__ import annotations

from typing import TYPE_CHECKING

from resolver.index import file_names, version_order
from resolver.index.parsed import PLAIN_VERSION

if TYPE_CHECKING:
    from collections.abc import Iterable

    from msgspec import Raw

    Buffer = bytes | Raw

_SDIST = ".tar.gz"
# What may stand behind the name and version of any wheel: found right once, it is right on every page (PEP 427).
_KNOWN_TAGS: set[str] = set()
_MOST_TAGS = 20_000


def files_by_version(
    project: str, entries: Iterable[tuple[str, Buffer]], skipped: list[tuple[str, str]]
) -> list[tuple[str, list[Buffer]]]:
    """Give each version, newest first, with the entries (file name, JSON text) of its files.

    Spellings of one version (1.0 and 1.0.0) are one; that of the wheels stands for it, where there are wheels.
    A file that cannot be a distribution of the project is left out, and goes to `skipped` with the reason.
    """
    # A page may name a hundred thousand files, nearly all with the same few names before the version, plain versions
    # and the same few hundred tags: what one file was found right in is not looked at again in the next.
    wheels: dict[str, list[Buffer]] = {}
    sdists: dict[str, list[Buffer]] = {}
    tags = _KNOWN_TAGS
    # Empty: none was found yet.  A file may be called anything, so no text could stand for that.
    wheel_name = sdist_name = ""
    # How the last wheel's name began, up to its tags, and the files of its version.
    beginning, length = "", 0
    files: list[Buffer] = []
    for filename, entry in entries:
        if filename[length:] in tags and beginning and filename.startswith(beginning):
            files.append(entry)
            continue
        if wheel_name and filename.startswith(wheel_name):
            text, _, tag = filename[len(wheel_name) :].partition("-")
            if tag in tags and PLAIN_VERSION.fullmatch(text) is not None:
                files = wheels.setdefault(text, [])
                files.append(entry)
                beginning = f"{wheel_name}{text}-"
                length = len(beginning)
                continue
        if sdist_name and filename.endswith(_SDIST) and filename.startswith(sdist_name):
            text = filename[len(sdist_name) : -len(_SDIST)]
            if PLAIN_VERSION.fullmatch(text) is not None:
                sdists.setdefault(text, []).append(entry)
                continue
        try:
            named = file_names.version_in(filename, project)
        except file_names.UnusableNameError as error:
            skipped.append((filename, str(error)))
            continue
        if named is None:
            continue
        if named.kind == "wheel":
            wheel_name = filename[: filename.index("-") + 1]
            beginning = f"{wheel_name}{named.version}-"
            length = len(beginning)
            if len(tags) < _MOST_TAGS:
                tags.add(filename[length:])
            files = wheels.setdefault(named.version, [])
            files.append(entry)
        else:
            if filename.endswith(_SDIST):
                sdist_name = filename[: -len(_SDIST)].removesuffix(named.version)
            sdists.setdefault(named.version, []).append(entry)
    return [_grouped(texts, wheels, sdists) for texts in version_order.newest_first({**wheels, **sdists})]


def _grouped(
    texts: list[str], wheels: dict[str, list[Buffer]], sdists: dict[str, list[Buffer]]
) -> tuple[str, list[Buffer]]:
    """Put the files of one version together under the spelling of its wheels, where there are wheels."""
    if len(texts) == 1:
        return texts[0], wheels.get(texts[0], []) + sdists.get(texts[0], [])
    spelling = min(texts, key=lambda text: (text not in wheels, text))
    return spelling, [entry for text in texts for known in (wheels, sdists) for entry in known.get(text, ())]
