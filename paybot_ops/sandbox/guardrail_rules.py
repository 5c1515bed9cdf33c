"""What Bedrock refuses in a guardrail beyond its API model, and how a configuration comes back as a policy.

Source: Amazon Bedrock user guide, the pages on guardrail components, and CreateGuardrail's API reference.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from paybot_ops.sandbox.rest_json import invalid

POLICIES = (
    "topicPolicyConfig",
    "contentPolicyConfig",
    "wordPolicyConfig",
    "sensitiveInformationPolicyConfig",
    "contextualGroundingPolicyConfig",
    "automatedReasoningPolicyConfig",
)
_LOOKAROUND = re.compile(r"\(\?(=|!|<=|<!)")
_HIGHEST_THRESHOLD = 0.99


def check(config: dict[str, Any]) -> None:
    """Raise a ValidationException for a configuration that passes the API model but not the service."""
    if not any(name in config for name in POLICIES):
        raise invalid("A guardrail needs at least one policy.")
    if config.get("wordPolicyConfig") == {}:
        raise invalid("The word policy needs at least one word or managed word list.")
    _check_content(config.get("contentPolicyConfig", {}).get("filtersConfig", []))
    _unique((topic["name"] for topic in config.get("topicPolicyConfig", {}).get("topicsConfig", [])), "topic name")
    _check_sensitive(config.get("sensitiveInformationPolicyConfig"))
    grounding = config.get("contextualGroundingPolicyConfig", {}).get("filtersConfig", [])
    _unique((item["type"] for item in grounding), "contextual grounding filter type")
    if any(item["threshold"] > _HIGHEST_THRESHOLD for item in grounding):
        raise invalid(f"A contextual grounding threshold must be between 0 and {_HIGHEST_THRESHOLD}.")
    _check_tiers(config)


def policies_of(config: dict[str, Any]) -> dict[str, Any]:
    """The policies as GetGuardrail gives them: the same members, without `Config` in their names."""
    return {name.removesuffix("Config"): _renamed(config[name]) for name in POLICIES if config.get(name)}


def _renamed(policy: dict[str, Any]) -> dict[str, Any]:
    return {name.removesuffix("Config"): value for name, value in policy.items()}


def _check_content(filters: list[dict[str, Any]]) -> None:
    _unique((item["type"] for item in filters), "content filter type")
    for item in filters:
        if item["type"] == "PROMPT_ATTACK" and item["outputStrength"] != "NONE":
            raise invalid("PROMPT_ATTACK content filter strength for response must be NONE.")


def _check_sensitive(policy: dict[str, Any] | None) -> None:
    if policy is None:
        return
    if not (policy.get("piiEntitiesConfig") or policy.get("regexesConfig")):
        raise invalid("The sensitive information policy needs at least one PII entity or regex.")
    _unique((item["type"] for item in policy.get("piiEntitiesConfig", [])), "PII entity type")
    _unique((item["name"] for item in policy.get("regexesConfig", [])), "regex name")
    for item in policy.get("regexesConfig", []):
        try:
            re.compile(item["pattern"])
        except re.error:
            raise invalid(f"The pattern of the regex {item['name']} is not a valid regular expression.") from None
        if _LOOKAROUND.search(item["pattern"]):
            raise invalid(f"The pattern of the regex {item['name']} uses lookaround, which is not supported.")


def _check_tiers(config: dict[str, Any]) -> None:
    tiers = [config.get(name, {}).get("tierConfig", {}).get("tierName") for name in POLICIES]
    if "STANDARD" in tiers and "crossRegionConfig" not in config:
        raise invalid("The STANDARD tier needs cross-Region inference: set crossRegionConfig.")


def _unique(values: Iterable[str], what: str) -> None:
    seen: set[str] = set()
    for value in values:
        if value in seen:
            raise invalid(f"Duplicate {what}: {value}.")
        seen.add(value)
