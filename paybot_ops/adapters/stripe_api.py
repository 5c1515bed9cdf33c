"""Stripe's API, as far as a key has to be asked about: one GET that every account allows and that changes nothing."""

from __future__ import annotations

import http.client
import urllib.error
import urllib.request
from enum import StrEnum
from typing import Any
from urllib.parse import urlsplit

from paybot_ops import __version__
from paybot_ops.adapters.session import is_loopback
from paybot_ops.core.stripe_keys import StripeKey
from paybot_ops.errors import PaybotError

STRIPE = "https://api.stripe.com"
_SECONDS = 15.0


class StripeError(PaybotError):
    """Stripe did not answer, or not as Stripe does."""

    kind = "stripe"


class Verdict(StrEnum):
    """What Stripe says of a key."""

    ACCEPTED = "accepted"
    REFUSED = "refused"


def ask_about(key: StripeKey, address: str | None) -> Verdict:
    """Whether Stripe takes the key (GET /v1/balance). `address` is the stand-in's, None for Stripe's own.

    A restricted key that may not read the balance is answered with 403, which proves that Stripe knows it.

    Raises:
        StripeError: no answer, or another one; neither Stripe's text nor the key is in it.
    """
    base = address or STRIPE
    if urlsplit(base).scheme != "https" and not is_loopback(base):
        raise StripeError("a Stripe key is sent over TLS only")
    request = urllib.request.Request(  # noqa: S310 -- the scheme is checked above
        f"{base}/v1/balance",
        headers={"Authorization": f"Bearer {key.value}", "User-Agent": f"paybot/{__version__}"},
    )
    try:
        with _opener(base).open(request, timeout=_SECONDS) as answer:
            status = answer.status
    except urllib.error.HTTPError as error:
        status = error.code
        error.close()
    except (OSError, http.client.HTTPException) as error:
        reason = getattr(error, "reason", error)
        raise StripeError(
            "Stripe cannot be reached to ask about the key",
            why=type(reason).__name__,
            hint="try again, or skip the question: --offline",
        ) from None
    if status in (200, 403):
        return Verdict.ACCEPTED
    if status == 401:
        return Verdict.REFUSED
    raise StripeError(
        f"Stripe answered {status} when it was asked about the key",
        why="it has too much to do" if status == 429 else "its service has a problem" if status >= 500 else "",
        hint="try again later, or skip the question: --offline",
    )


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """A key goes to the address that was meant and to no other."""

    def redirect_request(self, *_: Any, **__: Any) -> None:
        """Follow none."""


def _opener(base: str) -> urllib.request.OpenerDirector:
    # Stripe is reached through the user's proxy, the embedded AWS never.
    proxies = [urllib.request.ProxyHandler({})] if is_loopback(base) else []
    return urllib.request.build_opener(_NoRedirect, *proxies)
