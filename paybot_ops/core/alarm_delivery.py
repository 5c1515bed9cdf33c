"""Whether CloudWatch may publish an alarm to a topic, by the topic's policy and its key's.

Only what is certain is a finding: a condition that nothing here knows counts as met by an Allow and not by a Deny.
Sources: Amazon SNS: Example cases for access control; Amazon SNS: Key management (CloudWatch alarms need
kms:Decrypt and kms:GenerateDataKey* for their service, which the AWS managed key cannot give).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

_SERVICE = "cloudwatch.amazonaws.com"
_KEY_ACTIONS = ("kms:Decrypt", "kms:GenerateDataKey")
_MANAGED = "alias/aws/sns"


@dataclass(frozen=True, slots=True)
class TopicKey:
    """The customer key of a topic: its id, whether it is usable, and its policy (JSON); "" where it may not be read."""

    key_id: str
    enabled: bool = True
    policy: str = ""


@dataclass(frozen=True, slots=True)
class Topic:
    """What decides whether alarms reach a topic; `key` is None where it is not encrypted by a customer's key."""

    arn: str
    policy: str
    key_id: str = ""
    key: TopicKey | None = None

    @property
    def account(self) -> str:
        """The account that owns it."""
        return self.arn.split(":")[4]


def topic_problems(topic: Topic) -> tuple[str, ...]:
    """Why an alarm of the topic's own account would not get through; empty when nothing is certain to stop it."""
    found = []
    if not _allowed(topic.policy, ("sns:Publish",), topic.arn, topic):
        found.append("its policy does not let cloudwatch.amazonaws.com publish")
    if topic.key_id.endswith(_MANAGED):
        found.append("it is encrypted with the AWS managed key (alias/aws/sns), which CloudWatch may not use")
    elif topic.key is not None:
        if not topic.key.enabled:
            found.append("its KMS key is disabled or to be deleted")
        elif topic.key.policy and not _allowed(topic.key.policy, _KEY_ACTIONS, "*", topic):
            found.append("its KMS key's policy does not let cloudwatch.amazonaws.com decrypt and generate data keys")
    return tuple(found)


def _allowed(text: str, actions: Iterable[str], resource: str, topic: Topic) -> bool:
    try:
        document = json.loads(text)
    except ValueError:
        return True
    statements = _listed(document.get("Statement")) if isinstance(document, dict) else []
    read = [item for item in statements if isinstance(item, Mapping)]
    for action in actions:
        about = [item for item in read if _covers(item, action, resource)]
        if any(item.get("Effect") == "Deny" and _met(item, topic, unknown=False) for item in about):
            return False
        if not any(item.get("Effect") == "Allow" and _met(item, topic, unknown=True) for item in about):
            return False
    return True


def _covers(statement: Mapping[str, Any], action: str, resource: str) -> bool:
    patterns = [str(item).lower() for item in _listed(statement.get("Action"))]
    named = any(fnmatchcase(action.lower(), pattern) for pattern in patterns)
    resources = [str(item) for item in _listed(statement.get("Resource", "*"))]
    reached = any(resource == "*" or fnmatchcase(resource, pattern) for pattern in resources)
    return named and reached and _is_cloudwatch(statement.get("Principal"))


def _is_cloudwatch(principal: Any) -> bool:
    if principal == "*":
        return True
    if not isinstance(principal, Mapping):
        return False
    return "*" in _listed(principal.get("AWS")) or bool({_SERVICE, "*"} & set(_listed(principal.get("Service"))))


def _met(statement: Mapping[str, Any], topic: Topic, *, unknown: bool) -> bool:
    region, account = topic.arn.split(":")[3:5]
    known = {
        "aws:sourceaccount": account,
        "aws:sourceowner": account,
        "aws:sourcearn": f"arn:{topic.arn.split(':')[1]}:cloudwatch:{region}:{account}:alarm:",
        "aws:securetransport": "true",
        "kms:encryptioncontext:aws:sns:topicarn": topic.arn,
    }
    conditions = statement.get("Condition") or {}
    for operator, pairs in conditions.items() if isinstance(conditions, Mapping) else ():
        for key, wanted in pairs.items() if isinstance(pairs, Mapping) else ():
            value = known.get(str(key).lower())
            verdict = None if value is None else _compared(str(operator), value, _listed(wanted))
            if not (unknown if verdict is None else verdict):
                return False
    return True


def _compared(operator: str, value: str, wanted: list[Any]) -> bool | None:
    texts = [str(item).lower() if isinstance(item, bool) else str(item) for item in wanted]
    if operator in ("StringEquals", "StringEqualsIfExists", "StringEqualsIgnoreCase"):
        return value in texts
    if operator in ("Bool", "BoolIfExists"):
        return value in [text.lower() for text in texts]
    if operator == "StringNotEquals":
        return value not in texts
    if operator in ("ArnLike", "ArnEquals", "StringLike", "ArnLikeIfExists"):
        # The alarm's name is not known here: what follows the last wildcard or name is left open.
        return any(fnmatchcase(value, text) or _may_lead_to(value, text) for text in texts)
    return None


def _may_lead_to(prefix: str, pattern: str) -> bool:
    if not pattern.startswith("arn:") or ":alarm:" not in pattern:
        return False
    return fnmatchcase(prefix, pattern[: pattern.index(":alarm:") + len(":alarm:")])


def _listed(value: Any) -> list[Any]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]
