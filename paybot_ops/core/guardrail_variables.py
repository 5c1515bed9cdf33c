"""The policies that the module's variables set, whatever file or default they come from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from paybot_ops.core.guardrail_policies import CARD_AND_BANK, PiiAction, Policies, Strength
from paybot_ops.core.hcl.reading import read_assignments
from paybot_ops.core.hcl.values import HclSyntaxError, NotLiteral, Value
from paybot_ops.errors import UsageError


def parse_policies(values: Mapping[str, Value]) -> Policies:
    """The policies that variables of the module set.

    Raises:
        UsageError: a value is not of its variable's type; which one is named, and never what it is.
    """
    read = _Reader(values)
    return Policies(
        pii=PiiAction.MASK if read.text("guardrail_pii_action", "BLOCK") == "ANONYMIZE" else PiiAction.BLOCK,
        pii_entities=read.texts("guardrail_pii_entities", CARD_AND_BANK),
        content=read.strength("guardrail_content_strength", Strength.MEDIUM),
        keep_to_payments=read.flag("guardrail_keep_to_payments", True),
        topics=read.mapping("guardrail_topics"),
        words=read.texts("guardrail_words", ()),
        profanity=read.flag("guardrail_profanity", True),
        blocked_message=read.text("guardrail_blocked_message", ""),
    )


@dataclass(slots=True)
class _Reader:
    values: Mapping[str, Value]

    def text(self, name: str, fallback: str) -> str:
        value = self.values.get(name)
        if value is None:
            return fallback
        if not isinstance(value, str):
            raise _wrong(name, "a string")
        return value

    def flag(self, name: str, fallback: bool) -> bool:
        value = self.values.get(name)
        if value is None:
            return fallback
        if value in ("true", "false"):
            return value == "true"
        if not isinstance(value, bool):
            raise _wrong(name, "true or false")
        return value

    def strength(self, name: str, fallback: Strength) -> Strength:
        word = self.text(name, fallback.value).lower()
        if word == "none":
            return Strength.OFF
        if word not in {item.value for item in Strength} - {Strength.OFF.value}:
            raise _wrong(name, "NONE, LOW, MEDIUM or HIGH")
        return Strength(word)

    def texts(self, name: str, fallback: tuple[str, ...]) -> tuple[str, ...]:
        value = self._expression(name)
        if value is None:
            return fallback
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            raise _wrong(name, "a list of strings")
        return tuple(str(item) for item in value)

    def mapping(self, name: str) -> dict[str, str]:
        value = self._expression(name)
        if value is None:
            return {}
        if isinstance(value, NotLiteral) or not isinstance(value, dict):
            raise _wrong(name, "a map of strings")
        return {key: str(item) for key, item in value.items()}

    def _expression(self, name: str) -> Value:
        """The value of a variable that is no string: Terraform reads a TF_VAR_ of it as an expression."""
        value = self.values.get(name)
        if not isinstance(value, str):
            return value
        try:
            return read_assignments(f"x = {value}\n").get("x")
        except HclSyntaxError:
            raise _wrong(name, "an expression that Terraform accepts") from None


def _wrong(name: str, wanted: str) -> UsageError:
    return UsageError(f"the variable {name} must be {wanted}, as a plain value", hint="mend the value in its file")
