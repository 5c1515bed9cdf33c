"""The server as a whole: its HTTP, its control endpoints, its faults, and that it ends cleanly."""

from __future__ import annotations

import http.client
import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import urlsplit

import pytest
from botocore.exceptions import ClientError, ConnectionClosedError

from paybot_ops.sandbox.control_client import call
from paybot_ops.sandbox.loopback import LARGEST_REQUEST
from paybot_ops.sandbox.server import Sandbox
from tests.sandbox.aws_world import NOVA, client, code_of, says


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(region="eu-west-1") as running:
        yield running


@pytest.fixture(autouse=True)
def without_faults(sandbox: Sandbox) -> Iterator[None]:
    yield
    sandbox.faults.replace([])


def connection_to(sandbox: Sandbox) -> http.client.HTTPConnection:
    return http.client.HTTPConnection(urlsplit(sandbox.endpoint).netloc, timeout=5)


def set_faults(sandbox: Sandbox, *rules: dict[str, Any]) -> dict[str, Any]:
    return call(sandbox.endpoint, "POST", "/_paybot/faults", list(rules))


def test_health_says_which_server_this_is(sandbox: Sandbox) -> None:
    health = call(sandbox.endpoint, "GET", "/_paybot/health")
    assert (health["instance"], health["account_id"], health["region"]) == (
        sandbox.instance,
        "123456789012",
        "eu-west-1",
    )


def test_it_listens_on_loopback_only(sandbox: Sandbox) -> None:
    port = urlsplit(sandbox.endpoint).port or 0
    with socket.socket() as other:
        # Every other address of the machine is free, so another program can listen there.
        other.bind(("127.0.0.2", port))


def test_a_connection_is_kept_for_further_requests(sandbox: Sandbox) -> None:
    connection = connection_to(sandbox)
    connection.request("GET", "/_paybot/health")
    connection.getresponse().read()
    first = connection.sock
    connection.request("POST", "/_paybot/nothing", b"a body that nobody reads")
    assert connection.getresponse().read()
    connection.request("GET", "/_paybot/health")
    assert connection.getresponse().status == 200
    assert first is not None and connection.sock is first
    connection.close()


def test_a_chunked_body_is_read_whole(sandbox: Sandbox) -> None:
    connection = connection_to(sandbox)
    connection.request("POST", "/_paybot/faults", iter([b'[{"service":', b'"sts"}]']), encode_chunked=True)
    assert b'"service": "sts"' in connection.getresponse().read()
    connection.close()


def test_an_answer_to_head_has_no_body(sandbox: Sandbox) -> None:
    connection = connection_to(sandbox)
    connection.request("HEAD", "/_paybot/health")
    connection.getresponse().read()
    connection.request("GET", "/_paybot/health")
    assert connection.getresponse().status == 200
    connection.close()


def test_a_request_that_is_too_large_is_refused_unread(sandbox: Sandbox) -> None:
    connection = connection_to(sandbox)
    connection.putrequest("POST", "/_paybot/faults")
    connection.putheader("Content-Length", str(LARGEST_REQUEST + 1))
    connection.endheaders()
    answer = connection.getresponse()
    assert (answer.status, answer.getheader("Connection")) == (413, "close")
    connection.close()


def test_calls_are_not_held_up(sandbox: Sandbox) -> None:
    # Without buffered writes or with Nagle's delay each call takes 40 ms longer.
    sts = client(sandbox, "sts")
    sts.get_caller_identity()
    times = []
    for _ in range(9):
        began = time.perf_counter()
        sts.get_caller_identity()
        times.append(time.perf_counter() - began)
    assert min(times) < 0.03


def test_what_is_not_simulated_fails_at_once_and_says_so(sandbox: Sandbox) -> None:
    patient = client(sandbox, "pricing", attempts=5)
    with pytest.raises(ClientError, match="does not simulate pricing GetProducts") as caught:
        patient.get_products(ServiceCode="AmazonBedrock")
    assert code_of(caught.value) == ("NotImplemented", 501)
    assert caught.value.response["ResponseMetadata"]["RetryAttempts"] == 0


def test_moto_runs_one_request_at_a_time_and_health_does_not_wait(sandbox: Sandbox) -> None:
    sts = client(sandbox, "sts")
    with ThreadPoolExecutor(1) as pool:
        with sandbox.moto.lock:
            waiting = pool.submit(sts.get_caller_identity)
            with pytest.raises(TimeoutError):
                waiting.result(timeout=0.2)
            assert call(sandbox.endpoint, "GET", "/_paybot/health")["instance"] == sandbox.instance
        assert waiting.result(timeout=5)["Account"] == "123456789012"


def test_conditional_writes_have_one_winner(sandbox: Sandbox) -> None:
    table = client(sandbox, "dynamodb")
    table.create_table(
        TableName="locks",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )

    def take(_: int) -> bool:
        try:
            table.put_item(TableName="locks", Item={"id": {"S": "x"}}, ConditionExpression="attribute_not_exists(id)")
        except ClientError:
            return False
        return True

    with ThreadPoolExecutor(16) as pool:
        assert sum(pool.map(take, range(48))) == 1


CALLS = [
    ("sts", "sts", "GetCallerIdentity", lambda sts: sts.get_caller_identity()),
    ("iam", "iam", "ListRoles", lambda iam: iam.list_roles()),
    ("s3", "s3", "ListBuckets", lambda s3: s3.list_buckets()),
    ("s3", "s3", "GetObject", lambda s3: s3.get_object(Bucket="some-bucket", Key="a/b")),
    ("s3", "s3", "GetBucketPolicy", lambda s3: s3.get_bucket_policy(Bucket="some-bucket")),
    ("dynamodb", "dynamodb", "ListTables", lambda dynamodb: dynamodb.list_tables()),
    ("cloudwatch", "monitoring", "DescribeAlarms", lambda cloudwatch: cloudwatch.describe_alarms()),
    ("lambda", "lambda", "ListFunctions", lambda functions: functions.list_functions()),
    ("bedrock", "bedrock", "ListGuardrails", lambda bedrock: bedrock.list_guardrails()),
    ("bedrock-runtime", "bedrock", "Converse", lambda runtime: runtime.converse(modelId=NOVA, messages=says("hi"))),
]


@pytest.mark.parametrize(("service", "signing_name", "operation", "make"), CALLS, ids=[f"{c[0]}-{c[2]}" for c in CALLS])
def test_a_fault_reaches_the_client_of_every_protocol(
    sandbox: Sandbox, service: str, signing_name: str, operation: str, make: Any
) -> None:
    other = {"service": signing_name, "operation": "SomethingElse", "code": "Wrong", "status": 400}
    rule = {
        "service": signing_name,
        "operation": operation,
        "code": "ThrottlingException",
        "status": 429,
        "message": "Slow.",
    }
    set_faults(sandbox, other, rule)
    with pytest.raises(ClientError, match=r"Slow\.") as caught:
        make(client(sandbox, service))
    assert code_of(caught.value) == ("ThrottlingException", 429)


def test_an_sdk_gets_over_a_fault_that_passes(sandbox: Sandbox) -> None:
    set_faults(sandbox, {"service": "sts", "code": "Throttling", "status": 400, "times": 2})
    answer = client(sandbox, "sts", attempts=3).get_caller_identity()
    assert answer["ResponseMetadata"]["RetryAttempts"] == 2
    assert [rule["hits"] for rule in call(sandbox.endpoint, "GET", "/_paybot/faults")["rules"]] == [2]


def test_a_dropped_connection_has_no_answer(sandbox: Sandbox) -> None:
    set_faults(sandbox, {"service": "sts", "drop": True})
    with pytest.raises(ConnectionClosedError):
        client(sandbox, "sts").get_caller_identity()


def test_a_delay_holds_up_only_its_own_service(sandbox: Sandbox) -> None:
    # Made first: a client takes longer to make on a busy machine than a call is held up.
    sts, dynamodb = client(sandbox, "sts"), client(sandbox, "dynamodb")
    dynamodb.list_tables()
    set_faults(sandbox, {"service": "sts", "delay_seconds": 2, "times": 1})
    with ThreadPoolExecutor(1) as pool:
        began = time.perf_counter()
        slow = pool.submit(sts.get_caller_identity)
        dynamodb.list_tables()
        assert not slow.done()
        assert slow.result()["Account"] == "123456789012"
    assert time.perf_counter() - began >= 2


@pytest.mark.parametrize("rules", [{"service": "sts"}, [{"servic": "sts"}], ["sts"], [{}]])
def test_rules_that_mean_nothing_are_refused(sandbox: Sandbox, rules: Any) -> None:
    assert "message" in call(sandbox.endpoint, "POST", "/_paybot/faults", rules)
    assert call(sandbox.endpoint, "GET", "/_paybot/faults")["rules"] == []


@pytest.mark.parametrize("header", ["Origin", "Sec-Fetch-Site"])
def test_a_web_page_cannot_control_the_sandbox(sandbox: Sandbox, header: str) -> None:
    connection = connection_to(sandbox)
    connection.request("POST", "/_paybot/stop", headers={header: "https://elsewhere.example"})
    assert connection.getresponse().status == 403
    assert not sandbox.stop_requested.is_set()
    connection.close()


def test_closing_ends_every_thread_and_connection() -> None:
    before = set(threading.enumerate())
    sandbox = Sandbox()
    connection = connection_to(sandbox)
    connection.request("GET", "/_paybot/health")
    connection.getresponse().read()
    assert call(sandbox.endpoint, "POST", "/_paybot/stop") == {"stopping": True}
    assert sandbox.stop_requested.is_set()
    sandbox.close()
    deadline = time.monotonic() + 5
    while set(threading.enumerate()) - before and time.monotonic() < deadline:
        time.sleep(0.01)
    assert set(threading.enumerate()) - before == set()
    with pytest.raises((ConnectionError, http.client.HTTPException)):
        connection.request("GET", "/_paybot/health")
        connection.getresponse()
    connection.close()
    assert call(sandbox.endpoint, "GET", "/_paybot/health") == {}


def test_a_port_that_is_taken_is_an_os_error() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(OSError, match="in use"):
            Sandbox(port=taken.getsockname()[1])


def test_a_part_that_breaks_answers_with_an_error_and_the_server_goes_on(
    sandbox: Sandbox, capfd: pytest.CaptureFixture[str]
) -> None:
    # An impossible delay makes the fault part itself fail.
    set_faults(sandbox, {"service": "sts", "delay_seconds": "secret-text"})
    with pytest.raises(ClientError) as caught:
        client(sandbox, "sts").get_caller_identity()
    assert code_of(caught.value) == ("InternalFailure", 501)
    assert "secret-text" not in capfd.readouterr().err
    sandbox.faults.replace([])
    assert client(sandbox, "sts").get_caller_identity()["Account"] == "123456789012"


def test_motos_own_reset_is_not_served(sandbox: Sandbox) -> None:
    assert "not served" in call(sandbox.endpoint, "POST", "/moto-api/reset")["message"]


def test_a_fresh_sandbox_is_empty() -> None:
    for _ in range(2):
        with Sandbox() as fresh:
            assert client(fresh, "s3").list_buckets()["Buckets"] == []
            client(fresh, "s3").create_bucket(Bucket="left-behind")
