"""Projects begun from the templates of the flake, as a user begins them."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tests.nix.flakes import copy_of_the_checkout, run_on_flake
from tests.nix.module_system import lock_folder

if TYPE_CHECKING:
    from pathlib import Path

    from tests.nix.locks import LockMaker
    from tests.nix.machine import Nix

# Template -> the inputs that it has beside nixpkgs and plugin-lock.
TEMPLATES: dict[str, tuple[str, ...]] = {
    "hermes-agent": ("hermes-agent",),
    "home-manager": ("home-manager",),
    "many-machines": (),
    "minimal": (),
}


@dataclass(kw_only=True)
class Begun:
    """A folder begun from a template, and the flakes that stand in for its inputs."""

    nix: Nix
    folder: Path
    inputs: dict[str, Path]

    @property
    def every_system(self) -> tuple[str, ...]:
        """What makes `nix flake show` look at all systems; Nix 2.8 does so by itself, and knows no option for it."""
        return () if " 2.8." in self.nix.run("nix", "--version").out else ("--all-systems",)

    def lock_with(self, lock: LockMaker) -> None:
        """Put a lock beside the template: a package and a folder, for both systems."""
        lock.systems = ("aarch64-linux", "x86_64-linux")
        lock.plugin("weather-plugin")
        lock_folder(lock, "notes")
        lock.write()
        shutil.copytree(lock.path.parent, self.folder, dirs_exist_ok=True)

    def run(self, command: str, attribute: str = "", *arguments: str) -> str:
        """Run a command of `nix` on the folder, or on one of its outputs."""
        return run_on_flake(self.nix, command, f"path:{self.folder}{attribute}", self.inputs, *arguments)

    def value(self, attribute: str, function: str, *arguments: str) -> Any:
        """Evaluate a function of an output."""
        return json.loads(self.run("eval --json", f"#{attribute}", "--apply", function, *arguments))


def begin(nix: Nix, name: str, inputs: dict[str, Path], root: Path) -> Begun:
    """Make a project of a template, as `nix flake init` would in an empty folder."""
    checkout = copy_of_the_checkout(root / "checkout")
    folder = root / "begun"
    done = nix.run("nix", "flake", "new", str(folder), "--template", f"path:{checkout}#{name}", "--offline")
    assert done.code == 0, done.err
    return Begun(nix=nix, folder=folder, inputs={**inputs, "plugin-lock": checkout})
