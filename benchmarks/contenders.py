"""The tools that are compared: how each is asked to lock a reference set, and how its result is counted."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from sets import HOST_EXTRAS, ReferenceSet

if TYPE_CHECKING:
    from collections.abc import Callable

SYSTEMS = ("x86_64-linux", "aarch64-linux")
ENVIRONMENTS = tuple(f"sys_platform == 'linux' and platform_machine == '{system.split('-')[0]}'" for system in SYSTEMS)
Mode = Literal["cold", "warm", "hot", "noop"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """Where and with what a contender runs; `python` is the minor version, `rivals` the folder of their programs."""

    folder: Path
    index: str
    python: str
    rivals: Path
    uv: Path
    plugin_lock: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Contender:
    """One way of locking.

    `command` makes the argument list; `output` is the file it writes, which is removed before every run but
    those of the mode "noop".  `count` reads the number of packages from that file, or from what was printed.
    `program` must exist, else the contender is reported as not available.
    """

    label: str
    scope: str
    program: Callable[[Setting], Path]
    command: Callable[[Setting, Mode], list[str]]
    output: str
    count: Callable[[Path, str], int | None]


def _plugin_lock(targets: int, *, whole: bool) -> Contender:
    def command(setting: Setting, mode: Mode) -> list[str]:
        resolve_only = [] if whole or mode == "noop" else ["--dry-run", "--json"]
        return [*setting.plugin_lock, "lock", *resolve_only]

    return Contender(
        label="plugin-lock lock" + ("" if whole else " --dry-run"),
        scope=_targets(targets),
        program=lambda setting: Path(setting.plugin_lock[0]),
        command=command,
        output="plugins.lock",
        count=_count_plugin_lock,
    )


def _uv_lock(label: str, scope: str) -> Contender:
    return Contender(
        label=label,
        scope=scope,
        program=lambda setting: setting.uv,
        command=lambda setting, _: [str(setting.uv), "lock", "--no-progress"],
        output="uv.lock",
        count=lambda path, _: len(tomllib.loads(path.read_text(encoding="utf-8"))["package"]) - 1,
    )


def _uv_compile(scope: str, *arguments: str) -> Contender:
    def command(setting: Setting, _: Mode) -> list[str]:
        fixed = ["pip", "compile", "requirements.in", "-o", "requirements.txt", "--no-progress", "-q"]
        fixed += ["--generate-hashes", "--only-binary", ":all:", "--python-version", setting.python]
        return [str(setting.uv), *fixed, *arguments, *_constraints(setting)]

    return Contender(
        label="uv pip compile",
        scope=scope,
        program=lambda setting: setting.uv,
        command=command,
        output="requirements.txt",
        count=_count_pins,
    )


def _pip_lock() -> Contender:
    def command(setting: Setting, _: Mode) -> list[str]:
        fixed = ["lock", "-r", "requirements.in", "-o", "pylock.toml", "--only-binary", ":all:", "-q"]
        return [str(setting.rivals / "pip"), *fixed, *_constraints(setting)]

    return Contender(
        label="pip lock",
        scope="the running system",
        program=lambda setting: setting.rivals / "pip",
        command=command,
        output="pylock.toml",
        count=lambda path, _: len(tomllib.loads(path.read_text(encoding="utf-8"))["packages"]),
    )


def _pip_tools() -> Contender:
    def command(setting: Setting, _: Mode) -> list[str]:
        fixed = ["requirements.in", "-o", "requirements.txt", "-q", "--generate-hashes", "--strip-extras"]
        fixed += ["--allow-unsafe", "--no-config", "--pip-args", "--only-binary :all:"]
        return [str(setting.rivals / "pip-compile"), *fixed, *_constraints(setting)]

    return Contender(
        label="pip-compile",
        scope="the running system",
        program=lambda setting: setting.rivals / "pip-compile",
        command=command,
        output="requirements.txt",
        count=_count_pins,
    )


def _targets(number: int) -> str:
    return f"{number} system" + ("s" if number > 1 else "")


def prepare(key: str, reference: ReferenceSet, setting: Setting, host_pins: tuple[str, ...]) -> None:
    """Write the project of a contender into its folder, which is made; nothing is locked yet."""
    folder = setting.folder
    folder.mkdir(parents=True)
    if key.startswith("plugin-lock"):
        systems = SYSTEMS[:1] if key == "plugin-lock-1" else SYSTEMS
        text = reference.plugins_toml(index=setting.index, python=setting.python, systems=systems)
        (folder / "plugins.toml").write_text(text, encoding="utf-8")
        if reference.host:
            shutil.copytree(reference.host, folder / "host")
    elif key.startswith("uv-lock"):
        text = reference.pyproject_toml(
            python=setting.python,
            environments=ENVIRONMENTS if key == "uv-lock-2" else (),
            constraints=host_pins,
        )
        (folder / "pyproject.toml").write_text(text, encoding="utf-8")
    else:
        (folder / "requirements.in").write_text("\n".join(reference.requirements) + "\n", encoding="utf-8")
        if host_pins:
            (folder / "constraints.txt").write_text("\n".join(host_pins) + "\n", encoding="utf-8")


def environment(setting: Setting, cache: Path, home: Path) -> dict[str, str]:
    """Return the whole environment of a run: no settings of the user, every cache in one folder."""
    return {
        "PATH": os.pathsep.join([str(setting.rivals), "/usr/bin", "/bin"]),
        "HOME": str(home),
        "XDG_CONFIG_HOME": str(home),
        "XDG_CONFIG_DIRS": str(home),
        "TMPDIR": str(home),
        "LANG": "C.UTF-8",
        "NO_COLOR": "1",
        "UV_CACHE_DIR": str(cache),
        "UV_DEFAULT_INDEX": setting.index,
        "UV_PYTHON": str(setting.rivals / "python"),
        "UV_PYTHON_DOWNLOADS": "never",
        "PIP_CONFIG_FILE": os.devnull,
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        "PIP_INDEX_URL": setting.index,
        # Without this pip does not keep answers that came over plain http.
        "PIP_TRUSTED_HOST": "127.0.0.1",
        "PIP_CACHE_DIR": str(cache),
        "PIP_TOOLS_CACHE_DIR": str(cache),
        "PLUGIN_LOCK_CACHE_DIR": str(cache),
    }


def host_pins(reference: ReferenceSet, *, uv: Path, python: Path, folder: Path) -> tuple[str, ...]:
    """Return what the host of a set ships as pins with markers, as uv reads the host's lock."""
    if reference.host is None:
        return ()
    shutil.copytree(reference.host, folder)
    extras = [part for extra in HOST_EXTRAS for part in ("--extra", extra)]
    command = [str(uv), "export", "--frozen", "--offline", "-q", "--python", str(python), "--no-hashes"]
    command += ["--no-emit-project", "--no-annotate", "--no-header", "--no-default-groups", *extras]
    answer = subprocess.run(
        command,
        cwd=folder,
        check=True,
        capture_output=True,
        text=True,
        env={"PATH": os.environ["PATH"], "HOME": str(folder), "UV_PYTHON_DOWNLOADS": "never"},
    )
    return tuple(line for line in answer.stdout.splitlines() if line and not line.startswith((" ", "#")))


def _constraints(setting: Setting) -> list[str]:
    return ["-c", "constraints.txt"] if (setting.folder / "constraints.txt").exists() else []


def _count_pins(path: Path, _: str) -> int:
    return len(re.findall(r"(?m)^[A-Za-z0-9][\w.\-\[\],]*==", path.read_text(encoding="utf-8")))


def _count_plugin_lock(path: Path, printed: str) -> int | None:
    if path.exists():
        return len(tomllib.loads(path.read_text(encoding="utf-8"))["packages"])
    # --json says how many (docs/commands.md); what goes to stderr may stand around it.
    number = re.search(r'"packages":\s*(\d+)', printed)
    return int(number[1]) if number else None


CONTENDERS = {
    "plugin-lock-1": _plugin_lock(1, whole=False),
    "plugin-lock-2": _plugin_lock(2, whole=False),
    "plugin-lock-2-whole": _plugin_lock(2, whole=True),
    "uv-compile-1": _uv_compile("1 system", "--python-platform", "x86_64-manylinux_2_28"),
    "uv-compile": _uv_compile("every system", "--universal"),
    "uv-lock-2": _uv_lock("uv lock", "2 systems"),
    "uv-lock": _uv_lock("uv lock", "every system"),
    "pip-lock": _pip_lock(),
    "pip-tools": _pip_tools(),
}
