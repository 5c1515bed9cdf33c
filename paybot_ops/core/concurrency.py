"""How many concurrent runs of Lambda an account can still reserve for one function."""

from __future__ import annotations

from dataclasses import dataclass

# AWS Lambda Developer Guide: Configuring reserved concurrency.
_UNRESERVED_MINIMUM = 100


@dataclass(frozen=True, slots=True)
class Concurrency:
    """GetAccountSettings: how many functions may run at once in the region, and how many of these are free."""

    limit: int
    unreserved: int


def kept_free(limit: int) -> int:
    """What Lambda insists on keeping unreserved: an account whose whole quota is smaller keeps all of it."""
    return min(_UNRESERVED_MINIMUM, limit)


def reservable(limit: int, unreserved: int) -> int:
    """What can be reserved beyond the present reservations, of a quota and what of it is unreserved."""
    return max(0, unreserved - kept_free(limit))


def quota_needed(reserved: int) -> int:
    """The smallest quota that allows so many reservations in all."""
    return reserved + _UNRESERVED_MINIMUM
