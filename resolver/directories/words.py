"""The grammars of what is taken over from a plugin's own files; each returns the word or raises `Refused`.

These words end up in plugins.lock, in paths, in Nix and on terminals, and a stranger wrote them.
"""

from __future__ import annotations

import re

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.version import InvalidVersion, Version

from lock import grammar
from resolver.manifest.shown import Refused, shown

_VERSION = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+-]{0,63}", re.ASCII)
_RISKS = ("safe", "caution", "dangerous")
_LONGEST_PROGRAM = 200


def identifier(text: str) -> str:
    """Return a name by which a host knows a plugin, a tool or a hook: one plain word, fit for a file name."""
    if not grammar.PLUGIN_ID.fits(text):
        raise Refused(
            f"{shown(text)} cannot be a name here",
            "a name is made of ASCII letters, digits and '._+@~-', and begins with a letter, a digit or '_'",
        )
    return text


def plugin_reference(text: str) -> str:
    """Return the name of another plugin; a category may stand before it (`image_gen/openai`)."""
    for part in text.split("/"):
        identifier(part)
    return text


def environment_variable(text: str) -> str:
    """Return the name of an environment variable (POSIX)."""
    if not grammar.VARIABLE.fits(text):
        raise Refused(f"{shown(text)} is not the name of an environment variable", "write it like API_KEY")
    return text


def program(text: str) -> str:
    """Return what a plugin calls a system program it needs: one line for people to read."""
    stripped = text.strip()
    if (
        not stripped
        or len(stripped) > _LONGEST_PROGRAM
        or not stripped.isprintable()
        or "${" in stripped
        or "://" in stripped
    ):
        raise Refused(f"{shown(text)} does not name a program", "write the program's name on one line")
    return stripped


def version(text: str) -> str:
    """Return a plugin's version, in whatever scheme it counts; it is recorded for people and never compared."""
    if not _VERSION.fullmatch(text) or ".." in text:
        raise Refused(f"{shown(text)} is not a version", "write it like 1.2.3")
    return text


def host_versions(text: str) -> str:
    """Return the host's versions that a plugin admits, as a version specifier.

    A version alone stands for itself and everything newer, as hermes-agent reads it.
    """
    stripped = text.strip()
    try:
        alone = Version(stripped)
    except InvalidVersion:
        pass
    else:
        return f">={alone}"
    try:
        if len(stripped) <= grammar.LONGEST_TEXT and "===" not in stripped:
            return str(SpecifierSet(stripped))
    except InvalidSpecifier:
        pass
    raise Refused(f"{shown(text)} does not say which versions of the host", 'write it like ">=0.19,<1"')


def risk(text: str) -> str:
    """Return what a skill may do without asking: `safe`, `caution` or `dangerous`."""
    if text not in _RISKS:
        raise Refused(f"{shown(text)} is not a risk", f"a risk is one of {', '.join(_RISKS)}")
    return text


def executable(text: str) -> str:
    """Return the path of a skill's program: relative, and inside its folder."""
    path = text.removeprefix("./")
    if path.startswith("/") or ".." in path.split("/"):
        raise Refused(
            f"{shown(text)} is a program outside of the plugin's folder",
            'name a file of the folder: "run"',
            code="escape",
        )
    if not grammar.EXECUTABLE.fits(path):
        raise Refused(f"{shown(text)} is not the path of a program", 'name a file of the folder: "run" or "bin/run"')
    return path


def description(text: str) -> str:
    """Return a description that says something."""
    if not text.strip():
        raise Refused("it is empty", "say in a sentence what it is for")
    return text
