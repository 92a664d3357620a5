"""What we choose for the sixteen plugins is what `uv pip compile` chooses under the host's versions as constraints."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from packaging.requirements import Requirement

from tests.acceptance.independent import host_requirements, host_versions, index_of, run_uv, selected
from tests.acceptance.projects import HERMES_LOCK, SYSTEMS, sixteen_plugins

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.acceptance.projects import Place

pytestmark = pytest.mark.network

PLATFORMS = {"aarch64-linux": "aarch64-manylinux_2_28", "x86_64-linux": "x86_64-manylinux_2_28"}

ALLOWED_DIFFERENCES: dict[str, str] = {}
"""Names for which uv may choose otherwise, each with the reason why ours is right as well.  None is known."""


def chosen_by_uv(folder: Path, system: str, python: str, host: dict[str, str], index: str) -> dict[str, str]:
    """Return what uv adds to the host's packages for the sixteen plugins."""
    (folder / "host.txt").write_text("".join(f"{name}=={version}\n" for name, version in host.items()))
    # apify-hermes-agent-plugin requires the host itself, which uv would fetch and follow.
    (folder / "overrides.txt").write_text('hermes-agent; python_version < "3"\n')
    (folder / "plugins.in").write_text("\n".join(sorted(sixteen_plugins())) + "\n")
    compiled = run_uv(
        *("pip", "compile", "plugins.in", "--constraints", "host.txt", "--overrides", "overrides.txt", "--quiet"),
        *("--python-version", python, "--python-platform", PLATFORMS[system], "--only-binary", ":all:"),
        *("--index-strategy", "first-index", "--no-header", "--no-annotate"),
        cwd=folder,
        index=index,
    )
    pins = [Requirement(line) for line in compiled.splitlines() if "==" in line]
    return {pin.name: str(pin.specifier).removeprefix("==") for pin in pins if pin.name not in host}


@pytest.mark.parametrize("python", ["3.12", "3.11"])
@pytest.mark.parametrize("system", SYSTEMS)
def test_the_selection_is_uvs_own(hermes: Callable[[str], Place], python: str, system: str, tmp_path: Path) -> None:
    place = hermes(python)
    exported = host_requirements((place.folder / HERMES_LOCK).parent)
    host = {name: str(version) for name, version in host_versions(exported, system, python).items()}
    theirs = chosen_by_uv(tmp_path, system, python, host, index_of(place.locked()))
    ours = {name: str(version) for name, (version, _) in selected(place.locked(), system, python).items()}
    assert len(theirs) > len(sixteen_plugins())
    differences = {
        name: {"uv": theirs.get(name), "plugin-lock": ours.get(name)}
        for name in sorted(theirs.keys() | ours.keys())
        if theirs.get(name) != ours.get(name) and name not in ALLOWED_DIFFERENCES
    }
    assert not differences
