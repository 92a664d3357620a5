"""What a directory plugin needs of Python and of its host, out of its own files or out of plugins.toml.

The order is hermes-agent's, with plugins.toml before it: `dependencies` of the plugin's entry in plugins.toml, then
`[project].dependencies` of its pyproject.toml (which counts even where it is empty or absent from `[project]`), then
`python_dependencies` and `pip_dependencies` of its manifest.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from packaging.requirements import InvalidRequirement, Requirement
from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.version import InvalidVersion, Version

from lock.errors import InputError, Problem
from lock.grammar import LONGEST_TEXT
from resolver.directories.files import MAX_PYPROJECT
from resolver.directories.toml_document import parse_toml
from resolver.manifest.requirements import requirement as index_requirement
from resolver.manifest.shown import Refused, shown

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lock.model import PluginManifest
    from resolver.directories.files import PluginFolder
    from resolver.directories.manifest import ReadManifest
    from resolver.directories.stated import Stated

PYPROJECT = "pyproject.toml"
PLUGINS_TOML = "plugins.toml"


class PythonNeeds(msgspec.Struct, frozen=True, kw_only=True):
    """The requirements of a directory plugin, and the file they come from (`plugins.toml`, `pyproject.toml`, …).

    `origin` is None where no file says anything.  `requires_python` is that of the plugin's pyproject.toml, whoever
    gives the requirements, and `requires_python_path` and `requires_python_line` tell where it stands.
    """

    requirements: tuple[Requirement, ...] = ()
    origin: str | None = None
    requires_python: str | None = None
    requires_python_path: str | None = None
    requires_python_line: int | None = None


def python_needs(
    folder: PluginFolder, manifest: ReadManifest, given: tuple[Requirement, ...] | None = None
) -> PythonNeeds:
    """Return what a plugin needs of Python; `given` are the `dependencies` of plugins.toml, None where it has none.

    Raises `InputError` with every problem found.
    """
    text = folder.text(PYPROJECT, MAX_PYPROJECT)
    document = None if text is None else parse_toml(text, folder.shown(PYPROJECT))
    project = None if document is None else document.inner("project")
    if document is not None and project is None:
        document.finish()
    python = None if project is None else project.text("requires-python", _python_versions)
    requirements: tuple[Requirement, ...] = ()
    origin = None
    if given is not None:
        requirements, origin = given, PLUGINS_TOML
    elif project is not None:
        requirements, origin = _of_project(project), PYPROJECT
    elif manifest.python is not None:
        requirements, origin = _of_manifest(manifest), manifest.manifest.file
    if project is not None:
        project.finish()
    return PythonNeeds(
        requirements=requirements,
        origin=origin,
        requires_python=python,
        requires_python_path=project.path if project is not None and python is not None else None,
        requires_python_line=project.line(("project", "requires-python"))
        if project is not None and python is not None
        else None,
    )


def _of_project(project: Stated) -> tuple[Requirement, ...]:
    dynamic = project.value("dynamic")
    if isinstance(dynamic, list) and "dependencies" in dynamic:
        project.report(
            ("project", "dynamic"),
            "the dependencies are computed when the project is built, and a directory plugin is not built",
            code="dynamic",
            remedy="list them in plugins.toml: dependencies = […] in the plugin's entry",
        )
        return ()
    found = []
    for key, text in project.strings("dependencies"):
        try:
            found.append(foreign_requirement(text))
        except Refused as refused:
            project.report(key, refused.message, code="requirement", remedy=refused.remedy)
    return unique(found)


def _of_manifest(manifest: ReadManifest) -> tuple[Requirement, ...]:
    found = []
    problems = []
    for key, line, text in manifest.python or ():
        try:
            found.append(foreign_requirement(text))
        except Refused as refused:
            problems.append(
                Problem(
                    code="directory-requirement",
                    message=f"{key}: {refused.message}",
                    path=manifest.path,
                    line=line,
                    key=key,
                    remedy=refused.remedy,
                )
            )
    if problems:
        raise InputError(*problems)
    return unique(found)


def foreign_requirement(text: str) -> Requirement:
    """Return a requirement (PEP 508) of a plugin's own file; raises `Refused`, for an address with the name."""
    replace_it = "plugins.toml can replace what the plugin asks for: dependencies = […] in its entry"
    if len(text) > LONGEST_TEXT:
        raise Refused(f"a requirement is longer than {LONGEST_TEXT} characters", replace_it)
    try:
        parsed = Requirement(text)
    except (InvalidRequirement, RecursionError):
        parsed = None
    if parsed is not None and parsed.url is not None:
        raise Refused(f"it requires {shown(parsed.name)} from an address, which is not followed", replace_it)
    return index_requirement(text)


def unique(requirements: Iterable[Requirement]) -> tuple[Requirement, ...]:
    """Return the requirements, each once, in their order."""
    return tuple({str(requirement): requirement for requirement in requirements}.values())


def _python_versions(text: str) -> str:
    try:
        if len(text) <= LONGEST_TEXT:
            return str(SpecifierSet(text))
    except InvalidSpecifier:
        pass
    raise Refused(f"{shown(text)} does not say which versions of Python", 'write it like ">=3.11"')


def host_problem(plugin: str, manifest: PluginManifest, path: str, host: str, version: str | None) -> Problem | None:
    """Return what is wrong where the host's version is not one that the plugin's manifest admits.

    `path` names the manifest, `host` and `version` the host.  None where all is well, and where the version or the
    requirement is not known: see `host_warning`.
    """
    if manifest.requires_host is None or version is None or _admits(manifest.requires_host, version) is not False:
        return None
    return Problem(
        code="host-conflict",
        message=f"{plugin} requires {host} {manifest.requires_host}, but the host is {host} {version}",
        path=path,
        remedy=f"use a revision of {plugin} for {host} {version}, or a {host} {manifest.requires_host}",
    )


def host_warning(plugin: str, manifest: PluginManifest, host: str, version: str | None) -> str | None:
    """Return a warning where a plugin limits the host's versions and the host's is unknown."""
    if manifest.requires_host is None or (version is not None and _admits(manifest.requires_host, version) is not None):
        return None
    return f"{plugin} requires {host} {manifest.requires_host}, and which version the host has is not known"


def _admits(specifier: str, version: str) -> bool | None:
    # As hermes-agent does: a pre-release of the host counts as the release it will become.
    try:
        release = Version(version).base_version
    except InvalidVersion:
        return None
    return SpecifierSet(specifier).contains(release, prereleases=True)
