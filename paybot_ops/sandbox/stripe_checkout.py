"""Checkout Sessions of the stand-in of Stripe, in setup mode: a hosted page takes the card, no API caller sees it."""

from __future__ import annotations

from typing import Any

from paybot_ops.sandbox.stripe_calls import Call, Emit
from paybot_ops.sandbox.stripe_errors import StripeError
from paybot_ops.sandbox.stripe_intents import Intents
from paybot_ops.sandbox.stripe_methods import PaymentMethods
from paybot_ops.sandbox.stripe_objects import Object, Objects

_LIFE_SECONDS = 24 * 3600
_SHORTEST_SECONDS = 30 * 60
_PLACE_OF_ID = "{CHECKOUT_SESSION_ID}"


class Checkout:
    """The sessions, and what a customer does on their page."""

    def __init__(self, objects: Objects, setup: Intents, methods: PaymentMethods, emit: Emit, pages: str) -> None:
        self._objects = objects
        self._setup = setup
        self._methods = methods
        self._emit = emit
        self._pages = pages

    def create(self, call: Call) -> Object:
        """POST /v1/checkout/sessions."""
        params = call.params
        mode = call.required("mode")
        if mode != "setup":
            raise StripeError(400, f"The stand-in of Stripe has Checkout in setup mode only, not {mode}.", param="mode")
        if params.get("ui_mode", "hosted_page") != "hosted_page":
            raise StripeError(400, "The stand-in of Stripe has the hosted page only.", param="ui_mode")
        call.required("success_url")
        if "allowed_payment_method_types" not in params:
            call.required("currency")
        types = params.get("allowed_payment_method_types") or ["card"]
        carried = {
            name: value
            for name, value in (params.get("setup_intent_data") or {}).items()
            if name in ("description", "metadata")
        }
        if "customer" in params:
            carried["customer"] = params["customer"]
        intent = self._setup.create(Call(call.key, {**carried, "allowed_payment_method_types": types}))
        session = self._objects.new("checkout.session", "cs_test", **self._members(call, types))
        session["setup_intent"] = intent["id"]
        intent["_session"] = session["id"]
        session["url"] = f"{self._pages}/c/pay/{session['id']}"
        return session

    def retrieve(self, call: Call) -> Object:
        """GET /v1/checkout/sessions/{id}."""
        session = self._objects.get("checkout.session", call.identifier)
        self._expire_in_time(session)
        return session

    def expire(self, call: Call) -> Object:
        """POST /v1/checkout/sessions/{id}/expire."""
        session = self.retrieve(call)
        if session["status"] != "open":
            raise StripeError(
                400,
                f'Only Checkout Sessions with a status in ["open"] can be expired. This Checkout '
                f"Session has a status of {session['status']}.",
            )
        self._end(session, "expired")
        self._emit("checkout.session.expired", session)
        return session

    def open_session(self, identifier: str) -> Object:
        """The session of a page.

        Raises:
            StripeError: there is none, or it is complete or expired.
        """
        session = self._objects.get("checkout.session", identifier)
        self._expire_in_time(session)
        if session["status"] != "open":
            raise StripeError(410, f"This session is {session['status']}.")
        return session

    def pay(self, session: Object, method: Object) -> Object:
        """The customer submits a payment method on the page; gives the SetupIntent.

        Raises:
            StripeError: 402, the issuer declined; the session stays open.
        """
        intent = self._objects.get("setup_intent", session["setup_intent"])
        intent["_return_url"] = success_url(session)
        self._setup.try_method(intent, method)
        self.settle(intent)
        return intent

    def settle(self, intent: Object) -> None:
        """Complete the session of an intent that has succeeded."""
        if intent["status"] != "succeeded" or "_session" not in intent:
            return
        session = self._objects.get("checkout.session", intent["_session"])
        method = self._objects.get("payment_method", intent["payment_method"])
        billing = method["billing_details"]
        session["customer_details"] = {name: billing.get(name) for name in ("email", "name", "phone")}
        self._end(session, "complete")
        self._emit("checkout.session.completed", session)

    def _members(self, call: Call, types: list[str]) -> dict[str, Any]:
        now = self._objects.now()
        expires = int(call.params.get("expires_at", now + _LIFE_SECONDS))
        if not now + _SHORTEST_SECONDS - 60 <= expires <= now + _LIFE_SECONDS + 60:
            message = (
                "The `expires_at` timestamp must be between 30 minutes and 24 hours from Checkout Session creation."
            )
            raise StripeError(400, message, param="expires_at")
        named = ("cancel_url", "client_reference_id", "currency", "customer", "customer_email", "locale", "success_url")
        return {
            **{name: call.text(name) for name in named},
            "allowed_payment_method_types": call.params.get("allowed_payment_method_types"),
            "amount_subtotal": None,
            "amount_total": None,
            "client_secret": None,
            "customer_details": None,
            "expires_at": expires,
            "metadata": call.metadata,
            "mode": "setup",
            "payment_intent": None,
            "payment_method_types": types,
            "payment_status": "no_payment_required",
            "setup_intent": None,
            "status": "open",
            "ui_mode": "hosted_page",
            "url": None,
        }

    def _expire_in_time(self, session: Object) -> None:
        if session["status"] == "open" and self._objects.now() >= session["expires_at"]:
            self._end(session, "expired")
            self._emit("checkout.session.expired", session)

    @staticmethod
    def _end(session: Object, status: str) -> None:
        session |= {"status": status, "url": None}


def success_url(session: Object) -> str:
    """Where the page sends a customer who is done."""
    return str(session["success_url"]).replace(_PLACE_OF_ID, session["id"])
