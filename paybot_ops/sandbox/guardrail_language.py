"""Harmful content, denied topics and profanity that the embedded guardrail finds: by words, where Bedrock has a model.

Enough for a filter to be seen to work, and nothing to judge a filter's quality by.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

_LEVELS = ("NONE", "LOW", "MEDIUM", "HIGH")


def _any(*phrases: str) -> re.Pattern[str]:
    return re.compile(r"\b(?:" + "|".join(phrases) + r")\b", re.IGNORECASE)


# By type: what is found, with which confidence; the surest first.
_CONTENT: dict[str, tuple[tuple[str, re.Pattern[str]], ...]] = {
    "INSULTS": (
        ("HIGH", _any("idiot", "moron", "imbecile", "stupid", "worthless", "pathetic")),
        ("MEDIUM", _any("useless", "dumb", "incompetent")),
        ("LOW", _any("silly", "ridiculous")),
    ),
    "HATE": (("HIGH", _any(r"i hate all \w+", r"\w+ are (?:vermin|subhuman)")),),
    "SEXUAL": (("HIGH", _any("porn", "pornography", "nude pictures?", "explicit sex")),),
    "VIOLENCE": (
        ("HIGH", _any("kill (?:you|him|her|them)", "build a bomb", "murder", "shoot (?:you|him|her|them)")),
        ("MEDIUM", _any("beat (?:you|him|her|them) up", "punch")),
    ),
    "MISCONDUCT": (
        ("HIGH", _any("steal (?:a )?credit cards?", "launder money", "hack into", "stolen cards?", "forge documents?")),
    ),
    "PROMPT_ATTACK": (
        (
            "HIGH",
            _any(
                r"(?:ignore|disregard|forget|override) (?:all |any |the |your )*(?:previous |prior |above |earlier )?"
                r"(?:instructions?|rules|prompts?)",
                r"(?:print|reveal|show|repeat|tell me) (?:me )?(?:your |the )(?:system |hidden |initial )+prompt",
                "developer mode",
                "jailbreak",
                "you are now dan",
            ),
        ),
        ("MEDIUM", _any("pretend (?:that )?you (?:are|have)", "act as (?:if|an?) ")),
    ),
}

_PROFANITY = _any("damn", "bastards?", "bullshit", "shit(?:ty)?", "fuck(?:ing|er)?", "asshole")

_WORD = re.compile(r"[a-z]+")
# Words that say nothing of a topic; those of a payment, so that talk of one is never off the topic by chance.
_EMPTY = frozenset(
    re.findall(
        r"[a-z]+",
        """about advice after against all also and any are asking ask bot can card cards could customer do does for from
    get give has have her his how into its just like make more most need news not of offer on opinion opinions or
    order other our out pay payment payments please question questions should some tell than that the their them
    then there these they this topic topics was what when which who will with would write you your help next year
    anything everything explain explaining explanation writing written talk talking other""",
    )
)


def find_content(kind: str, strength: str, text: str) -> str | None:
    """The confidence with which content of a kind is found, None where the strength lets that pass.

    A strength of LOW filters what is found with HIGH confidence, MEDIUM that and MEDIUM, HIGH everything down to LOW
    (Amazon Bedrock user guide: filter strength).
    """
    needed = 4 - _LEVELS.index(strength) if strength != "NONE" else len(_LEVELS)
    for confidence, pattern in _CONTENT.get(kind, ()):
        if _LEVELS.index(confidence) >= needed and pattern.search(text):
            return confidence
    return None


def find_profanity(text: str) -> list[str]:
    """The profane words of a text."""
    return [match[0] for match in _PROFANITY.finditer(text)]


def is_about(topic: dict[str, Any], text: str) -> bool:
    """Whether a text shares a word with a topic's name, or two with its definition and examples."""
    said = set(_stems([text]))
    name = set(_stems([topic["name"]]))
    described = set(_stems([topic["definition"], *topic.get("examples", [])]))
    return bool(name & said) or len(described & said) >= 2


def _stems(texts: Iterable[str]) -> Iterator[str]:
    for text in texts:
        for word in _WORD.findall(text.lower()):
            if len(word) > 2 and word not in _EMPTY:
                yield word.removesuffix("s")
