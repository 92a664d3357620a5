"""What the documents say is so: their TOML is read, their links lead somewhere, their commands and options exist."""

from __future__ import annotations

import re
import shlex
import tomllib
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pytest
from click.testing import CliRunner

from plugin_lock.command_group import COMMANDS, commands
from resolver.manifest.reader import parse as parse_manifest

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
DOCUMENTS = (
    ROOT / "README.md",
    ROOT / "CHANGELOG.md",
    ROOT / "CONTRIBUTING.md",
    *sorted(path for path in (ROOT / "docs").rglob("*.md")),
)
PROGRAM = "plugin-lock"
# What click leaves of a terminal of 80 columns.
HELP_WIDTH = 78

# What a part of plugins.toml leaves out so as not to repeat it.
FRAME = {
    "host": '[host]\nname = "host-app"\npython = "3.12"\n',
    "targets": '[targets]\nsystems = ["x86_64-linux"]\n',
}


class Block(NamedTuple):
    """A fenced block: where it begins, what stands behind the fence, and its text."""

    path: Path
    line: int
    label: str
    text: str

    @property
    def place(self) -> str:
        """The block's place as pytest shows it."""
        return f"{self.path.relative_to(ROOT)}:{self.line}"


def blocks_of(path: Path) -> Iterator[Block]:
    """Yield the fenced blocks of a document; a fence that is not closed fails."""
    start, label, held = 0, "", list[str]()
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        if line.startswith("```"):
            if start:
                assert line == "```", f"{path}:{number}: the block of line {start} is not closed"
                yield Block(path, start, label, "\n".join(held) + "\n")
                start, held = 0, []
            else:
                start, label = number, line.removeprefix("```")
        elif start:
            held.append(line)
    assert not start, f"{path}: the block of line {start} is not closed"


BLOCKS = [block for path in DOCUMENTS for block in blocks_of(path)]


def labelled(*labels: str) -> pytest.MarkDecorator:
    """Parametrize by the blocks with one of these labels; there must be some."""
    found = [block for block in BLOCKS if block.label in labels]
    assert found, labels
    return pytest.mark.parametrize("block", found, ids=lambda block: block.place)


def prose(path: Path) -> str:
    """Return a document without its fenced blocks."""
    return re.sub(r"^```.*?^```$", "", path.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)


def anchors(path: Path) -> set[str]:
    """Return the anchors of a document's headings, as forges make them."""
    headings = re.findall(r"^#+ +(.*)$", prose(path), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@cache
def help_of(command: str) -> str:
    """Return what `plugin-lock COMMAND --help` prints on a terminal of 80 columns; "" is the program itself."""
    words = [command, "--help"] if command else ["--help"]
    printed = CliRunner().invoke(commands, words, prog_name=PROGRAM, terminal_width=HELP_WIDTH)
    assert printed.exit_code == 0, printed.output
    return printed.output.rstrip("\n")


@labelled("toml plugins.toml", "toml part of plugins.toml")
def test_a_plugins_toml_in_a_document_is_right(block: Block) -> None:
    tables = tomllib.loads(block.text)
    missing = "".join(text for name, text in FRAME.items() if name not in tables)
    assert not missing or "part of" in block.label
    # An [[index]] that a part leaves out is known to whoever reads the whole page.
    named = {entry["index"] for entry in tables.get("plugins", {}).values() if "index" in entry}
    known = {entry["name"] for entry in tables.get("index", [])}
    for name in sorted(named - known):
        missing += f'[[index]]\nname = "{name}"\nurl = "https://index.example/simple/"\nexplicit = true\n'
    parse_manifest(missing + block.text, block.place)


@labelled("toml part of plugins.lock")
def test_a_part_of_a_lock_in_a_document_holds_only_keys_of_the_format(block: Block) -> None:
    format_document = (ROOT / "docs/lock-format.md").read_text(encoding="utf-8")
    # The keys of `provided` are names of distributions.
    without_names = block.text.partition("[tool.plugin-lock.host.provided]")[0]
    keys = re.findall(r"^([a-z-]+) =", without_names, re.MULTILINE)
    assert keys
    for key in keys:
        assert re.search(rf"^{re.escape(key)} = ", format_document, re.MULTILINE), key
    assert set(tomllib.loads(block.text)) <= {"packages", "tool"}


@labelled("toml")
def test_every_other_toml_in_a_document_is_toml(block: Block) -> None:
    tomllib.loads(block.text)


def test_every_label_of_a_toml_block_is_one_that_is_tested() -> None:
    tested = {
        "toml",
        "toml plugins.toml",
        "toml part of plugins.toml",
        "toml part of plugins.lock",
    }
    for block in BLOCKS:
        if block.label.startswith("toml"):
            assert block.label in tested, block.place


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_link_inside_the_repository_leads_somewhere(path: Path) -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)", prose(path)):
        if re.match(r"[a-z]+:", target):
            continue
        file, _, anchor = target.partition("#")
        reached = (path.parent / file).resolve() if file else path
        assert reached.exists(), target
        if anchor:
            assert anchor in anchors(reached), target


def test_every_document_is_on_the_map() -> None:
    index = ROOT / "docs/index.md"
    linked = {(index.parent / target).resolve() for target in re.findall(r"\]\(([^)#\s]+)\)", prose(index))}
    for path in DOCUMENTS:
        if path not in {index, ROOT / "README.md"}:
            assert path in linked, path


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_command_that_is_named_exists(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    named = re.findall(rf"(?:`|^\$ ){PROGRAM} (?:--project \S+ )?([a-z]+)", text, re.MULTILINE)
    assert set(named) <= set(COMMANDS)


def command_lines() -> Iterator[tuple[str, list[str]]]:
    """Yield the place and the words of every call of the program in the documents, in blocks and in the text."""
    for path in DOCUMENTS:
        text = path.read_text(encoding="utf-8")
        for line in re.findall(rf"^\$ ({PROGRAM} .*)$", text, re.MULTILINE):
            yield str(path.relative_to(ROOT)), shlex.split(line)[1:]
        for line in re.findall(rf"`({PROGRAM} [^`\n]*)`", prose(path)):
            yield str(path.relative_to(ROOT)), line.split()[1:]


def test_every_option_that_is_given_to_a_command_is_in_its_help() -> None:
    lines = list(command_lines())
    assert len(lines) > 20
    for place, words in lines:
        command = next((word for word in words if word in COMMANDS), "")
        for option in (word.partition("=")[0] for word in words if word.startswith("-")):
            assert re.search(rf"(?<![\w-]){re.escape(option)}(?![\w-])", help_of(command)), f"{place}: {words}"


@pytest.mark.parametrize(
    "block",
    [b for b in BLOCKS if re.match(rf"\$ {PROGRAM}( [a-z]+)? --help\n", b.text)],
    ids=lambda b: b.place,
)
def test_a_help_in_a_document_is_what_the_program_prints(block: Block) -> None:
    first, _, shown = block.text.partition("\n")
    command = first.removeprefix(f"$ {PROGRAM}").removesuffix("--help").strip()
    # The reference shows the global options once, for the program itself.
    assert shown.rstrip("\n") in {help_of(command), help_of(command).partition("\n\nGlobal options:")[0]}


def test_the_readme_names_the_two_commands_and_their_scripts_exist() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    called = re.findall(r"^\$ python3 (\S+)$", text, re.MULTILINE)
    assert called == ["scripts/demo.py", "scripts/test.py"]
    assert all((ROOT / script).is_file() for script in called)


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_file_of_the_repository_that_is_named_exists(path: Path) -> None:
    folders = r"(?:scripts|tests|nix|lock|resolver|plugin_lock|benchmarks|hosts|docs)/"
    for named in re.findall(rf"`({folders}[\w./-]+)`", path.read_text(encoding="utf-8")):
        assert (ROOT / named).exists(), named


def test_no_document_writes_down_the_address_of_a_registry() -> None:
    from pip._internal.models.index import PyPI  # noqa: PLC0415 - slow, and only this test needs it

    hosts = (PyPI.netloc, PyPI.file_storage_domain)
    for path in DOCUMENTS:
        text = path.read_text(encoding="utf-8")
        assert not any(host in text for host in hosts), path
