"""The bill: what is used goes on at its rate, what stands stands all month, and unknown is never nothing."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from paybot_ops.core.cost import CostReport, Kind, Meter, cost_report
from paybot_ops.core.cost_meters import (
    Bill,
    alarm_meters,
    bucket_meter,
    bucket_query,
    function_meters,
    function_queries,
    guardrail_meters,
    guardrail_queries,
    log_meters,
    log_query,
    model_meters,
    table_meters,
)
from paybot_ops.core.inventory import Alarm, Function, LogGroup, Table, belongs, gigabytes
from paybot_ops.core.metric_queries import Completeness, MetricAnswer, MetricQuery, Series
from paybot_ops.core.prices import UnitPrice, known_prices

# Ten of thirty days are over.
NOW = datetime(2026, 11, 11, tzinfo=UTC)
PRICES = known_prices("us-east-1")
DAY = datetime(2026, 11, 2, tzinfo=UTC)


def price(dollars: str, per: str = "1", free: str = "0") -> UnitPrice:
    return UnitPrice("p", Decimal(dollars), Decimal(per), "things", "a test", "2026-11", Decimal(free))


def bill_of(*meters: Meter, now: datetime = NOW) -> CostReport:
    return cost_report(meters, now)


def meter(quantity: str | None, unit: UnitPrice | None, kind: Kind = Kind.USED, account: str | None = None) -> Meter:
    given_quantity = None if quantity is None else Decimal(quantity)
    return Meter("a", "i", kind, given_quantity, unit, in_account=None if account is None else Decimal(account))


def answering(points: dict[MetricQuery, int]) -> Bill:
    return Bill(PRICES, MetricAnswer({query: Series({DAY: Decimal(value)}) for query, value in points.items()}))


def test_what_was_used_goes_on_at_its_rate() -> None:
    line = bill_of(meter("500", price("2", "1000"))).lines[0]
    assert (line.so_far.dollars, line.month.dollars) == (Decimal(1), Decimal(3))


def test_what_stands_is_paid_for_by_the_time_that_has_passed() -> None:
    line = bill_of(meter("3", price("0.40"), Kind.STANDING)).lines[0]
    assert line.month.dollars == Decimal("1.20")
    assert line.so_far.dollars is not None
    assert round(line.so_far.dollars, 9) == Decimal("0.4")


def test_an_unknown_price_makes_the_sum_at_least() -> None:
    found = bill_of(meter("500", price("2")), meter("1", None))
    assert found.lines[1].so_far.dollars is None
    assert (found.so_far.dollars, found.so_far.complete, found.month.complete) == (Decimal(1000), False, False)


def test_what_could_not_be_measured_makes_the_sum_at_least() -> None:
    assert not bill_of(meter(None, price("2"))).so_far.complete


def test_a_bill_of_unknowns_only_is_unknown() -> None:
    assert bill_of(meter("1", None)).so_far.dollars is None


def test_an_empty_bill_is_nothing() -> None:
    assert (bill_of().so_far.dollars, bill_of().so_far.complete) == (Decimal(0), True)


@pytest.mark.parametrize(
    ("own", "account", "billed"),
    [("9", "9", 0), ("9", "12", 2), ("9", "100", 9), ("9", None, 9), ("9", "10", 0)],
)
def test_an_allowance_is_the_accounts_and_counts_only_where_its_use_is_known(
    own: str, account: str | None, billed: int
) -> None:
    assert bill_of(meter(own, price("1", free="10"), Kind.STANDING, account)).lines[0].billed == billed


@given(st.datetimes(datetime(2024, 1, 1), datetime(2029, 12, 31), timezones=st.just(UTC)), st.integers(0, 10**15))
def test_a_month_is_never_less_than_what_it_cost_so_far(now: datetime, quantity: int) -> None:
    for kind in Kind:
        line = bill_of(meter(str(quantity), price("0.1", "7"), kind), now=now).lines[0]
        assert line.month.dollars is not None
        assert line.so_far.dollars is not None
        assert line.month.dollars >= line.so_far.dollars * (1 - Decimal("1e-20"))


# -- what is billed --------------------------------------------------------------------------------------------------


def test_tokens_have_a_line_in_and_a_line_out() -> None:
    lines = list(model_meters(PRICES, {"us.amazon.nova-micro-v1:0": (Decimal(10), Decimal(20)), "no.such": None}))
    assert [line.quantity for line in lines] == [10, 20, None, None]
    assert [line.price and line.price.price for line in lines] == [Decimal("0.035"), Decimal("0.14"), None, None]


def test_a_function_is_billed_by_memory_and_architecture() -> None:
    invocations, duration = function_queries("f")
    bill = answering({invocations: 1000, duration: 200_000})
    requests, seconds = function_meters(bill, [Function("f", 512, "arm64")])
    assert (requests.quantity, seconds.quantity) == (Decimal(1000), Decimal(100))
    assert seconds.price is not None
    assert seconds.price.name == "lambda-arm64"
    (_requests, other) = function_meters(bill, [Function("f", 512, "riscv")])
    assert other.price is None


def test_guardrails_have_a_line_per_policy_where_they_are_on_or_were_used() -> None:
    queries = guardrail_queries()
    assert len(list(guardrail_meters(answering({}), enabled=True))) == 4
    assert list(guardrail_meters(answering({}), enabled=False)) == []
    (line,) = guardrail_meters(answering({queries["SensitiveInformationPolicy"]: 2000}), enabled=False)
    assert bill_of(line).so_far.dollars == Decimal("0.2")


def test_a_metric_that_came_in_part_is_not_measured() -> None:
    query = log_query("/aws/lambda/f")
    partial = Bill(PRICES, MetricAnswer({query: Series({DAY: Decimal(1)}, Completeness.PARTIAL)}))
    first, stored = log_meters(partial, [LogGroup("/aws/lambda/f", 2 * 1024**3)])
    assert first.quantity is None
    assert "in part" in first.note
    assert stored.quantity == 2


def test_the_cost_alarm_bills_both_of_its_metrics_beyond_the_accounts_free_ten() -> None:
    own = [Alarm("a", 1), Alarm("math", 2)]
    (line,) = alarm_meters(answering({}), own, [*own, *(Alarm(f"x{n}", 1) for n in range(9))])
    assert bill_of(line).lines[0].billed == 2
    composite = list(alarm_meters(answering({}), [Alarm("c", 0, composite=True)], []))
    assert composite[1].quantity == 1


def test_a_provisioned_table_has_no_price_here() -> None:
    lines = list(table_meters(answering({}), [Table("t", 1024**3, on_demand=False)]))
    assert [line.quantity for line in lines] == [None, 1]


def test_a_bucket_without_a_size_yet_says_so() -> None:
    found = bucket_meter(PRICES.find_unit("s3-storage"), "b", MetricAnswer({}))
    assert found.quantity is None
    assert "not yet" in found.note
    sized = MetricAnswer({bucket_query("b"): Series({DAY: Decimal(1024**3)})})
    assert bucket_meter(None, "b", sized).quantity == 1


@pytest.mark.parametrize(
    ("name", "environment", "expected"),
    [
        ("shop-bot-dev", "dev", True),
        ("shop-stripe-key-dev-20261124", "dev", True),
        ("shop-dev", "dev", True),
        ("shop-bot-prod", "dev", False),
        ("shop-bot-devel", "dev", False),
        ("shopping-bot-dev", "dev", False),
        ("shop-anything", "", True),
    ],
)
def test_what_belongs_to_a_deployment_is_told_by_its_name(name: str, environment: str, expected: bool) -> None:
    assert belongs(name, "shop", environment) is expected


def test_nothing_belongs_to_a_deployment_without_a_name() -> None:
    assert not belongs("-x", "", "dev")


def test_a_gigabyte_is_the_one_that_is_billed() -> None:
    assert gigabytes(1024**3) == 1
