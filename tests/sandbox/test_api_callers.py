"""Who may call a deployed API: API keys and signatures, as API Gateway asks for them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from paybot_ops.adapters.session import Session
from tests.sandbox.lambda_world import World
from tests.sandbox.rest_api_world import Answer, Api

KEY_SCHEME = {"k": {"type": "apiKey", "name": "x-api-key", "in": "header"}}
BODY = {"message": "hi"}


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    world = World()
    yield world
    world.close()


def deployed(world: World, **operation: Any) -> Api:
    """An API whose POST /free has these members more."""
    api = Api(world)
    document = {**api.document, "components": {**api.document["components"], "securitySchemes": KEY_SCHEME}}
    document["paths"] = {**document["paths"], "/free": {"post": {**document["paths"]["/free"]["post"], **operation}}}
    api.put(document)
    api.patch_stage(__deploymentId=api.deploy())
    return api


@pytest.fixture(scope="module")
def keyed(world: World) -> Api:
    return deployed(world, security=[{"k": []}])


@pytest.fixture(scope="module")
def signed(world: World) -> Api:
    return deployed(world, **{"x-amazon-apigateway-auth": {"type": "aws_iam"}})


def api_key(api: Api, *, stage: str = "dev", enabled: bool = True) -> tuple[str, str]:
    """(id, value) of a new key that a usage plan lets call the stage."""
    made = api.gateway.create_api_key(name="shop", enabled=enabled)
    plan = api.gateway.create_usage_plan(name=made["id"], apiStages=[{"apiId": api.id, "stage": stage}])
    api.gateway.create_usage_plan_key(usagePlanId=plan["id"], keyId=made["id"], keyType="API_KEY")
    return made["id"], made["value"]


def said(answer: Answer) -> tuple[int, str, str]:
    return answer.status, answer.json["message"], answer.headers["x-amzn-ErrorType"]


def test_a_key_of_the_stage_s_usage_plan_opens_it(keyed: Api) -> None:
    key_id, value = api_key(keyed)
    answer = keyed.call("POST", "/dev/free", BODY, x_api_key=value)
    assert answer.status == 200
    identity = answer.json["requestContext"]["identity"]
    assert (identity["apiKeyId"], identity["apiKey"]) == (key_id, value)
    assert keyed.call("POST", "/dev/chat", BODY, Content_Type="application/json").status == 200


@pytest.mark.parametrize("which", ["none", "unknown", "disabled", "of another stage"])
def test_another_key_is_forbidden(keyed: Api, which: str) -> None:
    values: dict[str, Callable[[], str]] = {
        "none": lambda: "",
        "unknown": lambda: "nobody-made-this-key-at-all",
        "disabled": lambda: api_key(keyed, enabled=False)[1],
        "of another stage": lambda: api_key(keyed, stage="prod")[1],
    }
    value = values[which]()
    headers = {"x_api_key": value} if value else {}
    assert said(keyed.call("POST", "/dev/free", BODY, **headers)) == (403, "Forbidden", "ForbiddenException")


def test_a_signed_request_passes_and_says_who_it_is_from(signed: Api) -> None:
    session = Session("us-east-1", signed.world.endpoint)
    data = json.dumps(BODY).encode()
    url = f"{signed.world.endpoint}/_aws/execute-api/{signed.id}/dev/free"
    signature = session.signature("execute-api", "POST", url, data)
    answer = signed.call("POST", "/dev/free", data, **signature)
    assert answer.status == 200
    identity = answer.json["requestContext"]["identity"]
    assert (identity["accessKey"], identity["accountId"]) == ("sandbox", "123456789012")


def test_a_request_without_a_signature_is_refused_as_by_api_gateway(signed: Api) -> None:
    refused = said(signed.call("POST", "/dev/free", BODY))
    assert refused == (403, "Missing Authentication Token", "MissingAuthenticationTokenException")
    for given in ("Bearer x", "AWS4-HMAC-SHA256 Credential=a/20260101/us-east-1/s3/aws4_request, Signature=1"):
        status, message, kind = said(signed.call("POST", "/dev/free", BODY, Authorization=given))
        assert (status, kind) == (403, "InvalidSignatureException")
        assert "execute-api" in message
    assert signed.call("POST", "/dev/chat", BODY, Content_Type="application/json").status == 200
