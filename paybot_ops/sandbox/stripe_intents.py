"""SetupIntents and PaymentIntents of the stand-in of Stripe: one state machine, two names for its parts."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import Any

from paybot_ops.sandbox.stripe_calls import Call, Emit
from paybot_ops.sandbox.stripe_cards import Behaviour, Decline
from paybot_ops.sandbox.stripe_errors import StripeError
from paybot_ops.sandbox.stripe_methods import PaymentMethods
from paybot_ops.sandbox.stripe_objects import Object, Objects, new_id, public

_RETURN_URL_NEEDED = (
    "This {name} is configured to accept payment methods enabled in your Dashboard. Because some of these payment "
    "methods might redirect your customer off of your page, you must provide a `return_url`. If you don't want to "
    "accept redirect-based payment methods, set `automatic_payment_methods[enabled]` to `true` and "
    "`automatic_payment_methods[allow_redirects]` to `never` when creating Setup Intents and Payment Intents."
)

_NOT_AUTHENTICATED = (
    "We are unable to authenticate your payment method. Please choose a different payment method and try again."
)


@dataclass(frozen=True, slots=True)
class Kind:
    """How one of the two intents names its parts."""

    object: str
    prefix: str
    name: str
    error: str
    failed: str
    failed_authentication: str

    def decline(self, behaviour: Behaviour) -> Decline | None:
        """What the issuer says when this kind of intent is confirmed."""
        return behaviour.on_setup if self.object == "setup_intent" else behaviour.on_charge


SETUP = Kind(
    "setup_intent", "seti", "SetupIntent", "last_setup_error", "setup_failed", "setup_intent_authentication_failure"
)
PAYMENT = Kind(
    "payment_intent",
    "pi",
    "PaymentIntent",
    "last_payment_error",
    "payment_failed",
    "payment_intent_authentication_failure",
)


class Intents:
    """The operations of one kind of intent; `pages` is the address of the pages that customers are sent to."""

    def __init__(self, kind: Kind, objects: Objects, methods: PaymentMethods, emit: Emit, pages: str) -> None:
        self.kind = kind
        self._objects = objects
        self._methods = methods
        self._emit = emit
        self._pages = pages

    def create(self, call: Call) -> Object:
        """POST: make one, and confirm it at once with `confirm`."""
        params = call.params
        _refuse_unsimulated(params)
        confirm = bool(params.get("confirm"))
        if "return_url" in params and not confirm:
            message = "The parameter `return_url` can only be passed together with `confirm` set to `true`."
            raise StripeError(400, message, param="return_url")
        if "customer" in params:
            self._objects.get("customer", params["customer"], param="customer")
        intent = self._new(call)
        self._emit(f"{self.kind.object}.created", intent)
        return self._confirm(intent, call) if confirm else intent

    def retrieve(self, call: Call) -> Object:
        """GET /{id}."""
        return self._objects.get(self.kind.object, call.identifier)

    def confirm(self, call: Call) -> Object:
        """POST /{id}/confirm: the issuer is asked."""
        _refuse_unsimulated(call.params)
        return self._confirm(self.retrieve(call), call)

    def cancel(self, call: Call) -> Object:
        """POST /{id}/cancel."""
        intent = self.retrieve(call)
        if intent["status"] in ("succeeded", "canceled"):
            raise self._unexpected(intent, "cancel")
        intent |= {"status": "canceled", "next_action": None, "cancellation_reason": call.text("cancellation_reason")}
        self._emit(f"{self.kind.object}.canceled", intent)
        return intent

    def try_method(self, intent: Object, method: Object) -> None:
        """Confirm with a payment method.

        Raises:
            StripeError: 402, the issuer declined.
        """
        intent["payment_method"] = method["id"]
        behaviour = self._objects.behaviour(method["id"])
        if behaviour.authenticate:
            intent |= {"status": "requires_action", "next_action": self._next_action(intent)}
            self._emit(f"{self.kind.object}.requires_action", intent)
            return
        self._ask_issuer(intent, method, self.kind.decline(behaviour))

    def authenticated(self, intent: Object, passed: bool) -> None:
        """What follows when the customer has passed or failed 3-D Secure on the issuer's page.

        Raises:
            StripeError: 402, the issuer declined after all, or the customer failed.
        """
        if intent["status"] != "requires_action":
            raise self._unexpected(intent, "authenticate")
        method = self._objects.get("payment_method", intent["payment_method"])
        decline = self.kind.decline(self._objects.behaviour(method["id"]))
        if not passed:
            raise self._fail(intent, method, Decline(self.kind.failed_authentication, _NOT_AUTHENTICATED))
        self._ask_issuer(intent, method, decline)

    def _new(self, call: Call) -> Object:
        params = call.params
        types = params.get("allowed_payment_method_types")
        automatic = params.get("automatic_payment_methods") or ({} if types else {"enabled": True})
        members: dict[str, Any] = {
            "application": None,
            "automatic_payment_methods": {"allow_redirects": "always", **automatic} if automatic else None,
            "allowed_payment_method_types": types,
            "cancellation_reason": None,
            "customer": call.text("customer"),
            "description": call.text("description"),
            self.kind.error: None,
            "metadata": call.metadata,
            "next_action": None,
            "payment_method": None,
            "payment_method_options": {"card": {"request_three_d_secure": "automatic"}},
            "payment_method_types": types or ["card"],
            "status": "requires_payment_method",
        }
        if self.kind is SETUP:
            members |= {"latest_attempt": None, "mandate": None, "usage": call.text("usage", "off_session")}
        else:
            amount = params["amount"]
            if amount <= 0:
                raise StripeError(400, "Invalid positive integer", code="parameter_invalid_integer", param="amount")
            members |= {"amount": amount, "amount_received": 0, "currency": params["currency"], "latest_charge": None}
        if "payment_method" in params:
            members["payment_method"] = self._methods.resolve(params["payment_method"])["id"]
            members["status"] = "requires_confirmation"
        intent = self._objects.new(self.kind.object, self.kind.prefix, **members)
        intent["client_secret"] = f"{intent['id']}_{new_id('secret')}"
        return intent

    def _confirm(self, intent: Object, call: Call) -> Object:
        if intent["status"] in ("succeeded", "canceled"):
            raise self._unexpected(intent, "confirm")
        given = call.params.get("payment_method")
        method = self._method(intent, given)
        automatic = intent["automatic_payment_methods"]
        redirects = automatic is not None and automatic["allow_redirects"] != "never"
        return_url = call.text("return_url")
        if redirects and not return_url:
            raise StripeError(400, _RETURN_URL_NEEDED.format(name=self.kind.name), param="return_url")
        intent |= {self.kind.error: None, "next_action": None, "_return_url": return_url}
        self.try_method(intent, method)
        return intent

    def _method(self, intent: Object, given: str | None) -> Object:
        if given is not None:
            already = given == intent["payment_method"]
            return self._objects.get("payment_method", given) if already else self._methods.resolve(given)
        if intent["payment_method"] is None:
            message = (
                f"You cannot confirm this {self.kind.name} because it's missing a payment method. Update the "
                f"{self.kind.name} with a payment method and then confirm it again."
            )
            raise StripeError(400, message, code=f"{self.kind.object}_unexpected_state")
        return self._objects.get("payment_method", intent["payment_method"])

    def _ask_issuer(self, intent: Object, method: Object, decline: Decline | None) -> None:
        checks = method["card"]["checks"]
        if decline is not None:
            if decline.code == "incorrect_cvc":
                checks["cvc_check"] = "fail"
            raise self._fail(intent, method, decline)
        if checks["cvc_check"] == "unchecked":
            checks["cvc_check"] = "pass"
        intent |= {"status": "succeeded", "next_action": None, self.kind.error: None}
        if self.kind is SETUP:
            intent["latest_attempt"] = new_id("setatt")
        else:
            intent |= {"amount_received": intent["amount"], "latest_charge": new_id("ch")}
        self._emit(f"{self.kind.object}.succeeded", intent)

    def _fail(self, intent: Object, method: Object, decline: Decline) -> StripeError:
        more = {"decline_code": decline.decline_code} if decline.decline_code else {}
        kind = "invalid_request_error" if decline.code == self.kind.failed_authentication else "card_error"
        error = StripeError(402, decline.message, code=decline.code, kind=kind, **more)
        told = error.body()["error"] | {"payment_method": copy.deepcopy(method)}
        intent |= {
            "status": "requires_payment_method",
            "payment_method": None,
            "next_action": None,
            self.kind.error: told,
        }
        error.more |= {"payment_method": copy.deepcopy(method), self.kind.object: public(intent)}
        self._emit(f"{self.kind.object}.{self.kind.failed}", intent)
        return error

    def _next_action(self, intent: Object) -> dict[str, Any]:
        return_url = intent.get("_return_url")
        if not return_url:
            return {"type": "use_stripe_sdk", "use_stripe_sdk": {"type": "three_d_secure_redirect"}}
        page = f"{self._pages}/3ds/{intent['id']}"
        return {"type": "redirect_to_url", "redirect_to_url": {"return_url": return_url, "url": page}}

    def _unexpected(self, intent: Object, what: str) -> StripeError:
        message = f"You cannot {what} this {self.kind.name} because it has a status of {intent['status']}."
        error = StripeError(400, message, code=f"{self.kind.object}_unexpected_state")
        error.more[self.kind.object] = public(intent)
        return error


def _refuse_unsimulated(params: dict[str, Any]) -> None:
    # Ignored, these would make an intent that waits for a payment method which its caller believes to have sent.
    for name in ("confirmation_token", "payment_method_data"):
        if name in params:
            raise StripeError(400, f"The stand-in of Stripe does not simulate {name}.", param=name)
