"""Sorting a page's versions without parsing most of them: a long page has thousands, nearly all of them plain."""

from __future__ import annotations

from bisect import bisect_left
from operator import itemgetter
from typing import TYPE_CHECKING

from resolver.index import parsed

if TYPE_CHECKING:
    from collections.abc import Iterable

    from packaging.version import Version

_Release = tuple[int, ...]


def newest_first(texts: Iterable[str]) -> list[list[str]]:
    """Sort distinct texts by the versions they spell, newest first (PEP 440).

    Spellings of one version (1.0 and 1.0.0) stand together; what is no version is left out.
    """
    plain: dict[_Release, list[str]] = {}
    others: dict[Version, list[str]] = {}
    for text in texts:
        if parsed.PLAIN_VERSION.fullmatch(text) is not None:
            plain.setdefault(_release(text), []).append(text)
        elif (version := parsed.version(text)) is not None:
            others.setdefault(version, []).append(text)
    ordered = [plain[release] for release in sorted(plain)]
    return _merged(ordered, sorted(others.items(), key=itemgetter(0)))[::-1]


def _release(text: str) -> _Release:
    numbers = list(map(int, text.split(".")))
    while len(numbers) > 1 and not numbers[-1]:
        numbers.pop()
    return tuple(numbers)


def _merged(plain: list[list[str]], others: list[tuple[Version, list[str]]]) -> list[list[str]]:
    """Merge two sorted lists; of the plain versions only those that the others are compared with are parsed."""
    merged: list[list[str]] = []
    done = 0
    for version, texts in others:
        at = bisect_left(plain, version, lo=done, key=_version)
        merged += plain[done:at]
        done = at
        if at < len(plain) and _version(plain[at]) == version:
            merged.append([*plain[at], *texts])
            done += 1
        else:
            merged.append(texts)
    return merged + plain[done:]


def _version(texts: list[str]) -> Version:
    version = parsed.version(texts[0])
    if version is None:
        raise AssertionError("what is spelt plainly is a version")
    return version
