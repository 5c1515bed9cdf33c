"""The bot's API as a client sees it: its address, and what an answer must look like."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from paybot_ops.core.card_masking import masked
from paybot_ops.errors import PaybotError

Authorization: TypeAlias = Callable[[str, bytes], Mapping[str, str]]
"""The headers that authorize one request, from its URL and body. They are secret: never shown, never logged."""

_EXECUTE_API = re.compile(
    r"^https://(?P<api>[a-z0-9]+)\.execute-api\.[a-z0-9-]+\.amazonaws\.com(?:\.cn)?/(?P<rest>.*)$"
)

# What answers so is not the function, and its log says nothing of it.
_HINTS = {
    403: "the API key, or execute-api:Invoke for these credentials, is missing; or the web ACL stopped the message",
}


@dataclass(frozen=True, slots=True)
class ChatReply:
    """One answer of the bot; `milliseconds` is the whole round trip, `request_id` what the logs call the request."""

    response: str
    status: str
    session_id: str
    milliseconds: float
    request_id: str = ""


class ChatRefusedError(PaybotError):
    """The API answered with an error; `status` is HTTP's, `error_code` the bot's own word for it, where it gave one."""

    def __init__(self, status: int, body: bytes, request_id: str) -> None:
        self.error_code, words = _error_of(body)
        super().__init__(
            f"the bot's API answered {status}{f' {self.error_code}' if self.error_code else ''}",
            why=words,
            hint=_HINTS.get(status, "look at the function's log group for the reason: paybot logs --errors"),
        )
        self.status = status
        self.request_id = request_id


class ChatUnreachableError(PaybotError):
    """No answer came: the API cannot be reached, or took too long."""


def reachable_address(url: str, endpoint: str | None) -> str:
    """Where a deployed API answers: in the embedded AWS under its own endpoint, because no DNS knows its host."""
    match = _EXECUTE_API.match(url)
    if endpoint is None or match is None:
        return url
    return f"{endpoint.rstrip('/')}/_aws/execute-api/{match['api']}/{match['rest']}"


def reachable_outputs(outputs: Mapping[str, Any], endpoint: str | None) -> dict[str, Any]:
    """A deployment's outputs with the address of its chat as a client can use it."""
    found = dict(outputs)
    if isinstance(found.get("chat_url"), str):
        found["chat_url"] = reachable_address(found["chat_url"], endpoint)
    return found


def parse_reply(status: int, body: bytes, milliseconds: float, request_id: str = "") -> ChatReply:
    """The bot's answer.

    Raises:
        ChatRefusedError: the API answered with an error.
        PaybotError: it answered with something that is no chat answer.
    """
    if status != 200:
        raise ChatRefusedError(status, body, request_id)
    try:
        document = json.loads(body)
        said, step, session = (str(document[name]) for name in ("response", "status", "sessionId"))
        return ChatReply(said, step, session, milliseconds, request_id)
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise PaybotError("the bot's API answered with something that is no chat answer") from error


def _error_of(body: bytes) -> tuple[str, str]:
    """The code and the words of an error, each masked and in one line: the bot's, or API Gateway's without a code."""
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        return "", ""
    if not isinstance(document, dict):
        return "", ""
    inner = document.get("error")
    if isinstance(inner, dict):
        return _words(inner.get("code"), 60), _words(inner.get("message"), 200)
    return "", _words(document.get("message"), 200)


def _words(value: Any, most: int) -> str:
    # Masked before it is cut: half a card number is none.
    return masked(" ".join(str(value or "").split()))[:most]
