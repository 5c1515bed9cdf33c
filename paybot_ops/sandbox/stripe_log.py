"""The stand-in's request log: what was asked for, without what must never be kept."""

from __future__ import annotations

import re
import threading
from collections import deque
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from paybot_ops.sandbox.stripe_cards import looks_like_card

KEPT = 5_000
"""Requests; older ones are forgotten."""

_DIGITS = re.compile(r"\d(?:[ -]?\d){11,18}")
_MARK = "[card number]"
_CARD_FIELDS = ("card[number]", "card[cvc]")


@dataclass(slots=True)
class Entry:
    """One request. `parameters` lacks `card[number]` and `card[cvc]`, `misplaced` names the others that held a number.

    A card number that is found where none belongs is taken out of what is kept: the name tells of the mistake.
    """

    at: datetime
    request_id: str
    method: str
    path: str
    operation: str = ""
    key: str = ""
    api_version: str = ""
    idempotency_key: str = ""
    parameters: dict[str, Any] = field(default_factory=dict)
    misplaced: tuple[str, ...] = ()
    status: int = 0
    code: str = ""
    decline_code: str = ""
    replayed: bool = False


class RequestLog:
    """The last requests, oldest first."""

    def __init__(self) -> None:
        self._entries: deque[Entry] = deque(maxlen=KEPT)
        self._lock = threading.Lock()

    def begin(self, request_id: str, method: str, path: str, idempotency_key: str) -> Entry:
        """A line for a request whose outcome is filled in later."""
        found: list[str] = []
        entry = Entry(
            datetime.now(UTC),
            request_id,
            method,
            _without_number(path, "the address", found),
            idempotency_key=_without_number(idempotency_key, "Idempotency-Key", found),
            misplaced=tuple(found),
        )
        with self._lock:
            self._entries.append(entry)
        return entry

    def entries(self) -> list[Entry]:
        """Every line that is kept."""
        with self._lock:
            return list(self._entries)

    def clear(self) -> None:
        """Forget them."""
        with self._lock:
            self._entries.clear()


def scrub(entry: Entry, params: dict[str, Any]) -> dict[str, Any]:
    """Write down what a request asked for, but for the card; gives the parameters without misplaced numbers."""
    found: list[str] = []
    clean: dict[str, Any] = _scrubbed(params, "", found)
    entry.parameters = _without_card(clean)
    entry.misplaced = (*entry.misplaced, *found)
    return clean


def _scrubbed(value: Any, path: str, found: list[str]) -> Any:
    if isinstance(value, str):
        return value if path in _CARD_FIELDS else _without_number(value, path, found)
    clean: dict[str, Any] = {}
    for name, item in value.items():
        kept = _without_number(name, f"a name in {path or 'the body'}", found)
        clean[kept] = _scrubbed(item, f"{path}[{kept}]" if path else kept, found)
    return clean


def _without_card(params: dict[str, Any]) -> dict[str, Any]:
    kept = dict(params)
    if isinstance(card := kept.get("card"), dict):
        kept["card"] = {name: value for name, value in card.items() if name not in ("number", "cvc")}
    return kept


def _without_number(text: str, where: str, found: list[str]) -> str:
    def mark(match: re.Match[str]) -> str:
        if not looks_like_card(re.sub(r"\D", "", match[0])):
            return match[0]
        found.append(where)
        return _MARK

    return _DIGITS.sub(mark, text)
