"""US dollars of which some part may be unknown: a sum then says that it is at least so much."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Money:
    """US dollars. `complete` is False when something is not in them; `dollars` is None when nothing is known at all."""

    dollars: Decimal | None
    complete: bool = True


# Past this a number is read by its size, not by its digits.
_LONGEST = Decimal(10) ** 15
_LEAST_SHOWN = Decimal("0.0001")

UNKNOWN = Money(None, complete=False)
NOTHING = Money(Decimal(0))


def known(dollars: Decimal | None) -> Money:
    """An amount, or UNKNOWN for None."""
    return UNKNOWN if dollars is None else Money(dollars)


def total(parts: Iterable[Money]) -> Money:
    """The sum of the known parts; complete only when every part is. Of no parts it is nothing."""
    listed = list(parts)
    amounts = [part.dollars for part in listed if part.dollars is not None]
    if listed and not amounts:
        return UNKNOWN
    return Money(sum(amounts, Decimal(0)), all(part.complete for part in listed))


def scaled(money: Money, factor: Decimal) -> Money:
    """So many times the amount."""
    return Money(None if money.dollars is None else money.dollars * factor, money.complete)


def dollars_text(value: Decimal) -> str:
    """US dollars: to the cent from one dollar up, below it as far as the first digits that say something."""
    if value >= _LONGEST:
        return f"${value:.3E}"
    if value >= 1 or value == 0:
        return f"${value:,.2f}"
    return f"${value:.4f}" if value >= _LEAST_SHOWN else f"<${_LEAST_SHOWN}"


def money_text(value: Money) -> str:
    """An amount, `≥` where something is missing from it, or `unknown`."""
    if value.dollars is None:
        return "unknown"
    return dollars_text(value.dollars) if value.complete else f"≥ {dollars_text(value.dollars)}"
