"""Link the plugin folders of a host to where it looks for them, or remove the links; run by a unit of the NixOS module.

    link_plugins.py link|unlink MANIFEST

MANIFEST is a JSON file with `host`, `directory` and `links` (place below the directory -> folder).  Which links are
ours is written down in `links.json` in $STATE_DIRECTORY (systemd.exec(5)), with the folders that were made for them.
A link is touched only if it is written down there and still leads where it was made to lead.  Exit code 1: something
of the user's is in the way, or the folder is not of the user we run as, and nothing was changed; 2: the folder cannot
be written.
"""

from __future__ import annotations

import json
import os
import sys
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

TEMPORARY = ".plugin-lock-new"


@dataclass
class Ours:
    """What was made by us: link -> where it may lead (two places while it is being changed), and folders."""

    links: dict[str, list[str]] = field(default_factory=dict)
    folders: list[str] = field(default_factory=list)


def leads_to(link: Path) -> str | None:
    """Return where a link leads, or nothing where it is no link."""
    return str(link.readlink()) if link.is_symlink() else None


def read_state(file: Path) -> Ours:
    """Return what is written down."""
    return Ours(**json.loads(file.read_text(encoding="utf-8"))) if file.exists() else Ours()


def write_state(file: Path, ours: Ours) -> None:
    """Write down what is ours; the file is whole at all times."""
    unfinished = file.with_name(f"{file.name}{TEMPORARY}")
    unfinished.write_text(json.dumps(asdict(ours), indent=2, sort_keys=True) + "\n", encoding="utf-8")
    unfinished.replace(file)


def obstacles(wanted: dict[str, str], ours: Ours, directory: Path) -> list[Path]:
    """Return what is in the way of the wanted links and was not made by us."""
    found = set[Path]()
    for place, target in wanted.items():
        link = Path(place)
        for parent in link.parents:
            if os.path.lexists(parent) and not parent.is_dir():
                found.add(parent)
            if parent == directory:
                break
        if os.path.lexists(link) and leads_to(link) not in (target, *ours.links.get(place, ())):
            found.add(link)
    return sorted(found)


def foreign(directory: Path) -> Path | None:
    """Return what somebody else owns on the way to a folder, links included, where we are root."""
    if os.geteuid() != 0:
        return None
    # In a user namespace without the machine's root, what is root's has another owner.
    trusted = {0, Path("/").stat().st_uid}
    for way in (directory, Path(os.path.realpath(directory))):
        for path in (way, *way.parents):
            if os.path.lexists(path) and path.lstat().st_uid not in trusted:
                return path
    return None


def remove_links(links: dict[str, list[str]]) -> None:
    """Remove links that still lead where they were made to lead."""
    for place, targets in links.items():
        if leads_to(Path(place)) in targets:
            Path(place).unlink()


def remove_folders(folders: list[str]) -> list[str]:
    """Remove the folders that are empty by now, inner ones first; return the others."""
    kept = []
    for folder in sorted(folders, key=len, reverse=True):
        path = Path(folder)
        if path.is_dir() and not path.is_symlink() and not any(path.iterdir()):
            path.rmdir()
        elif path.is_dir():
            kept.append(folder)
    return sorted(kept)


def make_parents(link: Path, directory: Path) -> list[str]:
    """Make the folders that a link needs; return those below the host's directory that were not there."""
    missing = []
    for parent in link.parents:
        if parent.exists():
            break
        if parent.is_relative_to(directory) and parent != directory:
            missing.append(str(parent))
    link.parent.mkdir(parents=True, exist_ok=True)
    return missing


def link_all(manifest: dict[str, Any], wanted: dict[str, str], state: Path) -> int:
    """Make the links that are wanted and remove those that no longer are."""
    directory = Path(manifest["directory"])
    owned = foreign(directory)
    if owned is not None:
        sys.stderr.write(
            f"plugin-lock: {owned} belongs to user {owned.lstat().st_uid}, "
            "who could lead what root does there elsewhere\n"
            f"  help: name that user in programs.plugin-lock.hosts.{manifest['host']}.user; nothing was changed\n"
        )
        return 1
    ours = read_state(state)
    found = obstacles(wanted, ours, directory)
    if found:
        for path in found:
            sys.stderr.write(
                f"plugin-lock: {path} is in the way of a plugin of {manifest['host']}, "
                "and was not made by plugin-lock\n"
            )
        sys.stderr.write(
            "  help: move it away, or leave the plugin out (programs.plugin-lock.hosts."
            f"{manifest['host']}.plugins); nothing was changed\n"
        )
        return 1
    remove_links({place: targets for place, targets in ours.links.items() if place not in wanted})
    known = {place: targets for place, targets in ours.links.items() if place in wanted}
    folders = set(ours.folders)
    for place, target in sorted(wanted.items()):
        link = Path(place)
        folders |= set(make_parents(link, directory))
        # Written down first: after an interruption it is known that the link is ours, old or new.
        known[place] = [*known.get(place, ()), target]
        write_state(state, Ours(known, sorted(folders)))
        if leads_to(link) != target:
            unfinished = link.with_name(f"{TEMPORARY}-{link.name}")
            unfinished.unlink(missing_ok=True)
            unfinished.symlink_to(target)
            unfinished.replace(link)
    final = {place: [target] for place, target in wanted.items()}
    write_state(state, Ours(final, remove_folders(sorted(folders))))
    return 0


def unlink_all(state: Path) -> int:
    """Remove every link that is ours."""
    ours = read_state(state)
    remove_links(ours.links)
    remove_folders(ours.folders)
    state.unlink(missing_ok=True)
    return 0


def main() -> int:
    """Do what the arguments say."""
    verb, file = sys.argv[1:]
    manifest = json.loads(Path(file).read_text(encoding="utf-8"))
    state = Path(os.environ["STATE_DIRECTORY"]) / "links.json"
    wanted = {f"{manifest['directory']}/{place}": target for place, target in manifest["links"].items()}
    try:
        return link_all(manifest, wanted, state) if verb == "link" else unlink_all(state)
    except OSError as error:
        sys.stderr.write(
            f"plugin-lock: the plugins of {manifest['host']}: {error}\n"
            f"  help: {manifest['directory']} must be writable by the user that "
            f"programs.plugin-lock.hosts.{manifest['host']}.user names\n"
        )
        return 2


if __name__ == "__main__":
    sys.exit(main())
