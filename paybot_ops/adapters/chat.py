"""The bot's API over HTTP: a message and its answer, and the preflight that API Gateway answers by itself."""

from __future__ import annotations

import http.client
import json
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from email.message import Message
from urllib.parse import urlsplit

from paybot_ops import __version__
from paybot_ops.core.card_masking import masked
from paybot_ops.core.chat import Authorization, ChatReply, ChatUnreachableError, parse_reply
from paybot_ops.errors import PaybotError

_LONGEST_ANSWER = 1_000_000
# The bot says under which id it logged the request (lambda/payment_bot/gateway.py).
_REQUEST_ID = "x-correlation-id"


def send_message(
    url: str,
    message: str,
    *,
    session_id: str | None = None,
    message_id: str | None = None,
    timeout: float = 35,
    authorization: Authorization | None = None,
) -> ChatReply:
    """Send one message to the bot; `timeout` in seconds, above API Gateway's own 29.

    `authorization` is what the deployment's API asks of a caller; None for an open one. A message that comes twice in a
    session under one `message_id` is answered once: after a time-out it can be sent again.

    Raises:
        ChatUnreachableError: no answer came.
        PaybotError: the API answered with an error, or not as a bot.
    """
    named = {"sessionId": session_id, "messageId": message_id}
    document = {"message": message} | {name: value for name, value in named.items() if value}
    body = json.dumps(document).encode()
    request = _request(url, "POST", {"Content-Type": "application/json"}, body)
    # Unredirected: a key or a signature goes to no other address than the one that it is for.
    for name, value in (authorization(url, body) if authorization else {}).items():
        request.add_unredirected_header(name, value)
    answer = _ask(request, timeout)
    return parse_reply(answer.status, answer.content, answer.milliseconds, str(answer.headers.get(_REQUEST_ID) or ""))


def ask_preflight(url: str, *, timeout: float) -> tuple[int, float]:
    """The status and the milliseconds of OPTIONS on the chat's address: no model runs, and no function is asked.

    `timeout` is in seconds.

    Raises:
        PaybotError: it is no HTTP address, or nothing answers there.
    """
    headers = {"Origin": "https://paybot.invalid", "Access-Control-Request-Method": "POST"}
    answer = _ask(_request(url, "OPTIONS", headers), timeout)
    return answer.status, answer.milliseconds


@dataclass(frozen=True, slots=True)
class _Answer:
    status: int
    content: bytes
    headers: Message
    milliseconds: float


def _request(url: str, method: str, headers: Mapping[str, str], body: bytes | None = None) -> urllib.request.Request:
    if urlsplit(url).scheme not in ("http", "https"):
        raise PaybotError("the bot's address is no HTTP address", hint="paybot outputs shows it")
    own = {"User-Agent": f"paybot/{__version__}", **headers}
    return urllib.request.Request(url, data=body, headers=own, method=method)  # noqa: S310 -- checked above


def _ask(request: urllib.request.Request, timeout: float) -> _Answer:
    started = time.perf_counter()
    try:
        with urllib.request.urlopen(request, timeout=timeout) as answer:  # noqa: S310 -- checked when it was made
            status, content, headers = answer.status, answer.read(_LONGEST_ANSWER), answer.headers
    except urllib.error.HTTPError as error:
        with error:
            status, content, headers = error.code, error.read(_LONGEST_ANSWER), error.headers
    except (OSError, http.client.HTTPException) as error:
        reason = getattr(error, "reason", error)
        raise ChatUnreachableError(
            "the bot's API cannot be reached", why=masked(str(reason))[:200], hint="paybot outputs shows its address"
        ) from error
    return _Answer(status, content, headers, (time.perf_counter() - started) * 1000)
