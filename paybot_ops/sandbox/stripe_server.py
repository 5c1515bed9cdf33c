"""A stand-in of Stripe inside the embedded AWS: the calls that the bot makes, on the sandbox's own port.

The sandbox's endpoint is what Stripe's SDK takes as the base address of its API; the pages for customers are below
`/_stripe/`. A card number or security code is looked at while its request is answered, and kept nowhere.
"""

from __future__ import annotations

import re
import threading
from urllib.parse import parse_qsl

from werkzeug import Request, Response

from paybot_ops.sandbox import STRIPE_PATH
from paybot_ops.sandbox.stripe_access import ACCOUNT, Keys, permit
from paybot_ops.sandbox.stripe_calls import Act, Call
from paybot_ops.sandbox.stripe_checkout import Checkout
from paybot_ops.sandbox.stripe_errors import StripeError, json_answer, unrecognized
from paybot_ops.sandbox.stripe_idempotency import Answer, Replayed, Replays, fingerprint
from paybot_ops.sandbox.stripe_intents import PAYMENT, SETUP, Intents
from paybot_ops.sandbox.stripe_log import Entry, RequestLog, scrub
from paybot_ops.sandbox.stripe_methods import Customers, PaymentMethods
from paybot_ops.sandbox.stripe_objects import Object, Objects, new_id
from paybot_ops.sandbox.stripe_pages import Pages
from paybot_ops.sandbox.stripe_params import check, parameters_type, parse_form
from paybot_ops.sandbox.stripe_routes import Route, find_route, stripe_path
from paybot_ops.sandbox.stripe_webhooks import API_VERSION, Webhooks

_VERSION = re.compile(r"\d{4}-\d{2}-\d{2}(\.[a-z]+)?")
_FORM = "application/x-www-form-urlencoded"


class StripePart:
    """The stand-in. `keys`, `log`, `objects` and what a customer does are there for tests and the control endpoints."""

    def __init__(self, endpoint: str) -> None:
        self.address = endpoint
        pages = endpoint + STRIPE_PATH
        self.keys = Keys()
        self.log = RequestLog()
        self.objects = Objects()
        self._lock = threading.RLock()
        self._replays = Replays()
        self._webhooks = Webhooks(self.objects)
        self._methods = PaymentMethods(self.objects, self._webhooks.emit)
        setup, payment = (
            Intents(kind, self.objects, self._methods, self._webhooks.emit, pages) for kind in (SETUP, PAYMENT)
        )
        self._checkout = Checkout(self.objects, setup, self._methods, self._webhooks.emit, pages)
        intents = {"setup_intent": setup, "payment_intent": payment}
        self._pages = Pages(self.objects, intents, self._methods, self._checkout, endpoint)
        customers = Customers(self.objects, self._webhooks.emit)
        self._acts: dict[str, Act] = {
            "balance.retrieve": _balance,
            "accounts.retrieve_current": _account,
            "payment_methods.create": self._methods.create,
            "payment_methods.retrieve": self._methods.retrieve,
            "payment_methods.attach": self._methods.attach,
            "customers.create": customers.create,
            "customers.retrieve": customers.retrieve,
            **_intent_acts("setup_intents", setup),
            **_intent_acts("payment_intents", payment),
            "checkout.sessions.create": self._checkout.create,
            "checkout.sessions.retrieve": self._checkout.retrieve,
            "checkout.sessions.expire": self._checkout.expire,
            "webhook_endpoints.create": self._webhooks.create,
            "events.list": self._webhooks.list_events,
            "events.retrieve": self._webhooks.retrieve,
        }

    def answer(self, request: Request) -> Response | None:
        """The answer to a request below the prefix, None to any other."""
        path = stripe_path(request)
        if path is None:
            return None
        if path.startswith("/v1/"):
            return self._answer_api(request, path)
        with self._lock:
            return self._pages.answer(request, path)

    def complete(self, session_id: str, payment_method: str) -> Object:
        """What a customer does on Checkout's page, with a test id such as `pm_card_visa`; gives the session.

        Raises:
            StripeError: no open session or no such test id, or the issuer declined.
        """
        with self._lock:
            session = self._checkout.open_session(session_id)
            self._checkout.pay(session, self._methods.resolve(payment_method))
            return self.objects.expanded(session, ["setup_intent"])

    def authenticate(self, intent_id: str, passed: bool) -> Object:
        """What a customer answers an issuer that asks for 3-D Secure; gives the intent.

        Raises:
            StripeError: no such intent, or it asks for nothing.
        """
        with self._lock:
            intent = self.objects.get("setup_intent" if intent_id.startswith("seti_") else "payment_intent", intent_id)
            self._pages.authenticate(intent, passed)
            return self.objects.expanded(intent, [])

    def snapshot(self, start: int = 0) -> list[Object]:
        """Every object that is kept, oldest first, from a place on; an object's changes are events behind it."""
        with self._lock:
            return self.objects.snapshot(start)

    def close(self) -> None:
        """Deliver the last events."""
        self._webhooks.close()

    def _answer_api(self, request: Request, path: str) -> Response:
        request_id = new_id("req", 14)
        idempotency_key = request.headers.get("Idempotency-Key", "")
        entry = self.log.begin(request_id, request.method, path, idempotency_key)
        headers = {"Request-Id": request_id, "Cache-Control": "no-cache, no-store"}
        try:
            headers["Stripe-Version"] = _version(request)
            done = self._run(request, path, entry)
            status, body = done.answer.status, done.answer.body
            if done.original:
                headers |= {"Idempotent-Replayed": "true", "Original-Request": done.original}
            entry.replayed = bool(done.original)
        except StripeError as error:
            status, body = error.status, error.body()
        if idempotency_key and request.method == "POST":
            headers["Idempotency-Key"] = idempotency_key
        entry.status = status
        entry.code = str(body.get("error", {}).get("code", ""))
        entry.decline_code = str(body.get("error", {}).get("decline_code", ""))
        response = json_answer(body, status)
        response.headers.extend(headers)
        return response

    def _run(self, request: Request, path: str, entry: Entry) -> Replayed:
        key = self.keys.authenticate(request)
        entry.key = key.shown
        entry.api_version = request.headers.get("Stripe-Version", "")
        found = find_route(request.method, path)
        if found is None:
            raise unrecognized(request.method, path)
        route, identifier = found
        entry.operation = route.name
        permit(key, route.permission)
        given = scrub(entry, parse_form(_pairs(request)))
        checked = check(given, parameters_type(route.params))
        call = Call(key, checked, identifier)
        if route.method != "POST":
            return Replayed(self._act(route, call))
        told_apart = fingerprint(route.method, path, given)
        once = request.headers.get("Idempotency-Key", "")
        return self._replays.run(once, told_apart, entry.request_id, lambda: self._act(route, call))

    def _act(self, route: Route, call: Call) -> Answer:
        """An error of the operation itself is an answer like any other: a repetition gets it again."""
        try:
            with self._lock:
                found = self._acts[route.name](call)
                return Answer(200, self.objects.expanded(found, call.params.get("expand") or []))
        except StripeError as error:
            return Answer(error.status, error.body())


def _intent_acts(name: str, intents: Intents) -> dict[str, Act]:
    return {
        f"{name}.create": intents.create,
        f"{name}.retrieve": intents.retrieve,
        f"{name}.confirm": intents.confirm,
        f"{name}.cancel": intents.cancel,
    }


def _balance(_call: Call) -> Object:
    amounts = [{"amount": 0, "currency": "usd", "source_types": {"card": 0}}]
    return {"object": "balance", "available": amounts, "livemode": False, "pending": amounts}


def _account(_call: Call) -> Object:
    return {"id": ACCOUNT, "object": "account", "charges_enabled": True, "country": "US", "default_currency": "usd"}


def _pairs(request: Request) -> list[tuple[str, str]]:
    if request.method == "GET":
        return parse_qsl(request.query_string.decode("utf-8", "replace"), keep_blank_values=True)
    body = request.get_data()
    if body and request.mimetype != _FORM:
        message = f"Invalid request (check that your POST content type is {_FORM})."
        raise StripeError(400, message)
    return parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True)


def _version(request: Request) -> str:
    asked = request.headers.get("Stripe-Version", API_VERSION)
    if not _VERSION.fullmatch(asked):
        raise StripeError(400, f"Invalid Stripe API version: {asked[:40]}")
    return asked
