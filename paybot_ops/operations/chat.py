"""`paybot chat`: talk to the deployed bot from a terminal, a pipe or a script."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from paybot_ops.adapters.files import read_text_file
from paybot_ops.adapters.transcripts import Transcript
from paybot_ops.core.card_masking import masked
from paybot_ops.core.chat_script import Say, Step, check, parse_line, parse_script
from paybot_ops.core.chat_turns import ChatReport, ChatTurn, session_tag, turn_text
from paybot_ops.core.stripe_keys import Mode
from paybot_ops.errors import AccessDeniedError, AwsError, FindingError, PaybotError, UsageError
from paybot_ops.operations.authorization import chat_authorization
from paybot_ops.operations.chat_usage import with_usage
from paybot_ops.operations.conversation import Conversation
from paybot_ops.operations.outputs import read_outputs
from paybot_ops.operations.secrets import get_stored_key
from paybot_ops.operations.target import Target

PROMPT = "you> "

Shown = Callable[[ChatTurn], None]


@dataclass(frozen=True, slots=True)
class ChatWish:
    """What `paybot chat` was asked; without a message or a script the lines come from the terminal, or from a pipe."""

    message: str | None = None
    script: Path | None = None
    session: str | None = None
    transcript: Path | None = None
    usage: bool = False


def chat(target: Target, wish: ChatWish, shown: Shown) -> ChatReport:
    """Hold the conversation; `shown` is given every turn, masked, as soon as it is over.

    Raises:
        UsageError: the options, the script or the transcript's file cannot be used; nothing was said.
        PaybotError: nothing is deployed.
    """
    steps = _fixed_steps(wish)
    outputs = read_outputs(target)
    url = str(outputs.get("chat_url") or "")
    if not url:
        raise PaybotError("the deployment has no chat_url", why="nothing can be sent to the bot")
    report = ChatReport(target.settings.name, session_id=wish.session or "")
    with ExitStack() as open_files:
        keep = _keeper(open_files, wish.transcript, report.name)
        target.screen.note(target.header(), style="bold")
        _warn_of_real_money(target, outputs)
        authorization = chat_authorization(target, outputs)
        held = Conversation(url, authorization, wish.session, None if wish.session else "")
        began = time.time()
        talk = _Talk(report, held, keep, shown, hint=_hint(outputs))
        by_hand = steps is None and target.screen.interactive
        try:
            if by_hand:
                talk.with_person(target.screen.read_line)
            else:
                talk.along(steps if steps is not None else _piped(target.screen.read_line))
        except KeyboardInterrupt:
            report.interrupted = True
        if by_hand:
            # The prompt's own line ends here: neither Ctrl-D nor Ctrl-C has done it.
            target.screen.note("")
        report.session_id = held.session_id or ""
        if wish.usage and not report.interrupted:
            report.turns = with_usage(target, outputs, report.turns, began)
    return report


@dataclass(frozen=True, slots=True)
class _Talk:
    report: ChatReport
    held: Conversation
    keep: Callable[[str], None]
    shown: Shown
    hint: str

    def with_person(self, read_line: Callable[[str], str | None]) -> None:
        """A failure is told and the conversation goes on; the end of the input ends it."""
        while (line := read_line(PROMPT)) is not None:
            if line.strip():
                self._turn(line.strip())

    def along(self, steps: Iterable[Step]) -> None:
        """The first failure, of the bot or of an expectation, ends it."""
        for step in steps:
            if isinstance(step, Say):
                self.report.error = self._turn(step.text).error
            elif not self.report.turns:
                raise UsageError(f"line {step.line} expects an answer before anything was said")
            else:
                broken = check(step, self.held.answer, self.held.status or "")
                self.report.broken = broken and replace(broken, what=masked(broken.what))
            if self.report.error is not None or self.report.broken is not None:
                return
        if not self.report.turns:
            raise UsageError(
                "nothing was said",
                why="no line came from stdin",
                hint="paybot chat --message TEXT, --script FILE, or run it at a terminal",
            )

    def _turn(self, message: str) -> ChatTurn:
        turn = self.held.say(message)
        if turn.error is not None and self.hint:
            turn.error.hint = self.hint
        self.report.turns.append(turn)
        self.keep(turn_text(turn) + "\n")
        self.shown(turn)
        return turn


def finding_of(report: ChatReport) -> PaybotError | None:
    """What went wrong with a conversation, as an error."""
    if report.error is not None or report.broken is None:
        return report.error
    return FindingError(
        f"line {report.broken.line} is not met: {report.broken.what}",
        hint=f"the turn's log lines: paybot logs --session {session_tag(report.session_id)}",
    )


def _fixed_steps(wish: ChatWish) -> tuple[Step, ...] | None:
    if wish.message is not None and wish.script is not None:
        raise UsageError("--message and --script exclude each other", hint="use one of them")
    if wish.message is not None:
        if not wish.message.strip():
            raise UsageError("--message is empty")
        return (Say(1, wish.message),)
    if wish.script is None:
        return None
    return parse_script(read_text_file(wish.script).text)


def _piped(read_line: Callable[[str], str | None]) -> Iterator[Step]:
    """Line by line as it comes: whoever writes may wait for the answer first."""
    number = 0
    while (line := read_line("")) is not None:
        number += 1
        step = parse_line(line, number)
        if step is not None:
            yield step


def _keeper(open_files: ExitStack, path: Path | None, name: str) -> Callable[[str], None]:
    if path is None:
        return lambda _text: None
    file = open_files.enter_context(Transcript(path))
    file.write(f"A conversation with {name}, {datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}.\n\n")
    return file.write


def _hint(outputs: Mapping[str, Any]) -> str:
    return "it is paused: paybot resume lets it serve again" if outputs.get("paused") is True else ""


def _warn_of_real_money(target: Target, outputs: Mapping[str, Any]) -> None:
    """Say before the first word that a card which is typed here is a real one's."""
    secret = outputs.get("stripe_secret_arn")
    if target.settings.card_collection != "chat" or not secret:
        return
    try:
        key = get_stored_key(target, str(secret)).key
    except (AccessDeniedError, AwsError) as error:
        target.screen.warn(f"{error.what}: whether the Stripe key is a live one is not known; take it for one")
        return
    if key is not None and key.mode is Mode.LIVE:
        target.screen.warn(
            "REAL MONEY: this deployment has a live Stripe key and takes cards in the chat; a card that you type is "
            "saved for payments, and test cards are declined"
        )
