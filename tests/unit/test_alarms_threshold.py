"""A wish for a threshold becomes one variable and its value, with what it costs."""

from __future__ import annotations

from decimal import Decimal

import pytest

from paybot_ops.core.alarm_threshold import (
    DOLLARS,
    OUTPUT_TOKENS,
    TOKENS,
    Per,
    Place,
    Wish,
    parse_number,
    plan_threshold,
)
from paybot_ops.core.prices import ModelPrice
from paybot_ops.errors import UsageError

PRICE = ModelPrice("nova", Decimal("0.035"), Decimal("0.14"), "somewhere", "2026-11")
PLACES = {name: Place("terraform.tfvars", Decimal(100000)) for name in (TOKENS, OUTPUT_TOKENS, DOLLARS)}
ALL = frozenset(PLACES)


def test_tokens_and_what_they_cost() -> None:
    plan = plan_threshold(Wish(tokens=Decimal(1000000)), ALL, PLACES, "nova", PRICE)
    (action,) = plan.actions
    assert (action.variable, action.before, action.after) == (TOKENS, Decimal(100000), Decimal(1000000))
    assert (plan.cost_per_day, plan.cost_per_month) == (Decimal("0.035"), Decimal("1.05"))


def test_output_tokens_cost_their_own_price() -> None:
    plan = plan_threshold(Wish(output_tokens=Decimal(1000000)), ALL, PLACES, "nova", PRICE)
    assert (plan.variable, plan.cost_per_day) == (OUTPUT_TOKENS, Decimal("0.14"))


def test_the_same_value_is_an_empty_plan() -> None:
    assert plan_threshold(Wish(tokens=Decimal("1e5")), ALL, PLACES, "nova", PRICE).is_empty


def test_an_unknown_price_is_unknown_not_nothing() -> None:
    assert plan_threshold(Wish(tokens=Decimal(5)), ALL, PLACES, "other", None).cost_per_day is None


@pytest.mark.parametrize(("per", "value"), [(Per.DAY, "30"), (Per.MONTH, "1"), (Per.WEEK, "4.2857"), (Per.HOUR, "720")])
def test_dollars_per_something_become_dollars_per_day(per: Per, value: str) -> None:
    plan = plan_threshold(Wish(dollars=Decimal(30), per=per), ALL, PLACES, "nova", PRICE)
    assert (plan.variable, plan.value) == (DOLLARS, Decimal(value))


def test_dollars_become_tokens_where_no_alarm_counts_dollars() -> None:
    plan = plan_threshold(Wish(dollars=Decimal(7)), {TOKENS}, PLACES, "nova", PRICE)
    assert (plan.variable, plan.value) == (TOKENS, Decimal(200000000))
    assert plan.notes
    with pytest.raises(UsageError, match="price"):
        plan_threshold(Wish(dollars=Decimal(7)), {TOKENS}, PLACES, "other", None)


@pytest.mark.parametrize(
    "wish", [Wish(), Wish(tokens=Decimal(1), dollars=Decimal(1)), Wish(tokens=Decimal(1), per=Per.MONTH)]
)
def test_wishes_that_cannot_be_met(wish: Wish) -> None:
    with pytest.raises(UsageError):
        plan_threshold(wish, ALL, PLACES, "nova", PRICE)


def test_a_module_without_the_variable() -> None:
    with pytest.raises(UsageError, match=OUTPUT_TOKENS):
        plan_threshold(Wish(output_tokens=Decimal(1)), {TOKENS}, PLACES, "nova", PRICE)


@pytest.mark.parametrize(
    ("text", "value"), [("250,000", 250000), ("1_000", 1000), ("$5.50", Decimal("5.5")), ("1e6", 1000000)]
)
def test_numbers_as_they_are_typed(text: str, value: Decimal) -> None:
    assert parse_number(text, "--tokens") == value


@pytest.mark.parametrize("text", ["", "0", "-1", "nan", "inf", "many", "1e16", "sNaN"])
def test_what_is_no_threshold(text: str) -> None:
    with pytest.raises(UsageError):
        parse_number(text, "--tokens")
