"""Finds and reads the manifest of a directory plugin: `plugin.yaml` of hermes-agent, `skill.toml` of nerva.

Nothing is imported or run; what must be known of Python code is looked up in its tokens.
"""

from __future__ import annotations

import io
import os
import re
import stat
import tokenize
from typing import TYPE_CHECKING, Literal

import msgspec

from lock.errors import InputError, Problem
from lock.model import PluginManifest
from lock.toml_lines import key_text
from resolver.directories import words
from resolver.directories.files import MAX_MANIFEST, MAX_SOURCE, PluginFolder
from resolver.directories.toml_document import parse_toml
from resolver.manifest.shown import Refused

if TYPE_CHECKING:
    from pathlib import Path

    from resolver.directories.stated import KeyPath, Stated

HERMES_FILES = ("plugin.yaml", "plugin.yml")
"""In the order in which hermes-agent looks for them; the second is not read where there is the first."""

SKILL_FILE = "skill.toml"

DEFAULT_EXECUTABLE = "run"

PYTHON_KEYS = ("python_dependencies", "pip_dependencies")
"""What a manifest may call its Python needs; hermes-agent takes both together."""

_REGISTERS = {"register", "register_memory_provider", "MemoryProvider", "__getattr__"}
_REGISTERS_TEXT = re.compile(r"\b(register|MemoryProvider)\b|\bimport\s*\(?\s*\*")


class ReadManifest(msgspec.Struct, frozen=True, kw_only=True):
    """A manifest as read: what the lock records, the kind of host it is for, and the Python needs it states.

    `path` names the file for messages; `python` holds those needs with the key and line of each, None where the
    manifest has no such key.
    """

    kind: Literal["hermes", "skill"]
    path: str
    manifest: PluginManifest
    python: tuple[tuple[str, int, str], ...] | None


def manifest_file(folder: Path) -> str | None:
    """Return the name of the manifest that makes a folder a directory plugin, None where there is none."""
    return next((name for name in (*HERMES_FILES, SKILL_FILE) if os.path.lexists(folder / name)), None)


def read_manifest(folder: PluginFolder, fallback_id: str) -> ReadManifest:
    """Read the manifest of a directory plugin.

    `fallback_id` is what hermes-agent knows a plugin by whose manifest has no `name`: that of its folder.  Raises
    `InputError` with every problem found, each with its file and line.
    """
    name = manifest_file(folder.root)
    if name is None:
        raise InputError(
            Problem(
                code="directory-no-manifest",
                message=f"there is neither {', '.join(HERMES_FILES)} nor {SKILL_FILE}, so it is no directory plugin",
                path=folder.shown(""),
                remedy='name the folder that holds the manifest with subdirectory = "…", or write kind = "package"',
            )
        )
    if name != SKILL_FILE and folder.has(SKILL_FILE):
        raise InputError(
            Problem(
                code="directory-two-manifests",
                message=f"there are both {name} and {SKILL_FILE}, which are for different hosts",
                path=folder.shown(name),
                remedy="keep each plugin in a folder of its own",
            )
        )
    text = folder.text(name, MAX_MANIFEST) or ""
    if name == SKILL_FILE:
        return _read_skill(folder, parse_toml(text, folder.shown(name)))
    from resolver.directories.yaml_document import parse_yaml  # noqa: PLC0415 - few plugins need a YAML parser

    return _read_hermes(folder, name, parse_yaml(text, folder.shown(name)), fallback_id)


def _read_hermes(folder: PluginFolder, name: str, stated: Stated, fallback_id: str) -> ReadManifest:
    identity = stated.text("name", words.identifier) if "name" in stated else _fallback(stated, fallback_id)
    manifest = PluginManifest(
        file=name,
        id=identity or fallback_id,
        version=_version(stated),
        tools=stated.words("provides_tools", words.identifier, "name"),
        hooks=tuple(sorted({*stated.words("provides_hooks", words.identifier, "name"), *_further_hooks(stated)})),
        requires_env=stated.words("requires_env", words.environment_variable, "name"),
        external_dependencies=stated.words("external_dependencies", words.program, "name"),
        requires_host=stated.text("requires_hermes", words.host_versions, plain=True),
        requires_plugins=stated.words("requires_plugins", words.plugin_reference, "id"),
    )
    python = _python(stated)
    _check_entry(folder, stated)
    stated.finish()
    return ReadManifest(kind="hermes", path=stated.path, manifest=manifest, python=python)


def _further_hooks(stated: Stated) -> tuple[str, ...]:
    """Return what stands under `hooks`, which no host reads: in any of the forms that authors give it."""
    if isinstance(stated.value("hooks"), dict):
        return stated.keys("hooks", words.identifier)
    return stated.words("hooks", words.identifier, "name")


def _fallback(stated: Stated, fallback_id: str) -> str | None:
    try:
        return words.identifier(fallback_id)
    except Refused as refused:
        stated.report((), f'"name" is missing, and the folder\'s name {refused.message}', code="missing-key")
        return None


def _read_skill(folder: PluginFolder, stated: Stated) -> ReadManifest:
    for required in ("id", "name", "description"):
        stated.require(required)
    stated.text("name", words.description)
    stated.text("description", words.description)
    identity = stated.text("id", words.identifier)
    asked = stated.text("executable", words.executable) if "executable" in stated else DEFAULT_EXECUTABLE
    if asked is not None:
        _check_executable(folder, stated, asked)
    manifest = PluginManifest(
        file=SKILL_FILE,
        id=identity or "",
        version=_version(stated),
        requires_env=stated.words("requires_env", words.environment_variable, "name"),
        external_dependencies=stated.words("external_dependencies", words.program, "name"),
        executable=asked,
        risk=stated.text("risk", words.risk),
    )
    python = _python(stated)
    stated.finish()
    return ReadManifest(kind="skill", path=stated.path, manifest=manifest, python=python)


def _version(stated: Stated) -> str | None:
    # YAML makes a number of `version: 1.0`; what is meant is what is written.
    return stated.text("version", words.version, plain=True)


def _python(stated: Stated) -> tuple[tuple[str, int, str], ...] | None:
    present = [key for key in PYTHON_KEYS if key in stated]
    found: dict[str, tuple[str, int, str]] = {}
    for key in present:
        for path, text in stated.strings(key):
            found.setdefault(text.strip(), (key_text(path), stated.line(path), text.strip()))
    return tuple(found.values()) if present else None


def _check_entry(folder: PluginFolder, stated: Stated) -> None:
    """Report a plugin that has no `register` for hermes-agent to call."""
    try:
        source = folder.text("__init__.py", MAX_SOURCE)
    except InputError as error:
        stated.problems += error.problems
        return
    if source is None:
        stated.report((), "there is no __init__.py beside it, so the host cannot load it", code="no-entry")
    elif not registers(source):
        stated.problems.append(
            Problem(
                code="directory-no-entry",
                message="it has no register, so the host would load it and get nothing",
                path=folder.shown("__init__.py"),
                remedy="define register(ctx) there",
            )
        )


def registers(source: str) -> bool:
    """Tell whether a module seems to offer `register`, by its tokens.

    A name `register` that is no attribute of something else, an import of everything, a module `__getattr__`, or a
    memory provider, which hermes-agent finds by its class, will do.  Where the text cannot be told apart into tokens
    (Python newer than this one) the bare text decides.
    """
    before, last = "", ""
    try:
        for token in tokenize.generate_tokens(io.StringIO(source).readline):
            if token.type == tokenize.NAME and token.string in _REGISTERS and last != ".":
                return True
            if token.string == "*" and "import" in {last, before}:
                return True
            if token.type not in {tokenize.NL, tokenize.NEWLINE, tokenize.COMMENT}:
                before, last = last, token.string
    except (tokenize.TokenError, SyntaxError, ValueError):
        return _REGISTERS_TEXT.search(source) is not None
    return False


def _check_executable(folder: PluginFolder, stated: Stated, executable: str) -> None:
    key: KeyPath = ("executable",)
    try:
        path = folder.find(executable)
    except InputError as error:
        stated.report(key, f"{executable}: {error.problems[0].message}", code="escape")
        return
    if path is None:
        default = "" if "executable" in stated else " (the default)"
        stated.report(key, f"there is no file {executable}{default}", code="no-executable")
    elif not path.stat().st_mode & stat.S_IXUSR:
        stated.report(
            key,
            f"{executable} is not executable",
            code="no-executable",
            remedy=f"chmod +x {executable}; in a git repository, git update-index --chmod=+x {executable}",
        )
