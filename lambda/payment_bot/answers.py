"""The model's words within the day's budget; without them the bot speaks for itself, and an alarm can hear that."""

from __future__ import annotations

from typing import Protocol

from payment_bot.budget import Budget
from payment_bot.dialogue.prompt import fit_to_say, prompt
from payment_bot.dialogue.state import CardCollection, Conversation
from payment_bot.model import Answer, Fault, Model
from payment_bot.telemetry import Metric

# Nobody knows what was billed for a call that broke off; its booking stands.
_UNKNOWN_COST = (Fault.UNREACHABLE, Fault.UNAVAILABLE)


class Journal(Protocol):
    """Where an answer leaves its counts and its failures."""

    def count(self, metric: Metric, value: int = 1) -> None:
        """Add to a metric."""

    def warning(self, event: str, **fields: str | int | bool | None) -> None:
        """Log something that a customer was spared from."""


class Answers:
    """Asks the model what a customer wants to know."""

    def __init__(self, model: Model, budget: Budget, collection: CardCollection) -> None:
        self._model = model
        self._budget = budget
        self._collection = collection

    @property
    def are_guarded(self) -> bool:
        """Whether a guardrail sees what is asked."""
        return self._model.is_guarded

    def ask(self, conversation: Conversation, masked: str, now: int, journal: Journal) -> Answer:
        """Return the model's answer, fit to be said, or an empty one (`now` in epoch seconds)."""
        if self._budget.is_off:
            return Answer()
        asked = prompt(conversation, masked, self._collection)
        booked = self._budget.book(asked, now)
        if booked is None:
            journal.count(Metric.BUDGET_STOPS)
            return _without(Answer(fault=Fault.BUDGET), journal)
        answer = self._model.ask(asked)
        if answer.fault not in _UNKNOWN_COST:
            self._budget.settle(booked, answer.input_tokens + answer.output_tokens, now)
        journal.count(Metric.INPUT_TOKENS, answer.input_tokens)
        journal.count(Metric.OUTPUT_TOKENS, answer.output_tokens)
        if answer.guarded:
            journal.count(Metric.GUARDRAIL_STOPS)
        if answer.masked:
            journal.count(Metric.GUARDRAIL_MASKS)
        return self._fit(answer, journal)

    def _fit(self, answer: Answer, journal: Journal) -> Answer:
        if answer.fault is not None:
            return _without(answer, journal)
        # A guardrail's words are the deployment's own.
        text = answer.text if answer.guarded else fit_to_say(answer.text)
        if not text:
            return _without(Answer(fault=Fault.UNFIT), journal)
        return Answer(text, guarded=answer.guarded)


def _without(answer: Answer, journal: Journal) -> Answer:
    journal.count(Metric.MODEL_FALLBACK)
    journal.warning("model gave no answer", fault=answer.fault.value if answer.fault is not None else None)
    return Answer(fault=answer.fault)
