"""A Nix of one version with a store, a state and a configuration of its own below one folder."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import installer

LIBRARY = Path(__file__).resolve().parents[2] / "nix"
NEWEST = "PLUGIN_LOCK_NEWEST_NIX"
"""The variable that names the folder of a second, newer Nix's programs."""

INSTALLER = Path(installer.__file__).resolve().parents[1]
"""The folder that holds the library which installs wheels."""

DISTRIBUTION_PYTHON = Path("/usr/bin/python3")
SYSTEM = {"x86_64": "x86_64-linux", "aarch64": "aarch64-linux"}.get(os.uname().machine, "x86_64-linux")
OTHER_SYSTEM = {"x86_64-linux": "aarch64-linux", "aarch64-linux": "x86_64-linux"}[SYSTEM]

# Without `sandbox-fallback = false` a build runs unsandboxed, without a word, where namespaces are refused; an
# empty `substituters` keeps every call from asking a cache.
CONFIGURATION = """\
substituters =
sandbox = true
sandbox-fallback = false
sandbox-paths = /usr /lib /lib64 /bin
build-users-group =
max-jobs = auto
connect-timeout = 5
download-attempts = 1
warn-dirty = false
experimental-features = nix-command flakes
"""


def programs() -> dict[str, Path]:
    """Return the folders of the Nix programs at hand: `system` from PATH, `newest` from the environment."""
    found = {}
    on_path = shutil.which("nix-build")
    if on_path:
        found["system"] = Path(on_path).parent
    newest = os.environ.get(NEWEST)
    if newest:
        found["newest"] = Path(newest)
    return found


def distribution_version() -> str:
    """Return the full version of the distribution's Python, such as 3.11.2."""
    command = [str(DISTRIBUTION_PYTHON), "-I", "-c", "import platform; print(platform.python_version())"]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


@dataclass(frozen=True, kw_only=True)
class Finished:
    """A run of a program: exit code and what it printed."""

    code: int
    out: str
    err: str


class NixFailedError(AssertionError):
    """Nix ended with an error where a test expected none."""


@dataclass(kw_only=True)
class Nix:
    """Runs the programs of one Nix version.

    `settings` are more lines of its configuration, `variables` more of its environment.
    """

    programs: Path
    root: Path
    settings: list[str] = field(default_factory=list)
    variables: dict[str, str] = field(default_factory=dict)

    @property
    def environment(self) -> dict[str, str]:
        """The variables of every call: nothing of the user's own Nix, home or locale reaches it."""
        root = self.root
        for folder in ("store", "conf", "home"):
            (root / folder).mkdir(parents=True, exist_ok=True)
        return {
            "PATH": f"{self.programs}:/usr/bin:/bin",
            "HOME": str(root / "home"),
            "TMPDIR": os.environ.get("TMPDIR", "/tmp"),
            "LC_ALL": "C.UTF-8",
            "NIX_STORE_DIR": str(root / "store"),
            "NIX_DATA_DIR": str(root / "share"),
            "NIX_LOG_DIR": str(root / "log"),
            "NIX_STATE_DIR": str(root / "var"),
            "NIX_LOCALSTATE_DIR": str(root / "var"),
            "NIX_CONF_DIR": str(root / "conf"),
            "NIX_USER_CONF_FILES": "",
            "NIX_PATH": "",
            "NIX_CONFIG": CONFIGURATION + "".join(f"{line}\n" for line in self.settings),
            **self.variables,
        }

    def run(self, program: str, *arguments: str) -> Finished:
        """Run a Nix program to its end."""
        done = subprocess.run(
            [str(self.programs / program), *arguments],
            check=False,
            capture_output=True,
            text=True,
            # Nix shows parts of files that are not UTF-8 as they are.
            errors="backslashreplace",
            env=self.environment,
            cwd=self.root,
        )
        return Finished(code=done.returncode, out=done.stdout, err=done.stderr)

    def evaluate(self, expression: str, *options: str) -> Any:
        """Return the value of an expression; it must be data."""
        done = self.run("nix-instantiate", "--eval", "--strict", "--json", *options, "--expr", expression)
        if done.code != 0:
            raise NixFailedError(done.err)
        return json.loads(done.out)

    def refusal(self, expression: str) -> str:
        """Return the message with which evaluation fails; fail where it does not."""
        done = self.run("nix-instantiate", "--eval", "--strict", "--json", "--expr", expression)
        assert done.code != 0, f"evaluation was expected to fail, but gave {done.out}"
        return done.err

    def try_build(self, expression: str, *arguments: str) -> Finished:
        """Build an expression and return how that went."""
        return self.run("nix-build", "--no-out-link", "--expr", expression, *arguments)

    def build(self, expression: str, *arguments: str) -> list[Path]:
        """Build an expression and return the paths."""
        done = self.try_build(expression, *arguments)
        if done.code != 0:
            raise NixFailedError(done.err)
        return [Path(line) for line in done.out.split()]


def quoted(value: object) -> str:
    """Write a Python value as a Nix expression."""
    if value is None:
        return "null"
    if isinstance(value, Path):
        return f"(/. + {quoted(str(value))})"
    if isinstance(value, list):
        return "[ " + " ".join(map(quoted, value)) + " ]"
    return json.dumps(value).replace("${", "\\${")


def standalone(lock: Path, *, version: str | None = None, **arguments: object) -> str:
    """Return the expression of the library on this machine's own Python; `arguments` go to nix/standalone/build.nix.

    An argument that is a `str` starting with `=` is a Nix expression as it stands.
    """
    given: dict[str, object] = {
        "lock": lock,
        "interpreter": str(DISTRIBUTION_PYTHON),
        "version": version or distribution_version(),
        "installer": INSTALLER,
        **arguments,
    }
    written = "".join(
        f"{name} = {value[1:] if isinstance(value, str) and value.startswith('=') else quoted(value)}; "
        for name, value in given.items()
    )
    return f"import {LIBRARY}/standalone/build.nix {{ {written}}}"


def write_flake(folder: Path, lock: Path, outputs: str) -> str:
    """Put the library and a lock, with the folders beside it, into a flake; return how Nix refers to it.

    `outputs` are the flake's, as a Nix set in which the library on this machine's own Python is `library`.
    """
    shutil.copytree(lock.parent, folder)
    shutil.copytree(LIBRARY, folder / "nix")
    pkgs = (
        f"import ./nix/standalone {{ interpreter = {quoted(str(DISTRIBUTION_PYTHON))}; "
        f"version = {quoted(distribution_version())}; installer = ./nix; system = {quoted(SYSTEM)}; }}"
    )
    library = f"import ./nix {{ lock = ./{lock.name}; pkgs = {pkgs}; }}"
    text = f"{{ outputs = _: let library = {library}; in {outputs}; }}\n"
    (folder / "flake.nix").write_text(text, encoding="utf-8")
    return f"path:{folder}"
