"""The Stripe SDK, imported when it is first needed and in a way that it cannot write a card anywhere.

At debug level the SDK logs whole requests, card number and code included, and `STRIPE_LOG=debug` prints them past every
logger; with telemetry on it also writes a file into the home directory. All of it is decided when it is imported.
"""

from __future__ import annotations

import logging
import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import stripe

# One attempt of a call at worst, in seconds: to connect, then to wait for the answer.
CONNECT_SECONDS, READ_SECONDS = 2.0, 5.0


def make_client(key: str, api_base: str) -> stripe.StripeClient:
    """Return a client that keeps quiet and gives up in time; `api_base` is empty for Stripe itself."""
    os.environ.pop("STRIPE_LOG", None)
    logging.getLogger("stripe").setLevel(logging.WARNING)
    import stripe

    stripe.enable_telemetry = False
    stripe.log = None
    # Named, because without it the SDK may fall back to a client that has no timeout.
    http_client = stripe.RequestsClient(timeout=(CONNECT_SECONDS, READ_SECONDS))
    if api_base:
        return stripe.StripeClient(key, http_client=http_client, base_addresses={"api": api_base})
    return stripe.StripeClient(key, http_client=http_client)
