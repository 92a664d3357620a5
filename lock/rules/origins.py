"""Rule 3: addresses are https without secrets, on origins that the indexes of the lock, and plugins.toml, explain."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lock import urls
from lock.findings import Findings
from lock.grammar import quoted, shown
from lock.model import Archive, Directory, Sdist, Vcs
from lock.rules.artifacts import every_package
from lock.rules.spelling import TOOL

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from lock.errors import Problem
    from lock.model import IndexRecord, Lock, Package, PackageSource, Plugin, Wheel
    from lock.toml_lines import KeyPath

_CONFIGURE = (
    "if you trust it, name it in plugins.toml (`[[index]]`, its `files` for other hosts) and run `plugin-lock lock`"
)
_NAME = "if you trust it, name it in plugins.toml and run `plugin-lock lock`"


def check(lock: Lock, findings: Findings) -> None:
    """Check every address, and that files come from origins of the index their package names."""
    before = len(findings.problems)
    allowed: dict[str, frozenset[str]] = {}
    for place, index in enumerate(lock.indexes):
        _index(index, (*TOOL, "indexes", place), findings)
        allowed[index.url] = allowed.get(index.url, frozenset()) | frozenset(index.files)
    used: set[tuple[str, str]] = set()
    if findings.problems[before:]:
        return  # each file of that index would be told again
    for key, package in every_package(lock):
        _package(package, allowed, used, key, findings)
    for place, plugin in enumerate(lock.plugins):
        _plugin(plugin, (*TOOL, "plugins", place), findings)
    for place_allowed in lock.policy.allow_origins:
        if wrong := urls.place_fault(place_allowed):
            message = f"the place that 'allow-origins' names {wrong}"
            findings.add("rule-3-url", message, (*TOOL, "policy", "allow-origins", place_allowed))
    for place, index in enumerate(lock.indexes):
        _unused(index, used, (*TOOL, "indexes", place), findings)


def unexplained_origins(
    lock: Lock,
    explained: Mapping[str, Collection[str]],
    *,
    sources: Collection[str] = (),
    places: Collection[str] = (),
    path: str | None = None,
    text: str | None = None,
) -> tuple[Problem, ...]:
    """Return the indexes, file origins and sources of a lock that plugins.toml does not account for.

    `explained` maps the URL of each index in force to the origins it may serve files from besides its own; whether
    URLs and origins end in `/` does not matter.  `sources` are the URLs of the repositories and archives that
    plugins.toml names; an origin without a path among them explains everything from there.  `places` are the
    beginnings of addresses from where its policy follows requirements.  `path` and `text` are as for
    `lock.rules.problems`.
    """
    findings = Findings(path, text)
    known = {
        url.rstrip("/"): {urls.origin(url), *(urls.origin(entry) for entry in origins)}
        for url, origins in explained.items()
    }
    for place, index in enumerate(lock.indexes):
        key: KeyPath = (*TOOL, "indexes", place)
        origins = known.get(index.url.rstrip("/"))
        if origins is None:
            message = f"the index {quoted(index.url)} is none of the indexes of plugins.toml"
            findings.add("rule-3-origin", message, (*key, "url"), remedy=_CONFIGURE)
            continue
        for number, entry in enumerate(index.files):
            if urls.origin(entry) not in origins:
                message = (
                    f"files come from {quoted(entry)}, which plugins.toml does not explain "
                    f"for the index {quoted(index.url)}"
                )
                findings.add("rule-3-origin", message, (*key, "files", number), remedy=_CONFIGURE)
    named = {url.rstrip("/") for url in sources}
    for key, label, url in _sources(lock):
        if url.rstrip("/") in named or urls.origin(url) in named:
            continue
        if not any(urls.is_below(url, place) for place in places):
            message = f"{label} comes from {quoted(url)}, which plugins.toml does not name"
            findings.add("rule-3-origin", message, key, remedy=_NAME)
    return tuple(findings.problems)


def _sources(lock: Lock) -> Iterator[tuple[KeyPath, str, str]]:
    """Yield the place, the owner and the URL of each repository and archive."""
    found: list[tuple[KeyPath, str, PackageSource | None]] = [
        (key, shown(package.name), package.source) for key, package in every_package(lock)
    ]
    found += [
        ((*TOOL, "plugins", place, "tree"), f"plugin {shown(plugin.name)}", plugin.tree.source)
        for place, plugin in enumerate(lock.plugins)
        if plugin.tree is not None
    ]
    for key, label, source in found:
        if isinstance(source, Archive | Vcs):
            yield (*key, "vcs" if isinstance(source, Vcs) else "archive", "url"), label, source.url


def _index(index: IndexRecord, key: KeyPath, findings: Findings) -> None:
    if wrong := urls.fault(index.url):
        findings.add("rule-3-url", f"the URL of an index {wrong}", (*key, "url"))
    for number, entry in enumerate(index.files):
        here = (*key, "files", number)
        if wrong := urls.fault(entry):
            findings.add("rule-3-url", f"the origin of files {wrong}", here)
        elif urls.origin(entry) != entry:
            findings.add("rule-3-url", f"{quoted(entry)} is not an origin such as {quoted(_origin(entry))}", here)


def _package(
    package: Package,
    allowed: Mapping[str, Collection[str]],
    used: set[tuple[str, str]],
    key: KeyPath,
    findings: Findings,
) -> None:
    label = shown(package.name)
    if package.source is not None and not isinstance(package.source, Sdist):
        _source(package.source, label, key, findings)
        if package.index is not None:
            message = f"{label}: what is from no index has no 'index'"
            findings.add("rule-3-origin", message, (*key, "index"))
        return
    if package.index is None:
        findings.add("rule-3-origin", f"{label}: no index explains where its files come from", key)
    elif package.index not in allowed:
        message = f"{label}: the index {quoted(package.index)} is none of the lock's indexes"
        findings.add("rule-3-origin", message, (*key, "index"))
    files: list[tuple[KeyPath, Wheel | Sdist]] = [
        ((*key, "wheels", number, "url"), wheel) for number, wheel in enumerate(package.wheels)
    ]
    if package.source is not None:
        files.append(((*key, "sdist", "url"), package.source))
    for here, file in files:
        if wrong := urls.fault(file.url):
            findings.add("rule-3-url", f"{label}: the URL of {shown(file.name)} {wrong}", here)
            continue
        found = _origin(file.url)
        if package.index is not None and package.index in allowed:
            used.add((package.index, found))
            if found not in allowed[package.index]:
                message = (
                    f"{label}: {shown(file.name)} comes from {quoted(found)}, "
                    f"from which the index {quoted(package.index)} serves no files"
                )
                findings.add("rule-3-origin", message, here)


def _source(source: Archive | Vcs | Directory, label: str, key: KeyPath, findings: Findings) -> None:
    match source:
        case Archive():
            if wrong := urls.fault(source.url):
                findings.add("rule-3-url", f"{label}: the URL of the archive {wrong}", (*key, "archive", "url"))
        case Vcs():
            if wrong := urls.git_fault(source.url):
                findings.add("rule-3-url", f"{label}: the URL of the repository {wrong}", (*key, "vcs", "url"))


def _plugin(plugin: Plugin, key: KeyPath, findings: Findings) -> None:
    label = f"plugin {shown(plugin.name)}"
    if plugin.tree is not None:
        _source(plugin.tree.source, label, (*key, "tree"), findings)
    if plugin.asked is None:
        return
    if plugin.asked.git is not None and (wrong := urls.git_fault(plugin.asked.git)):
        findings.add("rule-3-url", f"{label}: the repository asked for {wrong}", (*key, "asked", "git"))
    if plugin.asked.url is not None and (wrong := urls.fault(plugin.asked.url)):
        findings.add("rule-3-url", f"{label}: the URL asked for {wrong}", (*key, "asked", "url"))


def _unused(index: IndexRecord, used: Collection[tuple[str, str]], key: KeyPath, findings: Findings) -> None:
    """Note what serves no file: an origin that nobody needs would explain a forged file later."""
    if not index.files:
        findings.add("rule-3-origin", f"the index {quoted(index.url)} serves no file of the lock", key)
    for number, entry in enumerate(index.files):
        if (index.url, entry) not in used:
            message = f"no file of the index {quoted(index.url)} comes from {quoted(entry)}"
            findings.add("rule-3-origin", message, (*key, "files", number))


def _origin(url: str) -> str:
    return urls.origin(url) or ""
