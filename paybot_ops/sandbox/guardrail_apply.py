"""Bedrock's ApplyGuardrail: a text against a guardrail without a model, the units that it takes, and their metrics."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from werkzeug import Request, Response

from paybot_ops.sandbox.guardrail_check import Assessment, Side, assess
from paybot_ops.sandbox.guardrails import Guardrails
from paybot_ops.sandbox.metrics import datum, publish
from paybot_ops.sandbox.part import ACCOUNT_ID, Moto
from paybot_ops.sandbox.rest_json import RestJson, invalid, not_found

NAMESPACE = "AWS/Bedrock/Guardrails"
CHARACTERS_PER_UNIT = 1_000
# Source: Amazon Bedrock endpoints and quotas, "On-demand ApplyGuardrail ... policy text units per second" (25).
MOST_UNITS = 25

# What each policy's units are called, here and as the dimension GuardrailPolicyType.
_UNITS = {
    "topicPolicyUnits": "TopicPolicy",
    "contentPolicyUnits": "ContentPolicy",
    "wordPolicyUnits": "WordPolicy",
    "sensitiveInformationPolicyUnits": "SensitiveInformationPolicy",
    "sensitiveInformationPolicyFreeUnits": "SensitiveInformationPolicyFree",
    "contextualGroundingPolicyUnits": "ContextualGroundingPolicy",
}


class ApplyGuardrail:
    """POST /guardrail/{id}/version/{version}/apply, for texts."""

    def __init__(self, moto: Moto, guardrails: Guardrails) -> None:
        self._moto = moto
        self._guardrails = guardrails
        self._api = RestJson("bedrock-runtime", {"ApplyGuardrail": self._apply})

    def answer(self, request: Request) -> Response | None:
        """The answer to an ApplyGuardrail request, None to any other."""
        return self._api.answer(request, signing_name="bedrock")

    def _apply(self, params: dict[str, Any], region: str) -> dict[str, Any]:
        began = time.perf_counter()
        identifier, version = params["guardrailIdentifier"], params["guardrailVersion"]
        config = self._guardrails.config_of(identifier, version, region)
        if config is None:
            raise not_found("The guardrail identifier or version provided in the request does not exist.")
        text = _text(params["content"])
        side: Side = "input" if params["source"] == "INPUT" else "output"
        found = assess(config, text, side)
        usage = units(config, text, side)
        publish_usage(self._moto, region, (identifier, version), usage, "ApplyGuardrail", intervened=found.intervened)
        coverage = {"textCharacters": {"guarded": len(text), "total": len(text)}}
        metrics = {"guardrailProcessingLatency": round((time.perf_counter() - began) * 1000)}
        assessment = found.as_trace() | {"invocationMetrics": metrics | {"usage": usage, "guardrailCoverage": coverage}}
        return _outcome(config, found, side) | {
            "usage": usage,
            "assessments": [assessment],
            "guardrailCoverage": coverage,
        }


def units(config: Mapping[str, Any], text: str, side: Side) -> dict[str, int]:
    """The text units that each policy takes for a text: one for each thousand characters that are begun.

    A policy that is not there, or has every part of it off on this side, takes none. Regexes are free.
    """
    count = -(-len(text) // CHARACTERS_PER_UNIT)
    words = config.get("wordPolicyConfig", {})
    sensitive = config.get("sensitiveInformationPolicyConfig", {})
    grounding = config.get("contextualGroundingPolicyConfig", {}).get("filtersConfig", [])
    parts = {
        "topicPolicyUnits": config.get("topicPolicyConfig", {}).get("topicsConfig", []),
        "contentPolicyUnits": config.get("contentPolicyConfig", {}).get("filtersConfig", []),
        "wordPolicyUnits": [*words.get("wordsConfig", []), *words.get("managedWordListsConfig", [])],
        "sensitiveInformationPolicyUnits": sensitive.get("piiEntitiesConfig", []),
        "sensitiveInformationPolicyFreeUnits": sensitive.get("regexesConfig", []),
        "contextualGroundingPolicyUnits": grounding if side == "output" else [],
    }
    return {
        name: count if any(item.get(f"{side}Enabled", True) for item in items) else 0 for name, items in parts.items()
    }


def publish_usage(
    moto: Moto,
    region: str,
    guardrail: tuple[str, str],
    usage: Mapping[str, int],
    operation: str,
    *,
    intervened: bool,
) -> None:
    """The metrics of one use (Amazon Bedrock user guide: Monitor Guardrails using CloudWatch metrics)."""
    identifier, version = guardrail
    arn = f"arn:aws:bedrock:{region}:{ACCOUNT_ID}:guardrail/{identifier.rpartition('/')[2]}"
    named = {"GuardrailArn": arn, "GuardrailVersion": version}
    data = [datum("Invocations", 1, "Count", **group) for group in (named, {"Operation": operation})]
    if intervened:
        data += [datum("InvocationsIntervened", 1, "Count", **group) for group in (named, {"Operation": operation})]
    for name, count in usage.items():
        if count:
            kind = {"GuardrailPolicyType": _UNITS[name]}
            data += [datum("TextUnitCount", count, "Count", **group) for group in (kind, kind | named)]
    publish(moto, region, NAMESPACE, data)


def _text(content: list[dict[str, Any]]) -> str:
    if not content:
        raise invalid("The content list must hold at least one block.")
    if any("image" in block for block in content):
        raise invalid("Images are not supported by the embedded AWS's guardrails.")
    if any(len(block) != 1 or "text" not in block for block in content):
        raise invalid("Each content block must hold exactly one of: text, image.")
    text = "\n".join(block["text"]["text"] for block in content)
    if not text:
        raise invalid("The text of a content block must not be empty.")
    if len(text) > MOST_UNITS * CHARACTERS_PER_UNIT:
        raise invalid(f"The content has more than {MOST_UNITS} text units.")
    return text


def _outcome(config: Mapping[str, Any], found: Assessment, side: Side) -> dict[str, Any]:
    if found.blocked:
        message = config["blockedInputMessaging" if side == "input" else "blockedOutputsMessaging"]
        said = [{"text": message}]
        return {"action": "GUARDRAIL_INTERVENED", "actionReason": "Guardrail blocked.", "outputs": said}
    if found.masked:
        said = [{"text": found.text}]
        return {"action": "GUARDRAIL_INTERVENED", "actionReason": "Guardrail masked.", "outputs": said}
    return {"action": "NONE", "actionReason": "No action.", "outputs": []}
