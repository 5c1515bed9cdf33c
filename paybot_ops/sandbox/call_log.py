"""Who called what: for tests that compare the calls of a program with the policy that it is allowed to have."""

from __future__ import annotations

import threading
from collections import deque
from dataclasses import asdict, dataclass
from typing import Any

from werkzeug import Request, Response

from paybot_ops.sandbox.call_names import Name, names_of
from paybot_ops.sandbox.control import PREFIX, refuse_browser
from paybot_ops.sandbox.part import access_key_of, signed_for
from paybot_ops.sandbox.protocols import operation_of
from paybot_ops.sandbox.rest_json import json_response

KEPT = 50_000
"""Calls; older ones are forgotten, and counted."""

_PATH = f"{PREFIX}calls"


@dataclass(frozen=True, slots=True)
class Call:
    """One signed request: `caller` is its access key id, `service` the signing name, `names` what it names.

    A call that is refused, fails or is lost is one too. No body and no value is kept: a name is a table, a bucket, a
    key of an object, an ARN, and what IAM conditions may look at.
    """

    caller: str
    service: str
    region: str
    operation: str
    names: tuple[Name, ...]


class CallLog:
    """GET, POST (begin anew) and DELETE (stop) /_paybot/calls. Off until then, and it answers no other request."""

    def __init__(self, kept: int = KEPT) -> None:
        self._kept: deque[Call] = deque(maxlen=kept)
        self.forgotten = 0
        self._on = False
        self._lock = threading.Lock()

    def start(self) -> None:
        """Forget what was kept, and keep every call from now on."""
        with self._lock:
            self._kept.clear()
            self.forgotten, self._on = 0, True

    def stop(self) -> None:
        """Keep no further call; those that are kept can still be read."""
        self._on = False

    def listed(self) -> list[Call]:
        """The calls that are kept, oldest first."""
        with self._lock:
            return list(self._kept)

    def answer(self, request: Request) -> Response | None:
        """The answer to the control request; any other is noted, and gets None."""
        if request.path == _PATH:
            return refuse_browser(request) or self._control(request)
        if self._on:
            self._note(request)
        return None

    def _note(self, request: Request) -> None:
        service, region = signed_for(request)
        caller = access_key_of(request)
        if not service or caller is None:
            return
        operation = operation_of(request)
        call = Call(caller, service, region, operation, names_of(request, service, operation))
        self.keep(call)

    def keep(self, call: Call) -> None:
        """Add a call; the oldest goes where there are too many."""
        with self._lock:
            self.forgotten += len(self._kept) == self._kept.maxlen
            self._kept.append(call)

    def _control(self, request: Request) -> Response:
        if request.method == "POST":
            self.start()
        elif request.method == "DELETE":
            self.stop()
        elif request.method != "GET":
            return json_response({"message": "GET, POST or DELETE."}, 405)
        return json_response(self._document())

    def _document(self) -> dict[str, Any]:
        calls = self.listed()
        return {"recording": self._on, "forgotten": self.forgotten, "calls": [asdict(call) for call in calls]}
