"""Guardrails: their life, what Bedrock refuses in them, what they do to a conversation, and the real provider."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from paybot_ops.adapters.mirror import find_mirror, write_configuration
from paybot_ops.sandbox.guardrail_store import VERSIONS_PER_GUARDRAIL
from paybot_ops.sandbox.server import Sandbox
from paybot_ops.sandbox.workspace import environment
from tests.sandbox.aws_world import NOVA, client, code_of, says


@pytest.fixture(scope="module")
def server() -> Iterator[Sandbox]:
    with Sandbox() as running:
        yield running


@pytest.fixture
def sandbox(server: Sandbox) -> Iterator[Sandbox]:
    yield server
    bedrock = client(server, "bedrock")
    for guardrail in bedrock.list_guardrails()["guardrails"]:
        bedrock.delete_guardrail(guardrailIdentifier=guardrail["id"])


WORDS = {"wordPolicyConfig": {"wordsConfig": [{"text": "banana split"}]}}


def create(sandbox: Sandbox, **changes: Any) -> dict[str, Any]:
    plain = {"name": "bot", "description": "d", "blockedInputMessaging": "Not that.", "blockedOutputsMessaging": "Hm."}
    created: dict[str, Any] = client(sandbox, "bedrock").create_guardrail(**(plain | WORDS | changes))
    return created


def refusal(call: Any, *args: Any, **params: Any) -> tuple[str, int, str]:
    with pytest.raises(ClientError) as caught:
        call(*args, **params)
    return (*code_of(caught.value), caught.value.response["Error"]["Message"])


def pii(*entities: tuple[str, str]) -> dict[str, Any]:
    return {"sensitiveInformationPolicyConfig": {"piiEntitiesConfig": [{"type": t, "action": a} for t, a in entities]}}


def test_what_was_created_is_read_back(sandbox: Sandbox) -> None:
    bedrock = client(sandbox, "bedrock")
    filters = [{"type": "HATE", "inputStrength": "HIGH", "outputStrength": "LOW", "inputAction": "BLOCK"}]
    topics = [{"name": "Tax", "definition": "Advice on tax.", "examples": ["How?"], "type": "DENY"}]
    entities = [{"type": "EMAIL", "action": "ANONYMIZE", "inputEnabled": False}]
    regexes = [{"name": "order", "pattern": r"A-\d+", "action": "BLOCK", "description": "an order"}]
    grounding = [{"type": "GROUNDING", "threshold": 0.5}]
    created = create(
        sandbox,
        contentPolicyConfig={"filtersConfig": filters, "tierConfig": {"tierName": "CLASSIC"}},
        topicPolicyConfig={"topicsConfig": topics},
        wordPolicyConfig={"wordsConfig": [{"text": "x"}], "managedWordListsConfig": [{"type": "PROFANITY"}]},
        sensitiveInformationPolicyConfig={"piiEntitiesConfig": entities, "regexesConfig": regexes},
        contextualGroundingPolicyConfig={"filtersConfig": grounding},
    )
    assert created["ResponseMetadata"]["HTTPStatusCode"] == 202
    assert created["version"] == "DRAFT"
    assert created["guardrailArn"].endswith(f":guardrail/{created['guardrailId']}")
    for identifier in (created["guardrailId"], created["guardrailArn"]):
        read = bedrock.get_guardrail(guardrailIdentifier=identifier)
        assert (read["name"], read["description"], read["status"]) == ("bot", "d", "READY")
        assert (read["blockedInputMessaging"], read["blockedOutputsMessaging"]) == ("Not that.", "Hm.")
        assert read["contentPolicy"] == {"filters": filters, "tier": {"tierName": "CLASSIC"}}
        assert read["topicPolicy"] == {"topics": topics}
        assert read["wordPolicy"] == {"words": [{"text": "x"}], "managedWordLists": [{"type": "PROFANITY"}]}
        assert read["sensitiveInformationPolicy"] == {"piiEntities": entities, "regexes": regexes}
        assert read["contextualGroundingPolicy"] == {"filters": grounding}
        assert read["createdAt"] == created["createdAt"]


def test_a_version_is_frozen_when_the_draft_changes(sandbox: Sandbox) -> None:
    bedrock = client(sandbox, "bedrock")
    known = {"guardrailIdentifier": create(sandbox)["guardrailId"]}
    assert bedrock.create_guardrail_version(**known, description="first")["version"] == "1"
    messages = {"blockedInputMessaging": "New.", "blockedOutputsMessaging": "New."}
    bedrock.update_guardrail(**known, name="bot-2", **messages, **pii(("EMAIL", "BLOCK")))
    assert bedrock.create_guardrail_version(**known)["version"] == "2"
    first = bedrock.get_guardrail(**known, guardrailVersion="1")
    assert (first["name"], first["description"], first["blockedInputMessaging"]) == ("bot", "first", "Not that.")
    second = bedrock.get_guardrail(**known, guardrailVersion="2")
    assert (second["name"], second.get("description"), "wordPolicy" in second) == ("bot-2", None, False)
    draft = bedrock.get_guardrail(**known)
    assert draft["version"] == "DRAFT"
    assert draft["updatedAt"] > draft["createdAt"]


def test_deleting_a_version_and_the_whole(sandbox: Sandbox) -> None:
    bedrock = client(sandbox, "bedrock")
    known = {"guardrailIdentifier": create(sandbox)["guardrailId"]}
    for _ in range(2):
        bedrock.create_guardrail_version(**known)
    bedrock.delete_guardrail(**known, guardrailVersion="2")
    assert [item["version"] for item in bedrock.list_guardrails(**known)["guardrails"]] == ["DRAFT", "1"]
    gone = ("ResourceNotFoundException", 404)
    assert refusal(bedrock.get_guardrail, **known, guardrailVersion="2")[:2] == gone
    assert refusal(bedrock.delete_guardrail, **known, guardrailVersion="2")[:2] == gone
    assert bedrock.create_guardrail_version(**known)["version"] == "3"
    bedrock.delete_guardrail(**known)
    for version in ({}, {"guardrailVersion": "1"}):
        assert refusal(bedrock.get_guardrail, **known, **version)[:2] == gone
    assert refusal(bedrock.delete_guardrail, **known)[:2] == gone


def test_guardrails_are_listed_in_pages_and_belong_to_a_region(sandbox: Sandbox) -> None:
    made = [create(sandbox, name=f"bot-{number}")["guardrailId"] for number in range(5)]
    pages = list(client(sandbox, "bedrock").get_paginator("list_guardrails").paginate(PaginationConfig={"PageSize": 2}))
    assert [len(page["guardrails"]) for page in pages] == [2, 2, 1]
    assert [item["id"] for page in pages for item in page["guardrails"]] == made
    elsewhere = client(sandbox, "bedrock", "eu-west-1")
    assert elsewhere.list_guardrails()["guardrails"] == []
    arn = f"arn:aws:bedrock:eu-west-1:123456789012:guardrail/{made[0]}"
    for bedrock, identifier in ((elsewhere, made[0]), (elsewhere, arn), (client(sandbox, "bedrock"), arn)):
        assert refusal(bedrock.get_guardrail, guardrailIdentifier=identifier)[0] == "ResourceNotFoundException"


def test_a_repeated_request_makes_one_guardrail(sandbox: Sandbox) -> None:
    first, second = (create(sandbox, clientRequestToken="the-same-token") for _ in range(2))
    assert first["guardrailId"] == second["guardrailId"]
    bedrock = client(sandbox, "bedrock")
    again = {"guardrailIdentifier": first["guardrailId"], "clientRequestToken": "the-same-token"}
    assert {bedrock.create_guardrail_version(**again)["version"] for _ in range(2)} == {"1"}


def test_tags(sandbox: Sandbox) -> None:
    bedrock = client(sandbox, "bedrock")
    arn = create(sandbox, tags=[{"key": "a", "value": "1"}, {"key": "b", "value": "2"}])["guardrailArn"]
    bedrock.tag_resource(resourceARN=arn, tags=[{"key": "b", "value": "3"}, {"key": "c", "value": ""}])
    bedrock.untag_resource(resourceARN=arn, tagKeys=["a", "missing"])
    tags = bedrock.list_tags_for_resource(resourceARN=arn)["tags"]
    assert tags == [{"key": "b", "value": "3"}, {"key": "c", "value": ""}]
    many = [{"key": f"k{number}", "value": "v"} for number in range(50)]
    assert refusal(bedrock.tag_resource, resourceARN=arn, tags=many)[0] == "TooManyTagsException"
    unknown = refusal(bedrock.list_tags_for_resource, resourceARN=arn[:-12] + "unknownunkno")
    assert unknown[:2] == ("ResourceNotFoundException", 404)


def test_names_are_unique(sandbox: Sandbox) -> None:
    create(sandbox)
    assert refusal(create, sandbox)[:2] == ("ConflictException", 400)
    other = create(sandbox, name="other")
    messages = {"blockedInputMessaging": "x", "blockedOutputsMessaging": "x"}
    update = client(sandbox, "bedrock").update_guardrail
    renamed = refusal(update, guardrailIdentifier=other["guardrailId"], name="bot", **messages, **WORDS)
    assert renamed[0] == "ConflictException"


def test_there_is_a_limit_to_versions(sandbox: Sandbox) -> None:
    bedrock = client(sandbox, "bedrock")
    known = {"guardrailIdentifier": create(sandbox)["guardrailId"]}
    for _ in range(VERSIONS_PER_GUARDRAIL):
        bedrock.create_guardrail_version(**known)
    assert refusal(bedrock.create_guardrail_version, **known)[0] == "ServiceQuotaExceededException"


def test_a_customer_key_must_exist_and_comes_back_as_its_arn(sandbox: Sandbox) -> None:
    key = client(sandbox, "kms").create_key()["KeyMetadata"]
    made = create(sandbox, kmsKeyId=key["KeyId"])
    read = client(sandbox, "bedrock").get_guardrail(guardrailIdentifier=made["guardrailId"])
    assert read["kmsKeyArn"] == key["Arn"]
    for missing in ("alias/nothing", "00000000-0000-0000-0000-000000000000"):
        assert refusal(create, sandbox, name="x", kmsKeyId=missing)[0] == "ValidationException"


def content(kind: str, incoming: str, outgoing: str, times: int = 1) -> dict[str, Any]:
    item = {"type": kind, "inputStrength": incoming, "outputStrength": outgoing}
    return {"contentPolicyConfig": {"filtersConfig": [item] * times}}


def topics(**changes: Any) -> dict[str, Any]:
    return {"topicPolicyConfig": {"topicsConfig": [{"name": "T", "definition": "d", "type": "DENY"} | changes]}}


def regex(pattern: str) -> dict[str, Any]:
    item = {"name": "r", "pattern": pattern, "action": "BLOCK"}
    return {"sensitiveInformationPolicyConfig": {"regexesConfig": [item]}}


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"name": "no spaces"}, "'name' failed to satisfy constraint: Member must satisfy regular expression"),
        ({"name": "n" * 51}, "length less than or equal to 50"),
        ({"description": "d" * 201}, "length less than or equal to 200"),
        ({"blockedInputMessaging": "m" * 501}, "length less than or equal to 500"),
        (content("HATRED", "HIGH", "HIGH"), "contentPolicyConfig.filtersConfig.1.member.type"),
        (content("HATE", "SEVERE", "HIGH"), "enum value set: [NONE, LOW, MEDIUM, HIGH]"),
        (content("PROMPT_ATTACK", "HIGH", "HIGH"), "strength for response must be NONE"),
        (content("HATE", "HIGH", "HIGH", times=2), "Duplicate content filter type: HATE"),
        (content("HATE", "HIGH", "HIGH", times=7), "length less than or equal to 6"),
        (pii(("SHOE_SIZE", "BLOCK")), "Value 'SHOE_SIZE'"),
        (pii(("EMAIL", "HIDE")), "enum value set: [BLOCK, ANONYMIZE, NONE]"),
        (pii(("EMAIL", "BLOCK"), ("EMAIL", "NONE")), "Duplicate PII entity type: EMAIL"),
        ({"sensitiveInformationPolicyConfig": {}}, "at least one PII entity or regex"),
        (topics(definition="d" * 201), "topicsConfig.1.member.definition"),
        (topics(examples=["e"] * 6), "length less than or equal to 5"),
        (topics(type="ALLOW"), "enum value set: [DENY]"),
        (topics(name="Tax/Law"), "topicsConfig.1.member.name"),
        (regex("("), "not a valid regular expression"),
        (regex("a(?=b)"), "lookaround"),
        ({"contextualGroundingPolicyConfig": {"filtersConfig": [{"type": "RELEVANCE", "threshold": 1.0}]}}, "0.99"),
        ({"wordPolicyConfig": {}}, "at least one word"),
        ({"wordPolicyConfig": None}, "at least one policy"),
        ({"name": None}, "Value null at 'name'"),
        (
            {"topicPolicyConfig": {"topicsConfig": [], "tierConfig": {"tierName": "CLASSIC"}}},
            "greater than or equal to 1",
        ),
        ({**content("HATE", "LOW", "LOW"), "kmsKeyId": "not a key"}, "kmsKeyId"),
        ({"tags": [{"key": "a&b", "value": ""}]}, "tags.1.member.key"),
    ],
)
def test_what_bedrock_refuses(sandbox: Sandbox, changes: dict[str, Any], words: str) -> None:
    found = refusal(create, sandbox, **changes)
    assert found[:2] == ("ValidationException", 400)
    assert words in found[2]
    assert client(sandbox, "bedrock").list_guardrails()["guardrails"] == []


def test_a_standard_tier_needs_cross_region_inference(sandbox: Sandbox) -> None:
    filters = content("HATE", "LOW", "LOW")["contentPolicyConfig"]["filtersConfig"]
    standard = {"contentPolicyConfig": {"filtersConfig": filters, "tierConfig": {"tierName": "STANDARD"}}}
    assert "crossRegionConfig" in refusal(create, sandbox, **standard)[2]
    made = create(sandbox, **standard, crossRegionConfig={"guardrailProfileIdentifier": "us.guardrail.v1:0"})
    read = client(sandbox, "bedrock").get_guardrail(guardrailIdentifier=made["guardrailId"])
    assert read["crossRegionDetails"]["guardrailProfileId"] == "us.guardrail.v1:0"


def converse(sandbox: Sandbox, guardrail: str, text: str, version: str = "DRAFT") -> dict[str, Any]:
    config = {"guardrailIdentifier": guardrail, "guardrailVersion": version, "trace": "enabled"}
    answer: dict[str, Any] = client(sandbox, "bedrock-runtime").converse(
        modelId=NOVA, messages=says(text), guardrailConfig=config
    )
    return answer


def text_of(answer: dict[str, Any]) -> str:
    return str(answer["output"]["message"]["content"][0]["text"])


def test_a_word_blocks_before_the_model_is_asked(sandbox: Sandbox) -> None:
    made = create(sandbox)
    blocked = converse(sandbox, made["guardrailArn"], "One BANANA SPLIT, please")
    assert (blocked["stopReason"], text_of(blocked)) == ("guardrail_intervened", "Not that.")
    assert blocked["usage"]["totalTokens"] == 0
    found = blocked["trace"]["guardrail"]["inputAssessment"][made["guardrailId"]]["wordPolicy"]["customWords"]
    assert [word["action"] for word in found] == ["BLOCKED"]
    for harmless in ("bananas splitting", "hello"):
        assert converse(sandbox, made["guardrailId"], harmless)["stopReason"] == "end_turn"


@pytest.mark.parametrize(
    ("kind", "text", "harmless"),
    [
        ("EMAIL", "write to a.b@example.co.uk", "a@b"),
        ("CREDIT_DEBIT_CARD_NUMBER", "4242 4242-42424242", "4242 4242 4242 4243"),
        ("US_SOCIAL_SECURITY_NUMBER", "078-05-1120", "078-05-11201"),
        ("PHONE", "call (555) 555-0100", "5555-0100"),
        ("IP_ADDRESS", "from 203.0.113.9", "1.2.3"),
    ],
)
def test_kinds_of_pii(sandbox: Sandbox, kind: str, text: str, harmless: str) -> None:
    made = create(sandbox, **pii((kind, "BLOCK")), name=f"bot-{kind}")
    assert converse(sandbox, made["guardrailId"], text)["stopReason"] == "guardrail_intervened"
    assert converse(sandbox, made["guardrailId"], harmless)["stopReason"] == "end_turn"


def test_masking_lets_the_conversation_go_on(sandbox: Sandbox) -> None:
    made = create(sandbox, **pii(("EMAIL", "ANONYMIZE")))
    masked = converse(sandbox, made["guardrailId"], "pay for a@example.com")
    assert (masked["stopReason"], masked["usage"]["outputTokens"] > 0) == ("guardrail_intervened", True)
    found = masked["trace"]["guardrail"]["inputAssessment"][made["guardrailId"]]["sensitiveInformationPolicy"]
    assert [entity["action"] for entity in found["piiEntities"]] == ["ANONYMIZED"]


def test_an_answer_can_be_blocked_and_masked(sandbox: Sandbox) -> None:
    blocking = create(
        sandbox, name="out", wordPolicyConfig={"wordsConfig": [{"text": "payment", "inputEnabled": False}]}
    )
    blocked = converse(sandbox, blocking["guardrailId"], "hello")
    assert (blocked["stopReason"], text_of(blocked)) == ("guardrail_intervened", "Hm.")
    assert blocked["usage"]["outputTokens"] > 0
    item = {"name": "GREETING", "pattern": "Hel+o", "action": "ANONYMIZE", "inputEnabled": False}
    masking = create(sandbox, name="mask", sensitiveInformationPolicyConfig={"regexesConfig": [item]})
    assert text_of(converse(sandbox, masking["guardrailId"], "hello")).startswith("{GREETING}! I can help")


def test_a_filter_that_only_detects_changes_nothing(sandbox: Sandbox) -> None:
    made = create(sandbox, **pii(("EMAIL", "NONE")))
    answer = converse(sandbox, made["guardrailId"], "hello a@example.com")
    assert answer["stopReason"] == "end_turn"
    found = answer["trace"]["guardrail"]["inputAssessment"][made["guardrailId"]]["sensitiveInformationPolicy"]
    assert found["piiEntities"][0]["action"] == "NONE"


def test_an_earlier_message_can_stop_a_later_turn(sandbox: Sandbox) -> None:
    made = create(sandbox)
    turns = [*says("banana split"), {"role": "assistant", "content": [{"text": "?"}]}, *says("hello")]
    config = {"guardrailIdentifier": made["guardrailId"], "guardrailVersion": "DRAFT"}
    answer = client(sandbox, "bedrock-runtime").converse(modelId=NOVA, messages=turns, guardrailConfig=config)
    assert (answer["stopReason"], "trace" in answer) == ("guardrail_intervened", False)


def test_a_version_that_does_not_exist_is_refused(sandbox: Sandbox) -> None:
    made = create(sandbox)
    for identifier, version in ((made["guardrailId"], "1"), ("abcabcabcabc", "DRAFT")):
        found = refusal(converse, sandbox, identifier, "hello", version)
        assert found[:2] == ("ValidationException", 400)
        assert "does not exist" in found[2]


MODULE = """
terraform {
  required_providers {
    aws = { source = "hashicorp/aws", version = ">= 5.100, < 6" }
  }
}
provider "aws" {
  default_tags { tags = { owner = "test" } }
}
variable "word" { default = "banana" }
resource "aws_bedrock_guardrail" "bot" {
  name                      = "bot"
  description               = "The bot's guardrail"
  blocked_input_messaging   = "Not that."
  blocked_outputs_messaging = "Not that either."
  content_policy_config {
    filters_config {
      type            = "PROMPT_ATTACK"
      input_strength  = "HIGH"
      output_strength = "NONE"
    }
  }
  sensitive_information_policy_config {
    pii_entities_config {
      type   = "CREDIT_DEBIT_CARD_NUMBER"
      action = "BLOCK"
    }
    regexes_config {
      name        = "order"
      description = "An order's number"
      pattern     = "A-[0-9]+"
      action      = "ANONYMIZE"
    }
  }
  topic_policy_config {
    topics_config {
      name       = "Tax"
      definition = "Advice on tax."
      examples   = ["What is my tax?"]
      type       = "DENY"
    }
  }
  word_policy_config {
    managed_word_lists_config { type = "PROFANITY" }
    words_config { text = var.word }
  }
}
resource "aws_bedrock_guardrail_version" "bot" {
  guardrail_arn = aws_bedrock_guardrail.bot.guardrail_arn
  description   = "first"
}
"""


@pytest.mark.terraform
@pytest.mark.faults
def test_the_real_provider_applies_plans_empty_updates_and_destroys(sandbox: Sandbox, tmp_path: Path) -> None:
    module = tmp_path / "module"
    module.mkdir()
    (module / "main.tf").write_text(MODULE)
    environ = environment(os.environ, sandbox.endpoint, "us-east-1")
    mirror = find_mirror(os.environ)
    if mirror is not None:
        environ["TF_CLI_CONFIG_FILE"] = str(write_configuration(mirror, tmp_path / "config"))

    def terraform(*arguments: str, expect: int = 0) -> str:
        command = ["terraform", f"-chdir={module}", *arguments]
        done = subprocess.run(command, env=environ, capture_output=True, text=True, timeout=120, check=False)
        assert done.returncode == expect, done.stdout + done.stderr
        return done.stdout

    terraform("init", "-input=false", "-no-color")
    terraform("apply", "-input=false", "-no-color", "-auto-approve")
    terraform("plan", "-input=false", "-no-color", "-detailed-exitcode")
    bedrock = client(sandbox, "bedrock")
    [found] = bedrock.list_guardrails()["guardrails"]
    assert bedrock.list_tags_for_resource(resourceARN=found["arn"])["tags"] == [{"key": "owner", "value": "test"}]
    changed = ("-var", "word=cherry", "-input=false", "-no-color")
    terraform("apply", "-auto-approve", *changed)
    terraform("plan", "-detailed-exitcode", *changed)
    assert bedrock.get_guardrail(guardrailIdentifier=found["id"])["wordPolicy"]["words"] == [{"text": "cherry"}]
    terraform("destroy", "-auto-approve", *changed)
    assert bedrock.list_guardrails()["guardrails"] == []
