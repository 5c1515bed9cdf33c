"""The rules of composite alarms: ALARM("a"), OK(b), INSUFFICIENT_DATA(c), TRUE, FALSE, NOT, AND, OR and brackets."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

_STATES = ("ALARM", "OK", "INSUFFICIENT_DATA")
_TOKEN = re.compile(
    r"\s*(?:(?P<state>ALARM|OK|INSUFFICIENT_DATA)\s*\(\s*(?:\"(?P<quoted>[^\"]*)\"|'(?P<single>[^']*)'|(?P<bare>[^()\s]+))\s*\)"
    r"|(?P<word>TRUE|FALSE|AND|OR|NOT)\b|(?P<bracket>[()]))",
    re.IGNORECASE,
)
_Token = tuple[str, str]


class RuleError(ValueError):
    """A rule that cannot be read."""


@dataclass(slots=True)
class _Evaluation:
    tokens: list[_Token]
    states: Mapping[str, str]
    at: int = 0

    def either(self) -> bool:
        found = self.both()
        while self.next_is("OR"):
            other = self.both()
            found = found or other
        return found

    def both(self) -> bool:
        found = self.one()
        while self.next_is("AND"):
            other = self.one()
            found = found and other
        return found

    def one(self) -> bool:
        if self.next_is("NOT"):
            return not self.one()
        if self.next_is("("):
            found = self.either()
            if not self.next_is(")"):
                raise RuleError("a bracket is not closed")
            return found
        if self.at >= len(self.tokens):
            raise RuleError("it ends too early")
        kind, name = self.tokens[self.at]
        self.at += 1
        if kind in _STATES:
            return self.states.get(name) == kind
        if kind in ("TRUE", "FALSE"):
            return kind == "TRUE"
        raise RuleError(f"{kind} is not expected")

    def next_is(self, kind: str) -> bool:
        if self.at < len(self.tokens) and self.tokens[self.at][0] == kind:
            self.at += 1
            return True
        return False


def rule_holds(rule: str, states: Mapping[str, str]) -> bool:
    """Whether a rule holds for the states of alarms by name; raises RuleError for one that cannot be read."""
    evaluation = _Evaluation(_tokens(rule), states)
    try:
        found = evaluation.either()
    except RecursionError:
        raise RuleError("it is nested too deeply") from None
    if evaluation.at < len(evaluation.tokens):
        raise RuleError(f"{evaluation.tokens[evaluation.at][0]} is not expected")
    return found


def children(rule: str) -> tuple[str, ...]:
    """The names of the alarms that a rule looks at."""
    return tuple(dict.fromkeys(name for kind, name in _tokens(rule) if kind in _STATES))


def _tokens(rule: str) -> list[_Token]:
    tokens, position, text = [], 0, rule.rstrip()
    while position < len(text):
        found = _TOKEN.match(text, position)
        if found is None:
            raise RuleError(f"it cannot be read at position {position + 1}")
        if found["state"]:
            name = next(part for part in (found["quoted"], found["single"], found["bare"]) if part is not None)
            # An alarm may be named by its ARN too.
            tokens.append((found["state"].upper(), name.rpartition(":alarm:")[2]))
        else:
            tokens.append(((found["word"] or found["bracket"]).upper(), ""))
        position = found.end()
    return tokens
