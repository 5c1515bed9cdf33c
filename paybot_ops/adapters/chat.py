"""The bot over HTTP: one message, one answer."""

from __future__ import annotations

import http.client
import json
import time
import urllib.error
import urllib.request
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
    if urlsplit(url).scheme not in ("http", "https"):
        raise PaybotError("the bot's address is no HTTP address")
    named = {"sessionId": session_id, "messageId": message_id}
    document = {"message": message} | {name: value for name, value in named.items() if value}
    body = json.dumps(document).encode()
    request = urllib.request.Request(  # noqa: S310 -- the scheme is checked above
        url,
        data=body,
        headers={"Content-Type": "application/json", "User-Agent": f"paybot/{__version__}"},
        method="POST",
    )
    # Unredirected: a key or a signature goes to no other address than the one that it is for.
    for name, value in (authorization(url, body) if authorization else {}).items():
        request.add_unredirected_header(name, value)
    started = time.perf_counter()
    try:
        with urllib.request.urlopen(request, timeout=timeout) as answer:  # noqa: S310
            status, content, headers = answer.status, answer.read(_LONGEST_ANSWER), answer.headers
    except urllib.error.HTTPError as error:
        status, content, headers = error.code, error.read(_LONGEST_ANSWER), error.headers
    except (OSError, http.client.HTTPException) as error:
        reason = getattr(error, "reason", error)
        raise ChatUnreachableError(
            "the bot's API cannot be reached", why=masked(str(reason))[:200], hint="paybot outputs shows its address"
        ) from error
    milliseconds = (time.perf_counter() - started) * 1000
    return parse_reply(status, content, milliseconds, str(headers.get(_REQUEST_ID) or ""))
