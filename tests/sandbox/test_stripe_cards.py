"""Cards, parameters and keys as the stand-in of Stripe takes them."""

from __future__ import annotations

import urllib.error
import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest
import stripe

from paybot_ops.sandbox import STRIPE_PATH
from paybot_ops.sandbox.server import Sandbox
from paybot_ops.sandbox.stripe_cards import TEST_NAMES
from tests.sandbox.stripe_world import (
    CARD_ONLY,
    VISA,
    Stripe,
    card,
    caught,
    client_of,
    control,
    kind,
    new_key,
    stand_in,
)


@pytest.fixture
def world(sandbox: Sandbox) -> Iterator[Stripe]:
    yield stand_in(sandbox, raw_cards=True)
    sandbox.faults.replace([])


@pytest.mark.parametrize(
    ("number", "brand", "cvc"),
    [
        (VISA, "visa", "123"),
        ("5555555555554444", "mastercard", "123"),
        ("2223003122003222", "mastercard", "123"),
        ("378282246310005", "amex", "1234"),
        ("6011111111111117", "discover", "123"),
        ("3056930009020004", "diners", "123"),
        ("36227206271667", "diners", "123"),
        ("3566002020360505", "jcb", "123"),
        ("6200000000000005", "unionpay", "123"),
    ],
)
def test_a_number_becomes_a_brand_and_four_digits(world: Stripe, number: str, brand: str, cvc: str) -> None:
    made = world.client.v1.payment_methods.create(params=card(number, cvc))
    assert (made.card.brand, made.card.last4) == (brand, number[-4:])
    assert made.card.checks.cvc_check == "unchecked"
    assert world.setup(made.id).status == "succeeded"
    assert world.client.v1.payment_methods.retrieve(made.id).card.checks.cvc_check == "pass"


@pytest.mark.parametrize(
    ("number", "more", "code"),
    [
        ("4242424242424241", {}, "incorrect_number"),
        ("42424242", {}, "incorrect_number"),
        ("not a number", {}, "incorrect_number"),
        (VISA, {"exp_month": 13}, "invalid_expiry_month"),
        (VISA, {"exp_year": 2020}, "invalid_expiry_year"),
        (VISA, {"exp_year": 2099}, "invalid_expiry_year"),
        (VISA, {"cvc": "1234"}, "invalid_cvc"),
        ("378282246310005", {"cvc": "123"}, "invalid_cvc"),
        ("4539578763621486", {}, "card_declined"),
    ],
)
def test_a_card_that_cannot_be_is_refused_at_once(world: Stripe, number: str, more: dict[str, Any], code: str) -> None:
    error = caught(lambda: world.client.v1.payment_methods.create(params=card(number, **more)))
    assert kind(error) == "CardError"
    assert (error.http_status, error.code, error.error.type) == (402, code, "card_error")


def test_a_number_that_is_no_test_card_s_needs_a_key_that_takes_any(sandbox: Sandbox, world: Stripe) -> None:
    error = caught(lambda: world.client.v1.payment_methods.create(params=card("4539578763621486")))
    assert error.error.decline_code == "test_mode_live_card"
    taken = stand_in(sandbox, raw_cards=True, any_card=True)
    made = taken.client.v1.payment_methods.create(params=card("4539578763621486"))
    assert taken.setup(made.id).status == "succeeded"


def test_without_raw_card_access_a_number_is_no_card_error(sandbox: Sandbox) -> None:
    world = stand_in(sandbox)
    error = caught(lambda: world.client.v1.payment_methods.create(params=card(VISA)))
    # The trap: the SDK goes by the status, so this arrives as a CardError without being one.
    assert kind(error) == "CardError"
    assert error.error.type == "invalid_request_error"
    by_token = world.client.v1.payment_methods.create(params={"type": "card", "card": {"token": "tok_visa"}})
    assert by_token.card.last4 == "4242"


def test_making_a_payment_method_asks_no_issuer(world: Stripe) -> None:
    made = world.client.v1.payment_methods.create(params=card(TEST_NAMES["chargeDeclined"]))
    assert caught(lambda: world.setup(made.id)).code == "card_declined"


def test_a_wrong_code_is_told_apart(world: Stripe) -> None:
    made = world.client.v1.payment_methods.create(params=card(TEST_NAMES["chargeDeclinedIncorrectCvc"]))
    error = caught(lambda: world.setup(made.id))
    assert error.code == "incorrect_cvc"
    assert error.error.payment_method.card.checks.cvc_check == "fail"


def test_a_customer_gets_only_cards_that_are_not_declined(world: Stripe) -> None:
    customer = world.client.v1.customers.create(params={"email": "a@shop.example", "metadata": {"a": "b"}})
    methods = world.client.v1.payment_methods
    made = methods.create(params=card(VISA))
    assert methods.attach(made.id, params={"customer": customer.id}).customer == customer.id
    bad = methods.create(params=card(TEST_NAMES["chargeDeclined"]))
    assert caught(lambda: methods.attach(bad.id, params={"customer": customer.id})).code == "card_declined"
    assert world.client.v1.customers.retrieve(customer.id).email == "a@shop.example"


@pytest.mark.parametrize(
    ("params", "code", "param"),
    [
        ({"type": "card", "card": {"pan": VISA}}, "parameter_unknown", "card[pan]"),
        (
            {"type": "card", "card": {"number": VISA, "exp_month": "May", "exp_year": 2030}},
            "parameter_invalid_integer",
            "",
        ),
        ({"type": ""}, "parameter_invalid_empty", "type"),
        ({"type": "card", "card": {"number": VISA}}, "parameter_missing", "card[exp_month]"),
        ({"card": {"number": VISA}}, "parameter_missing", "type"),
        ({"type": "card", "card": "tok_visa"}, None, "card"),
        ({"type": "card", "billing_details": {"nickname": "x"}}, "parameter_unknown", "billing_details[nickname]"),
    ],
)
def test_the_sdk_s_own_types_decide(world: Stripe, params: dict[str, Any], code: str | None, param: str) -> None:
    error = caught(lambda: world.client.v1.payment_methods.create(params=params))
    assert (error.http_status, error.code) == (400, code)
    if param:
        assert error.param == param


def test_a_parameter_that_an_older_api_had_is_refused(world: Stripe) -> None:
    error = caught(lambda: world.client.v1.setup_intents.create(params={"payment_method_types": ["card"]}))
    assert (error.code, error.param) == ("parameter_unknown", "payment_method_types")


def test_the_version_of_the_api_is_answered(sandbox: Sandbox, world: Stripe) -> None:
    answer = world.client.v1.balance.retrieve()
    assert answer.last_response.headers["Stripe-Version"] == stripe.api_version
    error = caught(lambda: world.client.v1.balance.retrieve(options={"stripe_version": "yesterday"}))
    assert error.http_status == 400


def test_an_unknown_address_and_another_content_type(sandbox: Sandbox) -> None:
    key = new_key(sandbox)
    for path, data, content_type, status in (
        ("/v1/subscriptions", None, "", 404),
        ("/v1/setup_intents", b"{}", "application/json", 400),
        ("/nothing", None, "", 404),
    ):
        headers = {"Authorization": f"Bearer {key}", **({"Content-Type": content_type} if content_type else {})}
        request = urllib.request.Request(sandbox.endpoint + STRIPE_PATH + path, data, headers)
        with pytest.raises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(request)
        assert refused.value.code == status


def test_a_restricted_key_may_what_it_was_given(sandbox: Sandbox) -> None:
    world = stand_in(sandbox, restricted=True, permissions=frozenset({"rak_setup_intent_write"}))
    intent = world.client.v1.setup_intents.create(params=CARD_ONLY)
    assert world.client.v1.setup_intents.retrieve(intent.id).id == intent.id
    error = caught(lambda: world.client.v1.balance.retrieve())
    assert kind(error) == "PermissionError"
    assert (error.http_status, error.error.code) == (403, "more_permissions_required")
    assert "rak_balance_read" in str(error)


@pytest.mark.parametrize(("state", "code"), [("revoked", None), ("expired", "api_key_expired")])
def test_a_key_that_was_rotated_away(sandbox: Sandbox, state: str, code: str | None) -> None:
    key = control(sandbox, "POST", "stripe/keys")["key"]
    client = client_of(sandbox.stripe.address, key)
    assert client.v1.balance.retrieve().object == "balance"
    control(sandbox, "POST", "stripe/keys/revoke", key=key, state=state)
    error = caught(client.v1.balance.retrieve)
    assert (error.http_status, error.error.code) == (401, code)
    assert key not in str(error)


def test_no_key_and_a_publishable_one(sandbox: Sandbox) -> None:
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(f"{sandbox.endpoint}{STRIPE_PATH}/v1/balance")
    assert refused.value.code == 401
    error = caught(client_of(sandbox.stripe.address, "pk_test_" + "a" * 24).v1.balance.retrieve)
    assert (error.http_status, error.error.code) == (401, "secret_key_required")
