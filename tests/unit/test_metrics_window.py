"""Which stretch of time is meant: UTC days, whole buckets, what CloudWatch keeps, and every wrong way to ask."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from paybot_ops.core.metric_window import (
    DAY,
    HOUR,
    Asked,
    By,
    Window,
    choose_window,
    kept_for,
    month_end,
    month_start,
)
from paybot_ops.errors import UsageError
from paybot_ops.render.figures import moment

NOW = datetime(2026, 11, 24, 7, 44, 57, tzinfo=UTC)
MOMENTS = st.datetimes(datetime(2020, 1, 1), datetime(2037, 12, 31), timezones=st.just(UTC))
ZONES = ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "America/St_Johns"]


@contextmanager
def zone(name: str) -> Iterator[None]:
    """This machine's zone, for as long as it takes."""
    before = os.environ.get("TZ")
    os.environ["TZ"] = name
    time.tzset()
    try:
        yield
    finally:
        os.environ.pop("TZ")
        if before is not None:
            os.environ["TZ"] = before
        time.tzset()


def refused(asked: Asked) -> str:
    with pytest.raises(UsageError) as found:
        choose_window(asked, NOW)
    return f"{found.value.what} {found.value.why} {found.value.hint}"


# -- days, hours, from and to ----------------------------------------------------------------------------------------


@given(MOMENTS, st.integers(1, 455))
def test_days_are_today_so_far_and_the_utc_days_before_it(now: datetime, days: int) -> None:
    window = choose_window(Asked(days=days), now)
    assert len(window.buckets) == days
    assert all((one.hour, one.minute, one.second, one.utcoffset()) == (0, 0, 0, timedelta(0)) for one in window.buckets)
    assert window.buckets[-1].date() == now.date()
    assert [window.is_partial(one) for one in window.buckets] == [False] * (days - 1) + [True]
    assert all(window.is_kept(one) for one in window.buckets)


@given(MOMENTS, st.integers(1, 455 * 24))
def test_hours_are_this_one_so_far_and_those_before_it(now: datetime, hours: int) -> None:
    window = choose_window(Asked(hours=hours), now)
    assert (len(window.buckets), window.period) == (hours, HOUR)
    assert window.buckets[-1] <= now < window.buckets[-1] + timedelta(hours=1)


@given(MOMENTS)
def test_the_month_begins_and_ends_on_a_first_around_now(now: datetime) -> None:
    start, end = month_start(now), month_end(now)
    assert start <= now < end
    assert (start.day, start.hour, end.day, end.hour) == (1, 0, 1, 0)
    assert (end - start).days in (28, 29, 30, 31)
    assert month_start(end - timedelta(microseconds=1)) == start


def test_a_week_is_what_is_meant_without_a_word() -> None:
    assert len(choose_window(Asked(), NOW).buckets) == 7


def test_midnight_itself_belongs_to_the_day_that_begins() -> None:
    window = choose_window(Asked(days=1), datetime(2026, 3, 1, tzinfo=UTC))
    assert window.buckets == (datetime(2026, 3, 1, tzinfo=UTC),)


def test_a_day_as_the_end_counts_as_a_whole() -> None:
    window = choose_window(Asked(start="2026-10-01", end="2026-10-31"), NOW)
    assert (window.buckets[0].day, window.buckets[-1].day, len(window.buckets)) == (1, 31, 31)
    assert not window.reaches_now


def test_edges_inside_an_hour_widen_to_whole_hours() -> None:
    window = choose_window(Asked(start="2026-11-20T05:30", end="2026-11-20T09:10+02:00", by=By.HOUR), NOW)
    assert [one.hour for one in window.buckets] == [5, 6, 7]


def test_an_offset_is_honoured() -> None:
    window = choose_window(Asked(start="2026-11-20T01:00+02:00", by=By.DAY), NOW)
    assert window.buckets[0] == datetime(2026, 11, 19, tzinfo=UTC)


def test_an_end_in_the_future_means_until_now() -> None:
    window = choose_window(Asked(start="2026-11-23", end="2027-01-01"), NOW)
    assert [one.day for one in window.buckets] == [23, 24]


def test_from_further_back_than_cloudwatch_keeps_is_a_row_that_is_not_known() -> None:
    window = choose_window(Asked(start="2025-08-01", end="2025-09-30"), NOW)
    assert not window.is_kept(window.buckets[0])
    assert window.is_kept(window.buckets[-1])


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        (Asked(days=0), "1 to 455, not 0"),
        (Asked(days=-3), "not -3"),
        (Asked(days=456), "455 days"),
        (Asked(hours=0), "--hours takes 1 to"),
        (Asked(hours=455 * 24 + 1), "10920"),
        (Asked(days=1, hours=1), "exclude each other"),
        (Asked(days=1, start="2026-11-01"), "exclude"),
        (Asked(end="2026-11-01"), "needs --from"),
        (Asked(start="2026-11-10", end="2026-11-01"), "swap"),
        (Asked(start="2026-12-01"), "future"),
        (Asked(start="yesterday"), "ISO 8601"),
        (Asked(start="2026-02-30"), "ISO 8601"),
        (Asked(start="0001-01-01T00:00+14:00"), "ISO 8601"),
        (Asked(period=0), "not 0"),
        (Asked(period=90), "whole number of minutes"),
        (Asked(period=420), "divides a day"),
        (Asked(period=172_800), "divides a day"),
        (Asked(days=30, period=60), "--period 300"),
        (Asked(days=100, period=300), "--period 3600"),
        (Asked(period=3600, by=By.DAY), "contradict"),
    ],
)
def test_what_cannot_be_meant_is_refused_with_what_would_do(asked: Asked, words: str) -> None:
    assert words in refused(asked)


# -- the period ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("asked", "period"),
    [
        (Asked(days=3), DAY),
        (Asked(days=3, by=By.HOUR), HOUR),
        (Asked(hours=3), HOUR),
        (Asked(hours=72, by=By.DAY), DAY),
        (Asked(days=3, period=300), 300),
        (Asked(days=3, by=By.MODEL), DAY),
        (Asked(hours=3, by=By.MODEL), HOUR),
        (Asked(start="2026-11-24T05:05", by=By.MODEL), 300),
        (Asked(start="2026-11-24T05:07", by=By.MODEL), 60),
        (Asked(start="2026-10-24T05:07", by=By.MODEL), 300),
        (Asked(start="2026-08-24T05:07", by=By.MODEL), HOUR),
    ],
)
def test_the_period_follows_what_was_asked_and_what_is_kept(asked: Asked, period: int) -> None:
    assert choose_window(asked, NOW).period == period


def test_what_is_kept_grows_with_the_period() -> None:
    assert [kept_for(period).days for period in (60, 300, 3600, 86400)] == [15, 63, 455, 455]


@given(MOMENTS, st.integers(1, 200))
def test_the_window_before_ends_where_this_one_begins_and_is_as_long(now: datetime, days: int) -> None:
    window = choose_window(Asked(days=days), now)
    before = window.before()
    assert before.end == window.start
    assert len(before.buckets) == len(window.buckets)


def test_the_month_so_far_is_in_the_wider_window() -> None:
    assert choose_window(Asked(days=2), NOW).from_month_start().start.day == 1
    longer = choose_window(Asked(days=60), NOW)
    assert longer.from_month_start() == longer


# -- the reader's zone -----------------------------------------------------------------------------------------------


@given(st.sampled_from(ZONES), st.integers(0, 24 * 365))
def test_local_hours_are_never_ambiguous(name: str, hours: int) -> None:
    start = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(hours=hours)
    window = Window(start, start + timedelta(hours=30), start + timedelta(days=9), HOUR)
    with zone(name):
        labels = [moment(one, local=True) for one in window.buckets]
    assert len(set(labels)) == 30, "an hour that comes twice carries another offset each time"
    assert [datetime.strptime(label, "%Y-%m-%d %H:%M %z") for label in labels] == list(window.buckets)


@given(st.sampled_from(ZONES), st.datetimes(datetime(2025, 9, 1), datetime(2026, 11, 1)))
def test_a_local_time_is_read_by_the_rules_of_its_own_day(name: str, naive: datetime) -> None:
    with zone(name):
        window = choose_window(Asked(start=naive.isoformat(), by=By.HOUR), NOW, to_utc=lambda one: one.astimezone(UTC))
        there = window.start.astimezone().replace(tzinfo=None)
    # Within the hour's bucket, and an hour off at most where a change of clocks leaves that time out.
    assert timedelta(hours=-1) <= naive - there < timedelta(hours=2)


@pytest.mark.parametrize(
    ("local", "utc"), [("2026-03-29T01:30", "00:30"), ("2026-03-29T03:30", "01:30"), ("2026-10-25T01:30", "23:30")]
)
def test_hours_around_berlins_changes_of_clocks(local: str, utc: str) -> None:
    with zone("Europe/Berlin"):
        window = choose_window(Asked(start=local, by=By.HOUR), NOW, to_utc=lambda one: one.astimezone(UTC))
    assert f"{window.start:%H}" == utc[:2]
