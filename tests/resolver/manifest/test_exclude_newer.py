"""Spans and dates of `exclude-newer`, and the moment they stand for."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lock.grammar import SPAN_OR_DATE
from resolver.manifest.exclude_newer import LONGEST_SPAN, cutoff, normalized, parse

NOW = datetime(2026, 3, 10, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "span"),
    [
        ("P7D", timedelta(days=7)),
        ("P2W", timedelta(weeks=2)),
        ("P1W2D", timedelta(days=9)),
        ("PT24H", timedelta(hours=24)),
        ("P1DT12H30M5S", timedelta(days=1, hours=12, minutes=30, seconds=5)),
        ("+P7D", timedelta(days=7)),
        ("p7d", timedelta(days=7)),
        ("P0D", timedelta()),
        ("7 days", timedelta(days=7)),
        ("7 days ago", timedelta(days=7)),
        ("1 week", timedelta(weeks=1)),
        ("1week", timedelta(weeks=1)),
        ("2w 3d", timedelta(days=17)),
        ("1 day, 2 hours", timedelta(days=1, hours=2)),
        ("1h30m", timedelta(minutes=90)),
        ("45 secs", timedelta(seconds=45)),
    ],
)
def test_a_span_counts_back_from_now(text: str, span: timedelta) -> None:
    assert cutoff(text, NOW) == NOW - span


def test_a_day_has_24_hours_whatever_the_clocks_do() -> None:
    # 30 March 2026, after the change to summer time in Europe on the 29th.
    now = datetime(2026, 3, 30, 12, 0, tzinfo=timezone(timedelta(hours=2)))
    assert cutoff("P1D", now) == datetime(2026, 3, 29, 10, 0, tzinfo=UTC)


def test_a_date_includes_its_whole_day_in_utc() -> None:
    # Exclusive: what was uploaded at 23:59:59 on the day counts, what was uploaded at midnight does not.  uv writes
    # the same moment into uv.lock for this date where the time zone is UTC.
    assert cutoff("2026-01-01", NOW) == datetime(2026, 1, 2, tzinfo=UTC)
    assert cutoff("2024-02-28", NOW) == datetime(2024, 2, 29, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-01-01T05:00:00Z", datetime(2026, 1, 1, 5, tzinfo=UTC)),
        ("2026-01-01t05:00:00z", datetime(2026, 1, 1, 5, tzinfo=UTC)),
        ("2026-01-01 05:00:00+02:00", datetime(2026, 1, 1, 3, tzinfo=UTC)),
        ("2026-01-01T05:00:00-00:30", datetime(2026, 1, 1, 5, 30, tzinfo=UTC)),
        ("2026-01-01T05:00:00.5Z", datetime(2026, 1, 1, 5, 0, 0, 500_000, tzinfo=UTC)),
        ("2026-01-01T05:00:00.123456789Z", datetime(2026, 1, 1, 5, 0, 0, 123_456, tzinfo=UTC)),
    ],
)
def test_a_timestamp_is_the_cutoff_itself(text: str, moment: datetime) -> None:
    assert cutoff(text, NOW) == moment
    assert cutoff(text, NOW).tzinfo is UTC


CALENDAR = "months and years differ in length: count in days or weeks, P30D"
WHOLE = "write whole numbers without a minus sign, such as P7D or PT36H"
ZONE = "say in which time zone: put a Z (UTC) or an offset such as +02:00 at the end"
ANY = 'write a span such as "P7D", or a date such as "2026-01-01"'
NO_SUCH = "there is no such day or time"


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("P1M", CALENDAR),
        ("P1Y2M", CALENDAR),
        ("1 month", CALENDAR),
        ("2 years ago", CALENDAR),
        ("-P7D", WHOLE),
        ("P-7D", WHOLE),
        ("-7 days", WHOLE),
        ("P1.5D", WHOLE),
        ("1.5 days", WHOLE),
        ("2026-01-01T00:00:00", ZONE),
        ("2026-01-01 00:00", ZONE),
        ("2026-02-30", NO_SUCH),
        ("2026-01-01T24:00:00Z", NO_SUCH),
        ("2026-06-30T23:59:60Z", NO_SUCH),
        ("9999-12-31", NO_SUCH),
        ("0001-01-01T00:00:00+01:00", NO_SUCH),
        ("P36501D", "the span is longer than 36500 days"),
        ("P9999999999999999999D", "the span is longer than 36500 days"),
        ("", ANY),
        ("P", ANY),
        ("PT", ANY),
        ("P1DT", ANY),
        ("P1H", ANY),
        ("7", ANY),
        ("7 Days", ANY),
        ("3 days 2 weeks", ANY),
        ("1 week and 2 days", ANY),
        ("7 days,", ANY),
        (" 7 days", ANY),
        ("7 days\n", ANY),
        ("\u0667 days", ANY),
        ("2026-W01-1", ANY),
        ("20260101", ANY),
        ("tomorrow", ANY),
        ("ago", ANY),
    ],
)
def test_anything_else_is_refused_with_what_to_write(text: str, error: str) -> None:
    with pytest.raises(ValueError) as raised:
        parse(text)
    assert str(raised.value) == error


def test_a_time_without_a_zone_is_no_now() -> None:
    with pytest.raises(ValueError, match="now must say its time zone"):
        cutoff("P7D", datetime(2026, 3, 10))  # noqa: DTZ001 - what is refused here


@given(st.text(alphabet="PTpt+-0123456789WDHMSwdhms .:,Zagoekysurin\n", max_size=30) | st.text(max_size=30))
def test_any_text_is_a_moment_or_a_value_error(text: str) -> None:
    try:
        moment = cutoff(text, NOW)
    except ValueError:
        return
    assert moment.tzinfo is UTC
    again = normalized(text)
    assert cutoff(again, NOW) == moment
    assert normalized(again) == again
    assert SPAN_OR_DATE.fits(again)


@given(st.integers(0, LONGEST_SPAN.days), st.sampled_from(["P{}D", "{}d", "{} days", "{} day ago"]))
def test_a_number_of_days_means_the_same_in_every_form(days: int, form: str) -> None:
    assert parse(form.format(days)) == timedelta(days=days)
