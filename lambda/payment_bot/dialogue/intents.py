"""What a message asks for, by whole words and phrases: "November" and "Nolan Stopford" ask for nothing."""

from __future__ import annotations

import re
from enum import StrEnum

from payment_bot.dialogue.vocabulary import (
    ACTIONS,
    FILLERS,
    NEVER_MIND,
    NO_WORDS,
    NOT,
    cancels,
    clauses,
    is_yes,
    normalized,
)
from payment_bot.masking import words_in


class Intent(StrEnum):
    """What a message asks the bot to do; OTHER is an answer, or words that it does not know."""

    CANCEL = "cancel"
    NO = "no"
    YES = "yes"
    START_OVER = "start over"
    RESUME = "resume"
    CHANGE = "change"
    CHANGE_NAME = "change name"
    CHANGE_CARD = "change card"
    CHANGE_EXPIRY = "change expiry"
    CHANGE_CODE = "change code"
    QUESTION = "question"
    GREETING = "greeting"
    PAY = "pay"
    OTHER = "other"


_START_OVER = re.compile(
    r"\b(?:(?:start|begin|try)\s+(?:all\s+)?(?:over|again|anew|afresh)|restart|reset|"
    r"from\s+(?:the\s+)?(?:beginning|scratch|start))\b"
)
_RESUME = re.compile(
    r"\b(?:carry on|where were we|where was i|(?:i'm|im|i am) back|pick up)\b|"
    r"^\W*(?:please )?(?:resume|continue|go on)\b"
)
_WRONG = re.compile(
    r"\b(?:wrong|incorrect|mistakes?|typo|error|misspell?ed|misspelt|mistyped|change|changing|correct|fix|edit|update|"
    r"different|another|other|new|replace|redo|invalid|not\s+(?:right|correct|mine)|isn't\s+(?:right|correct|mine))\b"
)
_WRONG_ALONE = re.compile(
    r"\b(?:wrong|incorrect|mistake|typo|(?:not|isn't|isnt)\s+(?:right|correct)|go back|one step back|previous)\b|"
    r"^\W*(?:back|change)\W*$"
)
_THINGS = (
    (Intent.CHANGE_CODE, re.compile(r"\b(?:cvv|cvc|security code|verification code|code)\b")),
    (Intent.CHANGE_NAME, re.compile(r"\b(?:name|spelling)\b")),
    (Intent.CHANGE_EXPIRY, re.compile(r"\b(?:expiry|expiration|expires?|exp|date|month|year)\b")),
    (Intent.CHANGE_CARD, re.compile(r"\b(?:card|number|digits?)\b")),
)
_THING_ALONE = re.compile(
    r"^\W*(?:(?:the|my)\s+)?(?:name|(?:expiry|expiration)(?:\s+date)?|date|card(?:\s+number)?|number)\W*$"
)
_QUESTION = re.compile(
    r"^\W*(?:(?:what|what's|whats|why|how|hows|how's|when|where|who|which|whose|explain|help)\b|"
    r"(?:is|are|does|did|can|could|will|would|should|may) (?:i|you|it|this|that|there|we|they|the|my)\b|"
    r"do (?:i|you|we|they)\b|"
    r"(?:tell|show) me\b)|[?？؟]|"
    r"\b(?:i have a question|(?:i )?(?:don't|dont|do not) (?:know|understand|get it)|not sure)\b"
)
_MAY_CHANGE = re.compile(r"^\W*(?:can|could|may) (?:i|we|you)\b")
_GREETING = words_in("hello hi hey hiya howdy greetings good morning afternoon evening day there bot again")
_PAY = re.compile(
    r"\b(?:pay(?:ing)?|make (?:a|the|my) payment|checkout|buy|"
    r"(?:add|save|enter|use|register)\s+(?:a|an|my|another|the|this|new)\s+(?:\w+\s+)?card)\b"
)


def read_intent(text: str) -> Intent:
    """Name what a message asks for; what it means at a step of the conversation is the step's to say."""
    plain, parts = normalized(text), clauses(text)
    if _starts_over(plain):
        return Intent.START_OVER
    change = _change(plain)
    if any(_is_cancel(words, firm=change is not None) for words in parts):
        return Intent.CANCEL
    if change is not None:
        return change
    if _is_no([word for words in parts for word in words]):
        return Intent.NO
    asking = _QUESTION.search(plain) is not None
    if parts and not asking and all(is_yes(words) for words in parts):
        return Intent.YES
    if _RESUME.search(plain):
        return Intent.RESUME
    return Intent.QUESTION if asking else _small_talk(plain, parts)


def wants_to_pay(text: str) -> bool:
    """Tell whether a message speaks of paying, in whatever form."""
    return _PAY.search(normalized(text)) is not None


def _small_talk(plain: str, parts: list[list[str]]) -> Intent:
    words = {word for part in parts for word in part}
    if words and words <= _GREETING:
        return Intent.GREETING
    return Intent.PAY if _PAY.search(plain) else Intent.OTHER


def _starts_over(plain: str) -> bool:
    negated = re.search(r"\b(?:not|don't|dont|never|without)\b", plain)
    return _START_OVER.search(plain) is not None and negated is None and _QUESTION.search(plain) is None


def _is_cancel(words: list[str], *, firm: bool) -> bool:
    """Tell whether one clause calls the payment off and says nothing else.

    "don't cancel" does not, "don't confirm" does. Beside a correction ("Stop, the card is wrong") only a `firm` word
    counts.
    """
    negated = NOT in words
    verbs = [word for word in words if cancels(word)]
    if firm and not any(word == NEVER_MIND or len(word) > 4 for word in verbs):
        return False
    meant = FILLERS | NO_WORDS | ({NOT} | ACTIONS if negated else frozenset())
    if any(word not in meant and word not in verbs for word in words):
        return False
    return bool(verbs) != negated


def _is_no(words: list[str]) -> bool:
    return any(word in NO_WORDS for word in words) and all(word in FILLERS | NO_WORDS for word in words)


def _change(plain: str) -> Intent | None:
    if _QUESTION.search(plain) and not _MAY_CHANGE.search(plain):
        return None
    # "The card", after "what is wrong?", is as good as "the card is wrong".
    if _WRONG.search(plain) or _THING_ALONE.search(plain):
        for intent, thing in _THINGS:
            if thing.search(plain):
                return intent
    return Intent.CHANGE if _WRONG_ALONE.search(plain) else None
