"""What a deployment costs: measured use times known prices, line by line; what is unknown stays unknown."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from paybot_ops.core.metric_window import month_end, month_start
from paybot_ops.core.money import UNKNOWN, Money, scaled, total
from paybot_ops.core.prices import MILLION, ModelPrice, UnitPrice


class Kind(StrEnum):
    """How a quantity becomes a month's: what was used goes on at its rate, what is there is there all month."""

    USED = "used so far"
    STANDING = "standing"


@dataclass(frozen=True, slots=True)
class Meter:
    """One thing that is billed.

    `quantity` is what was used this month, or what is there; None where it could not be measured, and `note` says why.
    `in_account` is the whole account's quantity where that is known: only then does a monthly allowance count.
    """

    area: str
    item: str
    kind: Kind
    quantity: Decimal | None
    price: UnitPrice | None
    unit: str = ""
    in_account: Decimal | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the bill; `month` is a whole month's."""

    area: str
    item: str
    kind: Kind
    quantity: Decimal | None
    billed: Decimal | None
    unit: str
    price: UnitPrice | None
    so_far: Money
    month: Money
    note: str


@dataclass(frozen=True, slots=True)
class CostReport:
    """This month so far, and a whole month of it; both are *at least* where a line is unknown."""

    start: datetime
    now: datetime
    end: datetime
    lines: tuple[Line, ...]
    so_far: Money
    month: Money


def token_prices(price: ModelPrice | None) -> tuple[UnitPrice | None, UnitPrice | None]:
    """A model's price as the prices of tokens in and out."""
    if price is None:
        return None, None
    return (
        UnitPrice("tokens-in", price.input_per_million, MILLION, "tokens", price.source, price.read),
        UnitPrice("tokens-out", price.output_per_million, MILLION, "tokens", price.source, price.read),
    )


def cost_report(meters: Iterable[Meter], now: datetime) -> CostReport:
    """The bill of the month that holds `now`."""
    start, end = month_start(now), month_end(now)
    # A second, where the month has only begun: nothing was used in no time.
    elapsed = Decimal(max((now - start).total_seconds(), 1.0))
    share = elapsed / Decimal((end - start).total_seconds())
    lines = tuple(_line(meter, share) for meter in meters)
    return CostReport(start, now, end, lines, total(line.so_far for line in lines), total(line.month for line in lines))


def _line(meter: Meter, share: Decimal) -> Line:
    billed = _billed(meter)
    cost = UNKNOWN if meter.price is None or billed is None else Money(meter.price.cost(billed))
    used = meter.kind is Kind.USED
    return Line(
        area=meter.area,
        item=meter.item,
        kind=meter.kind,
        quantity=meter.quantity,
        billed=billed,
        unit=meter.unit or (meter.price.unit if meter.price else ""),
        price=meter.price,
        so_far=cost if used else scaled(cost, share),
        month=scaled(cost, 1 / share) if used else cost,
        note=meter.note,
    )


def _billed(meter: Meter) -> Decimal | None:
    """What of a quantity is paid for: no more than what the account uses beyond its allowance."""
    if meter.quantity is None or meter.price is None or meter.in_account is None:
        return meter.quantity
    return min(meter.quantity, max(meter.in_account - meter.price.free, Decimal(0)))
