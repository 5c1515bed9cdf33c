"""Bedrock's catalogue and Converse: what is answered, what is refused and how, and what is measured."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from paybot_ops.sandbox.catalogue import models, profiles
from paybot_ops.sandbox.guardrails import Guardrails
from paybot_ops.sandbox.models import Models
from paybot_ops.sandbox.reply import count_tokens, reply_to
from paybot_ops.sandbox.server import Sandbox
from tests.sandbox.aws_world import NOVA, client, code_of, says

LLAMA = "meta.llama3-2-1b-instruct-v1:0"
CLAUDE = "anthropic.claude-haiku-4-5-20251001-v1:0"


def refusal(call: Any, **params: Any) -> tuple[str, int, str]:
    with pytest.raises(ClientError) as caught:
        call(**params)
    return (*code_of(caught.value), caught.value.response["Error"]["Message"])


def test_a_model_in_use_is_active(sandbox: Sandbox) -> None:
    details = client(sandbox, "bedrock").get_foundation_model(modelIdentifier="amazon.nova-micro-v1:0")["modelDetails"]
    assert details["modelLifecycle"]["status"] == "ACTIVE"
    assert details["modelArn"] == "arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-micro-v1:0"
    assert details["inferenceTypesSupported"] == ["ON_DEMAND"]


def test_a_retired_model_says_since_when(sandbox: Sandbox) -> None:
    arn = f"arn:aws:bedrock:us-east-1::foundation-model/{LLAMA}"
    lifecycle = client(sandbox, "bedrock").get_foundation_model(modelIdentifier=arn)["modelDetails"]["modelLifecycle"]
    assert lifecycle["status"] == "LEGACY"
    assert lifecycle["endOfLifeTime"] == datetime(2026, 7, 7, tzinfo=UTC)
    assert lifecycle["legacyTime"] < lifecycle["endOfLifeTime"]


def test_a_model_becomes_legacy_on_its_day() -> None:
    legacy = models()[LLAMA].legacy
    assert legacy is not None
    for days, status in ((-1, "ACTIVE"), (0, "LEGACY")):
        part = Models(now=lambda days=days: legacy + timedelta(days=days))  # type: ignore[misc]
        assert part._details(models()[LLAMA], "us-east-1")["modelLifecycle"]["status"] == status


@pytest.mark.parametrize(
    "identifier", ["amazon.nova-nano-v1:0", "arn:aws:bedrock:us-west-2::foundation-model/" + LLAMA]
)
def test_an_unknown_model_is_not_found(sandbox: Sandbox, identifier: str) -> None:
    found = refusal(client(sandbox, "bedrock").get_foundation_model, modelIdentifier=identifier)
    assert found[:2] == ("ResourceNotFoundException", 404)


def test_models_are_listed_by_region_and_filter(sandbox: Sandbox) -> None:
    def listed(region: str = "us-east-1", **filters: str) -> set[str]:
        found = client(sandbox, "bedrock", region).list_foundation_models(**filters)
        return {model["modelId"] for model in found["modelSummaries"]}

    assert {"amazon.nova-micro-v1:0", LLAMA, CLAUDE} <= listed()
    assert LLAMA not in listed("ap-south-1")
    assert listed(byProvider="anthropic") == {CLAUDE}
    assert CLAUDE not in listed(byInferenceType="ON_DEMAND")
    assert listed(byOutputModality="IMAGE") == set()


def test_a_profile_routes_to_its_regions(sandbox: Sandbox) -> None:
    profile = client(sandbox, "bedrock", "us-west-2").get_inference_profile(inferenceProfileIdentifier=NOVA)
    regions = [model["modelArn"].split(":")[3] for model in profile["models"]]
    assert regions == ["us-east-1", "us-east-2", "us-west-2"]
    assert profile["inferenceProfileArn"] == f"arn:aws:bedrock:us-west-2:123456789012:inference-profile/{NOVA}"
    by_arn = client(sandbox, "bedrock", "us-west-2").get_inference_profile(
        inferenceProfileIdentifier=profile["inferenceProfileArn"]
    )
    assert by_arn["inferenceProfileId"] == NOVA


@pytest.mark.parametrize(("identifier", "region"), [("us.amazon.nova-nano-v1:0", "us-east-1"), (NOVA, "eu-west-1")])
def test_a_profile_that_the_region_does_not_have_is_not_found(sandbox: Sandbox, identifier: str, region: str) -> None:
    bedrock = client(sandbox, "bedrock", region)
    found = refusal(bedrock.get_inference_profile, inferenceProfileIdentifier=identifier)
    assert found[:2] == ("ResourceNotFoundException", 404)


def test_profiles_come_in_pages(sandbox: Sandbox) -> None:
    bedrock = client(sandbox, "bedrock")
    pages = list(bedrock.get_paginator("list_inference_profiles").paginate(PaginationConfig={"PageSize": 4}))
    found = [profile["inferenceProfileId"] for page in pages for profile in page["inferenceProfileSummaries"]]
    assert found == [profile.id for profile in profiles().values() if "us-east-1" in profile.sources]
    assert len(pages) > 1
    assert bedrock.list_inference_profiles(typeEquals="APPLICATION")["inferenceProfileSummaries"] == []
    assert refusal(bedrock.list_inference_profiles, nextToken="nonsense")[:2] == ("ValidationException", 400)


def test_converse_says_the_same_to_the_same(sandbox: Sandbox) -> None:
    runtime = client(sandbox, "bedrock-runtime")
    asked = {"modelId": NOVA, "messages": says("I want to pay my bill"), "system": [{"text": "You take payments."}]}
    first, second = runtime.converse(**asked), runtime.converse(**asked)
    assert first["output"] == second["output"]
    assert first["output"]["message"]["content"][0]["text"].startswith("I can help with that payment.")
    assert first["stopReason"] == "end_turn"
    assert first["usage"] == {"inputTokens": 6 + 5, "outputTokens": 15, "totalTokens": 26}
    assert first["metrics"]["latencyMs"] >= 0


def test_an_answer_is_cut_at_the_token_limit(sandbox: Sandbox) -> None:
    runtime = client(sandbox, "bedrock-runtime")
    answer = runtime.converse(modelId=NOVA, messages=says("hello"), inferenceConfig={"maxTokens": 2})
    assert (answer["stopReason"], answer["usage"]["outputTokens"]) == ("max_tokens", 2)
    assert answer["output"]["message"]["content"] == [{"text": "Hello! I"}]


def test_words_are_whole_words() -> None:
    assert reply_to("Nolan here, I know November")[0] == reply_to("something else")[0]
    assert reply_to("Please CANCEL it!")[0] != reply_to("something else")[0]
    assert (count_tokens(""), count_tokens("a"), count_tokens("abcde")) == (0, 1, 2)


@pytest.mark.parametrize(
    ("model", "code", "status", "words"),
    [
        ("amazon.nova-nano-v1:0", "ValidationException", 400, "identifier is invalid"),
        (f"us.{LLAMA}", "ResourceNotFoundException", 404, "end of its life"),
        (LLAMA, "ResourceNotFoundException", 404, "end of its life"),
        (CLAUDE, "ValidationException", 400, "with on-demand throughput isn\u2019t supported"),
    ],
)
def test_a_model_that_cannot_be_invoked(sandbox: Sandbox, model: str, code: str, status: int, words: str) -> None:
    found = refusal(client(sandbox, "bedrock-runtime").converse, modelId=model, messages=says("hi"))
    assert found[:2] == (code, status)
    assert words in found[2]


def test_a_bare_id_works_only_where_it_is_on_demand(sandbox: Sandbox) -> None:
    asked = {"modelId": "amazon.nova-micro-v1:0", "messages": says("hi")}
    assert client(sandbox, "bedrock-runtime").converse(**asked)["stopReason"] == "end_turn"
    found = refusal(client(sandbox, "bedrock-runtime", "us-west-2").converse, **asked)
    assert "on-demand throughput" in found[2]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"messages": []}, "must start with a user message"),
        ({"messages": [{"role": "assistant", "content": [{"text": "x"}]}]}, "must start with a user message"),
        ({"messages": says("a") + says("b")}, "must alternate"),
        ({"messages": [{"role": "user", "content": []}]}, r"content field in the Message object at messages.0"),
        ({"messages": says(" \n")}, "messages.0.content.0 is blank"),
        (
            {"messages": [{"role": "robot", "content": [{"text": "x"}]}]},
            "messages.1.member.role' failed to satisfy constraint: Member must satisfy enum value set",
        ),
        ({"inferenceConfig": {"temperature": 1.5}}, "less than or equal to 1"),
        ({"guardrailConfig": {"guardrailIdentifier": "abc123abc123"}}, "guardrailVersion"),
    ],
)
def test_a_request_that_bedrock_refuses(sandbox: Sandbox, changes: dict[str, Any], words: str) -> None:
    runtime = client(sandbox, "bedrock-runtime")
    found = refusal(runtime.converse, **({"modelId": NOVA, "messages": says("hi")} | changes))
    assert found[:2] == ("ValidationException", 400)
    assert words in found[2]


def test_a_call_is_measured_under_the_id_that_was_invoked(sandbox: Sandbox) -> None:
    region, model = "us-east-2", "us.amazon.nova-lite-v1:0"
    runtime = client(sandbox, "bedrock-runtime", region)
    answers = [runtime.converse(modelId=model, messages=says(text)) for text in ("hello", "a longer message")]
    refusal(runtime.converse, modelId=model, messages=[])

    def total(name: str, model_id: str = model) -> float:
        now = datetime.now(UTC)
        found = client(sandbox, "cloudwatch", region).get_metric_statistics(
            Namespace="AWS/Bedrock",
            MetricName=name,
            Dimensions=[{"Name": "ModelId", "Value": model_id}],
            StartTime=now - timedelta(hours=1),
            EndTime=now + timedelta(hours=1),
            Period=86400,
            Statistics=["Sum"],
        )["Datapoints"]
        return float(sum(point["Sum"] for point in found))

    assert total("Invocations") == 2
    assert total("InvocationClientErrors") == 1
    assert total("InputTokenCount") == sum(answer["usage"]["inputTokens"] for answer in answers)
    assert total("OutputTokenCount") == sum(answer["usage"]["outputTokens"] for answer in answers)
    assert total("InvocationLatency") == sum(answer["metrics"]["latencyMs"] for answer in answers)
    assert total("Invocations", "amazon.nova-lite-v1:0") == 0


def test_the_rest_of_the_runtime_is_refused_and_not_answered_with_nothing(sandbox: Sandbox) -> None:
    found = refusal(client(sandbox, "bedrock-runtime").invoke_model, modelId=NOVA, body=b"{}")
    assert found[:2] == ("NotImplemented", 501)


def test_moto_still_answers_the_rest_of_bedrock(sandbox: Sandbox) -> None:
    assert client(sandbox, "bedrock").list_custom_models()["modelSummaries"] == []


def test_an_unsigned_request_is_none_of_bedrocks(sandbox: Sandbox) -> None:
    from werkzeug.test import EnvironBuilder

    request = EnvironBuilder("/guardrails", method="GET").get_request()
    assert Guardrails(sandbox.moto).answer(request) is None
