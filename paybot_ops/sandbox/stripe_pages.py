"""The pages that Stripe shows to customers: Checkout's card form, and an issuer's 3-D Secure. Plain HTML, no script."""

from __future__ import annotations

import re
from html import escape
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from werkzeug import Request, Response

from paybot_ops.sandbox.stripe_checkout import Checkout, success_url
from paybot_ops.sandbox.stripe_errors import StripeError
from paybot_ops.sandbox.stripe_intents import Intents
from paybot_ops.sandbox.stripe_methods import PaymentMethods
from paybot_ops.sandbox.stripe_objects import Object, Objects

_PAY = re.compile(r"/c/pay/(cs_test_[A-Za-z0-9]+)")
_SECURE = re.compile(r"/3ds/((?:seti|pi)_[A-Za-z0-9]+)")

_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>{title}</title>
<meta name="viewport" content="width=device-width, initial-scale=1"></head>
<body><h1>{title}</h1><p>This is the embedded stand-in of Stripe. Use Stripe's published test cards only.</p>
{content}</body></html>
"""
_CARD_FORM = """<form method="post" autocomplete="off">
<p><label>Card number <input name="number" inputmode="numeric" required></label></p>
<p><label>Month <input name="exp_month" inputmode="numeric" size="2" required></label>
<label>Year <input name="exp_year" inputmode="numeric" size="4" required></label>
<label>CVC <input name="cvc" inputmode="numeric" size="4" required></label></p>
<p><label>Name on card <input name="name"></label></p>
<p><button>Save card</button></p></form>
"""
_SECURE_FORM = """<form method="post"><p>Your bank asks whether this is you.</p>
<p><button name="outcome" value="succeed">Complete</button> <button name="outcome" value="fail">Fail</button></p></form>
"""


class Pages:
    """Answers what a browser asks for below the stand-in's address. Its owner holds the lock."""

    def __init__(
        self, objects: Objects, intents: dict[str, Intents], methods: PaymentMethods, checkout: Checkout, origin: str
    ) -> None:
        self._objects = objects
        self._intents = intents
        self._methods = methods
        self._checkout = checkout
        self._origin = origin

    def answer(self, request: Request, path: str) -> Response:
        """The page, or where to go next."""
        if request.headers.get("Origin", self._origin) not in (self._origin, "null"):
            return _page("Refused", "<p>This form belongs to another page.</p>", 403)
        try:
            if found := _PAY.fullmatch(path):
                return self._pay(request, found[1])
            if found := _SECURE.fullmatch(path):
                return self._secure(request, found[1])
        except StripeError as error:
            return _page("Not possible", f"<p>{escape(error.message)}</p>", error.status)
        return _page("Not found", "<p>There is no such page.</p>", 404)

    def _pay(self, request: Request, identifier: str) -> Response:
        session = self._checkout.open_session(identifier)
        if request.method != "POST":
            return _page("Save your card", _CARD_FORM)
        try:
            form = dict(parse_qsl(request.get_data().decode("utf-8", "replace")))
            method = self._methods.from_page(_card_of(form), form.get("name", ""))
            intent = self._checkout.pay(session, method)
        except StripeError as error:
            return _page("Save your card", f'<p role="alert">{escape(error.message)}</p>{_CARD_FORM}', 402)
        if intent["status"] == "requires_action":
            return _go_to(intent["next_action"]["redirect_to_url"]["url"])
        return _go_to(success_url(session))

    def _secure(self, request: Request, identifier: str) -> Response:
        kind = "setup_intent" if identifier.startswith("seti_") else "payment_intent"
        intent = self._objects.get(kind, identifier)
        if intent["status"] != "requires_action":
            return _page("Done", "<p>There is nothing to confirm here any more.</p>", 410)
        if request.method != "POST":
            return _page("3-D Secure", _SECURE_FORM)
        outcome = dict(parse_qsl(request.get_data().decode("utf-8", "replace"))).get("outcome")
        return _go_to(self.authenticate(intent, outcome == "succeed"))

    def authenticate(self, intent: Object, passed: bool) -> str:
        """The customer answers the issuer; gives the address to return to, with the outcome in its query."""
        back = str(intent.get("_return_url") or "")
        try:
            self._intents[intent["object"]].authenticated(intent, passed)
        except StripeError as error:
            if error.status != 402:
                raise
            outcome = "failed"
        else:
            self._checkout.settle(intent)
            outcome = "succeeded"
        if "_session" in intent:
            return back
        name = intent["object"]
        added = {name: intent["id"], f"{name}_client_secret": intent["client_secret"], "redirect_status": outcome}
        return f"{back}{'&' if urlsplit(back).query else '?'}{urlencode(added)}"


def _card_of(form: dict[str, str]) -> dict[str, Any]:
    try:
        dates = {name: int(form.get(name, "0")) for name in ("exp_month", "exp_year")}
    except ValueError:
        raise StripeError(402, "Your card's expiration date is invalid.", code="invalid_expiry_year") from None
    return {"number": form.get("number", ""), "cvc": form.get("cvc", ""), **dates}


def _page(title: str, content: str, status: int = 200) -> Response:
    headers = {"Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'", "Cache-Control": "no-store"}
    return Response(_PAGE.format(title=escape(title), content=content), status, headers, mimetype="text/html")


def _go_to(url: str) -> Response:
    if urlsplit(url).scheme not in ("http", "https"):
        return _page("Done", "<p>You may close this page.</p>")
    return Response("", 303, {"Location": url, "Cache-Control": "no-store"})
