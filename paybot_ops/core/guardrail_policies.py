"""What a guardrail is to filter: the module's variables, the presets, and what Bedrock would refuse."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

from paybot_ops.core.hcl.values import Literal
from paybot_ops.errors import UsageError

ENABLED = "enable_bedrock_guardrails"
VARIABLES = (
    "guardrail_pii_action",
    "guardrail_pii_entities",
    "guardrail_content_strength",
    "guardrail_keep_to_payments",
    "guardrail_topics",
    "guardrail_words",
    "guardrail_profanity",
    "guardrail_blocked_message",
)
"""The module's variables for policies."""

# Amazon Bedrock API reference: GuardrailPiiEntityConfig.
PII_ENTITIES = (
    "ADDRESS",
    "AGE",
    "AWS_ACCESS_KEY",
    "AWS_SECRET_KEY",
    "CA_HEALTH_NUMBER",
    "CA_SOCIAL_INSURANCE_NUMBER",
    "CREDIT_DEBIT_CARD_CVV",
    "CREDIT_DEBIT_CARD_EXPIRY",
    "CREDIT_DEBIT_CARD_NUMBER",
    "DRIVER_ID",
    "EMAIL",
    "INTERNATIONAL_BANK_ACCOUNT_NUMBER",
    "IP_ADDRESS",
    "LICENSE_PLATE",
    "MAC_ADDRESS",
    "NAME",
    "PASSWORD",
    "PHONE",
    "PIN",
    "SWIFT_CODE",
    "UK_NATIONAL_HEALTH_SERVICE_NUMBER",
    "UK_NATIONAL_INSURANCE_NUMBER",
    "UK_UNIQUE_TAXPAYER_REFERENCE_NUMBER",
    "URL",
    "USERNAME",
    "US_BANK_ACCOUNT_NUMBER",
    "US_BANK_ROUTING_NUMBER",
    "US_INDIVIDUAL_TAX_IDENTIFICATION_NUMBER",
    "US_PASSPORT_NUMBER",
    "US_SOCIAL_SECURITY_NUMBER",
    "VEHICLE_IDENTIFICATION_NUMBER",
)
CARD_AND_BANK = (
    "CREDIT_DEBIT_CARD_CVV",
    "CREDIT_DEBIT_CARD_NUMBER",
    "EMAIL",
    "INTERNATIONAL_BANK_ACCOUNT_NUMBER",
    "PHONE",
    "PIN",
    "US_BANK_ACCOUNT_NUMBER",
    "US_SOCIAL_SECURITY_NUMBER",
)
_ALSO_STRICT = (
    "ADDRESS",
    "CREDIT_DEBIT_CARD_EXPIRY",
    "DRIVER_ID",
    "PASSWORD",
    "US_BANK_ROUTING_NUMBER",
    "US_INDIVIDUAL_TAX_IDENTIFICATION_NUMBER",
    "US_PASSPORT_NUMBER",
)

# Amazon Bedrock API reference: GuardrailWordConfig, GuardrailTopicConfig, CreateGuardrail.
LONGEST_WORD = 100
MOST_WORDS = 10_000
LONGEST_DEFINITION = 200
LONGEST_MESSAGE = 500
# 30 in all; the module's own take five.
MOST_TOPICS = 25
_TOPIC_NAME = re.compile(r"[0-9a-zA-Z_ !?.-]{1,100}")


class Preset(StrEnum):
    """A set of policies under one name."""

    STRICT = "strict"
    BALANCED = "balanced"
    PII_ONLY = "pii-only"


class PiiAction(StrEnum):
    """What happens to a text with personal data in it."""

    BLOCK = "block"
    MASK = "mask"


class Strength(StrEnum):
    """How readily harmful content is stopped; `off` makes no content filter at all."""

    OFF = "off"
    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"


@dataclass(frozen=True, slots=True)
class Policies:
    """A guardrail's policies, as the module's variables set them; `balanced` unless they say otherwise."""

    pii: PiiAction = PiiAction.BLOCK
    pii_entities: tuple[str, ...] = CARD_AND_BANK
    content: Strength = Strength.MEDIUM
    keep_to_payments: bool = True
    topics: Mapping[str, str] = field(default_factory=dict)
    words: tuple[str, ...] = ()
    profanity: bool = True
    blocked_message: str = ""

    def variables(self) -> dict[str, Literal]:
        """The module's variables that say the same; the message only where it is known."""
        named: dict[str, Literal] = {
            "guardrail_pii_action": "ANONYMIZE" if self.pii is PiiAction.MASK else "BLOCK",
            "guardrail_pii_entities": list(self.pii_entities),
            "guardrail_content_strength": "NONE" if self.content is Strength.OFF else self.content.value.upper(),
            "guardrail_keep_to_payments": self.keep_to_payments,
            "guardrail_topics": dict(self.topics),
            "guardrail_words": list(self.words),
            "guardrail_profanity": self.profanity,
        }
        return named | ({"guardrail_blocked_message": self.blocked_message} if self.blocked_message else {})

    @property
    def charged(self) -> Mapping[str, bool]:
        """Whether each policy is there, by the name of its price (Amazon Bedrock pricing: Guardrails)."""
        return {
            "content": self.content is not Strength.OFF,
            "topic": self.keep_to_payments or bool(self.topics),
            "pii": bool(self.pii_entities),
            "word": self.profanity or bool(self.words),
        }


@dataclass(frozen=True, slots=True)
class Choices:
    """What the command line says of the policies; None and empty leave what is set."""

    preset: Preset | None = None
    pii: PiiAction | None = None
    pii_entities: tuple[str, ...] = ()
    content: Strength | None = None
    topics: Mapping[str, str] = field(default_factory=dict)
    words: tuple[str, ...] = ()
    blocked_message: str | None = None


def chosen(current: Policies, choices: Choices) -> Policies:
    """The policies after a command line: a preset first, then single choices; words and topics are added.

    Raises:
        UsageError: Bedrock would refuse one of them, or the guardrail would filter nothing.
    """
    policies = with_preset(current, choices.preset) if choices.preset else current
    policies = replace(
        policies,
        pii=choices.pii or policies.pii,
        pii_entities=tuple(dict.fromkeys(choices.pii_entities)) or policies.pii_entities,
        content=choices.content or policies.content,
        topics={**policies.topics, **choices.topics},
        words=tuple(dict.fromkeys([*policies.words, *choices.words])),
        blocked_message=policies.blocked_message if choices.blocked_message is None else choices.blocked_message,
    )
    check(policies, message_given=choices.blocked_message is not None)
    return policies


def with_preset(current: Policies, preset: Preset) -> Policies:
    """A preset's policies; own words, own topics and the message stay."""
    base = replace(current, pii=PiiAction.BLOCK, pii_entities=CARD_AND_BANK, keep_to_payments=True, profanity=True)
    match preset:
        case Preset.STRICT:
            kinds = tuple(sorted((*CARD_AND_BANK, *_ALSO_STRICT)))
            return replace(base, pii_entities=kinds, content=Strength.HIGH)
        case Preset.BALANCED:
            return replace(base, content=Strength.MEDIUM)
        case Preset.PII_ONLY:
            return replace(base, content=Strength.OFF, keep_to_payments=False, profanity=False)


def check(policies: Policies, *, message_given: bool = False) -> None:
    """Refuse what Bedrock refuses, before Terraform is asked. Raises `UsageError`."""
    unknown = sorted(set(policies.pii_entities) - set(PII_ENTITIES))
    if unknown:
        from difflib import get_close_matches

        near = get_close_matches(unknown[0].upper(), PII_ENTITIES, n=1)
        raise UsageError(
            f"Bedrock knows no kind of personal data {unknown[0]}",
            hint=f"is it {near[0]}?" if near else f"it knows: {', '.join(PII_ENTITIES)}",
        )
    for word in policies.words:
        if not word.strip() or len(word) > LONGEST_WORD:
            raise UsageError(f"a word for the guardrail takes 1 to {LONGEST_WORD} characters; one has {len(word)}")
    if len(policies.words) > MOST_WORDS:
        raise UsageError(f"a guardrail takes {MOST_WORDS:,} words, and these are {len(policies.words):,}")
    for name, definition in policies.topics.items():
        if not _TOPIC_NAME.fullmatch(name):
            raise UsageError("a topic's name takes 1 to 100 letters, digits, spaces and - _ ! ? .")
        if not 1 <= len(definition) <= LONGEST_DEFINITION:
            raise UsageError(
                f"the definition of the topic {name} takes 1 to {LONGEST_DEFINITION} characters; it has "
                f"{len(definition)}"
            )
    if len(policies.topics) > MOST_TOPICS:
        raise UsageError(f"guardrail_topics takes {MOST_TOPICS} topics, and these are {len(policies.topics)}")
    if message_given and not 1 <= len(policies.blocked_message) <= LONGEST_MESSAGE:
        raise UsageError(f"the message takes 1 to {LONGEST_MESSAGE} characters; it has {len(policies.blocked_message)}")
    if not any(policies.charged.values()):
        raise UsageError("the guardrail would filter nothing", hint="choose a policy, for instance: --preset balanced")


def parse_topic(text: str) -> tuple[str, str]:
    """A topic written as NAME=DEFINITION. Raises `UsageError`."""
    name, equals, definition = (part.strip() for part in text.partition("="))
    if not equals or not name or not definition:
        raise UsageError(
            "--topic takes NAME=DEFINITION", hint='for instance: --topic "Gift cards=Buying or using gift cards."'
        )
    return name, definition


def parse_words(text: str) -> tuple[str, ...]:
    """The words of a file, one a line; blank lines and lines that begin with # are left out."""
    lines = (line.strip() for line in text.removeprefix("\ufeff").splitlines())
    return tuple(dict.fromkeys(line for line in lines if line and not line.startswith("#")))
