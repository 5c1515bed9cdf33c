"""What is asked of AWS about a guardrail: absent is a value, denied names the action that is missing."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from paybot_ops.adapters import guardrails
from paybot_ops.adapters.session import Session
from paybot_ops.errors import AccessDeniedError, AwsError
from paybot_ops.sandbox.faults import Rule
from paybot_ops.sandbox.server import Sandbox

POLICY = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "bedrock:ApplyGuardrail", "Resource": "*"}],
}


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox() as running:
        yield running


@pytest.fixture
def session(sandbox: Sandbox) -> Iterator[Session]:
    yield Session("us-east-1", sandbox.endpoint)
    sandbox.faults.replace([])


@pytest.fixture(scope="module")
def guardrail(sandbox: Sandbox) -> str:
    entity = {"type": "EMAIL", "action": "BLOCK"}
    created = (
        Session("us-east-1", sandbox.endpoint)
        .client("bedrock")
        .create_guardrail(
            name="bot",
            blockedInputMessaging="No.",
            blockedOutputsMessaging="No.",
            sensitiveInformationPolicyConfig={"piiEntitiesConfig": [entity]},
        )
    )
    return str(created["guardrailId"])


def test_a_guardrail_and_none(session: Session, guardrail: str) -> None:
    found = guardrails.find_guardrail(session, guardrail, "DRAFT")
    assert found is not None
    assert found["status"] == "READY"
    assert guardrails.find_guardrail(session, guardrail, "9") is None
    assert guardrails.find_guardrail(session, "unknownid", "DRAFT") is None
    assert guardrails.find_guardrail(session, "Not an id!", "DRAFT") is None


def test_a_guardrail_by_its_name(session: Session, guardrail: str) -> None:
    assert guardrails.find_guardrail_id(session, "bot") == guardrail
    assert guardrails.find_guardrail_id(session, "other") is None


def test_a_verdict(session: Session, guardrail: str) -> None:
    answer = guardrails.apply_guardrail(session, guardrail, "DRAFT", "INPUT", "a@example.com")
    assert answer["action"] == "GUARDRAIL_INTERVENED"
    with pytest.raises(AwsError):
        guardrails.apply_guardrail(session, guardrail, "9", "INPUT", "x")


def test_a_role_s_policy_and_none(session: Session) -> None:
    iam = session.client("iam")
    iam.create_role(RoleName="bot", AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": []}))
    assert guardrails.find_role_policy(session, "bot", "guards") is None
    iam.put_role_policy(RoleName="bot", PolicyName="guards", PolicyDocument=json.dumps(POLICY))
    assert guardrails.find_role_policy(session, "bot", "guards") == POLICY
    assert guardrails.find_role_policy(session, "nobody", "guards") is None
    assert guardrails.find_use(session, "nobody", "live") is None


@pytest.mark.parametrize(
    ("service", "operation", "call", "action"),
    [
        ("bedrock", "GetGuardrail", lambda s: guardrails.find_guardrail(s, "abc", "1"), "bedrock:GetGuardrail"),
        ("bedrock", "ListGuardrails", lambda s: guardrails.find_guardrail_id(s, "bot"), "bedrock:ListGuardrails"),
        (
            "bedrock",
            "ApplyGuardrail",
            lambda s: guardrails.apply_guardrail(s, "abc", "1", "INPUT", "canary"),
            "bedrock:ApplyGuardrail",
        ),
        ("iam", "GetRolePolicy", lambda s: guardrails.find_role_policy(s, "r", "p"), "iam:GetRolePolicy"),
        (
            "lambda",
            "GetFunctionConfiguration",
            lambda s: guardrails.find_use(s, "f", "live"),
            "lambda:GetFunctionConfiguration",
        ),
    ],
)
def test_denied_is_never_absent(
    sandbox: Sandbox, session: Session, service: str, operation: str, call: Callable[[Session], Any], action: str
) -> None:
    sandbox.faults.replace([Rule(service=service, operation=operation, code="AccessDeniedException", status=403)])
    with pytest.raises(AccessDeniedError) as caught:
        call(session)
    assert caught.value.action == action
    assert "canary" not in f"{caught.value.what}{caught.value.why}{caught.value.hint}"


def test_throttled_is_said_to_be(sandbox: Sandbox, session: Session) -> None:
    sandbox.faults.replace([Rule(service="bedrock", code="ThrottlingException", status=429)])
    with pytest.raises(AwsError, match="throttling GetGuardrail"):
        guardrails.find_guardrail(session, "abc", "1")
