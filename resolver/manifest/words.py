"""The grammars of single words in plugins.toml; each returns the normalized value or raises `Refused`.

What goes into plugins.lock is judged by that file's grammars, so that no lock is written that its reader refuses.
"""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from lock import grammar
from resolver.manifest.shown import Refused, did_you_mean, shown

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

# PEP 508; re.ASCII matters, since \w and IGNORECASE would let look-alikes of other alphabets in.
_NAME = re.compile(r"[A-Z0-9]|[A-Z0-9][A-Z0-9._-]*[A-Z0-9]", re.IGNORECASE | re.ASCII)
_PYTHON = re.compile(r"3\.(0|[1-9]\d?)(\.(0|[1-9]\d{0,2}))?", re.ASCII)
_GLIBC = re.compile(r"2_([1-9]\d?)", re.ASCII)
_MACOS = re.compile(r"([1-9]\d)\.(0|[1-9]\d?)", re.ASCII)

_OLD_MANYLINUX = {"manylinux1": "2_5", "manylinux2010": "2_12", "manylinux2014": "2_17"}
_OLDEST_GLIBC = 5
_NAME_GRAMMAR = "a name is made of ASCII letters, digits, '-', '_' and '.', and begins and ends with a letter or digit"


def require_ascii(text: str, what: str) -> None:
    """Refuse a word with letters outside ASCII, naming the first: look-alikes cannot be seen on a screen."""
    for character in text:
        if not character.isascii():
            name = unicodedata.name(character, "a character without a name")
            raise Refused(
                f"{shown(text)} holds U+{ord(character):04X} ({name})",
                f"{what} is made of ASCII letters, digits, '-', '_' and '.'; type it anew if it was copied",
            )


def distribution_name(text: str) -> str:
    """Return the normalized name (PEP 503) of a distribution."""
    return _name(text, "a distribution's name")


def extra_name(text: str) -> str:
    """Return the normalized name (PEP 685, PEP 735) of an extra or a dependency group."""
    return _name(text, "the name of an extra or group")


def _name(text: str, what: str) -> str:
    require_ascii(text, what)
    name = str(canonicalize_name(text))
    if not (_NAME.fullmatch(text) and grammar.NAME.fits(name)):
        raise Refused(f"{shown(text)} is not {what}", _NAME_GRAMMAR)
    return name


def entry_point_group(text: str) -> str:
    """Return a group name (Entry points specification)."""
    if not grammar.GROUP.fits(text):
        raise Refused(
            f"{shown(text)} is not the name of an entry point group",
            "a group is made of ASCII letters, digits, '_' and '-', in parts separated by dots: hermes_agent.plugins",
        )
    return text


def index_name(text: str) -> str:
    """Return the name of an `[[index]]`."""
    if text == "default":
        raise Refused('the name "default" is taken by the index that is used where none is named', "choose another")
    if not (_NAME.fullmatch(text) and grammar.INDEX_NAME.fits(text)):
        raise Refused(f"{shown(text)} cannot name an index", _NAME_GRAMMAR)
    return text


def python_version(text: str) -> str:
    """Return `3.12` or `3.12.4`."""
    if not _PYTHON.fullmatch(text):
        raise Refused(
            f"{shown(text)} is not a version of Python",
            'write the minor version the host runs on, "3.12", or the exact one, "3.12.4"',
        )
    return text


def version(text: str) -> str:
    """Return a version (version specifiers specification)."""
    try:
        Version(text)
    except InvalidVersion as error:
        raise Refused(f"{shown(text)} is not a version", 'write it like "1.2.3"') from error
    return text


def glibc_floor(text: str) -> tuple[int, int]:
    """Return the oldest glibc (PEP 600) as (2, minor)."""
    match = _GLIBC.fullmatch(text)
    if match and int(match[1]) >= _OLDEST_GLIBC:
        return 2, int(match[1])
    meant = _OLD_MANYLINUX.get(text) or text.removeprefix("manylinux_").replace(".", "_")
    remedy = f'write "{meant}"' if _GLIBC.fullmatch(meant) and meant != text else 'write it like "2_28"'
    raise Refused(f"{shown(text)} is not a glibc floor", remedy)


def macos_floor(text: str) -> tuple[int, int]:
    """Return the oldest macOS as (major, minor)."""
    match = _MACOS.fullmatch(text)
    if match:
        return int(match[1]), int(match[2])
    meant = f"{text}.0"
    remedy = f'write "{meant}"' if _MACOS.fullmatch(meant) else 'write it like "13.0"'
    raise Refused(f"{shown(text)} is not a macOS floor", remedy)


def commit(text: str) -> str:
    """Return a full git commit: 40 (SHA-1) or 64 (SHA-256) lower-case hex digits, never a ref."""
    if not grammar.COMMIT.fits(text):
        raise Refused(
            f"{shown(text)} is not a full commit",
            "write all 40 (or 64) lower-case hex digits, as `git rev-parse` prints them; never a branch, a tag or a "
            "shortened commit",
        )
    return text


def git_ref(text: str) -> str:
    """Return the name of a branch or tag (git-check-ref-format)."""
    if not re.fullmatch(r"(?![-/.])[^\s\x00-\x1f\x7f~^:?*\[\\]+(?<![/.])", text) or ".." in text or "@{" in text:
        raise Refused(f"{shown(text)} is not the name of a branch or tag", "write it as `git branch` shows it")
    if not grammar.GIT_REF.fits(text):
        raise Refused(
            f"{shown(text)} is not {grammar.GIT_REF.says}",
            "name the commit instead: rev = …, as `git rev-parse` prints it",
        )
    if grammar.COMMIT.fits(text):
        raise Refused(
            f"{shown(text)} is spelt like a commit, and no branch or tag may be called so",
            f'write rev = "{text}" for the commit; rename the branch or tag if that was meant',
        )
    return text


def flake_input(text: str) -> str:
    """Return the name of an input of ./flake.lock; `a/b` is the input b of a."""
    if not grammar.FLAKE_INPUT.fits(text):
        raise Refused(f"{shown(text)} is not the name of a flake input", "write it as flake.nix has it")
    return text


def file_path(text: str) -> str:
    """Return a path on this machine, absolute or relative to plugins.toml."""
    if "://" in text:
        raise Refused(f"{shown(text)} is a URL, not a path", "fetch the file, or name it by git and revision")
    if not text or text != text.strip():
        raise Refused(f"{shown(text)} is not a path", "write it relative to plugins.toml")
    return text


def inner_path(text: str) -> str:
    """Return a path inside a repository: relative, and never out of it."""
    file_path(text)
    if not _is_inside(text):
        raise Refused(
            f"{shown(text)} is not a path inside the repository", 'write it relative to its root: "hosts/uv.lock"'
        )
    return text


def inner_folder(text: str) -> str:
    """Return the path of a folder inside a tree, without `./` in front and `/` at the end."""
    folder = _plain_folder(file_path(text))
    if not _is_inside(folder):
        raise Refused(
            f"{shown(text)} is not a folder inside the repository or archive",
            'write it relative to the root: "packages/plugin"; for the root itself leave it out',
        )
    return _plain_names(folder)


def project_folder(text: str) -> str:
    """Return the path of a folder inside the project, relative to plugins.toml and never the project itself.

    That would hold plugins.lock, whose content cannot depend on a hash of itself.
    """
    folder = _plain_folder(file_path(text))
    if folder in {"", "."}:
        raise Refused(
            f"{shown(text)} is the folder of plugins.toml itself",
            "move the plugin into a folder of its own: its hash stands in plugins.lock, which must not be inside",
        )
    if not _is_inside(folder) or folder.startswith("~"):
        raise Refused(
            f"{shown(text)} is not a folder inside the project",
            'write it relative to plugins.toml: "plugins/notes"; what lies elsewhere is named by git or url',
        )
    return _plain_names(folder)


def _plain_names(path: str) -> str:
    if not grammar.PATH.fits(path):
        raise Refused(
            f'{shown(path)} holds names with other characters than letters, digits and "._+@~-"',
            "rename the folder: its path becomes part of plugins.lock and of Nix's store",
        )
    return path


def _is_inside(path: str) -> bool:
    return "\\" not in path and not any(part in {"", ".", ".."} for part in path.split("/"))


def _plain_folder(text: str) -> str:
    return text.removeprefix("./").removesuffix("/")


def reason(text: str) -> str:
    """Return the reason a reviewer gave for an exception, without blanks around it."""
    stripped = text.strip()
    if not stripped:
        raise Refused("the reason is empty", "say why this is agreed to, for the next reviewer")
    if "://" in stripped and "@" in stripped:
        raise Refused("the reason may hold a secret in an address", "leave the address out", code="secret")
    return stripped


def one_of(known: Iterable[str], what: str) -> Callable[[str], str]:
    """Return the grammar that admits these words only; `what` names them in the plural."""
    known = tuple(known)

    def known_word(text: str) -> str:
        if text not in known:
            raise Refused(f"{shown(text)} is unknown", did_you_mean(text, known, what), code="unknown-value")
        return text

    return known_word
