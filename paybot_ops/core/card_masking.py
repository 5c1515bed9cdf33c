"""Takes card numbers and Stripe's keys out of what is shown.

The bot masks before it logs and before it asks the model; this is for what has got into a log all the same.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator

from paybot_ops.core.card_numbers import SHORTEST, numbers_within
from paybot_ops.core.stripe_keys import KEY_FORM

CARD_REMOVED = "[card number removed]"
KEY_REMOVED = "[key removed]"

# Python's \d are the decimal digits of every script; these are the superscripts, circled ones and the like.
OTHER_DIGITS = (
    "²³¹⁰⁴-⁹₀-₉①-⑨⑴-⑼⒈-⒐⓪⓵-⓽⓿❶-❾➀-➈➊-➒፩-፱᧚"
    "\U00010a40-\U00010a43\U00010e60-\U00010e68\U00011052-\U0001105a\U0001f100-\U0001f10a"
)
DIGIT = rf"[\d{OTHER_DIGITS}]"
# What may stand between two digits of one number: a few signs, or the quotes, commas and blanks of a JSON list.
_GAP = r"(?:[^\w]|_){0,4}"
_LIST_GAP = r"[\s\"',\[\]]{5,40}"
_RUN = re.compile(rf"{DIGIT}(?:(?:{_GAP}|{_LIST_GAP}){DIGIT}){{{SHORTEST - 1},}}")

# A log's own times and ids are long runs of digits too. No card number begins with 19 or 20, none is grouped as an
# X-Ray trace id or a UUID is.
_OWN = re.compile(
    r"(?<!\d)(?:19|20)\d\d-(?:0[1-9]|1[0-2])-(?:[0-2]\d|3[01])[T ](?:[01]\d|2[0-3]):[0-5]\d:[0-6]\d(?:[.,]\d{1,9})?"
    r"|\b1-[0-9a-f]{8}-[0-9a-f]{24}\b|\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b"
)
# JSON spells what has more than 16 bits as a pair of surrogates.
_ESCAPE = re.compile(r'\\(?:u([dD][89abAB]\w\w\\u[dD][c-fC-F]\w\w|[0-9A-Fa-f]{4})|(["\\/bfnrt]))')
_ESCAPED = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}

# Wherever it stands: what is before it may be an escape's last letter, or anything that a log has glued to it.
_STRIPE_KEY = re.compile(KEY_FORM)


def masked(text: str) -> str:
    """A text without card numbers and without Stripe's keys: what a log line may show."""
    return _without(_without_keys(text), _card_spans, CARD_REMOVED)


def _without_keys(text: str) -> str:
    if "_" not in text and "\\" not in text:
        return text
    # As JSON means it first, so that no escape cuts a key short; then as it stands, for what is no JSON.
    return _STRIPE_KEY.sub(rf"\1{KEY_REMOVED}", _without(text, _key_spans, KEY_REMOVED))


def _without(text: str, find: Callable[[str], list[tuple[int, int]]], mark: str) -> str:
    """A text with a mark in place of what is found in it, JSON's escapes read."""
    if "\\" in text:
        plain, places = _unescaped(text)
        spans = [(places[start], places[stop]) for start, stop in find(plain)]
    else:
        spans = find(text)
    return _replaced(text, spans, mark) if spans else text


def _key_spans(text: str) -> list[tuple[int, int]]:
    return [(found.end(1), found.end()) for found in _STRIPE_KEY.finditer(text)]


def _card_spans(text: str) -> list[tuple[int, int]]:
    """The places of card numbers, in order, those that overlap or touch taken as one."""
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
    """Yield (start, stop) of each stretch of a run that may be a card's number."""
    found = [(place, unicodedata.digit(text[place], None)) for place in range(begin, end)]
    digits = [(place, digit) for place, digit in found if digit is not None]
    for first, stop in numbers_within([digit for _, digit in digits]):
        yield digits[first][0], digits[stop - 1][0] + 1


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
