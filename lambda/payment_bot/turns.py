"""One turn of a conversation, with everything that it reads, asks and writes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from payment_bot import conversation
from payment_bot.conversation import Heard, Status
from payment_bot.gateway import ChatRequest
from payment_bot.model import Answer, Model
from payment_bot.sessions import Reply, Session, SessionConflictError, Sessions, new_session
from payment_bot.telemetry import Metric, session_tag


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
    status: Status
    session_id: str = field(repr=False)

    def to_document(self) -> dict[str, str]:
        """Return the reply under the names of the chat API."""
        return {"response": self.response, "status": self.status.value, "sessionId": self.session_id}


class Bot:
    """Answers messages, one turn each."""

    def __init__(self, sessions: Sessions, model: Model, clock: Callable[[], int]) -> None:
        self._sessions = sessions
        self._model = model
        self._clock = clock

    def answer(self, request: ChatRequest, journal: Journal) -> ChatReply:
        """Answer a message and store the turn; one that was answered before gets the same answer again.

        Raises SessionsUnavailableError when the table fails, and SessionConflictError when another message of the
        session was answered meanwhile: the session never has two continuations.
        """
        session = self._resume(request.session_id)
        if earlier := session.reply_to(request.message_id):
            return _again(session, earlier, journal)
        heard = conversation.hear(session.conversation, request.message)
        answer = self._ask(heard, journal)
        said = conversation.say(session.conversation, heard, answer.text, remember=not answer.guarded)
        status = said.conversation.status
        kept = Reply(request.message_id, said.text, status) if request.message_id is not None else None
        try:
            self._sessions.save(session.with_turn(said.conversation, kept), self._clock())
        except SessionConflictError as conflict:
            # The same message came twice at once: both get the answer of whichever was stored.
            if conflict.stored is not None and (earlier := conflict.stored.reply_to(request.message_id)):
                return _again(session, earlier, journal)
            raise
        journal.count(Metric.TURNS)
        journal.info("turn answered", session=session_tag(session.session_id), turn=session.version + 1)
        return ChatReply(said.text, status, session.session_id)

    def _resume(self, session_id: str | None) -> Session:
        """Return the session of an id; an unknown or expired one gets a new session under an id of our own.

        A client's own id is never taken over: whoever made somebody use it could then read that conversation.
        """
        found = None if session_id is None else self._sessions.find(session_id, self._clock())
        return found or new_session()

    def _ask(self, heard: Heard, journal: Journal) -> Answer:
        answer = self._model.ask(heard.prompt)
        journal.count(Metric.INPUT_TOKENS, answer.input_tokens)
        journal.count(Metric.OUTPUT_TOKENS, answer.output_tokens)
        if answer.fault is not None:
            journal.count(Metric.MODEL_FALLBACK)
            journal.warning("model gave no answer", fault=answer.fault.value)
        return answer


def _again(session: Session, earlier: Reply, journal: Journal) -> ChatReply:
    journal.info("message delivered again", session=session_tag(session.session_id))
    return ChatReply(earlier.response, earlier.status, session.session_id)
