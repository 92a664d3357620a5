"""Markers of a host file, evaluated for targets: once per distinct string, target and choice of extras."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from packaging.markers import InvalidMarker, Marker, UndefinedComparison, UndefinedEnvironmentName

from lock.errors import InputError, Problem

if TYPE_CHECKING:
    from collections.abc import Mapping, Set

    from resolver.targets import Target

_EXTRA = re.compile(r"""\bextra\s*(==|!=)\s*(['"])([^'"]*)\2""")


class MarkerTable:
    """Answers whether a marker of one host file holds.

    `extra == 'x'` asks whether x is among the chosen ones, as uv reads it in uv.lock, so that several extras can
    be active at once; it is the `'x' in extras` of PEP 751.
    """

    def __init__(self, path: str, text: str) -> None:
        self._path = path
        self._text = text
        self._markers: dict[str, Marker] = {}
        self._results: dict[tuple[str, str, Set[str], Set[str]], bool] = {}

    def holds(
        self,
        text: str,
        target: Target,
        extras: frozenset[str] = frozenset(),
        groups: frozenset[str] = frozenset(),
    ) -> bool:
        """Evaluate a marker on a target; an empty one holds everywhere.

        Raises `InputError` for a marker that cannot be read.
        """
        if not text:
            return True
        # Most markers ask for no extra: they share one answer whatever was chosen.
        if "extra" not in text:
            extras = frozenset()
        key = (text, target.system, extras, groups)
        result = self._results.get(key)
        if result is None:
            result = self._results[key] = self._evaluate(text, target.marker_environment, extras, groups)
        return result

    def _evaluate(
        self, text: str, environment: Mapping[str, str], extras: frozenset[str], groups: frozenset[str]
    ) -> bool:
        chosen: dict[str, str | Set[str]] = {**environment, "extras": extras, "dependency_groups": groups}
        try:
            marker = self._markers.get(text)
            if marker is None:
                marker = self._markers[text] = Marker(_EXTRA.sub(_as_membership, text))
            return marker.evaluate(chosen, context="lock_file")
        except (InvalidMarker, UndefinedComparison, UndefinedEnvironmentName) as error:
            raise InputError(self._unreadable(text, str(error).splitlines()[0])) from error
        except RecursionError as error:
            raise InputError(self._unreadable(text[:60], "it is nested too deeply")) from error

    def _unreadable(self, text: str, reason: str) -> Problem:
        position = self._text.find(text)
        return Problem(
            code="host-marker",
            message=f"the marker {text!r} cannot be evaluated: {reason}",
            path=self._path,
            line=self._text.count("\n", 0, position) + 1 if position >= 0 else None,
            remedy="write the file again with the tool that made it",
        )


def extras_named(text: str) -> frozenset[str]:
    """Return the extras a marker compares with."""
    return frozenset(match[3] for match in _EXTRA.finditer(text))


def _as_membership(match: re.Match[str]) -> str:
    operator = "in" if match[1] == "==" else "not in"
    return f"'{match[3]}' {operator} extras"
