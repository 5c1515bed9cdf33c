"""What only the stand-in of Stripe has: raw cards by permission, faults, pages, webhooks, a memory without numbers."""

from __future__ import annotations

import gc
import http.client
import http.server
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
from urllib.parse import urlencode, urlsplit

import pytest
import stripe

from paybot_ops.sandbox import STRIPE_PATH, control_client
from paybot_ops.sandbox.server import Sandbox
from paybot_ops.sandbox.stripe_access import Key
from paybot_ops.sandbox.stripe_calls import Call
from paybot_ops.sandbox.stripe_cards import TEST_NAMES
from paybot_ops.sandbox.stripe_checkout import Checkout
from paybot_ops.sandbox.stripe_intents import SETUP, Intents
from paybot_ops.sandbox.stripe_methods import PaymentMethods
from paybot_ops.sandbox.stripe_objects import Objects
from tests.sandbox.aws_world import NOVA, client, says
from tests.sandbox.stripe_world import CARD_ONLY, DONE, Stripe, card, caught, client_of, kind, new_key, stand_in

VISA = "4242424242424242"
CVC = "739"


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox() as running:
        yield running


@pytest.fixture
def world(sandbox: Sandbox) -> Iterator[Stripe]:
    yield stand_in(sandbox, raw_cards=True)
    sandbox.faults.replace([])


def control(sandbox: Sandbox, method: str, path: str, **body: Any) -> dict[str, Any]:
    return control_client.call(sandbox.endpoint, method, f"/_paybot/{path}", body or None)


def make_faulty(sandbox: Sandbox, **rule: Any) -> None:
    answer = control_client.call(sandbox.endpoint, "POST", "/_paybot/faults", [{"service": "stripe", **rule}])
    assert answer["rules"], answer


# -- cards -----------------------------------------------------------------------------------------------------------


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


# -- parameters ------------------------------------------------------------------------------------------------------


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


# -- keys ------------------------------------------------------------------------------------------------------------


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


# -- a customer's part -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("passed", "status"), [(True, "succeeded"), (False, "requires_payment_method")])
def test_three_d_secure_by_the_control_endpoint(sandbox: Sandbox, world: Stripe, passed: bool, status: str) -> None:
    intent = world.setup("pm_card_authenticationRequired")
    control(sandbox, "POST", "stripe/authenticate", intent=intent.id, passed=passed)
    found = world.client.v1.setup_intents.retrieve(intent.id)
    assert found.status == status
    if not passed:
        assert found.last_setup_error.code == "setup_intent_authentication_failure"


def browse(url: str, form: dict[str, str] | None = None) -> tuple[int, str, str]:
    """(status, where to go next, text) of a page, following nothing."""
    address = urlsplit(url)
    connection = http.client.HTTPConnection(address.netloc, timeout=10)
    body = urlencode(form) if form is not None else None
    headers = {"Content-Type": "application/x-www-form-urlencoded"} if form is not None else {}
    connection.request("GET" if form is None else "POST", address.path, body, headers)
    answer = connection.getresponse()
    text = answer.read().decode()
    connection.close()
    return answer.status, answer.headers.get("Location", ""), text


def hosted(world: Stripe) -> Any:
    return world.client.v1.checkout.sessions.create(
        params={**CARD_ONLY, "mode": "setup", "success_url": DONE + "?id={CHECKOUT_SESSION_ID}"}
    )


def form(number: str) -> dict[str, str]:
    return {"number": number, "exp_month": "12", "exp_year": "34", "cvc": CVC, "name": "Ada"}


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


# -- faults ----------------------------------------------------------------------------------------------------------


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


# -- webhooks --------------------------------------------------------------------------------------------------------


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


# -- what is kept ----------------------------------------------------------------------------------------------------


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
