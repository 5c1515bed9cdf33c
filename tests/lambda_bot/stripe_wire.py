"""Stripe for the tests: the real SDK, whose wire ends at the embedded AWS' stand-in, or at a fault."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import stripe
from werkzeug import Request
from werkzeug.test import EnvironBuilder

from paybot_ops.sandbox.stripe_server import StripePart

TEST_KEY = "sk_test_51BotTestsOnly0000000000000000"

Answer = tuple[str, int, dict[str, str]]
Fault = Callable[[], Answer]


def refusal(status: int, **error: str) -> Fault:
    """An answer of Stripe's that is an error."""
    return lambda: (json.dumps({"error": error}), status, {"request-id": "req_test"})


def silence() -> Answer:
    """No answer in time."""
    error: Exception = stripe.APIConnectionError("the wire is cut", should_retry=True)  # type: ignore[no-untyped-call]
    raise error


class StripeWire(stripe.HTTPClient):
    """An HTTP client of the SDK's that ends in this process; `faults` are answered first, one a request."""

    name = "wire"

    def __init__(self) -> None:
        super().__init__()
        self.part = StripePart("http://127.0.0.1:1")
        self.allow_raw_cards()
        self.faults: list[Fault] = []
        self.requests: list[tuple[str, str, str, str]] = []
        self.before: Callable[[], None] = lambda: None

    def allow_raw_cards(self, allowed: bool = True, key: str = TEST_KEY) -> None:
        """What Stripe grants on request: card numbers from this account's own forms."""
        found = self.part.keys.find(key)
        assert found is not None
        self.part.keys.register(replace(found, raw_cards=allowed))

    def client(self, key: str, _base: str) -> stripe.StripeClient:
        """Return the SDK's client with this wire."""
        stripe.enable_telemetry = False
        return stripe.StripeClient(key, http_client=self)

    def request(
        self, method: str, url: str, headers: Mapping[str, str] | None, post_data: Any = None, **_: object
    ) -> tuple[str, int, Mapping[str, str]]:
        """Answer one attempt."""
        given = dict(headers or {})
        path = url.partition("api.stripe.com")[2]
        body = post_data.decode() if isinstance(post_data, bytes) else post_data or ""
        self.requests.append((method, path, given.get("Idempotency-Key", ""), body))
        self.before()
        if self.faults:
            return self.faults.pop(0)()
        builder = EnvironBuilder(
            method=method.upper(), path=path.partition("?")[0], headers=[*given.items()], data=body
        )
        builder.query_string = path.partition("?")[2]
        response = self.part.answer(Request(builder.get_environ()))
        assert response is not None, path
        return response.get_data(as_text=True), response.status_code, dict(response.headers)

    def _sleep_time_seconds(self, *_: object, **__: object) -> float:
        return 0.0

    def paths(self) -> list[str]:
        """What was asked, in order."""
        return [f"{method} {path.partition('?')[0]}" for method, path, _, _ in self.requests]

    def keys(self) -> list[str]:
        """The idempotency keys of the requests."""
        return [key for _, _, key, _ in self.requests]
