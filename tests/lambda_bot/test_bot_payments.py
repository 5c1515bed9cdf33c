"""Stripe through its real SDK: what each answer of Stripe's becomes, and what is asked of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs

import pytest
from payment_bot.deadline import Deadline
from payment_bot.dialogue.effects import (
    Accepted,
    BankAsks,
    Decline,
    Declined,
    Failed,
    LinkOpen,
    LinkOver,
    Opened,
    Problem,
)
from payment_bot.dialogue.expiry import Expiry
from payment_bot.dialogue.state import CardCollection
from payment_bot.payments import CardData, Order, Payments
from payment_bot.settings import Settings
from payment_bot.stripe_key import KeyCache, NoKeyError, StripeKey

from tests.lambda_bot.bot_world import (
    ASKS_BANK,
    DECLINED,
    DONE_URL,
    EXPIRED,
    NO_FUNDS,
    SETTINGS,
    TEST_STRIPE_KEY,
    VISA,
    WRONG_CODE,
)
from tests.lambda_bot.stripe_wire import TEST_KEY, Fault, StripeWire, refusal, silence

HOSTED = replace(SETTINGS, card_collection=CardCollection.HOSTED_LINK)
LIVE = StripeKey(TEST_KEY.replace("_test_", "_live_"), is_live=True)
NO_RAW_CARDS = "Sending credit card numbers directly to the Stripe API is generally unsafe."
ORDER = Order("session", 3, DONE_URL)


class Time:
    """Seconds that pass when they are told to."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


class Shop:
    """Payments with a key that can be changed, and Stripe behind it."""

    def __init__(self, settings: Settings = SETTINGS) -> None:
        self.stripe = StripeWire()
        self.time = Time()
        self.keys = [TEST_STRIPE_KEY]
        self.fetched = 0
        self.payments = Payments(KeyCache(self._fetch, self.time), settings, self.stripe.client)

    def _fetch(self) -> StripeKey:
        self.fetched += 1
        return self.keys.pop(0) if len(self.keys) > 1 else self.keys[0]

    def deadline(self) -> Deadline:
        return Deadline(self.time)

    def pay(self, number: str = VISA, order: Order = ORDER, code: str = "123") -> Any:
        card = CardData("Ada Lovelace", number, Expiry(12, 2030), code)
        return self.payments.tokenize(order, card, self.deadline())


def test_a_card_is_accepted_after_its_setup_intent_succeeded() -> None:
    shop = Shop()

    found = shop.pay()

    assert isinstance(found, Accepted)
    assert (found.card.brand, found.card.last_four) == ("Visa", "4242")
    assert found.card.token.startswith("pm_")
    assert shop.stripe.paths() == ["post /v1/payment_methods", "post /v1/setup_intents"]
    sent = parse_qs(shop.stripe.requests[1][3])
    assert (sent["confirm"], sent["return_url"]) == (["true"], [DONE_URL])
    assert found.card.token not in repr(found)


@pytest.mark.parametrize(
    ("number", "why"),
    [
        (DECLINED, Decline.GENERIC),
        (NO_FUNDS, Decline.FUNDS),
        (EXPIRED, Decline.EXPIRED),
        (WRONG_CODE, Decline.CODE),
        ("4000000000009987", Decline.GENERIC),
        ("4242424242424241", Decline.NUMBER),
    ],
)
def test_a_decline_is_named(number: str, why: Decline) -> None:
    assert Shop().pay(number) == Declined(why)


@pytest.mark.parametrize(
    ("fault", "outcome"),
    [
        (refusal(402, type="card_error", code="card_declined", decline_code="incorrect_cvc"), Declined(Decline.CODE)),
        (refusal(402, type="card_error", code="invalid_expiry_year"), Declined(Decline.EXPIRY)),
        (refusal(402, type="card_error", code="something_new"), Declined(Decline.GENERIC)),
        (refusal(402, type="invalid_request_error", code="something_else"), Failed(Problem.REFUSED)),
        (
            refusal(402, type="invalid_request_error", message="Sending credit card numbers directly to …"),
            Failed(Problem.RAW_CARDS),
        ),
        (
            refusal(400, type="invalid_request_error", message="Sending credit card numbers directly to …"),
            Failed(Problem.RAW_CARDS),
        ),
        (refusal(400, type="invalid_request_error", code="parameter_missing"), Failed(Problem.REFUSED)),
        (refusal(400, type="idempotency_error"), Failed(Problem.AGAIN)),
        (refusal(403, type="invalid_request_error"), Failed(Problem.KEY)),
        (refusal(409, type="idempotency_error", code="idempotency_key_in_use"), Failed(Problem.BUSY)),
        (refusal(429, type="invalid_request_error", code="rate_limit"), Failed(Problem.BUSY)),
        (refusal(500, type="api_error"), Failed(Problem.REFUSED)),
        (refusal(503, type="api_error"), Failed(Problem.REFUSED)),
        (lambda: ("<html>no JSON</html>", 200, {}), Failed(Problem.REFUSED)),
        (silence, Failed(Problem.UNREACHABLE)),
    ],
)
def test_every_answer_is_an_outcome(fault: Fault, outcome: Declined | Failed) -> None:
    shop = Shop()
    shop.stripe.faults = [fault, fault]

    assert shop.pay() == outcome


def test_an_account_without_raw_card_access_is_told_apart() -> None:
    shop = Shop()
    shop.stripe.allow_raw_cards(False)

    assert shop.pay() == Failed(Problem.RAW_CARDS)


def test_a_lost_answer_is_asked_for_again_with_the_same_key() -> None:
    shop = Shop()
    shop.stripe.faults = [silence]

    assert isinstance(shop.pay(), Accepted)
    assert len(shop.stripe.requests) == 3
    assert shop.stripe.keys()[0] == shop.stripe.keys()[1]


def test_the_same_attempt_is_carried_out_once() -> None:
    shop = Shop()

    assert shop.pay() == shop.pay()
    assert len([each for each in shop.stripe.part.snapshot() if each["object"] == "setup_intent"]) == 1


def test_another_attempt_session_or_step_has_another_key() -> None:
    orders = [ORDER, replace(ORDER, attempt=4), replace(ORDER, session_id="other")]
    keys = {order.key(what) for order in orders for what in ("method", "setup", "page")}

    assert len(keys) == 9
    assert not any("session" in key or "other" in key for key in keys)


def test_a_key_says_nothing_of_the_card() -> None:
    one, other = Shop(), Shop()
    one.pay(VISA, code="123")
    other.pay("5555555555554444", code="987")

    assert one.stripe.keys() == other.stripe.keys()


def test_another_code_under_the_same_key_is_named_and_not_a_success() -> None:
    shop = Shop()
    shop.pay(code="123")

    assert shop.pay(code="456") == Failed(Problem.AGAIN)


def test_the_bank_can_ask_for_the_customer() -> None:
    shop = Shop()

    asks = shop.pay(ASKS_BANK)

    assert isinstance(asks, BankAsks)
    assert asks.url.startswith("http")
    assert isinstance(shop.payments.check_bank(asks.pending, shop.deadline()), BankAsks)
    shop.stripe.part.authenticate(asks.pending, passed=True)
    found = shop.payments.check_bank(asks.pending, shop.deadline())
    assert isinstance(found, Accepted)
    assert found.card.last_four == "3155"


def test_a_customer_can_fail_the_banks_check() -> None:
    shop = Shop()
    asks = shop.pay(ASKS_BANK)
    shop.stripe.part.authenticate(asks.pending, passed=False)

    assert shop.payments.check_bank(asks.pending, shop.deadline()) == Declined(Decline.BANK)


def test_a_page_is_made_and_asked_about() -> None:
    shop = Shop(HOSTED)

    link = shop.payments.open_link(ORDER, shop.deadline())

    assert isinstance(link, LinkOpen)
    assert parse_qs(shop.stripe.requests[0][3])["success_url"] == [DONE_URL]
    assert shop.payments.check_link(link.pending, shop.deadline()) == link
    shop.stripe.part.complete(link.pending, "pm_card_mastercard")
    found = shop.payments.check_link(link.pending, shop.deadline())
    assert isinstance(found, Accepted)
    assert (found.card.brand, found.card.last_four) == ("Mastercard", "4444")


def test_a_page_that_expired_is_over() -> None:
    shop = Shop(HOSTED)
    link = shop.payments.open_link(ORDER, shop.deadline())
    assert isinstance(link, LinkOpen)
    shop.stripe.part.objects.get("checkout.session", link.pending).update(status="expired", url=None)

    assert shop.payments.check_link(link.pending, shop.deadline()) == LinkOver()


def test_a_key_that_was_rotated_is_fetched_anew_within_the_turn() -> None:
    shop = Shop()
    new = StripeKey("sk_test_51AnotherKeyForTests00000000000", is_live=False)
    shop.stripe.allow_raw_cards(key=new.value)
    shop.keys = [TEST_STRIPE_KEY, new]
    shop.stripe.part.keys.revoke(TEST_KEY)

    assert isinstance(shop.pay(), Accepted)
    assert shop.fetched == 2


def test_a_key_that_stays_refused_is_tried_once() -> None:
    shop = Shop()
    shop.stripe.part.keys.revoke(TEST_KEY)

    assert shop.pay() == Failed(Problem.KEY)
    assert (shop.fetched, len(shop.stripe.requests)) == (2, 1)


def test_two_refused_keys_are_enough() -> None:
    shop = Shop()
    shop.keys = [TEST_STRIPE_KEY, StripeKey("sk_test_51AnotherKeyForTests00000000000", is_live=False), LIVE]
    shop.stripe.faults = [refusal(401, type="invalid_request_error")] * 5

    assert shop.pay() == Failed(Problem.KEY)
    assert len(shop.stripe.requests) == 2


def test_no_key_is_an_outcome() -> None:
    def none() -> StripeKey:
        raise NoKeyError("the secret holds no Stripe key")

    payments = Payments(KeyCache(none, Time()), SETTINGS, StripeWire().client)

    assert payments.open_chat() == Failed(Problem.NO_KEY)


def test_a_live_key_takes_no_card_in_the_chat() -> None:
    shop = Shop()
    shop.keys = [LIVE]

    assert shop.payments.open_chat() == Failed(Problem.LIVE_CHAT)
    assert shop.pay() == Failed(Problem.LIVE_CHAT)
    assert shop.stripe.requests == []
    assert "SAQ D" in Problem.LIVE_CHAT.value


@pytest.mark.parametrize("settings", [replace(SETTINGS, accept_raw_card_data=True), HOSTED])
def test_a_live_key_may_where_it_is_accepted_or_no_card_comes_through(settings: Settings) -> None:
    shop = Shop(settings)
    shop.keys = [LIVE]

    assert shop.payments.open_chat() == Opened()


def test_a_stand_in_never_gets_a_live_key() -> None:
    shop = Shop(replace(SETTINGS, accept_raw_card_data=True, stripe_api_base="http://127.0.0.1:1"))
    shop.keys = [LIVE]

    assert shop.pay() == Failed(Problem.NO_KEY)
    assert shop.stripe.requests == []


@pytest.mark.parametrize(("passed", "attempts"), [(0.0, 2), (8.0, 2), (8.5, 1), (15.9, 1), (16.1, 0), (40.0, 0)])
def test_no_call_is_begun_that_could_end_too_late(passed: float, attempts: int) -> None:
    shop = Shop()
    shop.stripe.faults = [silence] * 5
    deadline = shop.deadline()
    shop.time.now = passed

    found = shop.payments.tokenize(ORDER, CardData("A", VISA, Expiry(12, 2030), "123"), deadline)

    assert found == Failed(Problem.UNREACHABLE)
    assert len(shop.stripe.requests) == attempts


def test_a_slow_first_call_leaves_no_time_for_the_second() -> None:
    shop = Shop()

    def slow() -> None:
        shop.time.now += 17

    shop.stripe.before = slow

    assert shop.pay() == Failed(Problem.UNREACHABLE)
    assert shop.stripe.paths() == ["post /v1/payment_methods"]


@pytest.mark.parametrize("show", [repr, str])
def test_a_card_is_in_no_repr(show: Callable[[object], str]) -> None:
    shown = show(CardData("Ada Lovelace", VISA, Expiry(12, 2030), "987"))

    assert not [secret for secret in (VISA, "987", "Ada") if secret in shown]
