"""Checks the extras and dependency groups that [host] asks for against those a host file has."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING

from lock.errors import InputError, Problem

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from resolver.manifest.model import HostConfig

_KEYS = {"extra": "extras", "dependency group": "dependency-groups"}
_MOST_LISTED = 12


def check_choices(kind: str, chosen: Sequence[str], known: Collection[str], host: HostConfig, where: str) -> None:
    """Check names of one kind (`extra` or `dependency group`); `where` says whose they would be.

    Raises `InputError` with one problem per unknown name, at the place of [host].
    """
    problems = [_unknown(kind, name, known, host, where) for name in chosen if name not in known]
    if problems:
        raise InputError(*problems)


def _unknown(kind: str, name: str, known: Collection[str], host: HostConfig, where: str) -> Problem:
    nearest = get_close_matches(name, sorted(known), n=1, cutoff=0.5)
    listed = sorted(known)
    if nearest:
        remedy = f"did you mean {nearest[0]!r}?"
    elif not listed:
        remedy = f"remove it: there is no {kind} to choose from"
    else:
        more = f" and {len(listed) - _MOST_LISTED} more" if len(listed) > _MOST_LISTED else ""
        remedy = f"choose from: {', '.join(listed[:_MOST_LISTED])}{more}"
    return Problem(
        code=f"host-unknown-{'extra' if kind == 'extra' else 'group'}",
        message=f"{where} has no {kind} {name!r}",
        path=host.place.path,
        line=host.place.line,
        key=f"{host.place.key}.{_KEYS[kind]}",
        remedy=remedy,
    )
