"""The sandbox's own endpoints under /_paybot/: health, stop, faults."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from typing import Any

from werkzeug import Request, Response

from paybot_ops.sandbox.faults import Faults, parse_rules
from paybot_ops.sandbox.part import ACCOUNT_ID
from paybot_ops.sandbox.rest_json import json_response

PREFIX = "/_paybot/"
MOTOS_OWN = "/moto-api"


class Control:
    """GET health and outbox, POST stop, and GET, POST, DELETE faults; what a browser's page sends is refused."""

    def __init__(
        self,
        instance: str,
        region: str,
        faults: Faults,
        stop: Callable[[], None],
        outbox: Callable[[], list[dict[str, Any]]] = list,
    ) -> None:
        self._instance = instance
        self._region = region
        self._faults = faults
        self._stop = stop
        self._outbox = outbox

    def answer(self, request: Request) -> Response | None:
        """The answer to a control request, None to any other."""
        if request.path.startswith(MOTOS_OWN):
            # Its reset would empty moto and leave the other parts as they are.
            return json_response({"message": "moto's own endpoints are not served."}, 404)
        if not request.path.startswith(PREFIX):
            return None
        refusal = refuse_browser(request)
        if refusal is not None:
            return refusal
        handlers = {
            ("GET", "health"): self._health,
            ("GET", "outbox"): lambda _request: json_response({"messages": self._outbox()}),
            ("POST", "stop"): self._request_stop,
            ("GET", "faults"): self._list_faults,
            ("POST", "faults"): self._set_faults,
            ("DELETE", "faults"): self._clear_faults,
        }
        handler = handlers.get((request.method, request.path.removeprefix(PREFIX)))
        return handler(request) if handler else json_response({"message": "No such control endpoint."}, 404)

    def _health(self, _request: Request) -> Response:
        named = {"instance": self._instance, "account_id": ACCOUNT_ID, "region": self._region, "pid": os.getpid()}
        return json_response(named)

    def _request_stop(self, _request: Request) -> Response:
        self._stop()
        return json_response({"stopping": True}, 202)

    def _list_faults(self, _request: Request) -> Response:
        return json_response({"rules": self._faults.listed()})

    def _set_faults(self, request: Request) -> Response:
        try:
            self._faults.replace(parse_rules(json.loads(request.get_data())))
        except ValueError as problem:
            return json_response({"message": str(problem)}, 400)
        return self._list_faults(request)

    def _clear_faults(self, request: Request) -> Response:
        self._faults.replace([])
        return self._list_faults(request)


def refuse_browser(request: Request) -> Response | None:
    """A refusal of what a browser's page sends: it could stop the sandbox, or make it fail, behind its user's back."""
    if "Origin" in request.headers or "Sec-Fetch-Site" in request.headers:
        return json_response({"message": "Not from a browser."}, 403)
    return None
