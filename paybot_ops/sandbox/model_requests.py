"""What the model was asked: the last Converse requests, for tests that look for what must not be in them."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Mapping
from typing import Any

from werkzeug import Request, Response

from paybot_ops.sandbox.control import PREFIX, refuse_browser
from paybot_ops.sandbox.rest_json import json_response

KEPT = 2_000
"""Requests; older ones are forgotten."""

_PATH = f"{PREFIX}model-requests"


class ModelRequests:
    """GET and DELETE /_paybot/model-requests, fed by Converse; also requests that are refused are kept."""

    def __init__(self) -> None:
        self._kept: deque[dict[str, Any]] = deque(maxlen=KEPT)
        self._lock = threading.Lock()

    def record(self, params: Mapping[str, Any]) -> None:
        """Keep a request's parameters."""
        with self._lock:
            self._kept.append(dict(params))

    def listed(self) -> list[dict[str, Any]]:
        """The requests that are kept, oldest first."""
        with self._lock:
            return list(self._kept)

    def answer(self, request: Request) -> Response | None:
        """The answer to the control request, None to any other."""
        if request.path != _PATH:
            return None
        refusal = refuse_browser(request)
        if refusal is not None:
            return refusal
        if request.method == "DELETE":
            with self._lock:
                self._kept.clear()
        elif request.method != "GET":
            return json_response({"message": "GET or DELETE."}, 405)
        return json_response({"requests": self.listed()})
