"""Takes card numbers and security codes out of a text, before it goes anywhere."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

CARD_REMOVED = "[card number removed]"
CODE_REMOVED = "[digits removed]"

# ISO/IEC 7812 allows up to 19 digits; the shortest number that a card network still issues for payments has 13.
_SHORTEST, _LONGEST = 13, 19
# People put " ", "-", " - ", "/" or a line break between digits; anything further apart is two numbers.
_WIDEST_GAP = 3

# What a digit adds to a Luhn sum where it counts double.
_DOUBLED = (0, 2, 4, 6, 8, 1, 3, 5, 7, 9)

_CODE_NAMED = re.compile(r"(?i)\b(?:cvv2?|cvc2?|cvn|csc|cid|(?:security|verification|card)\s+(?:code|value))\b")
_CODE = re.compile(r"(?<!\d)\d{3,4}(?!\d)")


def mask_cards(text: str) -> str:
    """Replace every card number: 13 to 19 digits with a right Luhn sum, in any script's digits, grouped in any way.

    Any stretch of a longer run counts, whatever its prefix, so an order number of that length may go as well: that
    costs less than letting a card through. No digit is kept: in "4242…4242 123" the last four may hold a security code.
    """
    spans = _card_spans(text)
    parts: list[str] = []
    end = 0
    for start, stop in spans:
        parts += (text[end:start], CARD_REMOVED)
        end = stop
    return "".join((*parts, text[end:]))


def mask_message(text: str) -> str:
    """Replace the card numbers of a customer's message, and what may be the security code beside one.

    Where a message holds a card number or names a security code, each group of three or four digits goes as well.
    """
    masked = mask_cards(text)
    if masked != text or _CODE_NAMED.search(masked):
        return _CODE.sub(CODE_REMOVED, masked)
    return masked


def _card_spans(text: str) -> list[tuple[int, int]]:
    """Return the places of card numbers, in order, those that overlap or touch taken as one."""
    spans: list[tuple[int, int]] = []
    for places, digits in _digit_runs(text):
        for first, last in _luhn_windows(digits):
            start, stop = places[first], places[last] + 1
            if spans and start <= spans[-1][1]:
                spans[-1] = (spans[-1][0], max(stop, spans[-1][1]))
            else:
                spans.append((start, stop))
    return spans


def _digit_runs(text: str) -> Iterator[tuple[list[int], list[int]]]:
    """Yield each run of digits that only short gaps without letters divide, as (places in the text, digits)."""
    places: list[int] = []
    digits: list[int] = []
    for place, character in enumerate(text):
        # unicodedata also knows full-width, Arabic and circled digits, which int() or [0-9] would let through.
        digit = unicodedata.digit(character, None)
        far = bool(places) and place - places[-1] - 1 > _WIDEST_GAP
        if places and (far or (digit is None and character.isalpha())):
            yield places, digits
            places, digits = [], []
        if digit is not None:
            places.append(place)
            digits.append(digit)
    if places:
        yield places, digits


def _luhn_windows(digits: list[int]) -> Iterator[tuple[int, int]]:
    """Yield (first, last) of each stretch of card length whose Luhn sum is right, by rising first.

    Two running sums, one doubling the even places and one the odd ones, make each stretch a subtraction: a long run of
    digits costs no more than its length.
    """
    sums: tuple[list[int], list[int]] = ([0], [0])
    for place, digit in enumerate(digits):
        for parity in (0, 1):
            sums[parity].append(sums[parity][-1] + (_DOUBLED[digit] if place % 2 == parity else digit))
    for first in range(len(digits) - _SHORTEST + 1):
        for stop in range(min(first + _LONGEST, len(digits)), first + _SHORTEST - 1, -1):
            # The last digit counts once, its neighbour double: the doubled places have the parity of `stop`.
            running = sums[stop % 2]
            if (running[stop] - running[first]) % 10 == 0:
                yield first, stop - 1
                break
