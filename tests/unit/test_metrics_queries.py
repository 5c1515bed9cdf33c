"""As few calls as GetMetricData's limits allow, and only points that are numbers."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from paybot_ops.core.metric_queries import MOST_POINTS, MOST_QUERIES, MetricQuery, in_batches, parse_points

DAY = 86400
NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)


def queries(count: int, period: int = 3600) -> list[MetricQuery]:
    return [MetricQuery("N", f"m{number}", "Sum", period) for number in range(count)]


def points(query: MetricQuery, seconds: float) -> int:
    return -int(-seconds // query.period)


@given(
    st.lists(st.sampled_from([60, 300, 3600, DAY]), min_size=1, max_size=700),
    st.integers(60, 15 * DAY),
)
def test_every_query_is_asked_once_and_no_call_is_too_large(periods: list[int], seconds: int) -> None:
    asked = [MetricQuery("N", f"m{number}", "Sum", period) for number, period in enumerate(periods)]
    batches = in_batches(asked, seconds)
    assert [query for batch in batches for query in batch] == asked
    for batch in batches:
        assert len(batch) <= MOST_QUERIES
        assert sum(points(query, seconds) for query in batch) <= MOST_POINTS


def test_what_fits_is_one_call() -> None:
    assert len(in_batches(queries(500, DAY), 7 * DAY)) == 1
    assert len(in_batches(queries(42), 100 * DAY)) == 1
    assert len(in_batches(queries(43), 100 * DAY)) == 2


def test_beyond_the_limits_there_are_as_few_as_possible() -> None:
    assert len(in_batches(queries(501, DAY), 7 * DAY)) == 2
    # 455 days hourly are 10,920 points each: nine in a call.
    assert len(in_batches(queries(160), 455 * DAY)) == 18


def test_the_same_query_is_asked_once() -> None:
    assert [len(batch) for batch in in_batches(queries(3) + queries(3), DAY)] == [3]


def test_points_that_are_no_usable_numbers_are_left_out_and_counted() -> None:
    times = [NOON + timedelta(hours=hour) for hour in range(6)]
    found, unusable = parse_points(times, [1.5, float("nan"), float("inf"), -1.0, 1e300, 7])
    assert found == {times[0]: Decimal("1.5"), times[4]: Decimal("1e300"), times[5]: Decimal(7)}
    assert unusable == 3
