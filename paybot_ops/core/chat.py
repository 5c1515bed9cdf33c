"""The bot's API as a client sees it: its address, and what an answer must look like."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from paybot_ops.errors import PaybotError

_EXECUTE_API = re.compile(
    r"^https://(?P<api>[a-z0-9]+)\.execute-api\.[a-z0-9-]+\.amazonaws\.com(?:\.cn)?/(?P<rest>.*)$"
)


@dataclass(frozen=True, slots=True)
class ChatReply:
    """One answer of the bot; `milliseconds` is the whole round trip."""

    response: str
    status: str
    session_id: str
    milliseconds: float


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


def parse_reply(status: int, body: bytes, milliseconds: float) -> ChatReply:
    """The bot's answer.

    Raises:
        PaybotError: the API answered with an error, or with something that is no chat answer.
    """
    if status != 200:
        raise PaybotError(
            f"the bot's API answered {status}",
            why=_message(body),
            hint="look at the function's log group for the reason",
        )
    try:
        document = json.loads(body)
        return ChatReply(str(document["response"]), str(document["status"]), str(document["sessionId"]), milliseconds)
    except (ValueError, KeyError, TypeError) as error:
        raise PaybotError("the bot's API answered with something that is no chat answer") from error


def _message(body: bytes) -> str:
    try:
        document = json.loads(body)
    except ValueError:
        return ""
    if not isinstance(document, dict):
        return ""
    inner = document.get("error")
    message = inner.get("message") if isinstance(inner, dict) else document.get("message")
    return str(message or "")[:200]
