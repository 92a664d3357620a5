"""Markers and Requires-Python as sets of targets: each distinct string is evaluated once per target."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.version import Version

if TYPE_CHECKING:
    from packaging.markers import Marker

    from resolver.targets import TargetSet


@cache
def version(text: str) -> Version:
    """Parse a version once per distinct string; raises `InvalidVersion` (PEP 440)."""
    return Version(text)


class ApplicableTargets:
    """Which targets of a set a marker or a `Requires-Python` applies to, as bit masks."""

    def __init__(self, targets: TargetSet) -> None:
        self.targets = targets
        self._markers: dict[tuple[str, str], int] = {}
        # By identity as well: requirements are shared objects, and to spell a marker costs more than to look it up.
        self._seen: dict[tuple[int, str], tuple[Marker, int]] = {}
        self._pythons: dict[str, int] = {}

    def marker(self, marker: Marker | None, extra: str = "") -> int:
        """Return the targets on which a marker holds when `extra` (normalized, "" for none) is asked for."""
        if marker is None:
            return self.targets.all
        seen = self._seen.get((id(marker), extra))
        if seen is None:
            seen = self._seen[id(marker), extra] = (marker, self._mask_of(marker, extra))
        return seen[1]

    def _mask_of(self, marker: Marker, extra: str) -> int:
        key = (str(marker), extra)
        mask = self._markers.get(key)
        if mask is None:
            mask = 0
            for bit, target in enumerate(self.targets.targets):
                if marker.evaluate({**target.marker_environment, "extra": extra}):
                    mask |= 1 << bit
            self._markers[key] = mask
        return mask

    def requires_python(self, specifier: str | None) -> int:
        """Return the targets whose Python a `Requires-Python` admits; one that cannot be parsed admits none.

        Upper bounds are ignored, as uv ignores them: a cap on a release that only guesses at the future would send the
        search back to older releases, which were published before anyone thought of a cap.
        """
        if not specifier:
            return self.targets.all
        mask = self._pythons.get(specifier)
        if mask is None:
            mask = 0
            try:
                parsed = _without_caps(SpecifierSet(specifier))
            except InvalidSpecifier:
                parsed = None
            for bit, target in enumerate(self.targets.targets):
                full = target.marker_environment["python_full_version"]
                if parsed is not None and parsed.contains(version(full), prereleases=True):
                    mask |= 1 << bit
            self._pythons[specifier] = mask
        return mask


def _without_caps(specifiers: SpecifierSet) -> SpecifierSet:
    kept = []
    for specifier in specifiers:
        if specifier.operator in {"==", "===", "~="}:
            kept.append(f">={specifier.version.removesuffix('.*')}")
        elif specifier.operator not in {"<", "<="}:
            kept.append(str(specifier))
    return SpecifierSet(",".join(kept))
