"""How numbers, money and times are written for a reader, and as JSON numbers for a machine."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

ABSENT = "–"
# Past this a number is read by its size, not by its digits.
_LONGEST = Decimal(10) ** 15


def count(value: Decimal | None) -> str:
    """A count with separators; a missing one as a dash."""
    if value is None:
        return ABSENT
    return f"{value:.3E}" if value >= _LONGEST else f"{value:,.0f}"


def percent(value: Decimal | None) -> str:
    """A share in per cent."""
    return ABSENT if value is None else f"{count(value * 100)} %"


def change(value: Decimal | None) -> str:
    """A relative change with its sign."""
    if value is None:
        return ABSENT
    return f"+{percent(value)}" if value >= 0 else f"{value * 100:,.0f} %"


def moment(value: datetime, *, local: bool, day: bool = False) -> str:
    """A time in UTC, or in the reader's zone with its offset; where `day`, a UTC day is named by its date alone."""
    if local:
        # Without an argument: the zone's rules at that very time, on either side of a change of clocks.
        return f"{value.astimezone():%Y-%m-%d %H:%M %z}"
    return f"{value.astimezone(UTC):%Y-%m-%d}" if day else f"{value.astimezone(UTC):%Y-%m-%d %H:%M}"


def number(value: Decimal | None) -> int | float | None:
    """A figure that is no money, as JSON's own number."""
    if value is None:
        return None
    return int(value) if value == value.to_integral_value() else round(float(value), 4)
