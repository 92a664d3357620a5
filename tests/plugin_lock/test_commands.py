"""Each command on a real project with a real index on loopback."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from plugin_lock.host_table import host_lines
from resolver.operations.reports import HostReport, ProvidedRow

if TYPE_CHECKING:
    from pathlib import Path

    from tests.plugin_lock.conftest import Demo


def test_the_first_lock_tells_the_plugins_the_counts_and_what_is_held_back(demo: Demo) -> None:
    ran = demo.run("lock")
    assert ran.out.startswith(
        "Added alpha-plugin v1.0\n"
        "Locked 1 plugin, 2 packages for aarch64-linux, x86_64-linux (2 added)\n"
        "\n"
        "Held back:\n"
        "  alpha-plugin 1.0 (newest 2.0): held back by the host: "
    )
    assert "httpx" in ran.out.splitlines()[-1]
    assert (ran.code, ran.err) == (0, "")
    assert demo.lock.exists()


def test_a_current_lock_is_left_alone(locked: Demo) -> None:
    before = locked.lock.stat()
    ran = locked.run("lock")
    assert ran.out.startswith("plugins.lock is up to date: 1 plugin, 2 packages for aarch64-linux, x86_64-linux\n")
    assert ran.code == 0
    assert locked.lock.stat() == before


def test_check_says_that_a_lock_is_in_order(locked: Demo) -> None:
    ran = locked.run("check")
    assert (ran.code, ran.out, ran.err) == (0, "plugins.lock is in order: 1 plugin, 2 packages\n", "")


def test_check_asks_no_index(locked: Demo) -> None:
    locked.index.requests.clear()
    locked.run("check")
    assert locked.index.requests == []


def test_check_lists_each_problem_with_file_line_and_help_on_stdout(locked: Demo) -> None:
    text = locked.manifest.read_text()
    locked.manifest.write_text(text.replace('alpha-plugin = "*"', 'alpha-plugin = "<2"'))
    line = text[: text.index("alpha-plugin")].count("\n") + 1
    ran = locked.run("check")
    assert ran.code == 1
    assert ran.err == ""
    assert ran.out.startswith(f"plugins.toml:{line}: alpha-plugin was locked for")
    assert "\n  help: " in ran.out
    assert ran.out.endswith("plugins.lock: 1 problem\n")


def test_check_finds_a_damaged_lock(locked: Demo) -> None:
    locked.lock.write_text(locked.lock.read_text() + "<<<<<<< ours\n")
    ran = locked.run("check")
    assert ran.code == 1
    assert ran.err == ""
    assert ran.out.startswith("plugins.lock:")
    assert locked.run("check", "--json").json["plugins"] is None


def test_lock_check_changes_nothing_and_exits_1_where_the_lock_would_change(locked: Demo) -> None:
    locked.manifest.write_text(locked.manifest.read_text().replace("[[index]]", 'beta-plugin = "*"\n\n[[index]]'))
    before = locked.lock.read_bytes()
    ran = locked.run("lock", "--check")
    assert ran.code == 1
    assert "Would add beta-plugin v1.0\n" in ran.out
    assert ran.out.count("nothing was written") == 1
    assert ran.err.startswith("error: plugins.lock: ")
    assert locked.run("lock", "--locked", "--quiet").code == 1
    assert locked.run("lock", "--dry-run").code == 0
    assert locked.lock.read_bytes() == before
    assert locked.run("lock").code == 0
    assert locked.run("lock", "--check").code == 0


def test_update_moves_what_it_may(locked: Demo) -> None:
    locked.index.add_wheel("shared", "1.9")
    assert "up to date" in locked.run("lock").out
    assert "Would update shared v1.5 → v1.9\n" in locked.run("update", "--refresh", "--dry-run").out
    assert "Updated shared v1.5 → v1.9\n" in locked.run("update", "--refresh").out


def test_update_names_the_nearest_known_name(locked: Demo) -> None:
    ran = locked.run("update", "alpha-plugn")
    assert ran.code == 2
    assert "did you mean alpha-plugin?" in ran.err


def test_add_and_remove_edit_and_lock(locked: Demo) -> None:
    added = locked.run("add", "beta-plugin>=1")
    assert added.code == 0
    assert "Added beta-plugin v1.0\n" in added.out
    assert "# the first" in locked.manifest.read_text()
    assert 'beta-plugin = ">=1"' in locked.manifest.read_text()
    removed = locked.run("remove", "beta-plugin")
    assert removed.code == 0
    assert "Removed beta-plugin v1.0\n" in removed.out
    assert "beta-plugin" not in locked.manifest.read_text() + locked.lock.read_text()


@pytest.mark.attack(10)
def test_a_name_like_another_is_told_even_when_quiet_and_in_json(locked: Demo) -> None:
    locked.index.add_wheel("alpha-pluign", "1.0")
    text = locked.manifest.read_text(encoding="utf-8")
    message = (
        "alpha-pluign, new in the lock, is easily mistaken for alpha-plugin, another plugin: see whether it is meant"
    )
    assert f"name: {message}\n" in locked.run("--quiet", "add", "--dry-run", "alpha-pluign").out
    ran = locked.run("--json", "add", "alpha-pluign")
    assert ran.json["events"] == [{"code": "near-name", "name": "alpha-pluign", "message": message}]
    assert locked.manifest.read_text(encoding="utf-8") != text
    assert locked.run("--json", "lock").json["events"] == []


def test_a_plugin_that_cannot_be_locked_leaves_both_files_alone(locked: Demo) -> None:
    before = locked.manifest.read_bytes(), locked.lock.read_bytes()
    ran = locked.run("add", "alpha-plugin>=2")
    assert ran.code == 1
    assert ran.out == ""
    assert "httpx" in ran.err
    assert "\n  help: " in ran.err
    assert (locked.manifest.read_bytes(), locked.lock.read_bytes()) == before


def test_no_lock_edits_plugins_toml_only(locked: Demo) -> None:
    before = locked.lock.read_bytes()
    ran = locked.run("add", "beta-plugin", "--no-lock")
    assert ran.out == "Added beta-plugin to plugins.toml\nNothing is locked yet: run plugin-lock lock\n"
    assert locked.run("remove", "beta-plugin", "--no-lock").out.startswith("Removed beta-plugin from plugins.toml\n")
    assert locked.lock.read_bytes() == before


def test_a_dry_run_of_add_writes_nothing(locked: Demo) -> None:
    before = locked.manifest.read_bytes(), locked.lock.read_bytes()
    assert "Would add beta-plugin v1.0\n" in locked.run("add", "beta-plugin", "--dry-run").out
    assert "Would remove alpha-plugin v1.0\n" in locked.run("remove", "alpha-plugin", "--dry-run").out
    assert (locked.manifest.read_bytes(), locked.lock.read_bytes()) == before


@pytest.mark.parametrize("command", ["add", "remove"])
def test_no_lock_and_dry_run_together_are_refused(locked: Demo, command: str) -> None:
    assert locked.run(command, "alpha-plugin", "--no-lock", "--dry-run").code == 2


def test_host_is_a_table(demo: Demo) -> None:
    ran = demo.run("host")
    rows = [line.split() for line in ran.out.splitlines()]
    assert rows[0] == ["name", "version"]
    assert ["httpx", "0.28.1"] in rows
    assert ["rich", "15.0"] in rows
    assert ran.err.startswith("demo (Python 3.12) provides ")


def test_host_has_a_column_a_system_where_they_differ(demo: Demo) -> None:
    requirements = "httpx==0.28.1\nuvloop==0.22.1 ; platform_machine == 'x86_64'\n"
    (demo.folder / "requirements.txt").write_text(requirements)
    rows = [line.split() for line in demo.run("host").out.splitlines()]
    assert rows[0] == ["name", "aarch64-linux", "x86_64-linux"]
    assert ["httpx", "0.28.1", "0.28.1"] in rows
    assert ["uvloop", "-", "0.22.1"] in rows


def test_the_columns_of_host_are_aligned_by_what_is_seen() -> None:
    report = HostReport(
        name="demo",
        version=None,
        python="3.12",
        source="nothing",
        systems=("aarch64-linux", "x86_64-linux"),
        provided=(
            ProvidedRow(name="a\x1b", versions={"aarch64-linux": "1", "x86_64-linux": "2"}),
            ProvidedRow(name="longer", versions={"x86_64-linux": "1.0"}),
        ),
    )
    lines = ["".join(part if isinstance(part, str) else part.text for part in line) for line in host_lines(report)]
    assert lines == [
        "name    aarch64-linux  x86_64-linux",
        "a\\x1b   1              2",
        "longer  -              1.0",
    ]


def test_tree_shows_what_each_plugin_needs(locked: Demo) -> None:
    locked.run("add", "beta-plugin")
    assert locked.run("tree").out == (
        "alpha-plugin v1.0\n├── httpx v0.28.1 (provided)\n└── shared v1.5\nbeta-plugin v1.0\n└── shared v1.5\n"
    )
    assert locked.run("tree", "beta-plugin").out == "beta-plugin v1.0\n└── shared v1.5\n"
    assert locked.run("tree", "--depth", "0").out == "alpha-plugin v1.0\nbeta-plugin v1.0\n"
    assert locked.run("tree", "--invert", "httpx").out == "httpx v0.28.1 (provided)\n└── alpha-plugin v1.0\n"


def test_tree_without_a_lock_says_how_to_make_one(demo: Demo) -> None:
    ran = demo.run("tree")
    assert ran.code == 1
    assert "plugin-lock lock" in ran.err


def test_tree_refuses_plugins_beside_invert(locked: Demo) -> None:
    assert locked.run("tree", "alpha-plugin", "--invert", "httpx").code == 2


def test_init_writes_a_file_that_add_can_use(demo: Demo, tmp_path: Path) -> None:
    folder = tmp_path / "new"
    folder.mkdir()
    options = (
        "--project",
        str(folder),
        "init",
        "--host",
        "demo",
        "--python",
        "3.12",
        "--host-lock",
        "requirements.txt",
    )
    ran = demo.run(*options)
    assert ran.out == f"Wrote {folder}/plugins.toml\nNext: plugin-lock add NAME\n"
    text = (folder / "plugins.toml").read_text()
    assert 'systems = ["aarch64-linux", "x86_64-linux"]' in text
    (folder / "requirements.txt").write_text("httpx==0.28.1\n")
    (folder / "plugins.toml").write_text(text + f'\n[[index]]\nname = "local"\nurl = "{demo.index.url}"\n')
    assert demo.run("--project", str(folder), "add", "beta-plugin").code == 0
    assert (folder / "plugins.lock").exists()


def test_init_refuses_a_file_that_is_there(demo: Demo) -> None:
    before = demo.manifest.read_bytes()
    options = (
        "init",
        "--host",
        "other",
        "--python",
        "3.12",
        "--system",
        "aarch64-darwin",
        "--system",
        "aarch64-darwin",
    )
    ran = demo.run(*options)
    assert ran.code == 2
    assert "--force" in ran.err
    assert demo.manifest.read_bytes() == before
    assert demo.run(*options, "--force").code == 0
    assert 'systems = ["aarch64-darwin"]' in demo.manifest.read_text()


def test_init_takes_a_folder_not_a_manifest(demo: Demo) -> None:
    ran = demo.run("--manifest", "x.toml", "init", "--host", "other", "--python", "3.12")
    assert ran.code == 2
    assert "--project" in ran.err


def test_a_name_that_an_index_made_up_cannot_paint_the_terminal(demo: Demo) -> None:
    name = "evil\x1b[2J"
    ran = demo.run("add", name)
    assert ran.code == 2
    assert "\x1b" not in ran.out + ran.err


def test_no_project_is_explained(demo: Demo, tmp_path: Path) -> None:
    os.chdir(tmp_path)
    ran = demo.run("lock")
    assert ran.code == 2
    assert "plugin-lock init" in ran.err


def test_build_of_an_unknown_plugin_is_2_and_names_the_nearest(locked: Demo) -> None:
    ran = locked.run("build", "plog")
    assert ran.code == 2
    assert "plog is not a plugin of the lock" in ran.err
    assert "plug" in ran.err


def test_build_without_nix_is_3_and_says_so(locked: Demo, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(locked.folder))
    ran = locked.run("build")
    assert (ran.code, ran.out) == (3, "")
    assert "nix" in ran.err
    assert "\n  help: " in ran.err
