"""The control endpoints of the stand-in of Stripe, under /_paybot/stripe/: keys, the request log, a customer's part."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, replace
from typing import Any

from werkzeug import Request, Response

from paybot_ops.sandbox.control import PREFIX, refuse_browser
from paybot_ops.sandbox.rest_json import json_response
from paybot_ops.sandbox.stripe_access import Key
from paybot_ops.sandbox.stripe_errors import StripeError
from paybot_ops.sandbox.stripe_server import StripePart

_HERE = f"{PREFIX}stripe/"


class StripeControl:
    """What tests, the demo and a person at the terminal may ask of the stand-in beside Stripe's own API."""

    def __init__(self, stripe: StripePart) -> None:
        self._stripe = stripe
        self._handlers: dict[tuple[str, str], Callable[[dict[str, Any]], Any]] = {
            ("POST", "keys"): self._make_key,
            ("POST", "keys/revoke"): self._revoke_key,
            ("GET", "requests"): lambda _asked: {"requests": [asdict(entry) for entry in stripe.log.entries()]},
            ("DELETE", "requests"): self._clear_requests,
            ("GET", "objects"): lambda _asked: {"objects": stripe.snapshot()},
            ("POST", "complete"): self._complete,
            ("POST", "authenticate"): self._authenticate,
        }

    def answer(self, request: Request) -> Response | None:
        """The answer to a control request of the stand-in, None to any other."""
        if not request.path.startswith(_HERE):
            return None
        handler = self._handlers.get((request.method, request.path.removeprefix(_HERE)))
        if handler is None:
            return json_response({"message": "No such control endpoint."}, 404)
        refusal = refuse_browser(request)
        if refusal is not None:
            return refusal
        try:
            asked = json.loads(request.get_data() or b"{}")
            if not isinstance(asked, dict):
                raise ValueError("a JSON object is needed")
            return json_response(handler(asked))
        except StripeError as error:
            return json_response({"message": error.message, "code": error.code}, error.status)
        except (KeyError, TypeError, ValueError) as problem:
            return json_response({"message": f"Not understood: {type(problem).__name__} {problem}"}, 400)

    def _make_key(self, asked: dict[str, Any]) -> dict[str, Any]:
        """A new key, or the one that is given; `permissions` makes it a restricted one."""
        permissions = asked.get("permissions")
        made = Key(asked["key"]) if "key" in asked else self._stripe.keys.make(restricted=permissions is not None)
        key = replace(
            made,
            permissions=None if permissions is None else frozenset(permissions),
            raw_cards=bool(asked.get("raw_cards", False)),
            any_card=bool(asked.get("any_card", False)),
        )
        self._stripe.keys.register(key)
        return {"key": key.value}

    def _revoke_key(self, asked: dict[str, Any]) -> dict[str, Any]:
        self._stripe.keys.revoke(asked["key"], asked.get("state", "revoked"))
        return {"revoked": True}

    def _clear_requests(self, _asked: dict[str, Any]) -> dict[str, Any]:
        self._stripe.log.clear()
        return {"requests": []}

    def _complete(self, asked: dict[str, Any]) -> dict[str, Any]:
        return self._stripe.complete(asked["session"], asked.get("payment_method", "pm_card_visa"))

    def _authenticate(self, asked: dict[str, Any]) -> dict[str, Any]:
        return self._stripe.authenticate(asked["intent"], bool(asked.get("passed", True)))
