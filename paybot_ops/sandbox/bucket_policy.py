"""Deciding what a bucket policy says of a request, as if the request had come over TLS.

moto denies every request to a bucket whose policy has a condition, and answers 500 for ever once a policy is malformed.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from enum import Enum
from typing import Any

# What is true of each request here. The endpoint is plain http on loopback, which stands for AWS's https one: a bucket
# that demands TLS must work here as it works there.
CONTEXT = {"aws:securetransport": "true", "s3:tlsversion": "1.3"}


class Verdict(Enum):
    """What a policy says of one action on one resource."""

    ALLOW = "allow"
    DENY = "deny"
    SILENT = "silent"


class MalformedPolicyError(Exception):
    """The document is no bucket policy; the message says why."""


def check(document: bytes) -> None:
    """Raise MalformedPolicyError when S3 would refuse the document."""
    try:
        policy = json.loads(document)
    except ValueError:
        raise MalformedPolicyError("Policies must be valid JSON and the first byte must be '{'") from None
    statements = _statements(policy)
    if not statements:
        raise MalformedPolicyError("Could not parse the policy: Statement is empty!")
    for statement in statements:
        if not isinstance(statement, dict):
            raise MalformedPolicyError("Could not parse the policy")
        if statement.get("Effect") not in ("Allow", "Deny"):
            raise MalformedPolicyError("Invalid effect")
        for names in (("Principal", "NotPrincipal"), ("Action", "NotAction"), ("Resource", "NotResource")):
            if not any(statement.get(name) for name in names):
                raise MalformedPolicyError(f"Missing required field {names[0]}")


def verdict(document: bytes | None, action: str, resource: str, account_id: str) -> Verdict:
    """What the policy says of an action by the account itself; a deny wins over an allow."""
    if document is None:
        return Verdict.SILENT
    context = CONTEXT | {"aws:principalaccount": account_id, "aws:resourceaccount": account_id}
    effects = {
        statement["Effect"]
        for statement in _statements(json.loads(document))
        if _concerns(statement, action, resource, account_id) and _holds(statement.get("Condition", {}), context)
    }
    if "Deny" in effects:
        return Verdict.DENY
    return Verdict.ALLOW if "Allow" in effects else Verdict.SILENT


def _statements(policy: Any) -> list[Any]:
    found = policy.get("Statement") if isinstance(policy, dict) else None
    return found if isinstance(found, list) else [found] if found else []


def _concerns(statement: Mapping[str, Any], action: str, resource: str, account_id: str) -> bool:
    return (
        _selects(statement, "Action", [action.lower()], lower=True)
        and _selects(statement, "Resource", [resource])
        and _principal(statement, account_id)
    )


def _selects(statement: Mapping[str, Any], name: str, values: list[str], *, lower: bool = False) -> bool:
    negated = f"Not{name}" in statement
    patterns = _listed(statement.get(f"Not{name}" if negated else name))
    found = any(_like(pattern.lower() if lower else pattern, value) for pattern in patterns for value in values)
    return found != negated


def _principal(statement: Mapping[str, Any], account_id: str) -> bool:
    # The caller is the account's own administrator: "*", the account or its root mean it, a role does not.
    negated = "NotPrincipal" in statement
    wanted = statement.get("NotPrincipal" if negated else "Principal")
    names = _listed(wanted.get("AWS", []) if isinstance(wanted, dict) else wanted)
    found = any(name in ("*", account_id) or name.endswith(f"::{account_id}:root") for name in names)
    return found != negated


def _holds(condition: Mapping[str, Mapping[str, Any]], context: Mapping[str, str]) -> bool:
    return all(
        _compares(operator, context.get(key.lower()), [str(item) for item in _listed(wanted)])
        for operator, pairs in condition.items()
        for key, wanted in pairs.items()
    )


def _compares(operator: str, actual: str | None, wanted: list[str]) -> bool:
    name = operator.removesuffix("IfExists")
    if name == "Null":
        return (actual is None) == (wanted[0].lower() == "true")
    negated = "Not" in name
    if actual is None:
        # A key that the request does not have: negated operators and ...IfExists match, the others do not.
        return negated or operator.endswith("IfExists")
    if name.startswith("Numeric"):
        return _numeric(name, float(actual), float(wanted[0]))
    found = any(_like(item.lower(), actual.lower()) for item in wanted)
    return found != negated


def _numeric(name: str, actual: float, wanted: float) -> bool:
    compared = {
        "NumericEquals": actual == wanted,
        "NumericNotEquals": actual != wanted,
        "NumericLessThan": actual < wanted,
        "NumericLessThanEquals": actual <= wanted,
        "NumericGreaterThan": actual > wanted,
        "NumericGreaterThanEquals": actual >= wanted,
    }
    return compared.get(name, False)


def _listed(value: Any) -> list[Any]:
    return (
        list(value) if isinstance(value, Iterable) and not isinstance(value, str | dict) else [value] if value else []
    )


def _like(pattern: str, value: str) -> bool:
    return re.fullmatch(re.escape(pattern).replace(r"\*", ".*").replace(r"\?", "."), value, re.DOTALL) is not None
