"""Rules 1, 2 and 6 for sources: names agree, each has the hash of its kind, and what must be built says how."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from packaging.utils import InvalidSdistFilename, InvalidWheelFilename, parse_sdist_filename, parse_wheel_filename
from packaging.version import InvalidVersion, Version

from lock import urls
from lock.grammar import COMMIT, shown
from lock.model import Archive, Directory, Sdist, Vcs
from lock.rules.spelling import TOOL

if TYPE_CHECKING:
    from lock.findings import Findings
    from lock.model import Artifact, Package
    from lock.toml_lines import KeyPath

# Each name is asked for twice, as a file and as an artifact.
parsed_wheel = lru_cache(maxsize=4096)(parse_wheel_filename)


def check_package(package: Package, key: KeyPath, findings: Findings) -> None:
    """Check the source of a package, and which of its artifacts are built."""
    match package.source:
        case Sdist():
            _sdist(package, package.source, (*key, "sdist"), findings)
        case Archive():
            _archive(package, package.source, (*key, "archive"), findings)
        case Vcs():
            _revision(package.source, shown(package.name), (*key, "vcs"), findings)
    if package.source is not None and not isinstance(package.source, Sdist):
        _one_artifact(package, package.source, key, findings)
    for place, artifact in enumerate(package.artifacts):
        _artifact(package, artifact, (*key, *TOOL, "artifacts", place), findings)


def artifact_name(package: Package, source: Archive | Vcs | Directory) -> str:
    """Return what the artifact of a tree or archive is called."""
    match source:
        case Archive():
            return urls.last_segment(source.url)
        case Vcs():
            return f"{package.name}-{source.commit_id}"
        case Directory():
            return f"{package.name}-source"


def is_wheel(name: str) -> bool:
    """Tell a wheel from other files."""
    return name.endswith(".whl")


def check_segment(url: str, name: str, label: str, key: KeyPath, findings: Findings) -> None:
    """Check that an address ends in the name of its file."""
    segment = urls.last_segment(url)
    if segment != name:
        message = f"{label}: the URL ends in {shown(segment)}, not in the file name {shown(name)}"
        findings.add("rule-2-file-name", message, (*key, "url"))


def check_names(package: Package, file: str, name: str, version: Version, key: KeyPath, findings: Findings) -> None:
    """Check that the name and version in a file's name are the entry's."""
    label = shown(package.name)
    if name != package.name:
        findings.add("rule-2-file-name", f"{shown(file)} is a file of {name}, not of {label}", key)
    if version != Version(package.version):
        message = f"{shown(file)} is of version {version}, the entry of {shown(package.version)}"
        findings.add("rule-2-file-name", message, key)


def _sdist(package: Package, sdist: Sdist, key: KeyPath, findings: Findings) -> None:
    label = shown(package.name)
    check_segment(sdist.url, sdist.name, label, key, findings)
    try:
        name, version = parse_sdist_filename(sdist.name)
    except (InvalidSdistFilename, InvalidVersion):
        message = f"{label}: {shown(sdist.name)} is not a source distribution's file name (PEP 625)"
        findings.add("rule-2-file-name", message, (*key, "name"))
        return
    check_names(package, sdist.name, name, version, (*key, "name"), findings)


def _archive(package: Package, archive: Archive, key: KeyPath, findings: Findings) -> None:
    """Check an archive: one that is a wheel has the name of one; others may be called anything."""
    file = urls.last_segment(archive.url)
    if not is_wheel(file):
        return
    label = shown(package.name)
    if archive.subdirectory is not None:
        message = f"{label}: {shown(file)} is a wheel, which has no 'subdirectory'"
        findings.add("rule-6-artifact", message, (*key, "subdirectory"))
    try:
        name, version, _, _ = parsed_wheel(file)
    except (InvalidWheelFilename, InvalidVersion):
        message = f"{label}: {shown(file)} is not a wheel's file name (Binary distribution format)"
        findings.add("rule-2-file-name", message, (*key, "url"))
        return
    check_names(package, file, name, version, (*key, "url"), findings)


def _revision(vcs: Vcs, label: str, key: KeyPath, findings: Findings) -> None:
    """Check that what reads as a commit is the commit: a branch may be called like another one."""
    asked = vcs.requested_revision
    if asked is not None and COMMIT.fits(asked) and asked != vcs.commit_id:
        message = f"{label}: 'requested-revision' is a commit, and not the one of 'commit-id'"
        findings.add("rule-4-commit", message, (*key, "requested-revision"))


def check_tree(source: Archive | Vcs | Directory, label: str, key: KeyPath, findings: Findings) -> None:
    """Check the source of a directory plugin."""
    if isinstance(source, Vcs):
        _revision(source, label, (*key, "vcs"), findings)
    elif isinstance(source, Archive) and is_wheel(urls.last_segment(source.url)):
        findings.add("rule-6-plugin", f"{label}: a wheel is no folder of a plugin", (*key, "archive", "url"))


def _one_artifact(package: Package, source: Archive | Vcs | Directory, key: KeyPath, findings: Findings) -> None:
    label = shown(package.name)
    wanted = artifact_name(package, source)
    if package.wheels:
        message = f"{label}: wheels stand beside a source that is not from an index"
        findings.add("rule-6-artifact", message, (*key, "wheels"))
    if not package.artifacts:
        findings.add("rule-6-artifact", f"{label}: no artifact says what {shown(wanted)} is used for", key)
    for place, artifact in enumerate(package.artifacts):
        here = (*key, *TOOL, "artifacts", place, "name")
        if artifact.name != wanted:
            message = f"{label}: the artifact is called {shown(artifact.name)}, its source {shown(wanted)}"
            findings.add("rule-2-file-name", message, here)
        elif place:
            findings.add("rule-6-artifact", f"{label}: one source has one artifact", here)


def _artifact(package: Package, artifact: Artifact, key: KeyPath, findings: Findings) -> None:
    """Check that trees have a NAR hash and files none, and that sources, and they only, say how they are built."""
    label = f"{shown(package.name)}: {shown(artifact.name)}"
    if isinstance(package.source, Vcs | Directory):
        if artifact.nar_hash is None:
            findings.add("rule-1-hash", f"{label} is a tree and has no 'nar-hash'", key)
    elif artifact.nar_hash is not None:
        findings.add("rule-1-hash", f"{label} is a file, for which 'nar-hash' says nothing", (*key, "nar-hash"))
    if artifact.submodules and not isinstance(package.source, Vcs):
        findings.add(
            "rule-6-artifact", f"{label} is from no git repository and has no submodules", (*key, "submodules")
        )
    if is_wheel(artifact.name):
        if artifact.build is not None:
            findings.add("rule-6-build", f"{label} is a wheel, which is not built", (*key, "build"))
    elif artifact.build is None:
        findings.add("rule-6-build", f"{label} must be built, and nothing says how", key)
