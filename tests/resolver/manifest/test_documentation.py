"""docs/plugins-toml.md says what the reader does."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from lock.systems import SYSTEMS
from resolver.manifest import host, indexes, plugins, resolution, targets
from resolver.manifest.edit import template
from resolver.manifest.model import HostFile
from resolver.manifest.reader import KEYS, parse

DOCUMENT = (Path(__file__).parents[3] / "docs" / "plugins-toml.md").read_text(encoding="utf-8")
SECTIONS = {
    "[host]": (*host.KEYS, *host.LOCK_KEYS),
    "[targets]": targets.KEYS,
    "[plugins]": plugins.KEYS,
    "[[index]]": indexes.KEYS,
    "[resolution]": (*resolution.KEYS, *resolution.OVERRIDE_KEYS),
    "[policy]": resolution.POLICY_KEYS,
}


def documented(section: str) -> set[str]:
    """Return the keys in the first columns of a section's tables."""
    text = DOCUMENT.split(f"## `{section}`\n")[1].split("\n## ")[0]
    cells = re.findall(r"^\| (`[^|]*`) \|", text, re.MULTILINE)
    return {key for cell in cells for key in re.findall(r"`([^`]+)`", cell)}


@pytest.mark.parametrize("section", sorted(SECTIONS))
def test_every_key_is_documented_and_every_documented_key_is_read(section: str) -> None:
    assert documented(section) == set(SECTIONS[section])


def test_every_section_is_documented() -> None:
    assert {section.strip("[]") for section in SECTIONS} == set(KEYS)


def test_every_example_is_a_right_file() -> None:
    examples = re.findall(r"```toml\n(.*?)```", DOCUMENT, re.DOTALL)
    assert len(examples) == 4
    for example in examples:
        parse(example, "docs/plugins-toml.md")


def test_words_and_limits_are_those_of_the_code() -> None:
    for word in (
        *SYSTEMS,
        *resolution.PRERELEASES,
        *plugins.KINDS,
        f"at most {plugins.MAX_PLUGINS}",
        f"at most {indexes.MAX_INDEXES}",
    ):
        assert word in DOCUMENT
    assert f'`"{targets.DEFAULT_MANYLINUX[0]}_{targets.DEFAULT_MANYLINUX[1]}"`' in DOCUMENT
    assert f'`"{targets.DEFAULT_MACOS[0]}.{targets.DEFAULT_MACOS[1]}"`' in DOCUMENT


def test_the_template_is_right_and_says_what_it_was_given() -> None:
    text = template(
        name="My_Host",
        python="3.13",
        systems=["x86_64-linux", "aarch64-darwin"],
        lock='odd "name"/uv.lock',
        entry_points=["my_host.plugins"],
    )
    manifest = parse(text, "plugins.toml")
    assert (manifest.host.name, manifest.host.python) == ("my-host", "3.13")
    assert manifest.host.source == HostFile(path='odd "name"/uv.lock')
    assert manifest.host.entry_points == ("my_host.plugins",)
    assert manifest.targets.systems == ("aarch64-darwin", "x86_64-linux")


def test_every_commented_line_of_the_template_is_right_once_it_is_no_comment() -> None:
    text = template(name="host", python="3.12", systems=["x86_64-linux"])
    assert parse(text, "plugins.toml").host.source is None
    used = re.sub(r"^# (?=[a-z-]+ = |\[\[)", "", text, flags=re.MULTILINE)
    manifest = parse(used, "plugins.toml")
    assert manifest.host.source == HostFile(path="uv.lock")
    assert [index.name for index in manifest.indexes] == ["corp"]
    assert manifest.resolution.exclude_newer == "P7D"
    assert manifest.targets.macos == targets.DEFAULT_MACOS
