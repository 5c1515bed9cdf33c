"""Takes card numbers and security codes out of a text, before it goes anywhere."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

CARD_REMOVED = "[card number removed]"
REMOVED = "[removed]"

# ISO/IEC 7812 allows up to 19 digits; the shortest number that a card network still issues for payments has 13.
_SHORTEST, _LONGEST = 13, 19
# People put " ", "-", " - ", "/" or a line break between digits; anything further apart is two numbers.
_WIDEST_GAP = 3
# A security code has three digits, and so may the smallest part of a card number that is sent in pieces.
_FEWEST_DIGITS = 3

# What a digit adds to a Luhn sum where it counts double.
_DOUBLED = (0, 2, 4, 6, 8, 1, 3, 5, 7, 9)


def words_in(text: str) -> frozenset[str]:
    """The words of a list that is written as one text."""
    return frozenset(text.split())


_IDENTITY = re.compile(r"[0-9]{3}-[0-9]{2}-[0-9]{4}")

_CODE_NAMED = re.compile(r"(?i)\b(?:cvv2?|cvc2?|cvn|csc|cid|(?:security|verification|card)\s+(?:code|value))\b")

# Digits as people say them, in the languages that the bot's customers write most.
_SPOKEN = words_in(
    "zero oh nought null one two three four five six seven eight nine ten eleven twelve thirteen fourteen "
    "fifteen sixteen seventeen eighteen nineteen twenty thirty forty fourty fifty sixty seventy eighty "
    "ninety hundred double triple treble cero uno una dos tres cuatro cinco seis siete ocho nueve zéro un "
    "deux trois quatre cinq sept huit neuf eins zwei drei vier fünf sechs sieben acht neun due tre "
    "quattro cinque sei sette otto nove"
)


def mask_cards(text: str) -> str:
    """Replace every card number: 13 to 19 digits with a right Luhn sum, in any script's digits, grouped in any way.

    Any stretch of a longer run counts, whatever its prefix, so an order number of that length may go as well: that
    costs less than letting a card through. No digit is kept: in "4242…4242 123" the last four may hold a security code.
    """
    return _replaced(text, _card_spans(text), CARD_REMOVED)


def mask_message(text: str, *, every_digit: bool = False, spare_identity: bool = False) -> str:
    """Replace what may be a part of a card number or a security code in a customer's words: three digits or more.

    That is more than card numbers, on purpose. Half a number looks like any other, and the other half comes with the
    next message; and the bot has nothing to look a number up in, so an answer loses nothing. Digits may be of any
    script, apart, or spoken ("four two four two"). `every_digit`, where a security code is due, spares none.
    `spare_identity`, where a guardrail stands before the model, leaves it a number in the form of a social security
    number, so that it can stop the message as the deployment wishes: no card network groups digits so.
    """
    spans = list(_numeral_spans(text, 1 if every_digit else _FEWEST_DIGITS))
    if spare_identity and not every_digit:
        spans = [(start, stop) for start, stop in spans if not _IDENTITY.fullmatch(text[start:stop])]
    return _replaced(text, spans, REMOVED)


def holds_details(text: str) -> bool:
    """Tell whether a message holds a card number, or a security code by its name."""
    if _card_spans(text):
        return True
    return _CODE_NAMED.search(unicodedata.normalize("NFKC", text)) is not None and mask_message(text) != text


def _replaced(text: str, spans: list[tuple[int, int]], mark: str) -> str:
    parts: list[str] = []
    end = 0
    for start, stop in spans:
        parts += (text[end:start], mark)
        end = stop
    return "".join((*parts, text[end:]))


def _numeral_spans(text: str, fewest: int) -> Iterator[tuple[int, int]]:
    """Yield the places of at least `fewest` digits in a row, in figures or in words."""
    start, end, count = 0, 0, 0
    for first, stop, is_numeral in _tokens(text):
        if count and is_numeral and first - end <= _WIDEST_GAP:
            end, count = stop, count + 1
            continue
        if count >= fewest:
            yield start, end
        start, end, count = first, stop, int(is_numeral)
    if count >= fewest:
        yield start, end


def _tokens(text: str) -> Iterator[tuple[int, int, bool]]:
    """Yield (start, end, is it a numeral) of each digit and each word."""
    place = 0
    while place < len(text):
        start, character = place, text[place]
        place += 1
        if unicodedata.digit(character, None) is not None:
            yield start, place, True
        elif character.isalpha():
            while place < len(text) and text[place].isalpha() and unicodedata.digit(text[place], None) is None:
                place += 1
            yield start, place, unicodedata.normalize("NFKC", text[start:place]).casefold() in _SPOKEN


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
