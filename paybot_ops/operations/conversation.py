"""One conversation with the deployed bot: messages go out, again where no answer came, and are kept masked."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass

from paybot_ops.adapters.chat import send_message
from paybot_ops.core.card_masking import masked
from paybot_ops.core.chat import Authorization, ChatRefusedError, ChatReply, ChatUnreachableError
from paybot_ops.core.chat_turns import ChatTurn
from paybot_ops.core.customer_words import masked_customer
from paybot_ops.errors import PaybotError

_TRIES = 3
# API Gateway's word for a function that took too long: it may have answered all the same.
_TIMED_OUT = 504
_SERVER_FAILS = 500
# Where the bot waits for the security code (lambda/payment_bot/dialogue/state.py).
_CODE_IS_DUE = "cvv"


@dataclass
class Conversation:
    """Where it stands: `status` is None while nobody knows what the bot has asked for."""

    url: str
    authorization: Authorization | None
    session_id: str | None = None
    status: str | None = ""
    answer: str = ""
    pause: Callable[[float], None] = time.sleep

    def say(self, message: str) -> ChatTurn:
        """Send a message; a failure is in the turn. The customer's words leave this method masked."""
        shown = masked_customer(message, code_is_due=self.status in (None, _CODE_IS_DUE))
        message_id = secrets.token_hex(16)
        for sent in range(1, _TRIES + 1):
            try:
                reply = self._send(message, message_id)
            except PaybotError as error:
                if not _was_turned_away(error):
                    self.status = None
                if sent < _TRIES and _may_have_arrived(error):
                    self.pause(sent)
                    continue
                request = error.request_id if isinstance(error, ChatRefusedError) else ""
                return ChatTurn(shown, request_id=request, message_id=message_id, sent=sent, error=error)
            self.session_id, self.status, self.answer = reply.session_id, reply.status, reply.response
            return ChatTurn(
                shown,
                masked(reply.response),
                masked(reply.status),
                round(reply.milliseconds, 1),
                reply.request_id,
                message_id,
                sent,
            )
        raise AssertionError("unreachable")

    def _send(self, message: str, message_id: str) -> ChatReply:
        return send_message(
            self.url,
            message,
            session_id=self.session_id,
            message_id=message_id,
            authorization=self.authorization,
        )


def _was_turned_away(error: PaybotError) -> bool:
    """Whether the bot surely stands where it stood; a server's failure may come after it has moved on."""
    return isinstance(error, ChatRefusedError) and error.status < _SERVER_FAILS


def _may_have_arrived(error: PaybotError) -> bool:
    """Whether nobody knows if the bot has answered: the same message id makes a second try safe."""
    if isinstance(error, ChatRefusedError):
        return error.status == _TIMED_OUT
    return isinstance(error, ChatUnreachableError)
