"""The search: card numbers and security codes in whatever way they are written, in whatever a channel holds."""

from __future__ import annotations

import base64
import contextlib
import json
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

from tests.faults.canary_dialogues import Secrets

CHANNELS = ("replies", "table", "model", "logs", "metrics", "traces", "stripe log", "stripe objects")

_WINDOW = 11
"""Digits in a row: more than brand and last four may show, and too many to meet by chance."""

_SPOKEN = {
    word: str(digit)
    for digit, word in enumerate(("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"))
}
# Numbers of the program's own, by name, which may by chance be somebody's security code.
_OWN = """
    version expires_at attempt refused_codes digits until tokens turn timestamp Timestamp created exp_month
    exp_year status durationMs initDurationMs billedDurationMs memorySizeMB maxMemoryUsedMB latencyMs statusCode
    Turns Completions Cancels Declines ModelFallback GuardrailStops TokenBudgetStops InputTokens OutputTokens
    function_memory_size maxTokens temperature topP location
"""
_OWN_NUMBERS = frozenset(_OWN.split())


@dataclass
class Heard:
    """Everything that one message left, by channel."""

    found: dict[str, list[Any]] = field(default_factory=lambda: {channel: [] for channel in CHANNELS})

    def leaks(self, secrets: Secrets) -> set[str]:
        """The channels in which the number, a good part of it, or the code was found."""
        return {channel for channel, things in self.found.items() if any(_holds(thing, secrets) for thing in things)}

    def digit_runs(self) -> set[str]:
        """Every stretch of digits that is long enough to give a card number away, in whatever way it is written."""
        return {
            run[place : place + _WINDOW]
            for things in self.found.values()
            for text, _ in _leaves(things)
            for run in re.findall(rf"\d{{{_WINDOW},}}", _plain_digits(text))
            for place in range(len(run) - _WINDOW + 1)
        }


def parts_of(number: str) -> set[str]:
    """The stretches of a number that give it away."""
    return {number[place : place + _WINDOW] for place in range(len(number) - _WINDOW + 1)}


def _holds(thing: Any, secrets: Secrets) -> bool:
    if isinstance(thing, dict) and thing.get("marked"):
        return True
    return any(
        _has_number(text, secrets.number) or (not own and _has_code(text, secrets.code)) for text, own in _leaves(thing)
    )


def _leaves(thing: Any, *, own: bool = False) -> Iterator[tuple[str, bool]]:
    """Every text and number in it, and whether it is a number of the program's own."""
    if isinstance(thing, dict):
        for name, value in thing.items():
            yield str(name), False
            # DynamoDB's own form of a number is a dict of its type.
            yield from _leaves(value, own=own if name == "N" else name in _OWN_NUMBERS)
    elif isinstance(thing, list | tuple | set | frozenset):
        for value in thing:
            yield from _leaves(value, own=own)
    elif isinstance(thing, bytes):
        yield from _leaves(thing.decode("latin-1"))
        yield base64.b64encode(thing).decode(), False
    elif isinstance(thing, str):
        yield thing, own
        yield from ((hidden, False) for hidden in _hidden_in(thing))
        inner = parsed(thing)
        if inner is not thing:
            yield from _leaves(inner)
    elif thing is not None and not isinstance(thing, bool):
        yield str(thing), own


def _hidden_in(text: str) -> Iterator[str]:
    """What is written in base64 (botocore's bodies hold what KMS is to encrypt so) or percent-encoded."""
    for token in re.findall(r"[A-Za-z0-9+/_-]{16,}", text):
        with contextlib.suppress(ValueError):
            yield base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_" if "_" in token else None).decode()
    if "%" in text:
        yield unquote(text)


def parsed(text: str) -> Any:
    if text[:1] not in "{[":
        return text
    try:
        return json.loads(text)
    except ValueError:
        return text


def _has_number(text: str, number: str) -> bool:
    digits = _plain_digits(text)
    return any(part in digits for part in parts_of(number))


def _plain_digits(text: str) -> str:
    """The text with digits of other scripts and spoken ones as figures, and nothing between them."""
    plain = unicodedata.normalize("NFKC", text)
    plain = re.sub(r"[a-z]+", lambda match: _SPOKEN.get(match[0], match[0]), plain.lower())
    return re.sub(r"[\s.,:;/_-]", "", plain)


def _has_code(text: str, code: str) -> bool:
    plain = unicodedata.normalize("NFKC", text)
    # Not a part of a longer number or name: of an id, a version, a time, a price, an address.
    return re.search(rf"(?<![\w.:/+-]){code}(?![\w:/+-]|\.\d)", plain) is not None
