"""Idempotency keys: the first answer of a POST is given again to every repetition ("Idempotent requests")."""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from paybot_ops.sandbox.stripe_errors import StripeError

_LONGEST_KEY = 255
_SALT = secrets.token_bytes(32)
"""Of this process alone: a plain hash of a card number or code could be searched for the number."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What an operation came to."""

    status: int
    body: dict[str, Any]


@dataclass(slots=True)
class _Remembered:
    request: bytes
    request_id: str
    answer: Answer | None = None


@dataclass(frozen=True, slots=True)
class Replayed:
    """An answer, and the id of the request that it was first given to, where that was an earlier one."""

    answer: Answer
    original: str = ""


class Replays:
    """The answers by idempotency key."""

    def __init__(self) -> None:
        self._remembered: dict[bytes, _Remembered] = {}
        self._lock = threading.Lock()

    def run(self, key: str, request: bytes, request_id: str, act: Callable[[], Answer]) -> Replayed:
        """Act once per key; `request` tells one request from another, see `fingerprint`.

        Raises:
            StripeError: 400 for the key of another request, 409 while the first request is still under way.
        """
        if not key:
            return Replayed(act())
        if len(key) > _LONGEST_KEY:
            raise StripeError(400, "Idempotency keys may have at most 255 characters.", kind="idempotency_error")
        # A caller may have put into its key what must not be kept.
        kept_key = _digest(key)
        with self._lock:
            earlier = self._remembered.get(kept_key)
            if earlier is None:
                current = self._remembered[kept_key] = _Remembered(request, request_id)
        if earlier is not None:
            return _again(key, earlier, request)
        try:
            current.answer = act()
        except BaseException:
            with self._lock:
                del self._remembered[kept_key]
            raise
        return Replayed(current.answer)


def fingerprint(method: str, path: str, params: dict[str, Any]) -> bytes:
    """What tells two requests apart, without keeping what was in them."""
    return _digest(json.dumps([method, path, params], sort_keys=True))


def _digest(text: str) -> bytes:
    return hmac.new(_SALT, text.encode("utf-8", "surrogatepass"), hashlib.sha256).digest()


def _again(key: str, earlier: _Remembered, request: bytes) -> Replayed:
    if not hmac.compare_digest(earlier.request, request):
        message = (
            "Keys for idempotent requests can only be used with the same parameters they were first used with. Try "
            f"using a key other than '{key}' if you meant to execute a different request."
        )
        raise StripeError(400, message, kind="idempotency_error")
    if earlier.answer is None:
        message = (
            "There is currently another in-progress request using this Idempotent Key (that probably means you "
            "submitted twice, and the other request is still going through)."
        )
        raise StripeError(409, message, code="idempotency_key_in_use", kind="idempotency_error")
    return Replayed(earlier.answer, earlier.request_id)
