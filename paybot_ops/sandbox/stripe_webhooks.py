"""Events of the stand-in of Stripe, and their signed delivery to webhook endpoints on this machine."""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import http.client
import ipaddress
import json
import threading
import time
from queue import SimpleQueue
from urllib.parse import urlsplit

from paybot_ops.sandbox.stripe_calls import Call
from paybot_ops.sandbox.stripe_errors import StripeError
from paybot_ops.sandbox.stripe_objects import Object, Objects, new_id, public

API_VERSION = "2026-10-28.endive"
"""What the SDK sends that the parameters are checked with."""

_SECONDS = 5.0
_MOST_LISTED = 100


class Webhooks:
    """Every event is kept; those that an endpoint wants are delivered in order, once, by a thread of this part's."""

    def __init__(self, objects: Objects) -> None:
        self._objects = objects
        self._secrets: dict[str, str] = {}
        self._queue: SimpleQueue[tuple[str, bytes, str] | None] = SimpleQueue()
        self._thread: threading.Thread | None = None

    def create(self, call: Call) -> Object:
        """POST /v1/webhook_endpoints; the answer is the only place that shows the signing secret."""
        url = call.required("url")
        if not _is_loopback(url):
            raise StripeError(400, "The stand-in of Stripe delivers to this machine only.", param="url")
        made = self._objects.new(
            "webhook_endpoint",
            "we",
            api_version=call.text("api_version"),
            description=call.text("description"),
            enabled_events=list(call.params["enabled_events"]),
            metadata=call.metadata,
            status="enabled",
            url=url,
        )
        self._secrets[made["id"]] = secret = new_id("whsec", 32)
        return {**made, "secret": secret}

    def retrieve(self, call: Call) -> Object:
        """GET /v1/events/{id}."""
        return self._objects.get("event", call.identifier)

    def list_events(self, call: Call) -> Object:
        """GET /v1/events: newest first, by type where that is asked for."""
        wanted = call.text("type")
        found = [event for event in self._objects.all_of("event") if wanted in (None, event["type"])]
        limit = min(int(call.params.get("limit", 10)), _MOST_LISTED)
        page = [public(event) for event in found[:limit]]
        return {"object": "list", "url": "/v1/events", "has_more": len(found) > limit, "data": page}

    def emit(self, kind: str, about: Object) -> None:
        """Keep an event of it, and hand it to every endpoint that wants its kind."""
        event = self._objects.new(
            "event",
            "evt",
            api_version=API_VERSION,
            data={"object": public(about)},
            pending_webhooks=0,
            request={"id": None, "idempotency_key": None},
            type=kind,
        )
        for endpoint in self._objects.all_of("webhook_endpoint"):
            if {"*", kind} & set(endpoint["enabled_events"]):
                body = json.dumps(public(event), indent=2).encode()
                self._deliver_later(endpoint["url"], body, self._secrets[endpoint["id"]])

    def close(self) -> None:
        """Deliver what is waiting, then end the thread."""
        if self._thread is not None:
            self._queue.put(None)
            self._thread.join()

    def _deliver_later(self, url: str, body: bytes, secret: str) -> None:
        if self._thread is None:
            self._thread = threading.Thread(target=self._deliver_all, name="stripe-webhooks", daemon=True)
            self._thread.start()
        self._queue.put((url, body, secret))

    def _deliver_all(self) -> None:
        while (job := self._queue.get()) is not None:
            url, body, secret = job
            # An endpoint that is down loses the event here; Stripe would try again for days.
            with contextlib.suppress(OSError, http.client.HTTPException):
                _post(url, body, signature(body, secret, int(time.time())))


def signature(body: bytes, secret: str, at: int) -> str:
    """The `Stripe-Signature` header of a delivery ("Verify webhook signatures manually")."""
    digest = hmac.new(secret.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={at},v1={digest}"


def _post(url: str, body: bytes, signed: str) -> None:
    address = urlsplit(url)
    connection = http.client.HTTPConnection(address.hostname or "", address.port, timeout=_SECONDS)
    try:
        target = (address.path or "/") + (f"?{address.query}" if address.query else "")
        headers = {"Content-Type": "application/json; charset=utf-8", "Stripe-Signature": signed}
        connection.request("POST", target, body, headers)
        connection.getresponse().read()
    finally:
        connection.close()


def _is_loopback(url: str) -> bool:
    address = urlsplit(url)
    if address.scheme != "http" or not address.hostname:
        return False
    try:
        return address.hostname == "localhost" or ipaddress.ip_address(address.hostname).is_loopback
    except ValueError:
        return False
