"""`exclude-newer`: a span before now or a moment, after which uploads are not considered.

The forms are those of uv, but for two: a date or time without an offset never depends on the machine's time zone
(a date is a day in UTC; a time without an offset is refused), and fractions are not read.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

LONGEST_SPAN = timedelta(days=36500)
"""Beyond this no index has files."""

_ISO = re.compile(
    r"\+?P(?:(?P<weeks>\d+)W)?(?:(?P<days>\d+)D)?"
    r"(?:T(?=\d)(?:(?P<hours>\d+)H)?(?:(?P<minutes>\d+)M)?(?:(?P<seconds>\d+)S)?)?",
    re.ASCII | re.IGNORECASE,
)
# One count with its unit and what separates it from the next: "2 weeks, ".
_COUNT = re.compile(r"(\d+)\s{0,3}([a-z]+)(?:,?\s{1,3}(?=\d)|(?=\d)|$)", re.ASCII)
_UNITS = {
    "weeks": {"w", "wk", "wks", "week", "weeks"},
    "days": {"d", "day", "days"},
    "hours": {"h", "hr", "hrs", "hour", "hours"},
    "minutes": {"m", "min", "mins", "minute", "minutes"},
    "seconds": {"s", "sec", "secs", "second", "seconds"},
}
_DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_TIMESTAMP = re.compile(r"(\d{4}-\d\d-\d\d)[Tt ](\d\d:\d\d:\d\d(?:\.\d{1,6})?)\d*(?:([Zz])|([+-]\d\d:\d\d))", re.ASCII)
_CALENDAR_UNITS = re.compile(
    r"[+-]?P[^T]*\d[YM].*|.*\b\d+\s*(years?|yrs?|y|months?|mos?)\b.*", re.ASCII | re.IGNORECASE
)


def cutoff(text: str, now: datetime) -> datetime:
    """Return the moment (UTC) from which on uploads are excluded: `upload_time >= cutoff` is too new.

    A span (`P7D`, `PT24H`, `7 days`) counts back from `now`, an aware time; its days have 24 hours.  A date includes
    its whole day in UTC, so the cutoff is the start of the next, as in uv.  A timestamp (RFC 3339) is itself the
    cutoff.  Raises `ValueError`, whose text says what to write, for anything else.
    """
    if now.tzinfo is None:
        raise ValueError("now must say its time zone")
    meant = parse(text)
    if isinstance(meant, timedelta):
        return now.astimezone(UTC) - meant
    return meant


def normalized(text: str) -> str:
    """Return a span in ISO 8601 (`P1W2DT3H`) and a date or timestamp in capitals; raises `ValueError`."""
    parse(text)
    counts = _friendly(text)
    if not counts:
        return text.upper().removeprefix("+")
    days = "".join(f"{counts[unit]}{unit[0].upper()}" for unit in ("weeks", "days") if unit in counts)
    hours = "".join(f"{counts[unit]}{unit[0].upper()}" for unit in ("hours", "minutes", "seconds") if unit in counts)
    return f"P{days}T{hours}" if hours else f"P{days}"


def parse(text: str) -> timedelta | datetime:
    """Return the span, or the moment in UTC, that a text stands for; raises `ValueError` as `cutoff` does."""
    meant = _moment(text) or _span(text)
    if meant is not None:
        return meant
    if _CALENDAR_UNITS.fullmatch(text):
        raise ValueError("months and years differ in length: count in days or weeks, P30D")
    if re.match(r"[+-]?P?-|.*\.\d+\s*[A-Za-z]", text):
        raise ValueError("write whole numbers without a minus sign, such as P7D or PT36H")
    if re.fullmatch(r"\d{4}-\d\d-\d\d[Tt ][\d:.]+", text, re.ASCII):
        raise ValueError("say in which time zone: put a Z (UTC) or an offset such as +02:00 at the end")
    raise ValueError('write a span such as "P7D", or a date such as "2026-01-01"')


def _moment(text: str) -> datetime | None:
    """Return the moment a date or timestamp stands for, None for anything else."""
    timestamp = _TIMESTAMP.fullmatch(text)
    try:
        if timestamp:
            moment = f"{timestamp[1]}T{timestamp[2]}{timestamp[4] or '+00:00'}"
            return datetime.fromisoformat(moment).astimezone(UTC)
        if _DATE.fullmatch(text):
            return datetime.fromisoformat(f"{text}T00:00:00+00:00") + timedelta(days=1)
    except (ValueError, OverflowError):
        raise ValueError("there is no such day or time") from None
    return None


def _span(text: str) -> timedelta | None:
    match = _ISO.fullmatch(text)
    counts = {unit: count for unit, count in match.groupdict().items() if count} if match else _friendly(text)
    if not counts:
        return None
    if any(len(count) > 12 for count in counts.values()):
        raise ValueError(f"the span is longer than {LONGEST_SPAN.days} days")
    span = timedelta(**{unit: int(count) for unit, count in counts.items()})
    if span > LONGEST_SPAN:
        raise ValueError(f"the span is longer than {LONGEST_SPAN.days} days")
    return span


def _friendly(text: str) -> dict[str, str]:
    """Return the counts of `2 weeks, 3 days` by unit, from large to small; empty where it is no such span."""
    counts: dict[str, str] = {}
    units = iter(_UNITS)
    text = text.removesuffix(" ago")
    position = 0
    while position < len(text):
        match = _COUNT.match(text, position)
        # Each search goes on behind the unit found before, so that units must fall and none comes twice.
        unit = next((unit for unit in units if match and match[2] in _UNITS[unit]), None)
        if match is None or unit is None:
            return {}
        counts[unit] = match[1]
        position = match.end()
    return counts
