"""The reference sets: what is asked for, and the host beside which it is asked."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

REPOSITORY = Path(__file__).resolve().parent.parent
HOST_FOLDER = REPOSITORY / "hosts" / "hermes-agent-0.17.0"
HOST_EXTRAS = ("all",)
HOST_PLUGINS = REPOSITORY / "tests" / "data" / "hermes-plugins.txt"
NEEDS_BUILD = "hermes-hy-memory"
NAMES = ("S", "M", "H")


@dataclass(frozen=True, slots=True, kw_only=True)
class ReferenceSet:
    """Requirements to resolve together; `host` is the folder with the host's uv.lock, if there is a host."""

    name: str
    requirements: tuple[str, ...]
    host: Path | None = None

    def plugins_toml(self, *, index: str, python: str, systems: tuple[str, ...]) -> str:
        """Write the set as a plugins.toml for these systems and one index."""
        lines = ["[host]", f'name = "{"hermes-agent" if self.host else "bench"}"', f'python = "{python}"']
        lines.append('entry-points = ["hermes_agent.plugins"]')
        if self.host:
            lines += ['lock = "host/uv.lock"', f"extras = {_array(HOST_EXTRAS)}"]
        lines += ["", "[targets]", f"systems = {_array(systems)}", 'manylinux = "2_28"', "", "[plugins]"]
        for text in self.requirements:
            requirement = Requirement(text)
            value = f'"{requirement.specifier or "*"}"'
            if requirement.extras:
                value = f"{{ version = {value}, extras = {_array(tuple(sorted(requirement.extras)))} }}"
            lines.append(f"{canonicalize_name(requirement.name)} = {value}")
        lines += ["", "[[index]]", 'name = "replay"', f'url = "{index}"', ""]
        return "\n".join(lines)

    def pyproject_toml(self, *, python: str, environments: tuple[str, ...], constraints: tuple[str, ...]) -> str:
        """Write the set as a project for `uv lock`."""
        lines = ["[project]", 'name = "bench"', 'version = "0"', f'requires-python = "=={python}.*"']
        lines += [f"dependencies = {_array(self.requirements)}", "", "[tool.uv]", "package = false"]
        if environments:
            lines.append(f"environments = {_array(environments)}")
        if constraints:
            lines.append(f"constraint-dependencies = {_array(constraints)}")
        return "\n".join([*lines, ""])


def load(name: str) -> ReferenceSet:
    """Return a reference set by its name: S, M or H."""
    if name == "H":
        rows = HOST_PLUGINS.read_text(encoding="utf-8").splitlines()
        plugins = [row.split("|")[0].strip() for row in rows if row.strip() and not row.startswith("#")][:17]
        plugins.remove(NEEDS_BUILD)
        return ReferenceSet(name=name, requirements=tuple(plugins), host=HOST_FOLDER)
    text = (Path(__file__).parent / "sets" / f"{name}.txt").read_text(encoding="utf-8")
    return ReferenceSet(name=name, requirements=tuple(text.split()))


def _array(values: tuple[str, ...]) -> str:
    quoted = (f'"{value}"' if '"' not in value else f"'{value}'" for value in values)
    return "[" + ", ".join(quoted) + "]"
