"""PaymentMethods and Customers of the stand-in of Stripe."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from paybot_ops.sandbox.stripe_access import Key, refuse_raw_card
from paybot_ops.sandbox.stripe_calls import Call, Emit
from paybot_ops.sandbox.stripe_cards import Card, named_card, read_card
from paybot_ops.sandbox.stripe_errors import StripeError, missing
from paybot_ops.sandbox.stripe_objects import Object, Objects

_ADDRESS = ("city", "country", "line1", "line2", "postal_code", "state")


class PaymentMethods:
    """Creating one never asks the issuer: a card that will be declined becomes a PaymentMethod like any other."""

    def __init__(self, objects: Objects, emit: Emit) -> None:
        self._objects = objects
        self._emit = emit

    def create(self, call: Call) -> Object:
        """POST /v1/payment_methods: cards only."""
        kind = call.required("type")
        if kind != "card":
            raise StripeError(400, f"The stand-in of Stripe has cards only, not {kind}.", param="type")
        if "card" not in call.params:
            raise StripeError(400, "Missing required param: card.", code="parameter_missing", param="card")
        card = self._card(call.params["card"], call.key)
        return self.keep(card, call.params.get("billing_details"), call.metadata)

    def retrieve(self, call: Call) -> Object:
        """GET /v1/payment_methods/{id}."""
        return self._objects.get("payment_method", call.identifier)

    def attach(self, call: Call) -> Object:
        """POST /v1/payment_methods/{id}/attach: the issuer is asked, so a card that declines is not attached."""
        customer = self._objects.get("customer", call.required("customer"), param="customer")
        method = self.resolve(call.identifier, param="")
        decline = self._objects.behaviour(method["id"]).on_setup
        if decline is not None:
            more = {"decline_code": decline.decline_code} if decline.decline_code else {}
            raise StripeError(402, decline.message, code=decline.code, **more)
        method["customer"] = customer["id"]
        self._emit("payment_method.attached", method)
        return method

    def resolve(self, identifier: str, *, param: str = "payment_method") -> Object:
        """The payment method of an id; each use of a test id such as `pm_card_visa` makes a new one.

        Raises:
            StripeError: there is none.
        """
        if identifier.startswith("pm_card_"):
            card = named_card(identifier.removeprefix("pm_card_"), self._today())
            if card is None:
                raise missing("PaymentMethod", identifier, param=param)
            return self.keep(card, None, {})
        return self._objects.get("payment_method", identifier, param=param)

    def from_page(self, card: dict[str, Any], name: str = "") -> Object:
        """What Stripe's own page makes of the card that a customer typed there."""
        return self.keep(read_card(card, self._today(), any_number=False), {"name": name or None}, {})

    def _card(self, given: dict[str, Any], key: Key) -> Card:
        token = given.get("token")
        if token is not None:
            card = named_card(str(token).removeprefix("tok_"), self._today())
            if card is None:
                raise missing("token", str(token), param="card[token]")
            return card
        refuse_raw_card(key)
        for name in ("number", "exp_month", "exp_year"):
            if name not in given:
                where = f"card[{name}]"
                raise StripeError(400, f"Missing required param: {where}.", code="parameter_missing", param=where)
        return read_card(given, self._today(), any_number=key.any_card)

    def keep(self, card: Card, billing: dict[str, Any] | None, metadata: dict[str, str]) -> Object:
        """Make a payment method of what stays of a card."""
        billing = billing or {}
        address = billing.get("address") or {}
        made = self._objects.new(
            "payment_method",
            "pm",
            type="card",
            customer=None,
            metadata=metadata,
            allow_redisplay="unspecified",
            billing_details={
                "address": {name: address.get(name) for name in _ADDRESS},
                **{name: billing.get(name) for name in ("email", "name", "phone", "tax_id")},
            },
            card=_shown(card),
        )
        self._objects.set_behaviour(made["id"], card.behaviour)
        return made

    def _today(self) -> datetime:
        return datetime.fromtimestamp(self._objects.now(), UTC)


class Customers:
    """Customers, as far as a payment method can be attached to one."""

    def __init__(self, objects: Objects, emit: Emit) -> None:
        self._objects = objects
        self._emit = emit

    def create(self, call: Call) -> Object:
        """POST /v1/customers."""
        named = {name: call.text(name) for name in ("description", "email", "name", "phone")}
        made = self._objects.new(
            "customer", "cus", metadata=call.metadata, balance=0, currency=None, delinquent=False, **named
        )
        self._emit("customer.created", made)
        return made

    def retrieve(self, call: Call) -> Object:
        """GET /v1/customers/{id}."""
        return self._objects.get("customer", call.identifier)


def _shown(card: Card) -> dict[str, Any]:
    # An issuer checks the code when the card is set up or charged; until then it is only there or not.
    return {
        "brand": card.brand,
        "checks": {
            "address_line1_check": None,
            "address_postal_code_check": None,
            "cvc_check": "unchecked" if card.has_cvc else None,
        },
        "country": "US",
        "display_brand": card.brand,
        "exp_month": card.exp_month,
        "exp_year": card.exp_year,
        "fingerprint": card.fingerprint,
        "funding": "credit",
        "generated_from": None,
        "last4": card.last4,
        "networks": {"available": [card.brand], "preferred": None},
        "regulated_status": "unregulated",
        "three_d_secure_usage": {"supported": True},
        "wallet": None,
    }
