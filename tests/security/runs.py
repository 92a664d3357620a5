"""What the tests of secrets share: a project, every command of the program, and answers that repeat what was sent."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plugin_lock.command_group import COMMANDS
from tests.security.canaries import BASIC, LOGIN, PASSWORD, USER

if TYPE_CHECKING:
    from tests.security.canaries import Stage

HEAD = """\
[host]
name = "demo"
python = "3.12"
entry-points = ["demo.plugins"]
lock = "requirements.txt"

[targets]
systems = ["aarch64-linux", "x86_64-linux"]

"""
PLUGINS = '[plugins]\nalpha-plugin = "*"\n'


def project(stage: Stage, index: str | None, plugins: str = PLUGINS) -> None:
    named = "" if index is None else f'[[index]]\nname = "corp"\nurl = "{index}"\n'
    (stage.project / "plugins.toml").write_text(f"{HEAD}{plugins}\n{named}")
    (stage.project / "requirements.txt").write_text("httpx==0.28.1\n")


def with_login(url: str) -> str:
    return url.replace("://", f"://{LOGIN}")


RUNS = (
    ("lock", "--verbose"),
    ("lock", "--json"),
    ("check",),
    ("check", "--json"),
    ("tree", "--json"),
    ("host", "--verbose"),
    ("add", "beta-plugin", "--verbose"),
    ("update", "--refresh", "--verbose"),
    ("update", "--refresh", "--json"),
    ("audit", "--verbose"),
    ("audit", "--json"),
    ("audit", "--host"),
    ("remove", "beta-plugin", "--json"),
    ("init", "--host", "demo", "--python", "3.12"),
    ("completions", "bash"),
)


def run_everything(stage: Stage) -> dict[str, int]:
    """Run every command of the program, those that this file has no arguments for without any."""
    codes: dict[str, int] = {}
    for arguments in RUNS:
        codes.setdefault(arguments[0], stage.run(*arguments).code)
    for command in COMMANDS:
        # Building needs Nix, and is looked at where there is one.
        if command not in codes and command != "build":
            codes[command] = stage.run(command, "--verbose").code
    return codes


ECHO = {
    "Content-Type": f"text/{BASIC}; {PASSWORD}",
    "ETag": f'"{BASIC} {PASSWORD}"',
    "Last-Modified": f"{PASSWORD} {BASIC}",
    "Retry-After": PASSWORD,
    "X-Authorization": f"Basic {BASIC}",
    "WWW-Authenticate": f'Basic realm="{PASSWORD}"',
}
BODY = f"<html>You sent Authorization: Basic {BASIC}, which is {USER}:{PASSWORD}</html>".encode()
