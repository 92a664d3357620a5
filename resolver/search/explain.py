"""Why a search failed, as sentences a person can act on: who asks for what, what the host ships, what was tried."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from packaging.utils import canonicalize_name

from lock.errors import Problem
from resolver.search.listing import Rejection
from resolver.search.needs import UNKNOWN_VERSION
from resolver.search.verdicts import Clashes, Death, Reason, Unmet, Unreadable

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from resolver.hosts.model import ProvidedSet
    from resolver.manifest.model import Place
    from resolver.search.needs import Need
    from resolver.search.search import Conflict, Failure

MAX_LINES = 60
"""How many lines of reasons one plugin may take before the rest is counted instead of shown."""


def explain(conflict: Conflict, host: ProvidedSet, places: Mapping[str, Place]) -> tuple[Problem, ...]:
    """Return one problem a plugin that fails alone, or one for requirements that exclude each other."""
    if conflict.failures:
        return tuple(_alone(failure, conflict, host, places) for failure in conflict.failures)
    if conflict.gave_up:
        message = "the search took too many steps and was given up"
        remedy = "narrow the versions of some plugins in plugins.toml, so that fewer combinations are left"
        return (Problem(code="search-too-long", message=message, remedy=remedy),)
    return (_together(conflict, host, places),)


def host_label(host: ProvidedSet) -> str:
    """Return the host's name with its version, where that is known."""
    return f"{host.name} {host.version}" if host.version else host.name


def _alone(failure: Failure, conflict: Conflict, host: ProvidedSet, places: Mapping[str, Place]) -> Problem:
    root = failure.root
    plugin = root.asker.name
    place = places.get(plugin)
    lines = list(_Reasons(host).of(failure.reason, root))
    if len(lines) > MAX_LINES:
        lines = [*lines[:MAX_LINES], f"… and {len(lines) - MAX_LINES} more lines of reasons"]
    clashes = list(dict.fromkeys(_clashes(failure.reason)))
    if clashes:
        code, headline = "host-conflict", f"{plugin} cannot be used beside {host_label(host)}"
    elif isinstance(failure.reason, Unmet) and failure.reason.missing:
        code, headline = "unknown-package", f"no index knows {root.name}"
    else:
        code, headline = "unsatisfiable", f"{plugin} cannot be locked for {', '.join(conflict.systems)}"
    return Problem(
        code=code,
        message="\n".join([headline, *(f"  {line}" for line in [_link(root), *lines])]),
        path=place.path if place else None,
        line=place.line if place else None,
        key=place.key if place else None,
        remedy="\n        ".join(_remedies(failure, clashes, host, stands=place is not None)),
    )


class _Reasons:
    """Turns a tree of reasons into indented lines; what was said once is not said again."""

    def __init__(self, host: ProvidedSet) -> None:
        self._host = host
        self._said: set[tuple[str, str]] = set()
        # With each the reason itself, whose identity is the key.
        self._causes: dict[int, tuple[Death | Rejection, object]] = {}

    def of(self, reason: Reason, need: Need) -> Iterator[str]:
        if isinstance(reason, Clashes):
            yield f"{reason.clashes[0].need.asker} {clashes_text(reason, self._host)}"
        elif isinstance(reason, Unmet):
            yield from self._unmet(reason)
        else:
            yield f"{need.name}: {reason.reason}"

    def _unmet(self, unmet: Unmet) -> Iterator[str]:
        need = unmet.need
        key = (need.name, str(need.specifier))
        if key in self._said:
            yield f"{_wanted(need)}: see above"
            return
        self._said.add(key)
        if unmet.missing:
            yield f"no index knows {need.name}"
        elif unmet.empty:
            yield f"there is no version of {need.name}: {unmet.empty}"
        elif not unmet.tried:
            newest = f"; the newest is {unmet.newest}" if unmet.newest else ""
            yield f"none of the {unmet.listed} versions of {need.name} matches {need.specifier}{newest}"
        for _, group in groupby(unmet.tried, key=lambda item: self._cause(item[1])):
            members = list(group)
            first = members[0][1]
            span = _span(need.name, [text for text, _ in members])
            yield f"{span}: {_summary(first, self._host)}{self._likewise(members)}"
            if isinstance(first, Death) and isinstance(first.reason, Unmet):
                yield from (f"  {line}" for line in self._unmet(first.reason))

    def _likewise(self, members: list[tuple[str, Death | Rejection]]) -> str:
        """Say that versions told of together ask for other versions of one thing, all of no use for one cause."""
        asked = {_summary(reason, self._host) for _, reason in members}
        return f", and likewise {len(asked) - 1} other ranges of it" if len(asked) > 1 else ""

    def _cause(self, reason: Death | Rejection) -> object:
        """Return what tells apart the reasons that are told of in lines of their own.

        Projects that are released together ask for another version of each other each time (boto3 and botocore, some
        thousand times); if it comes to the same each time, it is told once.
        """
        known = self._causes.get(id(reason))
        if known is None:
            known = self._causes[id(reason)] = (reason, self._cause_of(reason))
        return known[1]

    def _cause_of(self, reason: Death | Rejection) -> object:
        if not isinstance(reason, Death) or not isinstance(reason.reason, Unmet):
            return _summary(reason, self._host)
        unmet = reason.reason
        if not unmet.tried:
            return _summary(reason, self._host)
        return unmet.need.name, frozenset(self._cause(inner) for _, inner in unmet.tried)


def _summary(reason: Death | Rejection, host: ProvidedSet) -> str:
    if isinstance(reason, Rejection):
        return reason.detail
    if isinstance(reason.reason, Unreadable):
        return reason.reason.reason
    if isinstance(reason.reason, Clashes):
        return clashes_text(reason.reason, host)
    return _asked(reason.reason.need)


def _asked(need: Need) -> str:
    asked = f"requires {need.asker.text}"
    if need.asker.kind == "provided-extra":
        return f"asks for the extra {need.asker.extra} of the host's {need.asker.name}, which {asked}"
    return asked


def clashes_text(reason: Clashes, host: ProvidedSet) -> str:
    """Return what a candidate requires of the host, and what the host ships instead."""
    asked = " and ".join(dict.fromkeys(_asked(clash.need) for clash in reason.clashes))
    shipped = dict.fromkeys(
        f"{clash.need.name} {clash.provided}" + (f" ({clash.origin})" if clash.origin else "")
        for clash in reason.clashes
    )
    if all(canonicalize_name(host.name) == clash.need.name for clash in reason.clashes):
        return f"{asked}, but the host is {host_label(host)}"
    return f"{asked}, but {host_label(host)} ships {' and '.join(shipped)}"


def _span(name: str, newest_first: list[str]) -> str:
    if len(newest_first) == 1:
        return f"{name} {newest_first[0]}"
    return f"{name} {newest_first[-1]} to {newest_first[0]} ({len(newest_first)} versions)"


def _wanted(need: Need) -> str:
    return f"{need.name}{need.specifier}" if str(need.specifier) else f"any {need.name}"


def _clashes(reason: object) -> Iterator[tuple[str, str, str]]:
    """Yield (who asks, name, version shipped) of every clash below a reason."""
    for leaf in _leaves(reason):
        for clash in leaf.clashes:
            yield clash.need.asker.name, clash.need.name, clash.provided


def _remedies(failure: Failure, clashes: list[tuple[str, str, str]], host: ProvidedSet, *, stands: bool) -> list[str]:
    root = failure.root
    if root.asker.file is not None:
        return _directory_remedies(failure, clashes, host)
    remedies = []
    if failure.nearest is not None:
        remedies.append(f'{root.name} {failure.nearest} would work: write {root.name} = "=={failure.nearest}"')
    remedies += _statements(clashes)
    told = [clash for clash in clashes if clash[2] != UNKNOWN_VERSION]
    if told:
        remedies.append(_other_host(failure.reason, host))
        works: dict[str, list[str]] = {}
        for asker, name, version in told:
            works.setdefault(asker, []).append(f"{name} {version}")
        known = ", and ".join(f"{asker} works with {' and '.join(with_what)}" for asker, with_what in works.items())
        overrides = ", ".join(
            f'{{ package = "{asker}", requirement = "{name}=={version}", reason = "…" }}'
            for asker, name, version in told
        )
        remedies.append(f"if you know that {known}, say so under [resolution]: overrides = [{overrides}]")
    if clashes:
        remedies.append(f"or leave {root.name} out" + (f": plugin-lock remove {root.name}" if stands else ""))
    elif isinstance(failure.reason, Unmet) and failure.reason.missing:
        remedies.append(f"check the spelling of {root.name}, or name its index under [[index]]")
    elif failure.nearest is None:
        remedies += _cooldown_remedies(failure.reason)
        leave = f"plugin-lock remove {root.name}" if stands else "leave it out"
        remedies.append(f"change what is asked of {root.name}, or {leave}")
    return remedies


def _statements(clashes: list[tuple[str, str, str]]) -> list[str]:
    """Return how to tell the versions that stand in no file of the host, where plugins ask for some."""
    unknown = dict.fromkeys(name for _, name, version in clashes if version == UNKNOWN_VERSION)
    if not unknown:
        return []
    entries = ", ".join(f'{name} = "…"' for name in unknown)
    return [f"no file tells which version the host ships: say it under [host]: versions = {{ {entries} }}"]


def _cooldown_remedies(reason: Reason) -> list[str]:
    """Return what would help where `exclude-newer` is what leaves no version."""
    tried = reason.tried if isinstance(reason, Unmet) else ()
    refused = [(text, why) for text, why in tried if isinstance(why, Rejection)]
    too_new = [(text, why) for text, why in refused if why.code == "too-new"]
    if too_new:
        oldest, why = too_new[-1]
        return [f"the nearest version that a later exclude-newer admits is {oldest}: {why.detail}"]
    if any(why.code == "no-upload-time" for _, why in refused):
        return [
            "exclude-newer needs an index that gives upload times (PEP 700): use another, or leave exclude-newer out"
        ]
    return []


def _directory_remedies(failure: Failure, clashes: list[tuple[str, str, str]], host: ProvidedSet) -> list[str]:
    """Return what can be done where the requirement stands in a directory plugin's own file."""
    root = failure.root
    plugin = root.asker.name
    own = f"dependencies = […] in the entry of {plugin} in plugins.toml"
    remedies = []
    if failure.nearest is not None:
        remedies.append(f"{root.name} {failure.nearest} would work: if {plugin} works with it, say so with {own}")
    remedies += _statements(clashes)
    if any(version != UNKNOWN_VERSION for _, _, version in clashes):
        remedies.append(_other_host(failure.reason, host))
    if isinstance(failure.reason, Unmet) and failure.reason.missing:
        remedies.append(f"check the spelling of {root.name}, or name its index under [[index]]")
    elif failure.nearest is None:
        remedies.append(f"if {plugin} works with other versions, replace what it asks for with {own}")
    remedies.append(f"or leave {plugin} out: plugin-lock remove {plugin}")
    return remedies


def _other_host(reason: object, host: ProvidedSet) -> str:
    """Return which other host would do: another version of itself, or one that ships other versions."""
    itself = canonicalize_name(host.name)
    if all(clash.need.name == itself for leaf in _leaves(reason) for clash in leaf.clashes):
        return f"use {_either(_host_wishes(reason))}"
    return f"use a {host.name} that ships {_either(_host_wishes(reason))}"


def _host_wishes(reason: object) -> list[str]:
    """Return what a host would have to ship, one entry for each version that would then work."""
    wishes: dict[str, None] = {}
    for leaf in _leaves(reason):
        told = [clash.need for clash in leaf.clashes if clash.provided != UNKNOWN_VERSION]
        if told:
            wishes[" and ".join(dict.fromkeys(f"{need.name}{need.specifier}" for need in told))] = None
    return list(wishes)


def _leaves(reason: object) -> Iterator[Clashes]:
    """Yield each clash with the host below a reason once; many reasons share what is below them."""
    seen: set[int] = set()
    pending = [reason]
    while pending:
        current = pending.pop()
        if id(current) in seen:
            continue
        seen.add(id(current))
        if isinstance(current, Death):
            pending.append(current.reason)
        elif isinstance(current, Unmet):
            pending += [inner for _, inner in reversed(current.tried)]
        elif isinstance(current, Clashes):
            yield current


def _either(options: list[str], most: int = 4) -> str:
    shown = options[:most]
    return " or ".join(shown) + (f" (or one of {len(options) - most} more)" if len(options) > most else "")


def _together(conflict: Conflict, host: ProvidedSet, places: Mapping[str, Place]) -> Problem:
    names = list(dict.fromkeys(chain[-1].name for chain in conflict.causes))
    plugins = list(dict.fromkeys(chain[0].asker.name for chain in conflict.causes if chain[0].asker.kind == "plugin"))
    together = "together " if len(plugins) > 1 else ""
    headline = f"{', '.join(plugins)} cannot be used {together}beside {host_label(host)}"
    lines = [
        f"no version of {', '.join(names)} satisfies all of these:",
        *("  " + ", ".join(_link(need) for need in chain) for chain in conflict.causes),
    ]
    place = next((places[name] for name in plugins if name in places), None)
    return Problem(
        code="plugin-conflict",
        message="\n".join([headline, *(f"  {line}" for line in dict.fromkeys(lines))]),
        path=place.path if place else None,
        line=place.line if place else None,
        remedy="ask for other versions of one of them, or leave one out",
    )


def _link(need: Need) -> str:
    asker = need.asker
    if asker.kind == "plugin" and asker.file is None:
        return f"plugins.toml asks for {asker.text}"
    if asker.kind == "plugin" and asker.is_person:
        return f"plugins.toml asks for {asker.name}, with the dependency {asker.text}"
    if asker.kind == "plugin":
        return f"plugins.toml asks for {asker.name}, whose {asker.file} requires {asker.text}"
    return f"{need.asker} requires {need.asker.text}"
