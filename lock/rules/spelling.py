"""Rules 1, 4 and 5: each value is spelt as its grammar says, hashes and commits included."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lock import grammar
from lock.grammar import shown
from lock.rules.identity_spelling import identity, publishers
from lock.rules.source_spelling import asked, build, content, source, tree
from lock.rules.standards import marker, plain_text, requirement, specifier
from lock.systems import SYSTEMS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lock.findings import Findings
    from lock.model import Artifact, Host, Lock, Package, Plugin, TargetRecord, Wheel
    from lock.options import Policy, ResolutionOptions
    from lock.toml_lines import KeyPath

TOOL = ("tool", "plugin-lock")


def check(lock: Lock, findings: Findings) -> None:
    """Check every single value, without regard to any other."""
    for place, package in enumerate(lock.packages):
        _package(package, ("packages", place), findings)
    for place, package in enumerate(lock.build_packages):
        _package(package, (*TOOL, "build-packages", place), findings)
    _resolution(lock.resolution, (*TOOL, "resolution"), findings)
    _policy(lock.policy, (*TOOL, "policy"), findings)
    for place, plugin in enumerate(lock.plugins):
        _plugin(plugin, (*TOOL, "plugins", place), findings)
    for place, target in enumerate(lock.targets):
        _target(target, (*TOOL, "targets", place), findings)
    _host(lock.host, (*TOOL, "host"), findings)


def _package(package: Package, key: KeyPath, findings: Findings) -> None:
    findings.spelling(grammar.NAME, package.name, "the package name", (*key, "name"))
    label = shown(package.name)
    findings.spelling(grammar.VERSION, package.version, f"{label}: the version", (*key, "version"))
    if package.requires_python is not None:
        specifier(package.requires_python, f"{label}: 'requires-python'", (*key, "requires-python"), findings)
    for place, name in enumerate(package.dependencies):
        findings.spelling(grammar.NAME, name, f"{label}: the dependency", (*key, "dependencies", place, "name"))
    own = (*key, *TOOL)
    findings.spellings(grammar.NAME, package.provided, f"{label}: the provided name", (*own, "provided"))
    for name, systems in package.edge_systems.items():
        edge = (*own, "edge-systems", name)
        findings.spelling(grammar.NAME, name, f"{label}: the name", edge)
        findings.spellings(grammar.SYSTEM, systems, f"{label}: the system", edge)
    for place, wheel in enumerate(package.wheels):
        _wheel(wheel, label, (*key, "wheels", place), findings)
    for place, publisher in enumerate(package.attestation_identities):
        identity(publisher, label, (*key, "attestation-identities", place), findings)
    if package.source is not None:
        source(package.source, label, key, findings)
    for place, artifact in enumerate(package.artifacts):
        named = grammar.FILE if package.source is not None else grammar.WHEEL
        findings.spelling(named, artifact.name, f"{label}: the artifact name", (*own, "artifacts", place, "name"))
        _artifact(artifact, label, (*own, "artifacts", place), findings)


def _wheel(wheel: Wheel, label: str, key: KeyPath, findings: Findings) -> None:
    findings.spelling(grammar.WHEEL, wheel.name, f"{label}: the file name", (*key, "name"))
    content(wheel, label, key, findings)


def _artifact(artifact: Artifact, label: str, key: KeyPath, findings: Findings) -> None:
    findings.spellings(grammar.SYSTEM, artifact.systems, f"{label}: the system", (*key, "systems"))
    findings.spellings(grammar.MODULE, artifact.modules, f"{label}: the module", (*key, "modules"))
    startup = artifact.startup_files
    findings.spellings(grammar.STARTUP_FILE, startup, f"{label}: the start-up file", (*key, "startup-files"))
    scripts = artifact.console_scripts
    findings.spellings(grammar.SCRIPT, scripts, f"{label}: the console script", (*key, "console-scripts"))
    findings.spellings(grammar.LIBRARY, artifact.libraries, f"{label}: the library", (*key, "libraries"))
    if artifact.license is not None:
        plain_text(artifact.license, f"{label}: the licence", (*key, "license"), findings)
    if artifact.uploaded is not None:
        findings.spelling(grammar.TIMESTAMP, artifact.uploaded, f"{label}: the upload time", (*key, "uploaded"))
    if artifact.nar_hash is not None:
        findings.spelling(grammar.NAR_HASH, artifact.nar_hash, f"{label}: the hash", (*key, "nar-hash"))
    if artifact.build is not None:
        build(artifact.build, label, (*key, "build"), findings)


def _resolution(options: ResolutionOptions, key: KeyPath, findings: Findings) -> None:
    if options.exclude_newer is not None:
        findings.spelling(grammar.SPAN_OR_DATE, options.exclude_newer, "'exclude-newer'", (*key, "exclude-newer"))
    findings.spelling(grammar.PRERELEASES, options.prereleases, "'prereleases'", (*key, "prereleases"))
    for place, constraint in enumerate(options.constraints):
        requirement(constraint, "the constraint", (*key, "constraints", place), findings)
    for place, override in enumerate(options.overrides):
        here = (*key, "overrides", place)
        requirement(override.requirement, "the override", (*here, "requirement"), findings)
        plain_text(override.reason, "the reason of an override", (*here, "reason"), findings)
        if override.package is not None:
            findings.spelling(grammar.NAME, override.package, "the overridden package", (*here, "package"))


def _policy(policy: Policy, key: KeyPath, findings: Findings) -> None:
    named = {
        "allow-build": policy.allow_build,
        "allow-startup-code": policy.allow_startup_code,
        "allow-modules": policy.allow_modules,
        "allow-unattested": policy.allow_unattested,
    }
    for kind, reasons in {**named, "allow-origins": policy.allow_origins}.items():
        for subject, reason in reasons.items():
            here = (*key, kind, subject)
            if kind in named:
                findings.spelling(grammar.NAME, subject, f"the name of {kind!r}", here)
            plain_text(reason, f"the reason of {kind!r}", here, findings)
    publishers(policy.publishers, (*key, "publishers"), findings)


def _plugin(plugin: Plugin, key: KeyPath, findings: Findings) -> None:
    findings.spelling(grammar.NAME, plugin.name, "the plugin name", (*key, "name"))
    label = f"plugin {shown(plugin.name)}"
    if plugin.specifier is not None and plugin.specifier != "*":
        specifier(plugin.specifier, f"{label}: 'specifier'", (*key, "specifier"), findings)
    if plugin.asked is not None:
        asked(plugin.asked, label, (*key, "asked"), findings)
    if plugin.tree is not None:
        tree(plugin.tree, label, (*key, "tree"), findings)
    _versions(plugin.version, label, (*key, "version"), findings)
    findings.spellings(grammar.NAME, plugin.extras, f"{label}: the extra", (*key, "extras"))
    if plugin.marker is not None:
        marker(plugin.marker, f"{label}: the marker", (*key, "marker"), findings)
    if plugin.index is not None:
        findings.spelling(grammar.INDEX_NAME, plugin.index, f"{label}: 'index'", (*key, "index"))
    for place, entry_point in enumerate(plugin.entry_points):
        here = (*key, "entry-points", place)
        findings.spelling(grammar.GROUP, entry_point.group, f"{label}: the group", (*here, "group"))
        findings.spelling(grammar.ENTRY_NAME, entry_point.name, f"{label}: the entry point", (*here, "name"))
        findings.spelling(grammar.ENTRY_VALUE, entry_point.value, f"{label}: the entry point's value", (*here, "value"))


def _target(target: TargetRecord, key: KeyPath, findings: Findings) -> None:
    if not findings.spelling(grammar.SYSTEM, target.system, "the target", (*key, "system")):
        return
    here = (*key, "platform")
    if findings.spelling(grammar.PLATFORM, target.platform, f"target {target.system}: the platform", here):
        wanted = "macosx" if SYSTEMS[target.system].sys_platform == "darwin" else "manylinux"
        if not target.platform.startswith(wanted):
            findings.add("rule-5-platform", f"target {target.system}: {target.platform} is no {wanted}", here)


def _host(host: Host, key: KeyPath, findings: Findings) -> None:
    findings.spelling(grammar.NAME, host.name, "the host's name", (*key, "name"))
    if host.version is not None:
        findings.spelling(grammar.VERSION, host.version, "the host's version", (*key, "version"))
    findings.spelling(grammar.PYTHON, host.python, "the host's Python", (*key, "python"))
    findings.spellings(grammar.GROUP, host.entry_points, "the host's entry-point group", (*key, "entry-points"))
    findings.spellings(grammar.NAME, host.extras, "the host's extra", (*key, "extras"))
    groups = host.dependency_groups
    findings.spellings(grammar.NAME, groups, "the host's dependency group", (*key, "dependency-groups"))
    for name, versions in host.provided.items():
        here = (*key, "provided", name)
        findings.spelling(grammar.NAME, name, "the provided name", here)
        _versions(versions, f"provided {shown(name)}", here, findings)
    origin = (*key, "source")
    findings.spelling(grammar.SOURCE_KIND, host.source.kind, "the host's source", (*origin, "kind"))
    if host.source.flake_input is not None:
        findings.spelling(
            grammar.FLAKE_INPUT, host.source.flake_input, "the host's flake input", (*origin, "flake-input")
        )
    if host.source.location is not None:
        plain_text(host.source.location, "the host's location", (*origin, "location"), findings)
    if host.source.url is not None:
        plain_text(host.source.url, "the host's URL", (*origin, "url"), findings)
    if host.source.revision is not None:
        findings.spelling(grammar.COMMIT, host.source.revision, "the host's revision", (*origin, "revision"))


def _versions(versions: Mapping[str, str], label: str, key: KeyPath, findings: Findings) -> None:
    # One string in the file stands for every target; it is one problem then.
    if len(set(versions.values())) == 1:
        findings.spelling(grammar.VERSION, next(iter(versions.values())), f"{label}: the version", key)
    else:
        for system, version in versions.items():
            findings.spelling(grammar.VERSION, version, f"{label}: the version", (*key, system))
    for system in versions:
        findings.spelling(grammar.SYSTEM, system, f"{label}: the system", (*key, system))
