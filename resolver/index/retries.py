"""When to ask again: after which answers, and after how long."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

ATTEMPTS = 4
"""How often a question is put in all."""

PATIENCE_SECONDS = 60.0
"""The longest wait that a server's Retry-After is granted; one that asks for more is not asked again."""

_FIRST_DELAY_SECONDS = 0.5
_PASSING = frozenset({408, 425, 429, 500, 502, 503, 504})


def is_passing(status: int) -> bool:
    """Tell whether an HTTP status may be another a moment later."""
    return status in _PASSING


def delay(attempt: int) -> float:
    """Return the seconds to wait after the given attempt (from 0) has failed: 0.5, 1, 2."""
    return float(_FIRST_DELAY_SECONDS * 2**attempt)


def asked_delay(headers: Mapping[str, str], now: float) -> float | None:
    """Return the seconds that Retry-After (RFC 9110) asks for, None where it does not.  `now` is a Unix time."""
    value = headers.get("retry-after", "").strip()
    if not value:
        return None
    if value.isascii() and value.isdigit():
        return float(value[:9])
    from email.utils import parsedate_to_datetime  # noqa: PLC0415 - rarely needed

    try:
        return max(0.0, parsedate_to_datetime(value).timestamp() - now)
    except (ValueError, OverflowError):
        return None
