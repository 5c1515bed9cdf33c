"""Stripe's errors as its API words them ("Errors" and "Error codes" of the Stripe API reference)."""

from __future__ import annotations

import json
from typing import Any

from werkzeug import Response

_DOCUMENTATION = "https://stripe.com/docs/error-codes/"
_TYPES = {402: "card_error"}


class StripeError(Exception):
    """An answer that Stripe gives as an error: its HTTP status and the members of its `error` object.

    `param` names the parameter at fault; `more` are further members, such as `decline_code` or `setup_intent`.
    """

    def __init__(
        self, status: int, message: str, *, code: str = "", param: str = "", kind: str = "", **more: Any
    ) -> None:
        super().__init__(code or kind or str(status))
        self.status = status
        self.message = message
        self.code = code
        self.param = param
        self.kind = kind or ("api_error" if status >= 500 else _TYPES.get(status, "invalid_request_error"))
        self.more = more

    def body(self) -> dict[str, Any]:
        """The JSON document of the answer."""
        error: dict[str, Any] = {"message": self.message, "type": self.kind, **self.more}
        if self.code:
            error |= {"code": self.code, "doc_url": _DOCUMENTATION + self.code.replace("_", "-")}
        if self.param:
            error["param"] = self.param
        return {"error": dict(sorted(error.items()))}


def missing(what: str, identifier: str, *, param: str = "") -> StripeError:
    """No such object: 404 where the id was the address, 400 where it was a parameter."""
    status = 400 if param else 404
    return StripeError(status, f"No such {what}: '{identifier}'", code="resource_missing", param=param or "id")


def unrecognized(method: str, path: str) -> StripeError:
    """No such address."""
    return StripeError(404, f"Unrecognized request URL ({method}: {path}). See https://stripe.com/docs.")


def fault_response(code: str, message: str, status: int) -> Response:
    """An error that a fault rule asks for; with status 402 a code that is no error code is the decline's."""
    error = StripeError(status, message, code=code)
    return json_answer(error.body(), status)


def json_answer(body: dict[str, Any], status: int = 200) -> Response:
    """A JSON answer in Stripe's layout."""
    return Response(json.dumps(body, indent=2) + "\n", status, content_type="application/json")
