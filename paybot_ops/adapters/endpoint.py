"""The API's front door: the preflight that a browser sends, which API Gateway answers without the bot."""

from __future__ import annotations

import http.client
import time
import urllib.error
import urllib.request
from urllib.parse import urlsplit

from paybot_ops import __version__
from paybot_ops.errors import PaybotError


def ask_preflight(url: str, *, timeout: float) -> tuple[int, float]:
    """The status and the milliseconds of OPTIONS on the chat's address: no model runs, and no function is asked.

    `timeout` is in seconds.

    Raises:
        PaybotError: it is no HTTP address, or nothing answers there.
    """
    if urlsplit(url).scheme not in ("http", "https"):
        raise PaybotError("the bot's address is no HTTP address", hint="paybot outputs shows it")
    headers = {
        "User-Agent": f"paybot/{__version__}",
        "Origin": "https://paybot.invalid",
        "Access-Control-Request-Method": "POST",
    }
    request = urllib.request.Request(url, headers=headers, method="OPTIONS")  # noqa: S310 -- checked above
    started = time.perf_counter()
    try:
        with urllib.request.urlopen(request, timeout=timeout) as answer:  # noqa: S310
            status: int = answer.status
    except urllib.error.HTTPError as error:
        error.close()
        status = error.code
    except (OSError, http.client.HTTPException) as error:
        reason = getattr(error, "reason", error)
        raise PaybotError(
            "the bot's API cannot be reached", why=str(reason), hint="paybot outputs shows its address"
        ) from error
    return status, (time.perf_counter() - started) * 1000
