"""A conversation as it may be shown and kept: every text in it is masked before it gets here."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from paybot_ops.core.card_masking import masked
from paybot_ops.core.chat_script import ANSWERS, HAPPENS, SAYS, STANDS, Broken
from paybot_ops.core.log_lines import LogEvent, find_document, tokens_in
from paybot_ops.core.printable import printable
from paybot_ops.errors import ExitCode, PaybotError


@dataclass(frozen=True, slots=True)
class Tokens:
    """What the model took for a turn; both 0 where it was not asked."""

    sent: int
    received: int


@dataclass(frozen=True, slots=True)
class ChatTurn:
    """A message and its answer, or why there is none; `milliseconds` is the whole round trip."""

    customer: str
    bot: str = ""
    status: str = ""
    milliseconds: float | None = None
    request_id: str = ""
    message_id: str = ""
    sent: int = 1
    tokens: Tokens | None = None
    error: PaybotError | None = None


@dataclass(slots=True)
class ChatReport:
    """A conversation as far as it was held."""

    name: str
    turns: list[ChatTurn] = field(default_factory=list)
    session_id: str = ""
    broken: Broken | None = None
    error: PaybotError | None = None
    interrupted: bool = False

    @property
    def code(self) -> ExitCode:
        """130 for Ctrl-C, 1 where the bot failed, 3 where an expectation was not met."""
        if self.interrupted:
            return ExitCode.INTERRUPTED
        if self.error is not None:
            return self.error.code
        return ExitCode.FINDING if self.broken is not None else ExitCode.OK


def session_tag(session_id: str) -> str:
    """What logs and transcripts say of a session: its id opens it (lambda/payment_bot/telemetry.py)."""
    return hashlib.sha256(session_id.encode()).hexdigest()[:12]


def turn_text(turn: ChatTurn) -> str:
    """A turn as transcripts have it: nothing in its texts begins a line of its own, or steers a terminal."""
    lines = [SAYS + "\\n".join(turn.customer.splitlines())]
    if turn.error is not None:
        lines.append(HAPPENS + _one_line(turn.error.brief))
    else:
        lines += [ANSWERS + _one_line(part) for part in turn.bot.split("\n\n")]
        lines.append(STANDS + _one_line(turn.status))
    return printable("\n".join(lines)) + "\n"


def _one_line(text: str) -> str:
    # Masked once more: digits that blanks held apart may be a number now.
    return masked(" ".join(text.split()))


def tokens_by_request(events: Iterable[LogEvent]) -> Mapping[str, Tokens]:
    """The tokens of each request, from the function's lines in their order.

    The metrics line names no request. A stream is one execution environment, which serves one request at a time: the
    metrics that follow a turn's line in its stream are that turn's.
    """
    found: dict[str, Tokens] = {}
    open_turns: dict[str, str] = {}
    for event in events:
        document = find_document(event.message)
        if document is None:
            continue
        if "_aws" in document:
            request = open_turns.pop(event.stream, "")
            if request:
                found[request] = Tokens(*tokens_in(document))
        elif document.get("message") == "turn answered" and document.get("correlation_id"):
            open_turns[event.stream] = str(document["correlation_id"])
    return found
