"""The stand-in of Stripe under faults, and its memory, in which no number and no code is."""

from __future__ import annotations

import gc
import json
import statistics
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from types import FunctionType, ModuleType
from typing import Any

import pytest
import stripe

from paybot_ops.sandbox.server import Sandbox
from tests.sandbox.aws_world import NOVA, client, says
from tests.sandbox.stripe_world import (
    CARD_ONLY,
    CVC,
    VISA,
    Stripe,
    browse,
    card,
    caught,
    client_of,
    control,
    form,
    hosted,
    kind,
    make_faulty,
    new_key,
    stand_in,
)


@pytest.fixture
def world(sandbox: Sandbox) -> Iterator[Stripe]:
    yield stand_in(sandbox, raw_cards=True)
    sandbox.faults.replace([])


def test_faults_come_as_stripe_would_send_them(sandbox: Sandbox, world: Stripe) -> None:
    balance = world.client.v1.balance.retrieve
    make_faulty(sandbox, code="rate_limit", status=429, times=1)
    assert kind(caught(balance)) == "RateLimitError"
    make_faulty(sandbox, code="api_error", status=500, times=1)
    assert caught(balance).http_status == 500
    make_faulty(sandbox, operation="setup_intents.create", code="lock_timeout", status=503)
    assert balance().object == "balance"
    assert caught(lambda: world.client.v1.setup_intents.create(params=CARD_ONLY)).http_status == 503
    make_faulty(sandbox, drop=True)
    assert kind(caught(balance)) == "APIConnectionError"


def test_a_slow_stripe_runs_into_the_client_s_timeout(sandbox: Sandbox) -> None:
    make_faulty(sandbox, delay_seconds=1.0, times=1)
    impatient = client_of(sandbox.stripe.address, new_key(sandbox), seconds=0.2)
    assert kind(caught(impatient.v1.balance.retrieve)) == "APIConnectionError"
    sandbox.faults.replace([])


def test_an_answer_that_is_lost_is_given_again_under_its_key(sandbox: Sandbox, world: Stripe) -> None:
    options = {"idempotency_key": "lost"}
    create = world.client.v1.setup_intents.create
    before = len(sandbox.stripe.snapshot())
    make_faulty(sandbox, lose_answer=True, times=1)
    assert kind(caught(lambda: create(params=CARD_ONLY, options=options))) == "APIConnectionError"
    again = create(params=CARD_ONLY, options=options)
    assert again.last_response.headers["Idempotent-Replayed"] == "true"
    made = [found for found in sandbox.stripe.snapshot()[before:] if found["object"] == "setup_intent"]
    assert [found["id"] for found in made] == [again.id]


def test_the_same_key_at_the_same_time_is_used_once(sandbox: Sandbox, world: Stripe) -> None:
    address, key = sandbox.stripe.address, new_key(sandbox)

    def create(_number: int) -> Any:
        try:
            options: Any = {"idempotency_key": "storm"}
            return client_of(address, key).v1.setup_intents.create(params=CARD_ONLY, options=options).id
        except stripe.StripeError as error:
            return error.http_status

    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(create, range(24)))
    assert len({item for item in found if isinstance(item, str)}) == 1
    assert {item for item in found if not isinstance(item, str)} <= {409}


def texts_of(root: object) -> set[str]:
    """Every text that an object leads to, but for the code of the program."""
    seen, waiting, found = set(), [root], set()
    while waiting:
        one = waiting.pop()
        if id(one) in seen or isinstance(one, ModuleType | FunctionType | type | threading.Thread):
            continue
        seen.add(id(one))
        if isinstance(one, str | bytes):
            found.add(one if isinstance(one, str) else one.decode("latin-1"))
        waiting += gc.get_referents(one)
    return found


def test_neither_number_nor_code_is_kept_anywhere(
    sandbox: Sandbox, world: Stripe, capfd: pytest.CaptureFixture[str]
) -> None:
    number, code = "4539578763621486", "739"
    world = stand_in(sandbox, raw_cards=True, any_card=True)
    control(sandbox, "DELETE", "stripe/requests")
    create = world.client.v1.payment_methods.create
    for _ in range(2):
        made = create(params=card(number, code), options={"idempotency_key": "kept"})
    world.setup(made.id)
    caught(lambda: create(params=card(number, code, exp_year=2020), options={"idempotency_key": "declined"}))
    caught(lambda: create(params=card(number, code, brand=number), options={"idempotency_key": "unknown"}))
    world.client.v1.customers.create(params={"name": number, "metadata": {number: number}})
    session = hosted(world)
    browse(session.url, form(VISA))
    kept = texts_of(sandbox.stripe)
    said = capfd.readouterr()
    for text in (*kept, said.out, said.err, json.dumps(control(sandbox, "GET", "stripe/requests"))):
        assert number not in text
        assert VISA not in text
        assert code != text
    assert made.card.fingerprint in kept
    entries = control(sandbox, "GET", "stripe/requests")["requests"]
    assert entries[0]["parameters"]["card"] == {"exp_month": "12", "exp_year": "2034"}
    # The search finds what is there.
    sandbox.stripe.objects.new("customer", "cus", note=[{"deep": number + code}])
    assert any(number in text for text in texts_of(sandbox.stripe))


def test_a_number_where_none_belongs_is_noticed_and_not_kept(sandbox: Sandbox, world: Stripe) -> None:
    control(sandbox, "DELETE", "stripe/requests")
    options = {"idempotency_key": f"pay-{VISA}"}
    world.client.v1.setup_intents.create(
        params={**CARD_ONLY, "description": "card 4242-4242-4242-4242", "metadata": {"cvv": CVC}}, options=options
    )
    (entry,) = control(sandbox, "GET", "stripe/requests")["requests"]
    assert entry["misplaced"] == ["Idempotency-Key", "description"]
    assert entry["parameters"]["description"] == "card [card number]"
    assert entry["parameters"]["metadata"] == {"cvv": CVC}
    assert (entry["operation"], entry["status"], entry["api_version"]) == (
        "setup_intents.create",
        200,
        stripe.api_version,
    )


def test_a_fingerprint_is_the_same_for_the_same_card_and_tells_nothing(world: Stripe) -> None:
    create = world.client.v1.payment_methods.create
    first, again, other = (create(params=card(number)).card.fingerprint for number in (VISA, VISA, "5555555555554444"))
    assert first == again != other


def test_control_is_not_for_browsers(sandbox: Sandbox) -> None:
    request = urllib.request.Request(
        f"{sandbox.endpoint}/_paybot/stripe/keys", b"{}", {"Origin": "https://evil.example"}
    )
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(request)
    assert refused.value.code == 403
    assert control(sandbox, "POST", "stripe/complete")["message"].startswith("Not understood")
    assert control(sandbox, "POST", "stripe/nothing")["message"] == "No such control endpoint."


def test_a_bucket_named_like_stripe_s_path_is_still_a_bucket(sandbox: Sandbox) -> None:
    bucket = client(sandbox, "s3")
    bucket.create_bucket(Bucket="v1-logs")
    bucket.put_object(Bucket="v1-logs", Key="v1/setup_intents", Body=b"mine")
    assert bucket.get_object(Bucket="v1-logs", Key="v1/setup_intents")["Body"].read() == b"mine"


def test_a_call_takes_a_few_milliseconds(world: Stripe) -> None:
    world.client.v1.setup_intents.create(params=CARD_ONLY)
    taken = []
    for _ in range(30):
        began = time.perf_counter()
        world.client.v1.setup_intents.create(params=CARD_ONLY)
        taken.append(time.perf_counter() - began)
    # Without buffered writes and with Nagle's delay it takes 46 ms.
    assert statistics.median(taken) < 0.03


def test_the_models_requests_are_recorded(sandbox: Sandbox) -> None:
    control(sandbox, "DELETE", "model-requests")
    client(sandbox, "bedrock-runtime").converse(modelId=NOVA, messages=says("what do you do?"))
    (recorded,) = control(sandbox, "GET", "model-requests")["requests"]
    assert recorded["messages"] == says("what do you do?")
    assert control(sandbox, "DELETE", "model-requests")["requests"] == []
