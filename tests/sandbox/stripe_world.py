"""Stripe's own SDK in front of the stand-in, or of the real test mode where `STRIPE_TEST_KEY` names a key of it."""

from __future__ import annotations

import http.client
import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode, urlsplit

import stripe

from paybot_ops.sandbox import control_client
from paybot_ops.sandbox.server import Sandbox
from paybot_ops.sandbox.stripe_access import Key

DONE = "https://shop.example/done"
VISA = "4242424242424242"
CVC = "739"
CARD_ONLY = {"allowed_payment_method_types": ["card"]}

stripe.enable_telemetry = False


@dataclass(frozen=True)
class Stripe:
    """One Stripe: `sandbox` is the stand-in's, None for the real one."""

    client: Any
    sandbox: Sandbox | None = None

    def setup(self, method: str, **more: Any) -> Any:
        """A SetupIntent that is confirmed at once with a payment method."""
        return self.client.v1.setup_intents.create(
            params={**CARD_ONLY, "payment_method": method, "confirm": True, "return_url": DONE, **more}
        )


def client_of(address: str | None, key: str, *, seconds: float = 10) -> Any:
    """An SDK client as the bot makes it: one attempt, no telemetry."""
    bases = {"base_addresses": {"api": address}} if address else {}
    http = stripe.RequestsClient(timeout=(2, seconds))
    return stripe.StripeClient(key, http_client=http, max_network_retries=0, **bases)  # type: ignore[arg-type]


def new_key(sandbox: Sandbox, *, restricted: bool = False, **may: Any) -> str:
    """A registered key of the stand-in."""
    made = Key(sandbox.stripe.keys.make(restricted=restricted).value, **may)
    sandbox.stripe.keys.register(made)
    return made.value


def stand_in(sandbox: Sandbox, **may: Any) -> Stripe:
    """The stand-in with a key of its own."""
    return Stripe(client_of(sandbox.stripe.address, new_key(sandbox, **may)), sandbox)


def real_key() -> str:
    """The key of the real test mode, "" where the tests have none."""
    return os.environ.get("STRIPE_TEST_KEY", "")


def caught(act: Callable[[], object]) -> Any:
    """The error that the SDK raises."""
    try:
        act()
    except stripe.StripeError as error:
        return error
    raise AssertionError("nothing was raised")


def kind(error: Any) -> str:
    """The SDK's name of an error's class."""
    return type(error).__name__


def card(number: str, cvc: str = "123", **more: Any) -> dict[str, Any]:
    """The parameters of a card as PaymentMethod.create takes them."""
    return {"type": "card", "card": {"number": number, "exp_month": 12, "exp_year": 2034, "cvc": cvc, **more}}


def control(sandbox: Sandbox, method: str, path: str, **body: Any) -> dict[str, Any]:
    """The answer of one of the sandbox's control endpoints."""
    return control_client.call(sandbox.endpoint, method, f"/_paybot/{path}", body or None)


def make_faulty(sandbox: Sandbox, **rule: Any) -> None:
    """Put a fault rule of the stand-in in force."""
    answer = control_client.call(sandbox.endpoint, "POST", "/_paybot/faults", [{"service": "stripe", **rule}])
    assert answer["rules"], answer


def browse(url: str, form: dict[str, str] | None = None) -> tuple[int, str, str]:
    """(status, where to go next, text) of a page, following nothing."""
    address = urlsplit(url)
    connection = http.client.HTTPConnection(address.netloc, timeout=10)
    body = urlencode(form) if form is not None else None
    headers = {"Content-Type": "application/x-www-form-urlencoded"} if form is not None else {}
    connection.request("GET" if form is None else "POST", address.path, body, headers)
    answer = connection.getresponse()
    text = answer.read().decode()
    connection.close()
    return answer.status, answer.headers.get("Location", ""), text


def hosted(world: Stripe) -> Any:
    """A Checkout Session in setup mode."""
    return world.client.v1.checkout.sessions.create(
        params={**CARD_ONLY, "mode": "setup", "success_url": DONE + "?id={CHECKOUT_SESSION_ID}"}
    )


def form(number: str) -> dict[str, str]:
    """What a customer types into its page."""
    return {"number": number, "exp_month": "12", "exp_year": "34", "cvc": CVC, "name": "Ada"}
