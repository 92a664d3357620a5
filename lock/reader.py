"""Reading plugins.lock: text to a `Lock`, or a `LockError` with everything that is wrong.

Four steps, each only where the one before found nothing: the text (rule 8), keys and types (rule 7), the rules over
the values (`lock.rules`), and what must follow from the rest (`lock.derived`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lock import rules, text_checks
from lock.errors import LockError
from lock.findings import RESTORE, Findings
from lock.grammar import quoted
from lock.model import FORMAT_VERSION, Lock
from lock.read_packages import read_package
from lock.read_plugins import read_plugin
from lock.read_tool import read_host, read_index, read_policy, read_resolution, read_target
from lock.rules import derivation
from lock.stated import Stated
from lock.tables import Table

if TYPE_CHECKING:
    from collections.abc import Mapping

PYLOCK_VERSION = "1.0"
"""The `lock-version` of PEP 751 that is written, and the only one that is read."""


def parse(text: str | bytes, path: str) -> Lock:
    """Read the content of a plugins.lock; `path` names the file in messages.

    The result keeps every rule of the format that can be checked without plugins.toml.  Raises `LockError` with all
    problems of the first step that found any, and nothing else, whatever the input.
    """
    content = text_checks.decoded(text, path)
    findings = Findings(path, content)
    document = text_checks.document(content, path)
    _check_versions(document, findings)
    findings.raise_if_any()
    lock, stated = _lock(Table(document, (), findings), findings)
    findings.raise_if_any()
    problems = rules.problems(lock, path=path, text=content)
    if problems:
        raise LockError(*problems)
    derivation.check(lock, stated, findings)
    findings.raise_if_any()
    return lock


def _check_versions(document: Mapping[str, Any], findings: Findings) -> None:
    """Refuse other formats before their keys can be called unknown."""
    tool = document.get("tool")
    table = tool.get("plugin-lock") if isinstance(tool, dict) else None
    if not isinstance(table, dict):
        message = "there is no [tool.plugin-lock] table: this is no plugins.lock, or it is cut off"
        findings.add("rule-8-incomplete", message)
        return
    version = table.get("version")
    key = ("tool", "plugin-lock", "version")
    if isinstance(version, int) and not isinstance(version, bool) and version != FORMAT_VERSION:
        findings.add(
            "rule-7-version",
            f"the lock has format version {_number(version)}; this plugin-lock reads version {FORMAT_VERSION}",
            key,
            remedy=f"use a plugin-lock that reads format version {_number(version)}"
            if version > FORMAT_VERSION
            else RESTORE,
        )
    pylock = document.get("lock-version")
    if isinstance(pylock, str) and pylock != PYLOCK_VERSION:
        findings.add(
            "rule-7-version",
            f"'lock-version' is {quoted(pylock)}; this plugin-lock reads {PYLOCK_VERSION!r} (PEP 751)",
            ("lock-version",),
            remedy=f"use a plugin-lock that reads lock-version {quoted(pylock)}",
        )


def _number(value: int) -> str:
    return str(value) if abs(value) < 10**9 else "of many digits"


def _lock(table: Table, findings: Findings) -> tuple[Lock, Stated]:
    """Read the whole document: PEP 751's top level in its order, then plugin-lock's own table."""
    table.text("lock-version")  # compared by `_check_versions`
    environments = table.texts("environments")
    requires_python = table.text("requires-python")
    _check_creator(table, findings)
    _check_present(table, findings)
    packages = [read_package(entry) for entry in table.tables("packages")]
    tool = table.table("tool")
    own = tool.table("plugin-lock")
    own.integer("version")  # compared by `_check_versions`
    targets = tuple(read_target(entry) for entry in own.tables("targets"))
    systems = [target.system for target in targets]
    build_packages = [read_package(entry) for entry in own.tables("build-packages")]
    plugins = [read_plugin(entry, systems) for entry in own.tables("plugins")]
    lock = Lock(
        host=read_host(own.table("host"), systems),
        targets=targets,
        packages=tuple(package for package, _ in packages),
        build_packages=tuple(package for package, _ in build_packages),
        plugins=tuple(plugin for plugin, _ in plugins),
        indexes=tuple(read_index(entry) for entry in own.tables("indexes")),
        resolution=read_resolution(own.optional_table("resolution")),
        policy=read_policy(own.optional_table("policy")),
    )
    for known in (own, tool, table):
        known.finish()
    stated = Stated(
        environments=environments,
        requires_python=requires_python,
        packages=tuple(stated for _, stated in packages),
        build_packages=tuple(stated for _, stated in build_packages),
        tree_systems=tuple(stated for _, stated in plugins),
    )
    return lock, stated


def _check_creator(table: Table, findings: Findings) -> None:
    creator = table.text("created-by")
    if creator != "plugin-lock" and table.is_text("created-by"):
        findings.add("rule-7-type", f"'created-by' is {quoted(creator)}, not 'plugin-lock'", ("created-by",))


def _check_present(table: Table, findings: Findings) -> None:
    # An absent array elsewhere means an empty one; PEP 751 requires this key.
    if not table.has("packages"):
        findings.add("rule-8-incomplete", "the file has no 'packages'", ())
