"""An entry of a plugin catalogue: a YAML or JSON mapping with the repository, the full commit and the subdirectory.

The words are those of the hosts' own catalogues (`repo`, `sha`, `subdir`) and their longer forms.  What else an entry
says (description, tier, capabilities, ...) is for people, and is passed over.
"""

from __future__ import annotations

from pathlib import Path

from lock.errors import InputError, Problem, WorldError
from resolver.manifest import words
from resolver.manifest.shown import Refused, shown
from resolver.manifest.urls import git_url

MAX_BYTES = 64 * 1024
"""The longest entry; real ones have a few thousand bytes."""

_REPOSITORY = ("repo", "repository", "git")
_COMMIT = ("sha", "commit", "rev", "revision")
_SUBDIRECTORY = ("subdir", "subdirectory")
_EXAMPLE = "an entry has at least name, repo (an https address) and sha (the full commit)"


def is_entry(text: str) -> bool:
    """Tell whether an argument is the text of an entry rather than a requirement."""
    return "\n" in text.strip() or text.lstrip().startswith("{")


def is_file(text: str) -> bool:
    """Tell whether an argument names the file of an entry."""
    return text.endswith((".yaml", ".yml")) and "://" not in text


def load(path: str) -> str:
    """Return the text of an entry's file.  Raises `InputError` where it is absent, `WorldError` where reading fails."""
    try:
        with Path(path).open("rb") as file:
            content = file.read(MAX_BYTES + 1)
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
        problem = Problem(code="no-catalogue-entry", message="there is no such file", path=path, remedy=_EXAMPLE)
        raise InputError(problem) from None
    except OSError as error:
        message = f"the file cannot be read: {error.strerror}"
        remedy = "check its permissions and the disk"
        raise WorldError(Problem(code="unreadable", message=message, path=path, remedy=remedy)) from error
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        problem = Problem(code="not-utf-8", message="the file is not UTF-8", path=path, remedy="save it as UTF-8")
        raise InputError(problem) from None


def read(text: str) -> tuple[str, dict[str, object]]:
    """Return the name as the entry spells it, and the keys of `[plugins]` it stands for.  Raises `Refused`."""
    entry = _mapping(text)
    name = _one(entry, ("name",))
    repository = _one(entry, _REPOSITORY)
    commit = _one(entry, _COMMIT)
    if name is None or repository is None or commit is None:
        missing = [
            known[0]
            for known, value in ((("name",), name), (_REPOSITORY, repository), (_COMMIT, commit))
            if value is None
        ]
        raise Refused(f"the catalogue entry has no {' and no '.join(missing)}", _EXAMPLE, code="missing-key")
    source: dict[str, object] = {"git": git_url(repository), "rev": words.commit(commit)}
    subdirectory = _one(entry, _SUBDIRECTORY)
    if subdirectory is not None:
        source["subdirectory"] = words.inner_folder(subdirectory)
    return name, source


def _mapping(text: str) -> dict[object, object]:
    import yaml  # noqa: PLC0415 - no other form of `add` needs it

    if len(text) > MAX_BYTES:
        raise Refused(f"the catalogue entry is longer than {MAX_BYTES} bytes", _EXAMPLE, code="too-large")
    try:
        entry = yaml.safe_load(text)
    except (yaml.YAMLError, ValueError, RecursionError):
        # ValueError: a number or date of impossible size.
        raise Refused("this looks like a catalogue entry, and is no YAML", _EXAMPLE) from None
    if not isinstance(entry, dict):
        raise Refused("this looks like a catalogue entry, and is no mapping", _EXAMPLE)
    return entry


def _one(entry: dict[object, object], known: tuple[str, ...]) -> str | None:
    """Return the text under one of several keys of the same meaning; an empty text counts as absent."""
    given = [name for name in known if entry.get(name) not in (None, "")]
    if len(given) > 1:
        raise Refused(f"the catalogue entry has both {given[0]} and {given[1]}", "keep one of them", code="conflict")
    if not given:
        return None
    value = entry[given[0]]
    if not isinstance(value, str):
        raise Refused(f"the {given[0]} of the catalogue entry is no text", "put it in quotes", code="wrong-type")
    if not value.isprintable():
        raise Refused(f"the {given[0]} of the catalogue entry, {shown(value)}, holds control characters", _EXAMPLE)
    return value
