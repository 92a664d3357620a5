"""What a person asks for on the command line, as entries of `[plugins]`.

Requirement strings (PEP 508), addresses with or without a name in front, and entries of a plugin catalogue.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

import msgspec

from lock.errors import InputError, Problem
from resolver.manifest import addresses, catalogue, origins
from resolver.manifest.requirements import requirement
from resolver.manifest.shown import Refused
from resolver.manifest.words import distribution_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from packaging.requirements import Requirement
    from packaging.specifiers import SpecifierSet

    from resolver.manifest.addresses import KindOfRef

Entry = str | dict[str, object]
"""The value of an entry as tomllib gives it."""

_OPERATORS = ("===", "==", "~=", ">=", ">", "<=", "<", "!=")


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """One plugin as it was asked for.  `version` and `marker` are None where nothing was said of them.

    `source` holds the keys of a plugin that comes from elsewhere than an index: `git`, `tag`, `subdirectory`, ...
    """

    name: str
    version: str | None = None
    extras: tuple[str, ...] = ()
    marker: str | None = None
    index: str | None = None
    source: Mapping[str, object] | None = None

    def entry(self, existing: object = None) -> Entry:
        """Return the value of the entry, with what is not asked for taken from the existing one.

        As `uv add` does: extras are added to those that stand there, all else is replaced.
        """
        values = self._kept(existing)
        if self.extras:
            standing = values.get("extras")
            values["extras"] = sorted({*(standing if isinstance(standing, list) else ()), *self.extras})
        given = {"index": self.index, "marker": self.marker}
        values.update({key: value for key, value in given.items() if value is not None})
        if not isinstance(existing, dict) and values.keys() == {"version"}:
            return str(values["version"])
        return values

    def _kept(self, existing: object) -> dict[str, object]:
        """Return the existing values with where the plugin comes from as it is asked for now."""
        values: dict[str, object] = dict(existing) if isinstance(existing, dict) else {}
        if isinstance(existing, str):
            values["version"] = existing
        if self.source is not None:
            for key in (*origins.KEYS, "version", "index"):
                values.pop(key, None)
            return {**self.source, **values}
        if self.version is not None or self.index is not None:
            for key in (*origins.KEYS, "kind", "dependencies") if values.keys() & set(origins.ORIGINS) else ():
                values.pop(key, None)
        if self.version is not None:
            values["version"] = self.version
        elif not isinstance(existing, dict):
            values.setdefault("version", "*")
        return values


def read(requirements: Iterable[str], index: str | None, kind_of_ref: KindOfRef | None = None) -> tuple[Asked, ...]:
    """Return what is asked for; raises `InputError` with everything that is wrong with it.

    `kind_of_ref` is asked whether the name behind a repository's `@` is a tag or a branch.
    """
    problems: list[Problem] = []
    found: dict[str, Asked] = {}
    for text in requirements:
        try:
            asked = _read_one(text, index, kind_of_ref)
        except Refused as refused:
            problems.append(Problem(code=refused.code, message=refused.message, remedy=refused.remedy))
            continue
        if asked.name in found:
            message = f"{asked.name} is asked for twice"
            problems.append(Problem(code="duplicate", message=message, remedy="name each plugin once"))
        found[asked.name] = asked
    if problems:
        raise InputError(*problems)
    return tuple(found.values())


def _read_one(text: str, index: str | None, kind_of_ref: KindOfRef | None) -> Asked:
    if catalogue.is_entry(text) or catalogue.is_file(text):
        written, source = catalogue.read(text if catalogue.is_entry(text) else catalogue.load(text))
        _check_no_index(index)
        return Asked(name=distribution_name(written), source=source)
    if addresses.is_address(text):
        _check_no_index(index)
        return _addressed(text, kind_of_ref)
    parsed = requirement(text)
    return Asked(
        name=distribution_name(parsed.name),
        version=_in_order(parsed.specifier) or None,
        extras=_normalized(parsed.extras),
        marker=_marker(parsed),
        index=index,
    )


def _addressed(text: str, kind_of_ref: KindOfRef | None) -> Asked:
    found = addresses.read(text, kind_of_ref)
    name = distribution_name(found.name) if found.name is not None else addresses.told_name(found.source)
    # Extras and marker are judged as those of any requirement are.
    parsed = requirement(f"{name}{found.extras}" + (f" ; {found.marker}" if found.marker is not None else ""))
    return Asked(name=name, extras=_normalized(parsed.extras), marker=_marker(parsed), source=found.source)


def _check_no_index(index: str | None) -> None:
    if index is not None:
        raise Refused(
            "an index is named, and a plugin that comes from elsewhere",
            "leave out --index, or name a distribution on that index",
            code="conflict",
        )


def _normalized(extras: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(distribution_name(extra) for extra in extras))


def _marker(parsed: Requirement) -> str | None:
    marker = str(parsed.marker) if parsed.marker else None
    if marker is not None and "'" not in marker:
        # TOML strings stand in double quotes.
        marker = marker.replace('"', "'")
    return marker


def _in_order(versions: SpecifierSet) -> str:
    """Write a specifier as people do, `>=1,<2`: packaging sorts by text, `<2,>=1`."""
    return ",".join(str(one) for one in sorted(versions, key=lambda one: (_OPERATORS.index(one.operator), one.version)))


def easily_mistaken(name: str, others: Iterable[str]) -> str | None:
    """Return the first of other normalized names that looks like this one on a screen, None where none does."""
    return next((other for other in others if other != name and seen_as(other) == seen_as(name)), None)


@cache
def seen_as(name: str) -> str:
    """Return a name as a quick eye sees it: names that look alike give the same.

    Compared as package indexes do before they accept a new name: without separators, `l` and `i` read as `1`, `o`
    as `0`.
    """
    return re.sub(r"[-_.]", "", name.lower()).translate(str.maketrans("lio", "110"))


def check_not_mistaken(asked: Sequence[Asked], standing: Iterable[str]) -> None:
    """Refuse a new name that would be taken for one that stands there, or for another new one."""
    standing = set(standing)
    problems = []
    for one in asked:
        twin = easily_mistaken(one.name, sorted(standing))
        if twin is not None and one.name not in standing:
            problems.append(
                Problem(
                    code="near-name",
                    message=f'"{one.name}" is easily mistaken for "{twin}", which is another plugin',
                    remedy=f"check the spelling; if both are meant, write {one.name} into plugins.toml by hand",
                )
            )
        standing.add(one.name)
    if problems:
        raise InputError(*problems)
