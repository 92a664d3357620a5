"""docs/hosts.md: its examples are [host] tables that plugins.toml admits, one for each kind of source."""

from __future__ import annotations

import re
from pathlib import Path

from resolver.manifest import model
from resolver.manifest.reader import parse

TEXT = (Path(__file__).parents[3] / "docs" / "hosts.md").read_text(encoding="utf-8")
REST = '\n[targets]\nsystems = ["x86_64-linux"]\n\n[plugins]\n'


def test_every_example_is_admitted_and_every_kind_of_source_has_one():
    examples = re.findall(r"```toml\n(.*?)```", TEXT, re.DOTALL)
    hosts = [parse(example + REST, "plugins.toml").host for example in examples]
    kinds = {type(host.source) for host in hosts}
    assert kinds == {
        model.HostEnvironment,
        model.HostFile,
        model.HostFlakeInput,
        model.HostGit,
        model.HostRequirement,
    }


def test_every_link_leads_to_a_heading():
    headings = {
        re.sub(r"[^a-z0-9 -]", "", line.lower()).replace(" ", "-")
        for line in re.findall(r"^#+ (.*)$", TEXT, re.MULTILINE)
    }
    assert set(re.findall(r"\]\(#([^)]*)\)", TEXT)) <= headings
