"""The bot over HTTP: one message, one answer."""

from __future__ import annotations

import http.client
import json
import time
import urllib.error
import urllib.request
from urllib.parse import urlsplit

from paybot_ops import __version__
from paybot_ops.core.chat import ChatReply, parse_reply
from paybot_ops.errors import PaybotError

_LONGEST_ANSWER = 1_000_000


def send_message(url: str, message: str, *, session_id: str | None = None, timeout: float = 35) -> ChatReply:
    """Send one message to the bot; `timeout` in seconds, above API Gateway's own 29.

    Raises:
        PaybotError: the API cannot be reached, or does not answer as a bot.
    """
    if urlsplit(url).scheme not in ("http", "https"):
        raise PaybotError("the bot's address is no HTTP address")
    body = {"message": message} | ({"sessionId": session_id} if session_id else {})
    request = urllib.request.Request(  # noqa: S310 -- the scheme is checked above
        url,
        data=json.dumps(body).encode(),
        headers={"Content-Type": "application/json", "User-Agent": f"paybot/{__version__}"},
        method="POST",
    )
    started = time.perf_counter()
    try:
        with urllib.request.urlopen(request, timeout=timeout) as answer:  # noqa: S310
            status, content = answer.status, answer.read(_LONGEST_ANSWER)
    except urllib.error.HTTPError as error:
        status, content = error.code, error.read(_LONGEST_ANSWER)
    except (OSError, http.client.HTTPException) as error:
        reason = getattr(error, "reason", error)
        raise PaybotError(
            "the bot's API cannot be reached", why=str(reason), hint="paybot outputs shows its address"
        ) from error
    return parse_reply(status, content, (time.perf_counter() - started) * 1000)
