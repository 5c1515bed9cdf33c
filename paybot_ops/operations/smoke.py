"""One message to the deployed bot: does it answer?"""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from paybot_ops.adapters.chat import send_message
from paybot_ops.core.chat import ChatReply
from paybot_ops.errors import PaybotError
from paybot_ops.operations.authorization import chat_authorization
from paybot_ops.operations.target import Target

SMOKE_MESSAGE = "Hello"
_TRIES = 3


def ask_bot(target: Target, outputs: Mapping[str, Any], message: str = SMOKE_MESSAGE) -> ChatReply:
    """One message through the deployed API; a stage that was just made may need a moment.

    Raises:
        PaybotError: the bot did not answer.
    """
    with target.screen.step("one message to the bot"):
        authorization = chat_authorization(target, outputs)
        for attempt in range(1, _TRIES + 1):
            try:
                return send_message(str(outputs["chat_url"]), message, authorization=authorization)
            except PaybotError:
                if attempt == _TRIES:
                    raise
                time.sleep(attempt)
    raise AssertionError("unreachable")


def try_bot(
    target: Target, outputs: Mapping[str, Any], silent: str, hint: str
) -> tuple[ChatReply | None, PaybotError | None]:
    """The answer of a bot after a change, None where it has no chat; or the error, which begins with `silent`."""
    if not outputs.get("chat_url"):
        return None, None
    try:
        return ask_bot(target, outputs), None
    except PaybotError as error:
        return None, PaybotError(silent, why=error.brief, hint=hint)


def owes_answer(target: Target) -> bool:
    """Whether the bot did not answer after the last deploy from here: one without changes then asks again."""
    return _mark(target).is_file()


def note_answer(target: Target, *, answered: bool) -> None:
    """Remember whether the bot answered after a deploy."""
    if answered:
        _mark(target).unlink(missing_ok=True)
    else:
        _mark(target).touch()


def _mark(target: Target) -> Path:
    return target.workspace.data_dir / "paybot-unanswered"
