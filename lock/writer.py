"""Writing plugins.lock: a `Lock` as TOML, the same bytes for equal locks.  The format: docs/lock-format.md."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lock.canonical import canonical
from lock.derived import environments, requires_python
from lock.model import FORMAT_VERSION
from lock.toml_text import Document, inline_table, string
from lock.write_packages import identity_table, write_build_packages, write_packages
from lock.write_plugins import by_system, write_plugin

if TYPE_CHECKING:
    from lock.model import Host, IndexRecord, Lock, Source, TargetRecord
    from lock.options import Override, Policy, ResolutionOptions

HEADER = "Written by plugin-lock. Change plugins.toml and run `plugin-lock lock`; edits by hand are refused."


def render(lock: Lock) -> str:
    """Return the content of plugins.lock.

    The order of sequences and mappings in `lock` does not matter.  Rules are not checked here: what breaks one
    is refused when it is read (`lock.reader.parse`, `lock.rules.problems`).
    """
    lock = canonical(lock)
    document = Document(HEADER)
    document.put("lock-version", "1.0")
    document.put_strings("environments", environments(lock))
    document.put("requires-python", requires_python(lock))
    document.put("created-by", "plugin-lock")
    if not lock.packages:
        document.put_written("packages", "[]")  # PEP 751 requires the key
    write_packages(document, lock)
    document.header("tool", "plugin-lock")
    document.put("version", FORMAT_VERSION)
    _resolution(document, lock.resolution)
    _policy(document, lock.policy)
    write_build_packages(document, lock)
    for plugin in lock.plugins:
        write_plugin(document, lock, plugin)
    for target in lock.targets:
        _target(document, target)
    for index in lock.indexes:
        _index(document, index)
    # Last, so that no cut-off file can pass for a whole one: the host is required, and its provided versions are
    # held against the edges above.
    _host(document, lock.host, lock.systems)
    return document.text()


def _resolution(document: Document, options: ResolutionOptions) -> None:
    # What is default stands nowhere; a table of nothing would be noise in every review.
    prereleases = None if options.prereleases == "if-necessary" else options.prereleases
    if not (options.exclude_newer or prereleases or options.constraints or options.overrides):
        return
    document.header("tool", "plugin-lock", "resolution")
    document.put("exclude-newer", options.exclude_newer)
    document.put("prereleases", prereleases)
    document.put_strings("constraints", options.constraints)
    document.put_lines("overrides", map(_override, options.overrides))


def _policy(document: Document, policy: Policy) -> None:
    kinds = {
        "allow-build": policy.allow_build,
        "allow-modules": policy.allow_modules,
        "allow-origins": policy.allow_origins,
        "allow-startup-code": policy.allow_startup_code,
        "allow-unattested": policy.allow_unattested,
    }
    for kind, reasons in kinds.items():
        if reasons:
            document.header("tool", "plugin-lock", "policy", kind)
            for subject in sorted(reasons):
                document.put(subject, reasons[subject])
    if policy.publishers:
        document.header("tool", "plugin-lock", "policy", "publishers")
        for name, publishers in policy.publishers.items():
            tables = (identity_table({**publisher.identity, "reason": publisher.reason}) for publisher in publishers)
            document.put_lines(name, tables)


def _override(override: Override) -> str:
    values = {"requirement": string(override.requirement)}
    if override.package is not None:
        values["package"] = string(override.package)
    return inline_table(values | {"reason": string(override.reason)})


def _target(document: Document, target: TargetRecord) -> None:
    document.header("tool", "plugin-lock", "targets", array=True)
    document.put("system", target.system)
    document.put("platform", target.platform)


def _index(document: Document, index: IndexRecord) -> None:
    document.header("tool", "plugin-lock", "indexes", array=True)
    document.put("url", index.url)
    document.put_strings("files", index.files)


def _host(document: Document, host: Host, systems: tuple[str, ...]) -> None:
    document.header("tool", "plugin-lock", "host")
    document.put("name", host.name)
    document.put("version", host.version)
    document.put("python", host.python)
    document.put_strings("entry-points", host.entry_points)
    document.put_strings("extras", host.extras)
    document.put_strings("dependency-groups", host.dependency_groups)
    document.put_written("source", _source(host.source))
    if host.provided:
        document.header("tool", "plugin-lock", "host", "provided")
        for name in sorted(host.provided):
            document.put_written(name, by_system(host.provided[name], systems))


def _source(source: Source) -> str:
    values = {
        "kind": source.kind,
        "location": source.location,
        "flake-input": source.flake_input,
        "url": source.url,
        "revision": source.revision,
    }
    return inline_table({name: string(value) for name, value in values.items() if value is not None})
