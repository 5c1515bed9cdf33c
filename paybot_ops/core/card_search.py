"""Looking for a card number in what a deployment keeps, in whatever way it is written."""

from __future__ import annotations

import base64
import contextlib
import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

# Digits in a row that give a number away: one more than the six and four that may be shown (PCI DSS 4.0.1, 3.4.1).
_TELLING = 11
_BETWEEN = re.compile(r"\\[nrt]|[\s.,:;/_\\-]")
_BASE64 = re.compile(r"[A-Za-z0-9+/]{16,}")
_TO_STANDARD = str.maketrans("-_", "+/")


def holds_number(thing: Any, number: str) -> bool:
    """Whether a telling part of the number stands anywhere in it: a text, bytes, or what is nested of them."""
    digits = "".join(character for character in number if character.isdigit())
    telling = [digits[place : place + _TELLING] for place in range(len(digits) - _TELLING + 1)]
    return any(part in plain for text in _texts(thing) for plain in _plain(text) for part in telling)


def _texts(thing: Any) -> Iterator[str]:
    if isinstance(thing, Mapping):
        for name, value in thing.items():
            yield str(name)
            yield from _texts(value)
    elif isinstance(thing, bytes | bytearray):
        yield bytes(thing).decode("latin-1")
    elif isinstance(thing, Sequence | set | frozenset) and not isinstance(thing, str):
        for value in thing:
            yield from _texts(value)
    elif thing is not None:
        yield str(thing)


def _plain(text: str) -> Iterator[str]:
    """The text with digits of any script as figures and nothing between them, and what base64 hides in it."""
    yield _figures(text)
    for token in _BASE64.findall(text.translate(_TO_STANDARD)):
        with contextlib.suppress(ValueError):
            yield _figures(base64.b64decode(token + "=" * (-len(token) % 4)).decode())


def _figures(text: str) -> str:
    return _BETWEEN.sub("", unicodedata.normalize("NFKC", text))
