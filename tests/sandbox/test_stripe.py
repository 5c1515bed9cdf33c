"""Stripe as its SDK sees it: the same tests for the stand-in and, where `STRIPE_TEST_KEY` is set, for the real one."""

from __future__ import annotations

import uuid
from collections.abc import Iterator

import pytest

from paybot_ops.sandbox.server import Sandbox
from tests.sandbox.stripe_world import CARD_ONLY, DONE, Stripe, caught, client_of, kind, real_key, stand_in

WORLDS = ["stand-in", *(["stripe"] if real_key() else [])]


@pytest.fixture(scope="module", params=WORLDS)
def world(request: pytest.FixtureRequest) -> Iterator[Stripe]:
    if request.param == "stripe":
        assert real_key().startswith(("sk_test_", "rk_test_")), "STRIPE_TEST_KEY must be a key of the test mode"
        yield Stripe(client_of(None, real_key()))
        return
    with Sandbox() as sandbox:
        yield stand_in(sandbox)


def test_a_test_card_is_set_up(world: Stripe) -> None:
    intent = world.setup("pm_card_visa", metadata={"session": "s1"}, expand=["payment_method"])
    assert intent.status == "succeeded"
    assert intent.payment_method.card.last4 == "4242"
    assert intent.payment_method.card.brand == "visa"
    assert intent.last_setup_error is None
    assert not intent.livemode
    again = world.client.v1.setup_intents.retrieve(intent.id)
    assert (again.status, again.metadata["session"]) == ("succeeded", "s1")


@pytest.mark.parametrize(
    ("method", "code", "decline_code"),
    [
        ("pm_card_chargeDeclined", "card_declined", "generic_decline"),
        ("pm_card_chargeDeclinedInsufficientFunds", "card_declined", "insufficient_funds"),
        ("pm_card_visa_chargeDeclinedLostCard", "card_declined", "lost_card"),
        ("pm_card_visa_chargeDeclinedStolenCard", "card_declined", "stolen_card"),
        ("pm_card_chargeDeclinedExpiredCard", "expired_card", None),
        ("pm_card_chargeDeclinedIncorrectCvc", "incorrect_cvc", None),
        ("pm_card_chargeDeclinedProcessingError", "processing_error", None),
    ],
)
def test_a_decline_shows_when_the_card_is_set_up(
    world: Stripe, method: str, code: str, decline_code: str | None
) -> None:
    error = caught(lambda: world.setup(method))
    assert kind(error) == "CardError"
    assert (error.http_status, error.error.type, error.code) == (402, "card_error", code)
    if decline_code:
        assert error.error.decline_code == decline_code
    assert error.user_message
    assert error.error.setup_intent.status == "requires_payment_method"
    assert error.error.setup_intent.last_setup_error.code == code


def test_after_a_decline_the_same_intent_takes_another_card(world: Stripe) -> None:
    intent = world.client.v1.setup_intents.create(params=CARD_ONLY)
    assert intent.status == "requires_payment_method"

    def confirm(method: str) -> object:
        return world.client.v1.setup_intents.confirm(intent.id, params={"payment_method": method, "return_url": DONE})

    assert caught(lambda: confirm("pm_card_chargeDeclined")).code == "card_declined"
    assert getattr(confirm("pm_card_visa"), "status") == "succeeded"  # noqa: B009 -- the SDK's objects are untyped here
    assert caught(lambda: confirm("pm_card_visa")).code == "setup_intent_unexpected_state"


def test_three_d_secure_asks_for_a_redirect(world: Stripe) -> None:
    intent = world.setup("pm_card_authenticationRequired")
    assert intent.status == "requires_action"
    assert intent.next_action.type == "redirect_to_url"
    assert intent.next_action.redirect_to_url.return_url == DONE
    assert intent.next_action.redirect_to_url.url.startswith("http")


def test_an_idempotency_key_gives_the_first_answer_again(world: Stripe) -> None:
    options = {"idempotency_key": f"paybot-{uuid.uuid4()}"}
    create = world.client.v1.setup_intents.create
    first = create(params={**CARD_ONLY, "description": "one"}, options=options)
    again = create(params={**CARD_ONLY, "description": "one"}, options=options)
    assert first.id == again.id
    assert again.last_response.headers["Idempotent-Replayed"] == "true"
    conflict = caught(lambda: create(params={**CARD_ONLY, "description": "two"}, options=options))
    assert kind(conflict) == "IdempotencyError"


def test_a_declined_request_is_declined_again_under_its_key(world: Stripe) -> None:
    options = {"idempotency_key": f"paybot-{uuid.uuid4()}"}
    params = {**CARD_ONLY, "payment_method": "pm_card_chargeDeclined", "confirm": True, "return_url": DONE}

    def create() -> object:
        return world.client.v1.setup_intents.create(params=params, options=options)

    first, again = caught(create), caught(create)
    assert first.error.setup_intent.id == again.error.setup_intent.id


def test_a_hosted_page_is_made_and_expired(world: Stripe) -> None:
    sessions = world.client.v1.checkout.sessions
    made = sessions.create(
        params={
            **CARD_ONLY,
            "mode": "setup",
            "success_url": DONE,
            "client_reference_id": "abc",
            "setup_intent_data": {"metadata": {"session": "s1"}},
        }
    )
    assert (made.status, made.payment_status, made.client_reference_id) == ("open", "no_payment_required", "abc")
    assert made.url.startswith("http")
    assert sessions.retrieve(made.id).status == "open"
    assert sessions.expire(made.id).status == "expired"
    assert sessions.retrieve(made.id).url is None


def test_wrong_parameters_are_refused(world: Stripe) -> None:
    create = world.client.v1.setup_intents.create
    unknown = caught(lambda: create(params={"colour": "blue"}))
    assert (unknown.code, unknown.param) == ("parameter_unknown", "colour")
    missing = caught(lambda: world.client.v1.payment_intents.create(params={"currency": "usd"}))
    assert (missing.code, missing.param) == ("parameter_missing", "amount")
    nobody = caught(lambda: world.client.v1.setup_intents.retrieve("seti_nobody"))
    assert (nobody.http_status, nobody.code) == (404, "resource_missing")
    no_method = caught(lambda: world.setup("pm_nobody"))
    assert (no_method.http_status, no_method.code) == (400, "resource_missing")


def test_redirecting_methods_need_a_place_to_return_to(world: Stripe) -> None:
    error = caught(
        lambda: world.client.v1.setup_intents.create(
            params={
                "payment_method": "pm_card_visa",
                "confirm": True,
                "automatic_payment_methods": {"enabled": True},
            }
        )
    )
    assert kind(error) == "InvalidRequestError"
    assert "return_url" in str(error)


def test_a_wrong_key_is_401(world: Stripe) -> None:
    address = world.sandbox.stripe.address if world.sandbox else None
    for key in ("sk_test_wrong", "sk_" + "live_" + "0" * 24):
        error = caught(lambda key=key: client_of(address, key).v1.balance.retrieve())  # type: ignore[misc]
        assert kind(error) == "AuthenticationError"
        assert error.http_status == 401
        assert key not in str(error)
    assert world.client.v1.balance.retrieve().object == "balance"


def test_a_charge_fails_although_the_card_could_be_set_up(world: Stripe) -> None:
    assert world.setup("pm_card_chargeCustomerFail").status == "succeeded"
    charge = {"amount": 500, "currency": "usd", "confirm": True, "return_url": DONE, **CARD_ONLY}
    create = world.client.v1.payment_intents.create
    error = caught(lambda: create(params={**charge, "payment_method": "pm_card_chargeCustomerFail"}))
    assert (error.code, error.error.payment_intent.status) == ("card_declined", "requires_payment_method")
    paid = create(params={**charge, "payment_method": "pm_card_visa"})
    assert (paid.status, paid.amount_received) == ("succeeded", 500)
