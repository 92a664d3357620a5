"""Rules 1, 4 and 5 for sources: what they are, how they are built, and what their plugins say of themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lock import grammar
from lock.grammar import shown
from lock.model import Archive, Directory, Sdist, Vcs
from lock.rules.standards import plain_text, requirement

if TYPE_CHECKING:
    from lock.findings import Findings
    from lock.model import Asked, Build, PackageSource, PluginManifest, PluginTree, Wheel
    from lock.toml_lines import KeyPath

LARGEST_SIZE = 2**53
"""In bytes; what every reader of TOML and JSON can hold."""


def source(source: PackageSource, label: str, key: KeyPath, findings: Findings) -> None:
    """Check a source; `key` is that of the table it stands in.  Addresses are for `lock.rules.origins`."""
    match source:
        case Sdist():
            here = (*key, "sdist")
            findings.spelling(grammar.SDIST, source.name, f"{label}: the file name", (*here, "name"))
            content(source, label, here, findings)
        case Archive():
            here = (*key, "archive")
            content(source, label, here, findings)
            _folder(source.subdirectory, label, here, findings)
        case Vcs():
            here = (*key, "vcs")
            findings.spelling(grammar.COMMIT, source.commit_id, f"{label}: 'commit-id'", (*here, "commit-id"))
            if source.requested_revision is not None:
                what = f"{label}: 'requested-revision'"
                findings.spelling(grammar.GIT_REF, source.requested_revision, what, (*here, "requested-revision"))
            _folder(source.subdirectory, label, here, findings)
        case Directory():
            here = (*key, "directory")
            findings.spelling(grammar.PATH, source.path, f"{label}: the path", (*here, "path"))
            _folder(source.subdirectory, label, here, findings)


def content(file: Wheel | Sdist | Archive, label: str, key: KeyPath, findings: Findings) -> None:
    """Check the hash and size of a file."""
    findings.spelling(grammar.SHA256, file.sha256, f"{label}: the hash", (*key, "hashes", "sha256"))
    if not 0 < file.size <= LARGEST_SIZE:
        findings.add("rule-5-size", f"{label}: the size is not a number of bytes", (*key, "size"))


def _folder(subdirectory: str | None, label: str, key: KeyPath, findings: Findings) -> None:
    if subdirectory is not None:
        findings.spelling(grammar.PATH, subdirectory, f"{label}: 'subdirectory'", (*key, "subdirectory"))


def build(build: Build, label: str, key: KeyPath, findings: Findings) -> None:
    """Check how an artifact is built."""
    findings.spelling(grammar.BACKEND, build.backend, f"{label}: 'backend'", (*key, "backend"))
    findings.spellings(grammar.BACKEND_PATH, build.backend_path, f"{label}: 'backend-path'", (*key, "backend-path"))
    for place, needed in enumerate(build.requires):
        here = (*key, "requires", place)
        findings.spelling(grammar.NAME, needed.name, f"{label}: the build requirement", (*here, "name"))
        version = (*here, "version")
        findings.spelling(grammar.VERSION, needed.version, f"{label}: the version of {shown(needed.name)}", version)
        findings.spellings(grammar.SYSTEM, needed.systems, f"{label}: the system", (*here, "systems"))


def asked(asked: Asked, label: str, key: KeyPath, findings: Findings) -> None:
    """Check what plugins.toml asked for."""
    for name, value in (("tag", asked.tag), ("branch", asked.branch)):
        if value is not None:
            findings.spelling(grammar.GIT_REF, value, f"{label}: the {name}", (*key, name))
    if asked.revision is not None:
        findings.spelling(grammar.COMMIT, asked.revision, f"{label}: 'rev'", (*key, "rev"))
    if asked.path is not None:
        findings.spelling(grammar.PATH, asked.path, f"{label}: the path", (*key, "path"))
    _folder(asked.subdirectory, label, key, findings)
    for place, dependency in enumerate(asked.dependencies or ()):
        requirement(dependency, f"{label}: the dependency", (*key, "dependencies", place), findings)


def tree(tree: PluginTree, label: str, key: KeyPath, findings: Findings) -> None:
    """Check the folder of a directory plugin."""
    source(tree.source, label, key, findings)
    findings.spelling(grammar.NAR_HASH, tree.nar_hash, f"{label}: the hash", (*key, "nar-hash"))
    findings.spellings(grammar.NAME, tree.dependencies, f"{label}: the dependency", (*key, "dependencies"))
    findings.spellings(grammar.NAME, tree.provided, f"{label}: the provided name", (*key, "provided"))
    for name, systems in tree.edge_systems.items():
        edge = (*key, "edge-systems", name)
        findings.spelling(grammar.NAME, name, f"{label}: the name", edge)
        findings.spellings(grammar.SYSTEM, systems, f"{label}: the system", edge)
    _manifest(tree.manifest, label, (*key, "manifest"), findings)


def _manifest(manifest: PluginManifest, label: str, key: KeyPath, findings: Findings) -> None:
    findings.spelling(grammar.SCRIPT, manifest.file, f"{label}: the manifest", (*key, "file"))
    findings.spelling(grammar.PLUGIN_ID, manifest.id, f"{label}: the id", (*key, "id"))
    if manifest.executable is not None:
        findings.spelling(grammar.EXECUTABLE, manifest.executable, f"{label}: the executable", (*key, "executable"))
    if manifest.risk is not None:
        findings.spelling(grammar.RISK, manifest.risk, f"{label}: the risk", (*key, "risk"))
    for name, value in (("version", manifest.version), ("requires-host", manifest.requires_host)):
        if value is not None:
            plain_text(value, f"{label}: {name!r}", (*key, name), findings)
    findings.spellings(grammar.VARIABLE, manifest.requires_env, f"{label}: 'requires-env'", (*key, "requires-env"))
    for name, values in (
        ("tools", manifest.tools),
        ("hooks", manifest.hooks),
        ("requires-plugins", manifest.requires_plugins),
        ("external-dependencies", manifest.external_dependencies),
    ):
        for place, value in enumerate(values):
            plain_text(value, f"{label}: {name!r}", (*key, name, place), findings)
