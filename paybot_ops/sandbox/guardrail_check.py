"""What a guardrail does to a text: custom words, regexes and a few kinds of PII, nothing that would need a model.

Content filters, denied topics, the profanity list, contextual grounding and the other PII kinds are stored and given
back, but never find anything here.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Literal

Side = Literal["input", "output"]

_CARD = re.compile(r"(?<!\d)\d(?:[ -]?\d){12,18}(?!\d)")
_PATTERNS = {
    "EMAIL": re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+"),
    "PHONE": re.compile(r"(?<![\w+])(?:\+\d{1,3}[ .-]?)?(?:\(\d{3}\)|\d{3})[ .-]\d{3}[ .-]\d{4}(?!\d)"),
    "CREDIT_DEBIT_CARD_NUMBER": _CARD,
    "US_SOCIAL_SECURITY_NUMBER": re.compile(r"(?<!\d)\d{3}-\d{2}-\d{4}(?!\d)"),
    "IP_ADDRESS": re.compile(r"(?<![\d.])(?:\d{1,3}\.){3}\d{1,3}(?![\d.])"),
    "AWS_ACCESS_KEY": re.compile(r"\b(?:AKIA|ASIA)[A-Z0-9]{16}\b"),
}
EVALUATED_PII = tuple(_PATTERNS)


@dataclass
class Assessment:
    """What was found in a text, and the text as it may go on (masked where the guardrail says ANONYMIZE)."""

    text: str
    blocked: bool = False
    masked: bool = False
    words: list[dict[str, Any]] = field(default_factory=list)
    pii: list[dict[str, Any]] = field(default_factory=list)
    regexes: list[dict[str, Any]] = field(default_factory=list)

    @property
    def intervened(self) -> bool:
        """Whether the guardrail changed or stopped anything."""
        return self.blocked or self.masked

    def as_trace(self) -> dict[str, Any]:
        """The assessment in the form of a Converse trace. It quotes what was found, as the service's does."""
        trace: dict[str, Any] = {}
        if self.words:
            trace["wordPolicy"] = {"customWords": self.words, "managedWordLists": []}
        if self.pii or self.regexes:
            trace["sensitiveInformationPolicy"] = {"piiEntities": self.pii, "regexes": self.regexes}
        return trace


def assess(config: dict[str, Any], text: str, side: Side) -> Assessment:
    """The assessment of a text by a guardrail's configuration (CreateGuardrail's form)."""
    result = Assessment(text)
    for word in _enabled(config.get("wordPolicyConfig", {}).get("wordsConfig", []), side):
        if re.search(rf"(?<!\w){re.escape(word['text'])}(?!\w)", text, re.IGNORECASE):
            blocks = _action(word, side, "BLOCK") == "BLOCK"
            result.blocked |= blocks
            result.words.append({"match": word["text"], "action": "BLOCKED" if blocks else "NONE", "detected": True})
    sensitive = config.get("sensitiveInformationPolicyConfig", {})
    for item in _enabled(sensitive.get("regexesConfig", []), side):
        found = _act(result, item, side, re.compile(item["pattern"]), item["name"], _always)
        result.regexes += [{"name": item["name"], "regex": item["pattern"], **entry} for entry in found]
    for item in _enabled(sensitive.get("piiEntitiesConfig", []), side):
        if item["type"] in _PATTERNS:
            accept = _luhn if item["type"] == "CREDIT_DEBIT_CARD_NUMBER" else _always
            found = _act(result, item, side, _PATTERNS[item["type"]], item["type"], accept)
            result.pii += [{"type": item["type"], **entry} for entry in found]
    return result


def _act(
    result: Assessment,
    item: dict[str, Any],
    side: Side,
    pattern: re.Pattern[str],
    name: str,
    accept: Callable[[str], bool],
) -> list[dict[str, Any]]:
    # Looks in the text as it was masked so far: what an earlier rule has hidden is not found again.
    matches = [match[0] for match in pattern.finditer(result.text) if match[0] and accept(match[0])]
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


def _always(text: str) -> bool:
    return bool(text)


def _luhn(text: str) -> bool:
    digits = [int(character) for character in text if character.isdigit()]
    doubled = [digit * 2 - 9 if digit > 4 else digit * 2 for digit in digits[-2::-2]]
    return (sum(digits[-1::-2]) + sum(doubled)) % 10 == 0
