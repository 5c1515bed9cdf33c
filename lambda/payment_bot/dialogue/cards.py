"""Card numbers and security codes: whose they are, whether they can be right, and where they stand in a message."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum


class Brand(StrEnum):
    """A card network that Stripe takes, by the name that its customers know."""

    VISA = "Visa"
    MASTERCARD = "Mastercard"
    AMEX = "American Express"
    DISCOVER = "Discover"
    DINERS = "Diners Club"
    JCB = "JCB"
    UNIONPAY = "UnionPay"


@dataclass(frozen=True, slots=True)
class _Range:
    """Numbers that begin between `first` and `last`, digit for digit, with their lengths."""

    brand: Brand
    first: str
    last: str
    lengths: frozenset[int]


def _of(brand: Brand, lengths: tuple[int, ...], *ranges: tuple[str, str]) -> tuple[_Range, ...]:
    return tuple(_Range(brand, first, last, frozenset(lengths)) for first, last in ranges)


# ISO/IEC 7812 issuer ranges as the networks publish them; the longer prefix stands first where two overlap.
_RANGES = (
    *_of(Brand.DISCOVER, (16, 17, 18, 19), ("622126", "622925"), ("6011", "6011"), ("644", "649"), ("65", "65")),
    *_of(Brand.UNIONPAY, (16, 17, 18, 19), ("62", "62"), ("81", "81")),
    *_of(Brand.JCB, (16, 17, 18, 19), ("3528", "3589")),
    *_of(Brand.DINERS, (14, 15, 16, 17, 18, 19), ("300", "305"), ("3095", "3095"), ("36", "36"), ("38", "39")),
    *_of(Brand.AMEX, (15,), ("34", "34"), ("37", "37")),
    *_of(Brand.MASTERCARD, (16,), ("51", "55"), ("2221", "2720")),
    *_of(Brand.VISA, (13, 16, 19), ("4", "4")),
)
_LONGEST_PREFIX = 6
_SHORTEST, LONGEST = 13, 19


class Flaw(StrEnum):
    """Why digits are not the number of a card that can be taken."""

    UNKNOWN_BRAND = "unknown brand"
    TOO_SHORT = "too short"
    TOO_LONG = "too long"
    MISTYPED = "mistyped"


@dataclass(frozen=True, slots=True)
class CardNumber:
    """A number that can be a card's; kept out of every repr."""

    digits: str = field(repr=False)
    brand: Brand

    @property
    def last_four(self) -> str:
        """The part that may be shown (PCI DSS 3.4.1)."""
        return self.digits[-4:]


@dataclass(frozen=True, slots=True)
class Written:
    """Where digits stand in a message, and what they are in ASCII."""

    digits: str = field(repr=False)
    start: int
    end: int


def judge(digits: str) -> CardNumber | Flaw:
    """Tell whose number this is, or what keeps it from being one."""
    brand_range = next((each for each in _RANGES if _begins_in(digits, each)), None)
    if brand_range is None:
        return Flaw.TOO_SHORT if len(digits) < _LONGEST_PREFIX else Flaw.UNKNOWN_BRAND
    if len(digits) in brand_range.lengths and has_luhn(digits):
        return CardNumber(digits, brand_range.brand)
    if len(digits) < usual_length(brand_range.brand):
        return Flaw.TOO_SHORT
    return Flaw.TOO_LONG if len(digits) > max(brand_range.lengths) else Flaw.MISTYPED


def brand_of(digits: str) -> Brand | None:
    """Tell whose number begins like this; None when the beginning is not one, or too short to know."""
    return next((each.brand for each in _RANGES if _begins_in(digits, each)), None)


def has_luhn(digits: str) -> bool:
    """Tell whether the check digit is right (ISO/IEC 7812-1, annex B)."""
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (2 if place % 2 else 1)
        total += value - 9 if value > 9 else value
    return total % 10 == 0


def find_card(text: str) -> tuple[CardNumber, str] | None:
    """Return the first card number of a message and the message without it, however the digits are grouped."""
    groups = written_digits(text)
    for first in range(len(groups)):
        digits = ""
        for last in range(first, len(groups)):
            digits += groups[last].digits
            if len(digits) > LONGEST:
                break
            found = judge(digits) if len(digits) >= _SHORTEST else Flaw.TOO_SHORT
            if isinstance(found, CardNumber) and not _goes_on(groups, first, last, text):
                return found, text[: groups[first].start] + " " + text[groups[last].end :]
    return None


def written_digits(text: str) -> list[Written]:
    """Every unbroken stretch of digits, in any script, in order."""
    return list(_stretches(text))


def usual_length(brand: Brand) -> int:
    """Digits of nearly every card of this brand."""
    return {Brand.AMEX: 15, Brand.DINERS: 14}.get(brand, 16)


def code_length(brand: Brand) -> int:
    """Digits of the security code: 4 on American Express (the CID on its front), 3 elsewhere."""
    return 4 if brand is Brand.AMEX else 3


_LONGEST_ANSWER = 60
_CODE = re.compile(
    r"\W*(?:(?:(?:my|the|it's|its|it is)\s+)?(?:cvv2?|cvc2?|cid|(?:security\s+)?code)?(?:\s+is)?\s*[:=]?\s*)?"
    r"(\d{3,4})\W*",
    re.IGNORECASE,
)


def read_code(text: str, brand: Brand) -> str | None:
    """Return the security code that a message consists of, of this brand's length; None for anything else."""
    plain = "".join(str(digit) if (digit := unicodedata.digit(each, None)) is not None else each for each in text)
    short = " ".join(plain.replace("’", "'").split())
    match = _CODE.fullmatch(short) if len(short) <= _LONGEST_ANSWER else None
    return match[1] if match and len(match[1]) == code_length(brand) else None


def _begins_in(digits: str, each: _Range) -> bool:
    head = digits[: len(each.first)]
    return len(head) == len(each.first) and each.first <= head <= each.last


def _goes_on(groups: list[Written], first: int, last: int, text: str) -> bool:
    """Tell whether the same number has another group of digits right behind: a longer card may be meant."""
    size = sum(len(group.digits) for group in groups[first : last + 1])
    if size >= LONGEST or last + 1 == len(groups) or last == first:
        return False
    following = groups[last + 1]
    longer = "".join(group.digits for group in groups[first : last + 2])
    joined = text[groups[last].end : following.start] == text[groups[last - 1].end : groups[last].start]
    return joined and isinstance(judge(longer), CardNumber)


def _stretches(text: str) -> Iterator[Written]:
    start, digits = 0, ""
    for place, character in enumerate(text):
        digit = unicodedata.digit(character, None)
        if digit is None and digits:
            yield Written(digits, start, place)
            digits = ""
        elif digit is not None:
            start = start if digits else place
            digits += str(digit)
    if digits:
        yield Written(digits, start, len(text))
