"""scripts/requirements.txt pins what pyproject.toml asks for."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
PINS = (ROOT / "scripts" / "requirements.txt").read_text(encoding="utf-8")


def test_every_dependency_is_pinned_within_its_bounds() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    wanted = [
        *project["project"]["dependencies"],
        *project["dependency-groups"]["dev"],
        *project["build-system"]["requires"],
        *(line for extra in project["project"]["optional-dependencies"].values() for line in extra),
    ]
    pins = dict(re.findall(r"^([a-z0-9-]+)==(\S+)", PINS, re.MULTILINE))
    outside = [
        line
        for line in wanted
        if not Requirement(line).specifier.contains(pins.get(canonicalize_name(Requirement(line).name), "0.dev0"))
    ]
    # After a change of pyproject.toml: `make requirements`.
    assert outside == []


def test_pins_carry_hashes_and_no_address() -> None:
    entries = re.split(r"^(?=\S)", PINS, flags=re.MULTILINE)[1:]
    assert len(entries) > 30
    assert all(re.search(r"--hash=sha256:[0-9a-f]{64}", entry) for entry in entries)
    assert "://" not in PINS
