"""A guardrail as Bedrock has it, its verdict on a text, and who uses it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from paybot_ops.adapters.session import Session, aws_errors, find

# What Bedrock and Lambda call a thing that is not there; an id of an impossible form is none either.
_ABSENT = ("ResourceNotFoundException", "ValidationException", "NoSuchEntity")


@dataclass(frozen=True, slots=True)
class GuardrailUse:
    """The guardrail in a function's environment ("" where there is none), and the name of the function's role."""

    function_version: str
    guardrail_id: str
    guardrail_version: str
    role: str


def find_guardrail(session: Session, identifier: str, version: str) -> Mapping[str, Any] | None:
    """GetGuardrail's answer for one version (`DRAFT` too); None when there is none.

    Raises:
        AccessDeniedError: the caller may not ask (bedrock:GetGuardrail).
    """
    client = session.client("bedrock")
    return find(
        "bedrock",
        f"the guardrail {identifier}",
        _ABSENT,
        lambda: client.get_guardrail(guardrailIdentifier=identifier, guardrailVersion=version),
    )


def apply_guardrail(session: Session, identifier: str, version: str, side: str, text: str) -> Mapping[str, Any]:
    """ApplyGuardrail's answer for one text; `side` is INPUT or OUTPUT. It quotes what was found: show none of it.

    Raises:
        AccessDeniedError: the caller may not ask (bedrock:ApplyGuardrail).
        AwsError: the guardrail is gone, or Bedrock does not answer.
    """
    client = session.client("bedrock-runtime")
    with aws_errors("bedrock-runtime", f"the guardrail {identifier}"):
        answer: Mapping[str, Any] = client.apply_guardrail(
            guardrailIdentifier=identifier,
            guardrailVersion=version,
            source=side,
            content=[{"text": {"text": text}}],
        )
    return answer


def find_use(session: Session, function: str, qualifier: str) -> GuardrailUse | None:
    """The guardrail that a version of a function (or that of an alias) asks for; None when there is no such function.

    Raises:
        AccessDeniedError: the caller may not ask (lambda:GetFunctionConfiguration).
    """
    client = session.client("lambda")
    answer = find(
        "lambda",
        f"the function {function}:{qualifier}",
        _ABSENT,
        lambda: client.get_function_configuration(FunctionName=function, Qualifier=qualifier),
    )
    if answer is None:
        return None
    variables = answer.get("Environment", {}).get("Variables", {})
    return GuardrailUse(
        function_version=answer["Version"],
        guardrail_id=variables.get("GUARDRAIL_ID", ""),
        guardrail_version=variables.get("GUARDRAIL_VERSION", ""),
        role=answer["Role"].rpartition("/")[2],
    )


def find_role_policy(session: Session, role: str, name: str) -> Mapping[str, Any] | None:
    """The document of a role's inline policy; None when the role has none of that name.

    Raises:
        AccessDeniedError: the caller may not ask (iam:GetRolePolicy).
    """
    client = session.client("iam")
    return find(
        "iam",
        f"the policy {name} of the role {role}",
        _ABSENT,
        lambda: client.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"],
    )


def find_guardrail_id(session: Session, name: str) -> str | None:
    """The id of the guardrail of a name, which is unique in a region; None when there is none.

    Raises:
        AccessDeniedError: the caller may not ask (bedrock:ListGuardrails).
    """
    client = session.client("bedrock")
    with aws_errors("bedrock", "the guardrails"):
        for page in client.get_paginator("list_guardrails").paginate():
            for item in page["guardrails"]:
                if item["name"] == name:
                    return str(item["id"])
    return None
