from __future__ import annotations

import json
import time
from collections.abc import Iterator

import pytest

from paybot_ops.sandbox.access_log import substitute
from paybot_ops.sandbox.api_throttle import Throttle
from tests.sandbox.lambda_world import World
from tests.sandbox.rest_api_world import Api


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    world = World()
    yield world
    world.close()


@pytest.fixture(scope="module")
def api(world: World) -> Api:
    api = Api(world)
    api.allow("/*/GET/*")
    return api


def test_the_function_gets_a_proxy_event_and_its_answer_comes_back(api: Api) -> None:
    sent = api.call("POST", "/dev/chat?a=1&a=2&b=", {"message": "hi"}, Content_Type="application/json", X_Own="é")
    assert sent.status == 200
    event = sent.json
    assert (event["resource"], event["path"], event["httpMethod"]) == ("/chat", "/chat", "POST")
    assert json.loads(event["body"]) == {"message": "hi"}
    assert event["isBase64Encoded"] is False
    assert event["queryStringParameters"] == {"a": "2", "b": ""}
    assert event["multiValueQueryStringParameters"] == {"a": ["1", "2"], "b": [""]}
    assert event["headers"]["Content-Type"] == "application/json"
    assert event["multiValueHeaders"]["X-Own"] == ["é"]
    assert event["pathParameters"] is None
    context = event["requestContext"]
    assert context["requestId"] == sent.headers["x-amzn-RequestId"]
    assert context["extendedRequestId"] == sent.headers["x-amz-apigw-id"]
    assert (context["stage"], context["path"], context["resourcePath"]) == ("dev", "/dev/chat", "/chat")
    assert (context["apiId"], context["accountId"]) == (api.id, "123456789012")
    assert context["identity"]["sourceIp"] == "127.0.0.1"


@pytest.mark.parametrize(
    ("method", "path"), [("GET", "/dev/chat"), ("POST", "/dev/other"), ("POST", "/dev"), ("GET", "/dev/items")]
)
def test_an_unknown_path_or_method_misses_its_token(api: Api, method: str, path: str) -> None:
    answer = api.call(method, path)
    assert (answer.status, answer.json) == (403, {"message": "Missing Authentication Token"})
    assert answer.headers["x-amzn-ErrorType"] == "MissingAuthenticationTokenException"


def test_an_unknown_api_or_stage_is_forbidden(api: Api) -> None:
    assert api.call("POST", "/prod/chat").status == 403
    assert api.call("POST", "/dev/chat", api_id="nowhere").json == {"message": "Forbidden"}


def test_an_api_without_a_body_is_not_simulated(api: Api) -> None:
    hand_built = api.gateway.create_rest_api(name="made resource by resource")["id"]
    assert api.call("POST", "/dev/chat", api_id=hand_built).status == 501


def test_paths_with_parameters(api: Api) -> None:
    assert api.call("GET", "/dev/items/7").json["pathParameters"] == {"item-id": "7"}
    deep = api.call("GET", "/dev/items/7/of/9").json
    assert (deep["pathParameters"], deep["resource"]) == ({"rest": "7/of/9"}, "/items/{rest+}")


@pytest.mark.parametrize(
    "body",
    [None, b"", b"{", b"[]", {}, {"message": ""}, {"message": 1}, {"message": "hi", "count": 4}],
    ids=["nothing", "empty", "no json", "array", "missing", "too short", "type", "referenced"],
)
def test_a_body_that_breaks_the_model_never_reaches_the_function(api: Api, body: object) -> None:
    before = len(api.world.metric("AWS/Lambda", "Invocations", FunctionName=api.function))
    for headers in ({}, {"Content_Type": "application/json; charset=utf-8"}):
        answer = api.call("POST", "/dev/chat", body, **headers)
        assert answer.status == 422
        assert answer.json == {"why": "Invalid request body", "id": answer.headers["x-amzn-RequestId"]}
        assert answer.headers["Access-Control-Allow-Origin"] == "https://shop.example"
    assert len(api.world.metric("AWS/Lambda", "Invocations", FunctionName=api.function)) == before


def test_a_content_type_without_a_model_is_not_validated(api: Api) -> None:
    assert api.call("POST", "/dev/chat", b"plain", Content_Type="text/plain").json["body"] == "plain"


def test_a_preflight_is_answered_by_the_mock(api: Api) -> None:
    answer = api.call("OPTIONS", "/dev/chat", Origin="https://shop.example")
    assert (answer.status, answer.body) == (204, b"")
    assert answer.headers["Access-Control-Allow-Methods"] == "POST,OPTIONS"


def test_status_headers_and_body_are_the_function_s(api: Api) -> None:
    answer = {
        "statusCode": "418",
        "headers": {"X-One": 1, "X-Both": "lost", "Server": "own"},
        "multiValueHeaders": {"X-Both": ["a", "b"]},
        "body": "tea",
    }
    got = api.post({"answer": answer})
    assert (got.status, got.body) == (418, b"tea")
    assert got.headers["X-One"] == "1"
    assert got.headers["X-Both"] in ("a", "b")
    assert got.headers["x-amzn-Remapped-Server"] == "own"
    assert got.headers["Content-Type"] == "application/json"
    assert api.post({"answer": {}}).status == 200


@pytest.mark.parametrize(
    "answer",
    [
        None,
        "text",
        [1],
        {"statusCode": "ok"},
        {"statusCode": 200, "body": {"a": 1}},
        {"statusCode": 200, "extra": 1},
        {"statusCode": 200, "headers": ["a"]},
        {"statusCode": 200, "headers": {"a": {}}},
        {"statusCode": 200, "headers": {"a": "b\r\nInjected: c"}},
    ],
)
def test_a_malformed_answer_is_a_bad_gateway(api: Api, answer: object) -> None:
    got = api.post({"answer": answer})
    assert (got.status, got.json) == (502, {"message": "Internal server error"})
    assert got.headers["Access-Control-Allow-Origin"] == "https://shop.example"


def test_a_function_that_fails_is_a_bad_gateway(api: Api) -> None:
    got = api.post({"raise": 1})
    assert (got.status, got.json) == (502, {"message": "Internal server error"})


def test_a_request_beyond_the_limit_is_too_large(api: Api) -> None:
    got = api.post({"message": "x" * (10 << 20)})
    assert (got.status, got.json) == (413, {"message": "Request Too Long"})


def test_an_integration_that_is_too_slow_times_out_while_the_function_goes_on(world: World) -> None:
    api = Api(world, timeout_ms=300)
    began = time.monotonic()
    got = api.post({"sleep": 1})
    assert time.monotonic() - began < 0.9
    assert (got.status, got.json) == (504, {"message": "Endpoint request timed out"})
    until = time.monotonic() + 10
    while not world.metric("AWS/Lambda", "Invocations", FunctionName=api.function) and time.monotonic() < until:
        time.sleep(0.05)
    assert world.metric("AWS/Lambda", "Errors", FunctionName=api.function) == [0]


def test_the_api_needs_the_function_s_permission(world: World) -> None:
    api = Api(world, allowed="")
    assert (api.post({}).status, api.post({}).json) == (500, {"message": "Internal server error"})
    api.allow("/prod/POST/free")
    assert api.post({}).status == 500
    api.allow("/dev/POST/free")
    assert api.post({}).status == 200
    assert api.post({"message": "hi"}, "/dev/chat").status == 500


def test_a_stage_serves_its_deployment_not_what_was_put_since(world: World) -> None:
    api = Api(world)
    changed = json.loads(json.dumps(api.document))
    changed["paths"]["/new"] = changed["paths"].pop("/free")
    api.put(changed)
    assert api.post({}).status == 200
    assert api.post({}, "/dev/new").status == 403
    api.patch_stage(__deploymentId=api.deploy())
    assert api.post({}).status == 403
    assert api.post({}, "/dev/new").status == 200
    assert api.gateway.get_rest_api(restApiId=api.id)["id"] == api.id


def test_an_imported_api_serves_like_one_that_was_put(world: World) -> None:
    api = Api(world)
    api.document["info"].pop("description")
    api.id = api.gateway.import_rest_api(body=json.dumps(api.document))["id"]
    api.gateway.create_deployment(restApiId=api.id, stageName="dev")
    api.allow("/*/POST/*")
    assert api.post({}).status == 200


def test_a_function_that_lambda_throttles_is_an_internal_error(world: World) -> None:
    """As AWS does: Lambda's 429 becomes 500, of the type INTEGRATION_FAILURE."""
    api = Api(world)
    world.lambda_.put_function_concurrency(FunctionName=api.function, ReservedConcurrentExecutions=0)
    refused = api.post({})
    assert (refused.status, refused.json) == (500, {"message": "Internal server error"})
    world.lambda_.delete_function_concurrency(FunctionName=api.function)
    assert api.post({}).status == 200


def test_method_settings_throttle_the_stage(world: World) -> None:
    api = Api(world)
    api.patch_stage(**{"__*__*__throttling__rateLimit": 0.001, "__*__*__throttling__burstLimit": 2})
    assert [api.post({}).status for _ in range(3)] == [200, 200, 429]
    assert api.post({}).json == {"message": "Too Many Requests"}
    assert [api.call("OPTIONS", "/dev/chat").status for _ in range(3)] == [204, 204, 429]


def test_a_bucket_refills_at_its_rate() -> None:
    now = [0.0]
    throttle = Throttle(clock=lambda: now[0])
    settings = {
        "*/*": {"throttlingRateLimit": -1.0, "throttlingBurstLimit": -1},
        "~1chat/POST": {"throttlingRateLimit": 2.0, "throttlingBurstLimit": 1},
    }

    def admits(method: str) -> bool:
        return throttle.admits("api", "dev", settings, "/chat", method)

    assert [admits("POST"), admits("POST")] == [True, False]
    now[0] = 0.49
    assert not admits("POST")
    now[0] = 0.51
    assert [admits("POST"), admits("POST")] == [True, False]
    assert all(admits("GET") for _ in range(10))


def test_metrics_and_the_access_log_tell_what_happened(world: World) -> None:
    api = Api(world)
    world.logs.create_log_group(logGroupName=f"/api/{api.id}")
    variables = ("status", "resourcePath", "error.responseType", "integration.status", "requestId", "identity.sourceIp")
    form = {name: f"$context.{name}" for name in variables}
    arn = f"arn:aws:logs:us-east-1:123456789012:log-group:/api/{api.id}"
    api.patch_stage(__accessLogSettings__destinationArn=arn, __accessLogSettings__format=json.dumps(form))
    answers = [api.post({}), api.post({}, "/dev/absent"), api.post({"raise": 1}), api.post({}, "/dev/chat")]
    assert api.metric("Count") == [1, 1, 1, 1]
    assert api.metric("4XXError") == [0, 1, 0, 1]
    assert api.metric("5XXError") == [0, 0, 1, 0]
    assert len(api.metric("Latency")) == 4
    assert len(api.metric("IntegrationLatency")) == 2
    lines = [json.loads(line) for line in world.log_lines(f"/api/{api.id}")]
    assert [line.pop("requestId") for line in lines] == [answer.headers["x-amzn-RequestId"] for answer in answers]
    assert {line.pop("identity.sourceIp") for line in lines} == {"127.0.0.1"}
    assert [tuple(line.values()) for line in lines] == [
        ("200", "/free", "-", "200"),
        ("403", "-", "MISSING_AUTHENTICATION_TOKEN", "-"),
        ("502", "/free", "DEFAULT_5XX", "200"),
        ("422", "/chat", "BAD_REQUEST_BODY", "-"),
    ]


def test_variables_end_where_their_name_ends() -> None:
    context = {"stage": "dev", "identity.sourceIp": "::1"}
    text = "At $context.stage. From $context.identity.sourceIp, $context.absent; $input.body"
    assert substitute(text, context, missing="-") == "At dev. From ::1, -; $input.body"
