"""What makes digits a card's number: how many they are, who issues them, and their Luhn sum (ISO/IEC 7812)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

# Up to 19 digits are allowed; the shortest number that a card network still issues for payments has 13.
SHORTEST, LONGEST = 13, 19
# What a digit adds to a Luhn sum where it counts double.
_DOUBLED = (0, 2, 4, 6, 8, 1, 3, 5, 7, 9)

# Whatever a network may issue, of any length: 3 to 6, Mastercard's 2221 to 2720, RuPay's 81 and 82, Troy's 9792.
_ISSUED = re.compile(r"[3-6]|2(?:22[1-9]|2[3-9]|[3-6]|7[01]|720)|8[12]|9792")
# First digits with the lengths that belong to them, for where a wrong suspicion is as bad as a missed number.
_BRANDS: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("Visa", re.compile(r"4\d{15}|4\d{12}|4\d{18}")),
    ("Mastercard", re.compile(r"(?:5[1-5]\d\d|222[1-9]|22[3-9]\d|2[3-6]\d\d|27[01]\d|2720)\d{12}")),
    ("American Express", re.compile(r"3[47]\d{13}")),
    ("Discover", re.compile(r"(?:6011|65\d\d|64[4-9]\d)\d{12}")),
    ("JCB", re.compile(r"35(?:2[89]|[3-8]\d)\d{12}")),
    ("Diners Club", re.compile(r"3(?:0[0-5]|[68]\d)\d{11}|3[68]\d{14}|30[0-5]\d{13}")),
    ("UnionPay", re.compile(r"62\d{14,17}")),
)


def is_luhn_right(digits: str) -> bool:
    """Whether the last digit is the check digit of those before it."""
    values = [int(digit) for digit in reversed(digits)]
    return sum(_DOUBLED[value] if place % 2 else value for place, value in enumerate(values)) % 10 == 0


def find_brand(digits: str) -> str | None:
    """The network whose number this is by length, first digits and Luhn sum; None where it is no card's number."""
    brand = next((name for name, form in _BRANDS if form.fullmatch(digits)), None)
    return brand if brand is not None and is_luhn_right(digits) else None


def numbers_within(digits: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Yield (first, stop) of each stretch that a network may have issued and whose Luhn sum is right, the longest only.

    Two running sums, one doubling the even places and one the odd ones, make each stretch a subtraction: a long run of
    digits costs no more than its length.
    """
    sums: tuple[list[int], list[int]] = ([0], [0])
    for place, digit in enumerate(digits):
        for parity in (0, 1):
            sums[parity].append(sums[parity][-1] + (_DOUBLED[digit] if place % 2 == parity else digit))
    text = "".join(map(str, digits))
    for first in range(len(digits) - SHORTEST + 1):
        if not _ISSUED.match(text, first):
            continue
        for stop in range(min(first + LONGEST, len(digits)), first + SHORTEST - 1, -1):
            # The last digit counts once, its neighbour double: the doubled places have the parity of `stop`.
            running = sums[stop % 2]
            if (running[stop] - running[first]) % 10 == 0:
                yield first, stop
                break
