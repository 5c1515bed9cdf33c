"""One turn of a conversation, with everything that it reads, asks, does and writes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Protocol

from payment_bot.actions import Actions, Occasion
from payment_bot.answers import Answers
from payment_bot.clients import MODEL_SECONDS
from payment_bot.deadline import Deadline
from payment_bot.dialogue.effects import Failed
from payment_bot.dialogue.machine import decide, without_expired
from payment_bot.dialogue.moves import Event, Move
from payment_bot.dialogue.outcomes import settle
from payment_bot.dialogue.prompt import remember
from payment_bot.dialogue.state import CardCollection, Conversation, Step
from payment_bot.gateway import ChatRequest
from payment_bot.masking import mask_message
from payment_bot.sessions import Reply, Session, SessionConflictError, Sessions, new_session
from payment_bot.telemetry import Metric, session_tag

# A page that is over makes way for a new one; nothing takes more steps than that.
_MOST_EFFECTS = 2

_METRICS = {
    Event.COMPLETED: Metric.COMPLETIONS,
    Event.CANCELLED: Metric.CANCELS,
    Event.DECLINED: Metric.DECLINES,
}


class Journal(Protocol):
    """Where a turn leaves its log lines and counts."""

    def count(self, metric: Metric, value: int = 1) -> None:
        """Add to a metric."""

    def info(self, event: str, **fields: str | int | bool | None) -> None:
        """Log something that went as it should."""

    def warning(self, event: str, **fields: str | int | bool | None) -> None:
        """Log something that a customer was spared from."""


@dataclass(frozen=True, slots=True)
class ChatReply:
    """What a client gets for its message."""

    response: str = field(repr=False)
    status: Step
    session_id: str = field(repr=False)

    def to_document(self) -> dict[str, str]:
        """Return the reply under the names of the chat API."""
        return {"response": self.response, "status": self.status.value, "sessionId": self.session_id}


@dataclass(frozen=True, slots=True)
class Clocks:
    """The time of day in epoch seconds, and seconds that never go back."""

    now: Callable[[], int]
    ticks: Callable[[], float]


class Bot:
    """Answers messages, one turn each."""

    def __init__(
        self, sessions: Sessions, actions: Actions, answers: Answers, collection: CardCollection, clocks: Clocks
    ) -> None:
        self._sessions = sessions
        self._actions = actions
        self._answers = answers
        self._collection = collection
        self._clocks = clocks

    def answer(self, request: ChatRequest, journal: Journal) -> ChatReply:
        """Answer a message and store the turn; one that was answered before gets the same answer again.

        Raises SessionsUnavailableError when the table fails, and SessionConflictError when another message of the
        session was answered meanwhile: the session never has two continuations.
        """
        deadline = Deadline(self._clocks.ticks)
        session = self._resume(request.session_id)
        if earlier := session.reply_to(request.message_id):
            return _again(session, earlier, journal)
        occasion = Occasion(session.session_id, request.done_url, self._clocks.now(), deadline)
        move = self._move(session.conversation, request.message, occasion, journal)
        text, after = self._say(session.conversation, move, request.message, deadline, journal)
        kept = Reply(request.message_id, text, after.step) if request.message_id is not None else None
        try:
            self._sessions.save(session.with_turn(after, kept), self._clocks.now())
        except SessionConflictError as conflict:
            # The same message came twice at once: both get the answer of whichever was stored.
            if conflict.stored is not None and (earlier := conflict.stored.reply_to(request.message_id)):
                return _again(session, earlier, journal)
            raise
        for event in move.events:
            journal.count(_METRICS[event])
        journal.count(Metric.TURNS)
        journal.info(
            "turn answered", session=session_tag(session.session_id), turn=session.version + 1, step=after.step.value
        )
        return ChatReply(text, after.step, session.session_id)

    def _resume(self, session_id: str | None) -> Session:
        """Return the session of an id; an unknown or expired one gets a new session under an id of our own.

        A client's own id is never taken over: whoever made somebody use it could then read that conversation.
        """
        found = None if session_id is None else self._sessions.find(session_id, self._clocks.now())
        return found or new_session()

    def _move(self, before: Conversation, message: str, occasion: Occasion, journal: Journal) -> Move:
        """Decide, do what the decision asks for, and decide on what came of it."""
        current = without_expired(before, occasion.now)
        held = self._actions.digits_of(current, occasion.session_id)
        move = decide(before, message, occasion.now, self._collection, held)
        for _ in range(_MOST_EFFECTS):
            if move.effect is None:
                break
            outcome = self._actions.carry_out(move.effect, move.conversation, occasion)
            if isinstance(outcome, Failed):
                journal.warning("effect failed", effect=type(move.effect).__name__, problem=outcome.problem.value)
            move = _joined(move, settle(move.conversation, move.effect, outcome, occasion.now))
        return move

    def _say(
        self, before: Conversation, move: Move, message: str, deadline: Deadline, journal: Journal
    ) -> tuple[str, Conversation]:
        """Word the reply, and remember what was asked of the model, masked; nothing else of the message is kept."""
        parts = [move.opening]
        after = move.conversation
        if move.ask and deadline.left() < MODEL_SECONDS:
            parts.append(move.instead)
        elif move.ask:
            code_is_due = before.step is Step.CODE
            masked = mask_message(message, every_digit=code_is_due)
            asked = mask_message(message, every_digit=code_is_due, spare_identity=self._answers.are_guarded)
            said = self._answers.ask(before, asked, self._clocks.now(), journal)
            parts.append(said.text or move.instead)
            if said.text and not said.guarded:
                history = remember(before.history, masked, mask_message(said.text))
                after = replace(after, history=history)
        parts.append(move.words)
        return "\n\n".join(filter(None, parts)), after


def _joined(move: Move, then: Move) -> Move:
    """What was to be said before an effect stays; a question is answered if the effect has changed nothing."""
    unchanged = then.conversation.step is move.conversation.step
    return replace(
        then,
        opening=" ".join(filter(None, (move.opening, then.opening))),
        ask=move.ask and unchanged,
        instead=move.instead,
        events=(*move.events, *then.events),
    )


def _again(session: Session, earlier: Reply, journal: Journal) -> ChatReply:
    journal.info("message delivered again", session=session_tag(session.session_id))
    return ChatReply(earlier.response, earlier.status, session.session_id)
