"""Takes card numbers and Stripe's keys out of what is shown.

The bot masks before it logs and before it asks the model; this is for what has got into a log all the same.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

CARD_REMOVED = "[card number removed]"
KEY_REMOVED = "[key removed]"

# ISO/IEC 7812 allows up to 19 digits; the shortest number that a card network still issues for payments has 13.
_SHORTEST, _LONGEST = 13, 19
# What a digit adds to a Luhn sum where it counts double.
DOUBLED = (0, 2, 4, 6, 8, 1, 3, 5, 7, 9)

# Python's \d are the decimal digits of every script; these are the superscripts, circled ones and the like.
OTHER_DIGITS = (
    "²³¹⁰⁴-⁹₀-₉①-⑨⑴-⑼⒈-⒐⓪⓵-⓽⓿❶-❾➀-➈➊-➒፩-፱᧚"
    "\U00010a40-\U00010a43\U00010e60-\U00010e68\U00011052-\U0001105a\U0001f100-\U0001f10a"
)
DIGIT = rf"[\d{OTHER_DIGITS}]"
# What may stand between two digits of one number: a few signs, or the quotes, commas and blanks of a JSON list.
_GAP = r"(?:[^\w]|_){0,4}"
_LIST_GAP = r"[\s\"',\[\]]{5,40}"
_RUN = re.compile(rf"{DIGIT}(?:(?:{_GAP}|{_LIST_GAP}){DIGIT}){{{_SHORTEST - 1},}}")

# A log's own times and ids are long runs of digits too. No card number begins with 19 or 20, none is grouped as an
# X-Ray trace id or a UUID is.
_OWN = re.compile(
    r"(?<!\d)(?:19|20)\d\d-(?:0[1-9]|1[0-2])-(?:[0-2]\d|3[01])[T ](?:[01]\d|2[0-3]):[0-5]\d:[0-6]\d(?:[.,]\d{1,9})?"
    r"|\b1-[0-9a-f]{8}-[0-9a-f]{24}\b|\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b"
)
# First digits that networks issue: ISO/IEC 7812's 3 to 6, Mastercard's 2221 to 2720, RuPay's 81 and 82, Troy's 9792.
_ISSUED = re.compile(r"[3-6]|2(?:22[1-9]|2[3-9]|[3-6]|7[01]|720)|8[12]|9792")
# JSON spells what has more than 16 bits as a pair of surrogates.
_ESCAPE = re.compile(r'\\(?:u([dD][89abAB]\w\w\\u[dD][c-fC-F]\w\w|[0-9A-Fa-f]{4})|(["\\/bfnrt]))')
_ESCAPED = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}

_STRIPE_KEY = re.compile(r"\b((?:sk|rk)_(?:test|live)_|whsec_)[A-Za-z0-9_]{8,}")


def masked(text: str) -> str:
    """A text without card numbers and without Stripe's keys: what a log line may show."""
    found = _STRIPE_KEY.sub(rf"\1{KEY_REMOVED}", text) if "_" in text else text
    spans = _card_spans(found)
    return _replaced(found, spans, CARD_REMOVED) if spans else found


def _card_spans(text: str) -> list[tuple[int, int]]:
    """The places of card numbers, in order, those that overlap or touch taken as one."""
    if "\\" in text:
        plain, places = _unescaped(text)
        return [(places[start], places[stop]) for start, stop in _plain_spans(plain)]
    return _plain_spans(text)


def _plain_spans(text: str) -> list[tuple[int, int]]:
    if not _RUN.search(text):
        return []
    # A letter ends a run, so what a log says of itself is none.
    text = _OWN.sub(lambda own: "x" * len(own[0]), text)
    spans: list[tuple[int, int]] = []
    for run in _RUN.finditer(text):
        for start, stop in _numbers_in(text, run.start(), run.end()):
            if spans and start <= spans[-1][1]:
                spans[-1] = (spans[-1][0], max(stop, spans[-1][1]))
            else:
                spans.append((start, stop))
    return spans


def _numbers_in(text: str, begin: int, end: int) -> Iterator[tuple[int, int]]:
    """Yield (start, stop) of each stretch that an issuer may have given out and whose Luhn sum is right.

    Two running sums, one doubling the even places and one the odd ones, make each stretch a subtraction: a long run of
    digits costs no more than its length.
    """
    found = [(place, unicodedata.digit(text[place], None)) for place in range(begin, end)]
    places = [place for place, digit in found if digit is not None]
    digits = [digit for _, digit in found if digit is not None]
    sums: tuple[list[int], list[int]] = ([0], [0])
    for place, digit in enumerate(digits):
        for parity in (0, 1):
            sums[parity].append(sums[parity][-1] + (DOUBLED[digit] if place % 2 == parity else digit))
    text = "".join(map(str, digits))
    for first in range(len(digits) - _SHORTEST + 1):
        if not _ISSUED.match(text, first):
            continue
        for stop in range(min(first + _LONGEST, len(digits)), first + _SHORTEST - 1, -1):
            # The last digit counts once, its neighbour double: the doubled places have the parity of `stop`.
            running = sums[stop % 2]
            if (running[stop] - running[first]) % 10 == 0:
                yield places[first], places[stop - 1] + 1
                break


def _unescaped(text: str) -> tuple[str, list[int]]:
    """A text with JSON's escapes read, and where each of its characters (and its end) stands in the original."""
    parts: list[str] = []
    places: list[int] = []
    end = 0
    for found in _ESCAPE.finditer(text):
        parts.append(text[end : found.start()])
        places.extend(range(end, found.start()))
        parts.append(_character(found))
        places.append(found.start())
        end = found.end()
    parts.append(text[end:])
    places.extend(range(end, len(text) + 1))
    return "".join(parts), places


def _character(escape: re.Match[str]) -> str:
    if not escape[1]:
        return _ESCAPED.get(escape[2], escape[2])
    try:
        units = [int(unit, 16) for unit in escape[1].split("\\u")]
    except ValueError:
        return "\ufffd"
    return chr(units[0]) if len(units) == 1 else chr(0x10000 + (units[0] - 0xD800) * 0x400 + units[1] - 0xDC00)


def _replaced(text: str, spans: list[tuple[int, int]], mark: str) -> str:
    parts: list[str] = []
    end = 0
    for start, stop in spans:
        parts += (text[end:start], mark)
        end = stop
    return "".join((*parts, text[end:]))
