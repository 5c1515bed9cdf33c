"""Rows, totals, gaps, shares, what the month comes to, and the comparison with before."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from paybot_ops.core.metric_queries import Completeness, MetricAnswer, Series
from paybot_ops.core.metric_window import DAY, Asked, By, choose_window
from paybot_ops.core.prices import ModelPrice
from paybot_ops.core.token_metrics import ModelUsage, Usage, add_up, read_model, related_ids, token_queries
from paybot_ops.core.token_report import Reckoning, TokenReport, token_report

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
TODAY = datetime(2026, 11, 24, tzinfo=UTC)
PRICE = ModelPrice("m", Decimal("0.035"), Decimal("0.14"), "a test", "2026-11")


def used(tokens_in: int, tokens_out: int = 0, **more: int) -> Usage:
    return Usage(
        calls=Decimal(1),
        input_tokens=Decimal(tokens_in),
        output_tokens=Decimal(tokens_out),
        **{name: Decimal(value) for name, value in more.items()},
    )


def report(
    days: dict[int, Usage],
    *,
    asked: Asked | None = None,
    now: datetime = NOW,
    price: ModelPrice | None = PRICE,
    threshold: int | None = 100_000,
    compare: bool = False,
    others: tuple[ModelUsage, ...] = (),
) -> TokenReport:
    """The report on one model that was used so many days ago."""
    window = choose_window(asked or Asked(days=7), now)
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    usage = ModelUsage("m", {midnight - timedelta(days=ago): one for ago, one in days.items()})
    limit = None if threshold is None else Decimal(threshold)
    reckoning = Reckoning((usage, *others), lambda model: price if model == "m" else None, limit)
    return token_report(reckoning, window, (asked and asked.by) or By.DAY, compare=compare)


def test_a_day_without_data_is_a_day_without_calls() -> None:
    rows = report({1: used(10)}).rows
    assert [row.usage and row.usage.calls for row in rows] == [0, 0, 0, 0, 0, 1, 0]
    assert all(row.cost.complete for row in rows)


def test_a_day_outside_what_is_kept_is_not_zero() -> None:
    found = report({}, asked=Asked(start="2025-08-20", end="2025-08-30"))
    assert [row.usage is None for row in found.rows] == [True] * 7 + [False] * 4
    assert found.rows[0].cost.dollars is None


def test_today_is_marked_as_not_over() -> None:
    assert [row.partial for row in report({}).rows] == [False] * 6 + [True]


@given(st.dictionaries(st.integers(0, 6), st.tuples(st.integers(0, 10**12), st.integers(0, 10**12)), max_size=7))
def test_the_total_is_the_sum_of_the_rows(days: dict[int, tuple[int, int]]) -> None:
    found = report({ago: used(*tokens) for ago, tokens in days.items()})
    assert found.total.usage == add_up(row.usage for row in found.rows if row.usage)
    assert found.total.cost.dollars == sum(row.cost.dollars or 0 for row in found.rows)


def test_cost_prices_tokens_in_and_out() -> None:
    assert report({0: used(1_000_000, 1_000_000)}).total.cost.dollars == Decimal("0.175")


def test_an_unknown_price_is_unknown_and_never_nothing() -> None:
    found = report({0: used(5)}, price=None)
    assert (found.total.cost.dollars, found.total.cost.complete) == (None, False)
    assert found.rows[0].cost.dollars == 0, "a day without calls costs nothing at any price"


def test_a_sum_with_an_unknown_part_is_at_least_the_rest() -> None:
    other = ModelUsage("other", {TODAY: used(7)})
    found = report({0: used(1_000_000)}, others=(other,))
    assert (found.total.cost.dollars, found.total.cost.complete) == (Decimal("0.035"), False)


def test_the_share_is_of_the_daily_threshold_of_input_tokens() -> None:
    found = report({0: used(150_000, 999)})
    assert found.rows[-1].share == Decimal("1.5")
    assert report({0: used(1)}, threshold=None).rows[-1].share is None
    assert report({}, asked=Asked(hours=3)).rows[-1].share is None, "an hour has no share of a day"


def test_the_average_latency_weighs_every_call() -> None:
    days = {0: used(1, latency_sum=100, latency_count=1), 1: used(1, latency_sum=900, latency_count=3)}
    total = report(days).total.usage
    assert total is not None
    assert total.average_latency == 250
    assert Usage().average_latency is None


def test_models_are_rows_with_the_largest_first() -> None:
    other = ModelUsage("other", {TODAY: used(700)})
    found = report({0: used(10)}, asked=Asked(days=3, by=By.MODEL), others=(other,))
    assert [row.label for row in found.rows] == ["other", "m"]
    assert found.total.usage is not None
    assert found.total.usage.tokens == 710


# -- the month -------------------------------------------------------------------------------------------------------


def test_the_projection_is_the_month_so_far_and_the_rest_at_the_windows_rate() -> None:
    # One day and a half is over: 3,000 tokens in it are 2,000 a day, for the 6.5 days that are left of November.
    found = report({0: used(1000), 1: used(2000), 20: used(500)}, asked=Asked(days=2))
    assert found.projection is not None
    assert found.projection.tokens == 3500 + 2000 * Decimal("6.5")
    assert found.projection.until == datetime(2026, 12, 1, tzinfo=UTC)


@given(st.datetimes(datetime(2024, 1, 1), datetime(2027, 12, 31), timezones=st.just(UTC)), st.integers(1, 40))
def test_the_projection_never_falls_short_of_the_month_so_far(now: datetime, days: int) -> None:
    found = report({0: used(100), 1: used(50), 35: used(70)}, now=now, asked=Asked(days=days))
    assert found.projection is not None
    so_far = 100 + (50 if now.day > 1 else 0)
    assert found.projection.tokens >= so_far
    assert found.projection.until > now
    assert found.projection.until.day == 1


def test_at_the_last_second_of_a_month_nothing_is_left_to_project() -> None:
    now = datetime(2028, 2, 29, 23, 59, 59, tzinfo=UTC)
    found = report({0: used(86_399)}, now=now, asked=Asked(days=1))
    assert found.projection is not None
    assert found.projection.tokens == 86_400


def test_there_is_no_projection_from_the_past_nor_from_hours() -> None:
    assert report({}, asked=Asked(start="2026-10-01", end="2026-10-07")).projection is None
    assert report({}, asked=Asked(hours=5)).projection is None


# -- before ----------------------------------------------------------------------------------------------------------


def test_the_comparison_is_with_the_window_before() -> None:
    found = report({0: used(300), 7: used(200), 14: used(9999)}, compare=True)
    assert found.comparison is not None
    assert found.comparison.row.usage is not None
    assert found.comparison.row.usage.input_tokens == 200
    assert found.comparison.changes["input_tokens"] == Decimal("0.5")
    assert found.comparison.changes["cost"] == Decimal("0.5")
    assert found.comparison.changes["throttles"] is None, "from nothing there is no relative change"


def test_a_window_before_that_is_not_kept_whole_is_not_compared() -> None:
    found = report({0: used(300)}, asked=Asked(days=300), compare=True)
    assert found.comparison is not None
    assert found.comparison.row.usage is None
    assert set(found.comparison.changes.values()) == {None}


# -- what CloudWatch gave --------------------------------------------------------------------------------------------


def test_a_models_series_become_its_usage_and_gaps_are_named() -> None:
    queries = token_queries("m", DAY)
    answer = MetricAnswer(
        {
            queries["calls"]: Series({TODAY: Decimal(3)}),
            queries["input_tokens"]: Series({TODAY: Decimal(40)}, Completeness.PARTIAL, unusable=2),
            queries["server_errors"]: Series(completeness=Completeness.FAILED),
        }
    )
    usage = read_model("m", DAY, answer)
    assert usage.at(TODAY) == Usage(calls=Decimal(3), input_tokens=Decimal(40))
    assert usage.missing == ("InputTokenCount", "InvocationServerErrors")
    assert usage.unusable == 2
    assert not usage.is_empty


def test_an_incomplete_answer_does_not_prove_that_there_is_no_data() -> None:
    failed = {token_queries("m", DAY)["calls"]: Series(completeness=Completeness.FAILED)}
    assert not read_model("m", DAY, MetricAnswer(failed)).is_empty
    assert read_model("m", DAY, MetricAnswer({})).is_empty


def test_a_profile_and_its_model_are_related() -> None:
    ids = ("eu.a.b-v1:0", "a.b-v1:0", "us.a.c-v1:0", "us.a.b-v1:0")
    assert related_ids("us.a.b-v1:0", ids) == ("eu.a.b-v1:0", "a.b-v1:0")
