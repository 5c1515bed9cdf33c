"""The four views of a guardrail, and what is said where they disagree."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from paybot_ops.core.guardrail_policies import PiiAction, Policies, Strength
from paybot_ops.core.guardrails import (
    Deployed,
    Filters,
    Live,
    Used,
    View,
    Wanted,
    disagreements,
    live_policies,
    parse_deployed,
    parse_filters,
    policy_differences,
    policy_flaws,
)

ARN = "arn:aws:bedrock:us-east-1:123456789012:guardrail/abc"
POLICIES = replace(Policies(), topics={"Gifts": "Gift cards."}, words=("a",), blocked_message="No.")
ANSWER = {
    "blockedInputMessaging": "No.",
    "sensitiveInformationPolicy": {
        "piiEntities": [{"type": kind, "action": "BLOCK"} for kind in POLICIES.pii_entities]
    },
    "contentPolicy": {"filters": [{"type": "HATE", "inputStrength": "MEDIUM", "outputStrength": "MEDIUM"}]},
    "topicPolicy": {
        "topics": [{"name": "Gifts", "definition": "Gift cards."}, {"name": "Law", "definition": "Advice on law."}]
    },
    "wordPolicy": {"words": [{"text": "a"}], "managedWordLists": [{"type": "PROFANITY"}]},
}
AGREED = View(
    Wanted(True, "terraform.tfvars", POLICIES),
    Deployed("abc", ARN, "2", "bot", "live"),
    Live("READY", "2", parse_filters(ANSWER)),
    Used("bot", "7", "abc", "2"),
)


def said(view: View) -> list[str]:
    return [item.what for item in disagreements(view)]


def test_four_views_that_agree() -> None:
    assert said(AGREED) == []
    off = View(Wanted(False, "its default", POLICIES), Deployed(function="bot"), None, Used("bot", "1", "", ""))
    assert said(off) == []
    assert said(replace(AGREED, wanted=Wanted(True, "x", None))) == []


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"deployed": Deployed(), "live": None}, "nothing is filtered"),
        ({"wanted": Wanted(False, "x", POLICIES)}, "still deployed"),
        ({"live": None}, "version 2 of abc is gone"),
        ({"live": replace(AGREED.live, status="FAILED")}, "FAILED"),  # type: ignore[type-var]
        ({"live": replace(AGREED.live, edited=True)}, "changed outside Terraform"),  # type: ignore[type-var]
        ({"used": None}, "the function bot is gone"),
        ({"used": Used("bot", "7", "", "")}, "does not ask for it"),
        ({"used": Used("bot", "7", "xyz", "2")}, "another guardrail"),
        ({"used": Used("bot", "7", "abc", "DRAFT")}, "uses the draft"),
        ({"used": Used("bot", "6", "abc", "1")}, "version 6 of the function uses version 1"),
        ({"used": Used("bot", "7", "abc", "2", ("the role may not",))}, "the role may not"),
        ({"wanted": Wanted(True, "x", replace(POLICIES, words=("a", "b")))}, "otherwise than it is live: words"),
    ],
)
def test_each_disagreement_is_named_with_its_cure(change: dict[str, Any], words: str) -> None:
    [found] = disagreements(replace(AGREED, **change))
    assert words in found.what
    assert "paybot" in found.cure


def test_what_only_the_state_remembers_is_no_disagreement() -> None:
    gone = View(Wanted(False, "x", POLICIES), AGREED.deployed, None, Used("bot", "8", "", "", ("flaw",)))
    assert said(gone) == []


def test_off_and_gone_and_still_asked_for() -> None:
    view = View(Wanted(False, "x", POLICIES), Deployed(function="bot"), None, Used("bot", "1", "abc", "1"))
    assert said(view) == ["not wanted, and the function still asks for one"]


@pytest.mark.parametrize(
    ("change", "name"),
    [
        ({"pii": PiiAction.MASK}, "personal data"),
        ({"pii_entities": ("EMAIL",)}, "personal data"),
        ({"content": Strength.OFF}, "content"),
        ({"keep_to_payments": False}, "topics"),
        ({"topics": {"Gifts": "Other."}}, "topics"),
        ({"topics": {"More": "x"}}, "topics"),
        ({"words": ()}, "words"),
        ({"profanity": False}, "words"),
        ({"blocked_message": "Other."}, "message"),
    ],
)
def test_a_policy_that_differs_is_named(change: dict[str, Any], name: str) -> None:
    assert policy_differences(replace(POLICIES, **change), parse_filters(ANSWER)) == (name,)


def test_what_a_live_guardrail_filters_as_policies() -> None:
    assert live_policies(Filters()).charged == {"content": False, "topic": False, "pii": False, "word": False}
    live = live_policies(parse_filters(ANSWER))
    assert (live.content, live.pii_entities, live.words) == (Strength.MEDIUM, POLICIES.pii_entities, ("a",))
    masking = {"EMAIL": "ANONYMIZE"}
    assert live_policies(Filters(pii=masking)).pii is PiiAction.MASK


def policy(*statements: dict[str, Any]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": list(statements)}


ALLOW = {"Effect": "Allow", "Action": "bedrock:ApplyGuardrail", "Resource": ARN}
DENY = {
    "Effect": "Deny",
    "Action": ["bedrock:InvokeModel", "bedrock:InvokeModelWithResponseStream"],
    "Resource": "*",
    "Condition": {"StringNotLike": {"bedrock:GuardrailIdentifier": f"{ARN}:*"}},
}


def test_a_role_that_may_use_this_guardrail_and_nothing_without_it() -> None:
    assert policy_flaws([policy(ALLOW, DENY)], ARN) == ()
    assert policy_flaws([policy(ALLOW), policy(DENY)], ARN) == ()


@pytest.mark.parametrize(
    ("document", "words"),
    [
        (None, "has no policy"),
        (policy(DENY), "may not apply this guardrail"),
        (policy({**ALLOW, "Resource": "*"}, DENY), "other guardrails too"),
        (policy(ALLOW), "without the guardrail"),
        (policy(ALLOW, {**DENY, "Resource": ["arn:one-model"]}), "without the guardrail"),
        (policy(ALLOW, {**DENY, "Effect": "Allow"}), "without the guardrail"),
        (policy(ALLOW, {**DENY, "Condition": {}}), "without the guardrail"),
        (
            policy(ALLOW, {**DENY, "Condition": {"StringNotLike": {"bedrock:GuardrailIdentifier": "arn:other:*"}}}),
            "without the guardrail",
        ),
    ],
)
def test_a_flaw_of_the_policy_is_named(document: dict[str, Any] | None, words: str) -> None:
    [flaw] = policy_flaws([document] if document else [], ARN)
    assert words in flaw


def test_the_state_s_view() -> None:
    def resource(kind: str, **attributes: str) -> dict[str, Any]:
        return {"mode": "managed", "type": kind, "name": "x", "instances": [{"attributes": attributes}]}

    document = {
        "resources": [
            resource("aws_bedrock_guardrail", guardrail_id="abc", guardrail_arn=ARN),
            resource("aws_bedrock_guardrail_version", version="2"),
            resource("aws_lambda_function", function_name="bot"),
            resource("aws_lambda_alias", function_name="bot", name="live"),
            {"mode": "data", "type": "aws_bedrock_guardrail", "instances": [{"attributes": {"guardrail_id": "no"}}]},
        ]
    }
    assert parse_deployed(document) == AGREED.deployed
    assert parse_deployed(None) == parse_deployed({"resources": []}) == Deployed()
