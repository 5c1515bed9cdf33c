"""What a guardrail does to a text: each of its policies in turn, and the text as it may go on."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Literal

from paybot_ops.sandbox.guardrail_language import find_content, find_profanity, is_about
from paybot_ops.sandbox.guardrail_pii import EVALUATED_PII, find_pii

__all__ = ["EVALUATED_PII", "Assessment", "Side", "assess"]

Side = Literal["input", "output"]


@dataclass
class Assessment:
    """What was found in a text, and the text as it may go on (masked where the guardrail says ANONYMIZE)."""

    text: str
    blocked: bool = False
    masked: bool = False
    topics: list[dict[str, Any]] = field(default_factory=list)
    content: list[dict[str, Any]] = field(default_factory=list)
    words: list[dict[str, Any]] = field(default_factory=list)
    managed: list[dict[str, Any]] = field(default_factory=list)
    pii: list[dict[str, Any]] = field(default_factory=list)
    regexes: list[dict[str, Any]] = field(default_factory=list)

    @property
    def intervened(self) -> bool:
        """Whether the guardrail changed or stopped anything."""
        return self.blocked or self.masked

    def as_trace(self) -> dict[str, Any]:
        """The assessment in the form of a Converse trace. It quotes what was found, as the service's does."""
        trace: dict[str, Any] = {}
        if self.topics:
            trace["topicPolicy"] = {"topics": self.topics}
        if self.content:
            trace["contentPolicy"] = {"filters": self.content}
        if self.words or self.managed:
            trace["wordPolicy"] = {"customWords": self.words, "managedWordLists": self.managed}
        if self.pii or self.regexes:
            trace["sensitiveInformationPolicy"] = {"piiEntities": self.pii, "regexes": self.regexes}
        return trace

    def block(self, item: dict[str, Any], side: Side) -> dict[str, Any]:
        """Note a finding of a policy that can only block or detect: its action, in the words of a trace."""
        blocks = _action(item, side, "BLOCK") == "BLOCK"
        self.blocked |= blocks
        return {"action": "BLOCKED" if blocks else "NONE", "detected": True}


def assess(config: dict[str, Any], text: str, side: Side) -> Assessment:
    """The assessment of a text by a guardrail's configuration (CreateGuardrail's form)."""
    result = Assessment(text)
    _assess_language(result, config, side)
    _assess_words(result, config.get("wordPolicyConfig", {}), side)
    sensitive = config.get("sensitiveInformationPolicyConfig", {})
    for item in _enabled(sensitive.get("regexesConfig", []), side):
        matches = [match[0] for match in re.finditer(item["pattern"], result.text) if match[0]]
        found = _act(result, item, side, item["name"], matches)
        result.regexes += [{"name": item["name"], "regex": item["pattern"], **entry} for entry in found]
    for item in _enabled(sensitive.get("piiEntitiesConfig", []), side):
        # Looks in the text as it was masked so far: what an earlier rule has hidden is not found again.
        found = _act(result, item, side, item["type"], find_pii(item["type"], result.text))
        result.pii += [{"type": item["type"], **entry} for entry in found]
    return result


def _assess_language(result: Assessment, config: dict[str, Any], side: Side) -> None:
    for item in _enabled(config.get("contentPolicyConfig", {}).get("filtersConfig", []), side):
        strength = item[f"{side}Strength"]
        confidence = find_content(item["type"], strength, result.text)
        if confidence is not None:
            said = {"type": item["type"], "confidence": confidence, "filterStrength": strength}
            result.content.append(said | result.block(item, side))
    for item in _enabled(config.get("topicPolicyConfig", {}).get("topicsConfig", []), side):
        if is_about(item, result.text):
            result.topics.append({"name": item["name"], "type": "DENY"} | result.block(item, side))


def _assess_words(result: Assessment, policy: dict[str, Any], side: Side) -> None:
    for word in _enabled(policy.get("wordsConfig", []), side):
        if re.search(rf"(?<!\w){re.escape(word['text'])}(?!\w)", result.text, re.IGNORECASE):
            result.words.append({"match": word["text"]} | result.block(word, side))
    for item in _enabled(policy.get("managedWordListsConfig", []), side):
        for match in find_profanity(result.text):
            result.managed.append({"match": match, "type": item["type"]} | result.block(item, side))


def _act(result: Assessment, item: dict[str, Any], side: Side, name: str, matches: list[str]) -> list[dict[str, Any]]:
    action = _action(item, side, item["action"])
    if matches and action == "BLOCK":
        result.blocked = True
    if matches and action == "ANONYMIZE":
        result.masked = True
        for match in matches:
            result.text = result.text.replace(match, f"{{{name}}}")
    said = {"BLOCK": "BLOCKED", "ANONYMIZE": "ANONYMIZED", "NONE": "NONE"}[action]
    return [{"match": match, "action": said, "detected": True} for match in matches]


def _enabled(items: list[dict[str, Any]], side: Side) -> Iterator[dict[str, Any]]:
    return (item for item in items if item.get(f"{side}Enabled", True))


def _action(item: dict[str, Any], side: Side, default: str) -> str:
    return str(item.get(f"{side}Action", default))
