from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from lock.errors import InputError
from resolver.directories.reading import DirectoryPlugin, read_plugin

if TYPE_CHECKING:
    from collections.abc import Mapping

DATA = Path(__file__).parents[2] / "data" / "directories"
HERMES = {"plugin.yaml": "name: x\n", "__init__.py": "def register(ctx): ...\n"}
SKILL = {"skill.toml": "id = 'x'\nname = 'x'\ndescription = 'x'\n", "run": "#!/bin/sh\n"}


def plant(root: Path, files: Mapping[str, str | bytes]) -> Path:
    """Write files into a folder; `run` is executable."""
    for name, content in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        if path.name == "run":
            path.chmod(0o755)
    return root


def completed(files: Mapping[str, str]) -> dict[str, str]:
    """Add what a manifest of either kind must have beside it."""
    beside = {}
    if "plugin.yaml" in files:
        beside["__init__.py"] = HERMES["__init__.py"]
    if "skill.toml" in files:
        beside["run"] = SKILL["run"]
    return {**beside, **files}


def read(tree: Path) -> DirectoryPlugin:
    return read_plugin(tree, shown="", fallback_id="folder")


def refusal(tree: Path) -> list[str]:
    """Every problem, without its remedy, as `file:line: message`; each must have a remedy."""
    with pytest.raises(InputError) as caught:
        read(tree)
    assert all(problem.remedy for problem in caught.value.problems)
    return [str(problem).partition("\n  help: ")[0] for problem in caught.value.problems]
