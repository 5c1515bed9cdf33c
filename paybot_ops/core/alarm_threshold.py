"""A new threshold of tokens or dollars: which variable it is, what is written, and what it costs."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from decimal import ROUND_FLOOR, Decimal
from enum import StrEnum
from typing import Any

from paybot_ops.core.prices import MILLION, ModelPrice
from paybot_ops.errors import UsageError
from paybot_ops.plan import Action, Plan

TOKENS, OUTPUT_TOKENS, DOLLARS = (
    "bedrock_token_threshold",
    "bedrock_output_token_threshold",
    "bedrock_daily_cost_threshold",
)
_MONTH = Decimal(30)
_DAY = Decimal(24)
# Beyond it no alarm would ever fire, and doubles no longer count single tokens.
_MOST = Decimal(10) ** 15


class Per(StrEnum):
    """What the number that was typed is meant for; the alarms count a day."""

    HOUR = "hour"
    DAY = "day"
    WEEK = "week"
    MONTH = "month"

    @property
    def hours(self) -> Decimal:
        """How many hours it is; a month counts as 30 days."""
        return {Per.HOUR: Decimal(1), Per.DAY: _DAY, Per.WEEK: 7 * _DAY, Per.MONTH: _MONTH * _DAY}[self]


@dataclass(frozen=True, slots=True)
class Wish:
    """What was asked for: input tokens, or output tokens, or dollars, each `per` so long."""

    tokens: Decimal | None = None
    output_tokens: Decimal | None = None
    dollars: Decimal | None = None
    per: Per = Per.DAY


@dataclass(frozen=True, slots=True, kw_only=True)
class SetVariable(Action):
    """Set a variable in a file of values; `before` is what is in force now, None where nothing sets it."""

    file: str
    variable: str
    before: Decimal | None
    after: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class ThresholdPlan(Plan):
    """The change, empty when it is so already, and what the threshold comes to.

    `cost_per_day` is that of a day that just reaches the threshold, of the tokens that it counts; None is unknown.
    """

    actions: tuple[SetVariable, ...] = ()
    variable: str
    value: Decimal
    model: str
    price: ModelPrice | None = None
    cost_per_day: Decimal | None = None
    input_tokens: Decimal | None = None
    notes: tuple[str, ...] = ()

    @property
    def cost_per_month(self) -> Decimal | None:
        """The same for 30 such days."""
        return None if self.cost_per_day is None else self.cost_per_day * _MONTH


@dataclass(frozen=True, slots=True)
class Place:
    """Where a variable's value is in force: the file to write, and its value; None where nothing sets it."""

    file: str
    value: Decimal | None


def plan_threshold(
    wish: Wish, declared: Collection[str], places: Mapping[str, Place], model: str, price: ModelPrice | None
) -> ThresholdPlan:
    """The variable and the value for a wish; dollars become tokens where the module has no alarm on cost.

    Raises:
        UsageError: not exactly one number was asked for, it is no usable one, or the module has no such variable.
    """
    variable, value, notes = _wanted(wish, declared, price, model)
    place = places[variable]
    actions: tuple[SetVariable, ...] = ()
    if place.value != value:
        reason = f"{number(place.value) if place.value is not None else 'unset'} → {number(value)}"
        actions = (
            SetVariable(
                verb="set",
                target=variable,
                reason=reason,
                file=place.file,
                variable=variable,
                before=place.value,
                after=value,
            ),
        )
    plan: dict[str, Any] = {"actions": actions, "variable": variable, "value": value, "model": model, "price": price}
    if variable == DOLLARS:
        tokens = None if price is None or not price.input_per_million else _tokens(value, price.input_per_million)
        return ThresholdPlan(**plan, cost_per_day=value, input_tokens=tokens, notes=notes)
    cost = None if price is None else price.cost(value, 0) if variable == TOKENS else price.cost(0, value)
    return ThresholdPlan(**plan, cost_per_day=cost, notes=notes)


def number(value: Decimal) -> str:
    """A number as it is written into the file: plain digits."""
    return f"{value.normalize():f}"


def parse_number(text: str | None, option: str) -> Decimal | None:
    """A number above 0 as it was typed, thousands set apart by commas or underscores; None where none was given.

    Raises:
        UsageError: it is none.
    """
    if text is None:
        return None
    try:
        value = Decimal(text.replace(",", "").replace("_", "").lstrip("$"))
    except ArithmeticError:
        value = Decimal("NaN")
    if not value.is_finite() or not 0 < value <= _MOST:
        raise UsageError(
            f"{option} takes a number above 0, at most {number(_MOST)}", hint=f"for instance: {option} 250000"
        )
    return value


def _wanted(
    wish: Wish, declared: Collection[str], price: ModelPrice | None, model: str
) -> tuple[str, Decimal, tuple[str, ...]]:
    given = [(TOKENS, wish.tokens), (OUTPUT_TOKENS, wish.output_tokens), (DOLLARS, wish.dollars)]
    asked = [(variable, value) for variable, value in given if value is not None]
    if len(asked) != 1:
        raise UsageError(
            "one threshold is set at a time", hint="give one of --tokens N, --output-tokens N, --dollars X"
        )
    variable, value = asked[0]
    daily = value * _DAY / wish.per.hours
    if variable != DOLLARS:
        daily = daily.to_integral_value(ROUND_FLOOR)
    elif DOLLARS not in declared and TOKENS in declared:
        if price is None or not price.input_per_million:
            raise UsageError(
                f"--dollars cannot be turned into tokens: the price of {model} is unknown",
                why="the module has no alarm on cost, only one on tokens",
                hint="give --tokens N",
            )
        note = "the module has no alarm on cost: this is how many input tokens the dollars buy, output not counted"
        return TOKENS, _checked(_tokens(daily, price.input_per_million), wish), (note,)
    if variable not in declared:
        raise UsageError(
            f"the module has no variable {variable}",
            why="so no alarm of it can be set from the tfvars",
            hint="edit the alarm's threshold in its .tf file",
        )
    return variable, _checked(daily, wish), ()


def _tokens(dollars: Decimal, per_million: Decimal) -> Decimal:
    return (dollars * MILLION / per_million).to_integral_value(ROUND_FLOOR)


def _checked(daily: Decimal, wish: Wish) -> Decimal:
    # Down to a hundredth of a cent: a limit is never set above what was asked for.
    whole = daily == daily.to_integral_value()
    rounded = daily.quantize(Decimal(1) if whole else Decimal("0.0001"), ROUND_FLOOR)
    if rounded <= 0:
        raise UsageError(f"that is less than one a day, counted per {wish.per}", hint="give a larger number")
    return rounded
