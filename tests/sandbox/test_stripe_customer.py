"""What customers do on Stripe's pages, by hand and by control endpoint, and the webhooks that tell of it."""

from __future__ import annotations

import http.client
import http.server
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
import stripe

from paybot_ops.sandbox.server import Sandbox
from paybot_ops.sandbox.stripe_access import Key
from paybot_ops.sandbox.stripe_calls import Call
from paybot_ops.sandbox.stripe_cards import TEST_NAMES
from paybot_ops.sandbox.stripe_checkout import Checkout
from paybot_ops.sandbox.stripe_intents import SETUP, Intents
from paybot_ops.sandbox.stripe_methods import PaymentMethods
from paybot_ops.sandbox.stripe_objects import Objects
from tests.sandbox.stripe_world import (
    DONE,
    Stripe,
    browse,
    caught,
    control,
    form,
    hosted,
    stand_in,
)


@pytest.fixture
def world(sandbox: Sandbox) -> Iterator[Stripe]:
    yield stand_in(sandbox, raw_cards=True)
    sandbox.faults.replace([])


@pytest.mark.parametrize(("passed", "status"), [(True, "succeeded"), (False, "requires_payment_method")])
def test_three_d_secure_by_the_control_endpoint(sandbox: Sandbox, world: Stripe, passed: bool, status: str) -> None:
    intent = world.setup("pm_card_authenticationRequired")
    control(sandbox, "POST", "stripe/authenticate", intent=intent.id, passed=passed)
    found = world.client.v1.setup_intents.retrieve(intent.id)
    assert found.status == status
    if not passed:
        assert found.last_setup_error.code == "setup_intent_authentication_failure"


def test_a_customer_fills_in_the_hosted_page(world: Stripe) -> None:
    session = hosted(world)
    assert 'name="number"' in browse(session.url)[2]
    status, _, text = browse(session.url, form(TEST_NAMES["chargeDeclined"]))
    assert (status, "Your card was declined." in text) == (402, True)
    assert world.client.v1.checkout.sessions.retrieve(session.id).status == "open"
    status, location, _ = browse(session.url, form("4242 4242 4242 4242"))
    assert (status, location) == (303, f"{DONE}?id={session.id}")
    found = world.client.v1.checkout.sessions.retrieve(session.id, params={"expand": ["setup_intent.payment_method"]})
    assert (found.status, found.setup_intent.status) == ("complete", "succeeded")
    assert found.setup_intent.payment_method.card.last4 == "4242"
    assert found.customer_details.name == "Ada"
    assert browse(session.url)[0] == 410


def test_three_d_secure_on_the_hosted_page(world: Stripe) -> None:
    session = hosted(world)
    status, issuer, _ = browse(session.url, form(TEST_NAMES["authenticationRequired"]))
    assert status == 303
    assert "Complete" in browse(issuer)[2]
    assert browse(issuer, {"outcome": "fail"})[:2] == (303, f"{DONE}?id={session.id}")
    assert world.client.v1.checkout.sessions.retrieve(session.id).status == "open"
    issuer = browse(session.url, form(TEST_NAMES["authenticationRequired"]))[1]
    assert browse(issuer, {"outcome": "succeed"})[:2] == (303, f"{DONE}?id={session.id}")
    assert world.client.v1.checkout.sessions.retrieve(session.id).status == "complete"


def test_three_d_secure_outside_a_page_returns_with_the_outcome(world: Stripe) -> None:
    intent = world.setup("pm_card_authenticationRequired")
    status, location, _ = browse(intent.next_action.redirect_to_url.url, {"outcome": "succeed"})
    assert status == 303
    assert location.startswith(f"{DONE}?setup_intent={intent.id}&")
    assert "redirect_status=succeeded" in location


def test_the_hosted_page_by_the_control_endpoint(sandbox: Sandbox, world: Stripe) -> None:
    session = hosted(world)
    refused = control(sandbox, "POST", "stripe/complete", session=session.id, payment_method="pm_card_chargeDeclined")
    assert refused["code"] == "card_declined"
    assert control(sandbox, "POST", "stripe/complete", session=session.id)["status"] == "complete"


def test_a_session_is_over_after_its_time(sandbox: Sandbox) -> None:
    times = [1_800_000_000.0]
    objects, events = Objects(lambda: times[0]), []

    def emit(kind: str, about: dict[str, Any]) -> None:
        events.append(kind)

    methods = PaymentMethods(objects, emit)
    checkout = Checkout(objects, Intents(SETUP, objects, methods, emit, "http://p"), methods, emit, "http://p")
    made = checkout.create(Call(Key("k"), {"mode": "setup", "success_url": DONE, "currency": "usd"}))
    assert checkout.retrieve(Call(Key("k"), {}, made["id"]))["status"] == "open"
    times[0] += 24 * 3600
    assert checkout.retrieve(Call(Key("k"), {}, made["id"]))["status"] == "expired"
    assert events[-1] == "checkout.session.expired"


class Receiver(http.server.BaseHTTPRequestHandler):
    """Keeps what is delivered to it."""

    heard: list[tuple[bytes, str]] = []  # noqa: RUF012 -- one receiver, one list

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.heard.append((body, self.headers["Stripe-Signature"]))
        self.send_response(200)
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 -- the library's name
        pass


def test_webhooks_are_signed(world: Stripe) -> None:
    server = http.server.HTTPServer(("127.0.0.1", 0), Receiver)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        url = f"http://127.0.0.1:{server.server_port}/hook"
        made = world.client.v1.webhook_endpoints.create(
            params={"url": url, "enabled_events": ["setup_intent.succeeded", "setup_intent.setup_failed"]}
        )
        intent = world.setup("pm_card_visa")
        caught(lambda: world.setup("pm_card_chargeDeclined"))
        deadline = time.monotonic() + 10
        while len(Receiver.heard) < 2 and time.monotonic() < deadline:
            time.sleep(0.02)
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
    events = [stripe.Webhook.construct_event(body, signed, made.secret) for body, signed in Receiver.heard]
    assert [event.type for event in events] == ["setup_intent.succeeded", "setup_intent.setup_failed"]
    assert events[0].data.object["id"] == intent.id
    with pytest.raises(stripe.SignatureVerificationError):
        body, signed = Receiver.heard[0]
        stripe.Webhook.construct_event(body + b" ", signed, made.secret)
    listed = world.client.v1.events.list(params={"type": "setup_intent.succeeded", "limit": 1}).data[0]
    assert world.client.v1.events.retrieve(listed.id).data.object["id"] == intent.id


def test_webhooks_go_to_this_machine_only(world: Stripe) -> None:
    error = caught(
        lambda: world.client.v1.webhook_endpoints.create(
            params={"url": "https://elsewhere.example/hook", "enabled_events": ["*"]}
        )
    )
    assert error.param == "url"
