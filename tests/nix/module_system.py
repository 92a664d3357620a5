"""Machines and homes as the tests evaluate them, without nixpkgs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from lock.model import Directory, PluginManifest
from lock.nar import nar_hash
from tests.nix.hosts import pkgs as standalone_pkgs
from tests.nix.machine import LIBRARY, quoted
from tests.nix.sources import write_tree

if TYPE_CHECKING:
    from tests.nix.locks import LockMaker
    from tests.nix.machine import Nix

MODULE_SYSTEM = Path(__file__).with_name("module-system")
MODULES = {"nixos": LIBRARY / "modules/nixos.nix", "home-manager": LIBRARY / "modules/home-manager.nix"}

FOLDER = {"plugin.yaml": "name: x\n", "__init__.py": "def register(ctx): ...\n"}


def evaluated(config: str, *modules: str, kind: str = "nixos", pkgs: str | None = None) -> str:
    """Return the expression of a machine of our module, the `modules` given as expressions, and a configuration."""
    all_modules = " ".join(f"({module})" for module in (str(MODULES[kind]), *modules, config))
    return (
        f'(import {MODULE_SYSTEM}/machine.nix {{ kind = "{kind}"; pkgs = {pkgs or standalone_pkgs()}; '
        f"modules = [ {all_modules} ]; }})"
    )


def lock_folder(lock: LockMaker, name: str, **manifest: Any) -> None:
    """Lock a directory plugin from a folder of the project."""
    folder = write_tree(lock.path.parent / f"plugins/{name}", {**FOLDER, "name.txt": name})
    described = PluginManifest(**{"file": "plugin.yaml", "id": name, **manifest})
    lock.directory_plugin(name, Directory(path=f"plugins/{name}"), nar_hash(folder), manifest=described)
    lock.plugins.sort(key=lambda plugin: plugin.name)


def host(lock: LockMaker, more: str = "", *, name: str = "example") -> str:
    """Return a configuration with one host of the lock."""
    return f"{{ programs.plugin-lock.hosts.{name} = {{ lock = {quoted(lock.path)}; {more} }}; }}"


def written(nix: Nix, text: str) -> str:
    """Return a text of a configuration, given as an expression, with all that it names built."""
    (built,) = nix.build(
        'derivation { name = "text"; system = builtins.currentSystem; builder = "/bin/sh"; '
        f'args = [ "-c" "echo \\"$text\\" > $out" ]; text = {text}; }}'
    )
    return built.read_text(encoding="utf-8").strip()
