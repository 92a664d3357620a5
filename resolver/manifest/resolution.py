"""`[resolution]` and `[policy]`: how versions are chosen, and what a reviewer has agreed to."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, cast

from resolver.manifest import advisories, allowed_origins, exclude_newer, publishers, words
from resolver.manifest.document import Table
from resolver.manifest.model import OverrideConfig, PolicyConfig, ResolutionConfig
from resolver.manifest.requirements import constraint, requirement
from resolver.manifest.shown import Refused, shown

if TYPE_CHECKING:
    from resolver.manifest.document import KeyPath
    from resolver.manifest.model import Prereleases

KEYS = ("exclude-newer", "prereleases", "constraints", "overrides")
OVERRIDE_KEYS = ("requirement", "reason", "package")
POLICY_KEYS = (
    "allow-build",
    "allow-startup-code",
    "allow-modules",
    "allow-unattested",
    allowed_origins.KEY,
    publishers.KEY,
    advisories.KEY,
)
PRERELEASES = ("disallow", "explicit", "if-necessary", "allow")
DEFAULT_PRERELEASES: Prereleases = "if-necessary"


def read(table: Table) -> ResolutionConfig:
    """Return the options that are right; what is wrong is reported."""
    prereleases = table.read("prereleases", words.one_of(PRERELEASES, "modes"))
    return ResolutionConfig(
        exclude_newer=_exclude_newer(table),
        prereleases=cast("Prereleases", prereleases or DEFAULT_PRERELEASES),
        constraints=table.read_list("constraints", constraint),
        overrides=_overrides(table),
    )


def _exclude_newer(table: Table) -> str | None:
    """Return the span or date in the form that plugins.lock records; a TOML date is a date too."""
    value = table.values.get("exclude-newer")
    if isinstance(value, date):
        text = value.isoformat()
        if isinstance(value, datetime):
            text = text.replace("+00:00", "Z")
        return table.document.parse((*table.key, "exclude-newer"), text, _cutoff)
    return table.read("exclude-newer", _cutoff, remedy='write a span such as "P7D", or a date such as "2026-01-01"')


def _cutoff(text: str) -> str:
    try:
        return exclude_newer.normalized(text)
    except ValueError as error:
        raise Refused(f"{shown(text)} is not a span or date", str(error)) from None


def _overrides(table: Table) -> tuple[OverrideConfig, ...]:
    overrides: dict[tuple[str, str | None], OverrideConfig] = {}
    for key, item in table.items("overrides"):
        override = _override(table, key, item)
        if override is None:
            continue
        same = (str(override.requirement), override.package)
        if same in overrides:
            table.document.report(
                key,
                f"the same override stands on line {overrides[same].place.line}",
                code="duplicate",
                remedy="keep one of them",
            )
        overrides[same] = override
    return tuple(overrides.values())


def _override(outer: Table, key: KeyPath, item: object) -> OverrideConfig | None:
    example = 'write { requirement = "name>=1.2", reason = "…" }'
    if isinstance(item, str):
        outer.document.report(key, "an override needs a reason", code="missing-key", remedy=example)
        return None
    values = outer.document.expect(key, item, dict, remedy=example)
    if values is None:
        return None
    table = Table(outer.document, key, values, OVERRIDE_KEYS)
    table.require("requirement", 'add what is required instead: requirement = "name>=1.2"')
    table.require("reason", 'say why, for the next reviewer: reason = "…"')
    replaced = table.read("requirement", requirement)
    why = table.read("reason", words.reason)
    package = table.read("package", words.distribution_name)
    if replaced is None or why is None:
        return None
    return OverrideConfig(requirement=replaced, reason=why, package=package, place=outer.document.place(key))


def read_policy(table: Table) -> PolicyConfig:
    """Return the exceptions that are right; what is wrong is reported."""
    return PolicyConfig(
        allow_build=_reasons(table, "allow-build"),
        allow_startup_code=_reasons(table, "allow-startup-code"),
        allow_modules=_reasons(table, "allow-modules"),
        allow_origins=allowed_origins.read(table),
        allow_unattested=_reasons(table, "allow-unattested"),
        publishers=publishers.read(table),
        ignore_advisories=advisories.read(table),
    )


def _reasons(table: Table, name: str) -> dict[str, str]:
    """Return normalized names with the reasons given, sorted by name."""
    found: dict[str, str] = {}
    for written, value in (table.mapping(name) or {}).items():
        key = (*table.key, name, written)
        why = table.document.parse(key, value, words.reason, remedy='give the reason as text: name = "…"')
        try:
            distribution = words.distribution_name(written)
        except Refused as refused:
            table.document.refuse(key, refused)
            continue
        if distribution in found:
            table.document.report(
                key,
                "the same name stands here twice",
                code="duplicate",
                remedy="keep one of them; names are compared in lower case, with '-', '_' and '.' being equal",
            )
        found[distribution] = why or ""
    return dict(sorted(found.items()))
