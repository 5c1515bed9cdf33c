"""Stripe's own SDK in front of the stand-in, or of the real test mode where `STRIPE_TEST_KEY` names a key of it."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import stripe

from paybot_ops.sandbox.server import Sandbox
from paybot_ops.sandbox.stripe_access import Key

DONE = "https://shop.example/done"
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
