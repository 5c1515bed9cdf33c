"""The one shape of a change: observe -> plan -> show -> confirm -> apply -> result."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """One change that paybot would make: a verb, its target and the reason; subclasses add their own fields."""

    verb: str
    target: str
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """An ordered tuple of actions: the same object is shown, written as JSON, and applied."""

    actions: tuple[Action, ...] = ()

    @property
    def is_empty(self) -> bool:
        """True when the world already is as wanted."""
        return not self.actions


class Outcome(StrEnum):
    """What became of one action."""

    DONE = "done"
    FAILED = "failed"
    NOT_RUN = "not run"


@dataclass(frozen=True, slots=True, kw_only=True)
class StepResult:
    """One action with its outcome, its duration in seconds and, where it failed, why."""

    action: Action
    outcome: Outcome
    seconds: float = 0.0
    why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What an apply did, action by action: a partial apply is visible."""

    steps: tuple[StepResult, ...] = ()

    @property
    def ok(self) -> bool:
        """True when every action was done."""
        return all(step.outcome is Outcome.DONE for step in self.steps)

    def count(self, outcome: Outcome) -> int:
        """How many actions ended so."""
        return sum(step.outcome is outcome for step in self.steps)
