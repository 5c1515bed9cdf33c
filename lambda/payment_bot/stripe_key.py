"""The Stripe key: fetched once however many ask, kept for a while, fetched anew when Stripe refuses it."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient

KEEP_SECONDS = 300.0

_KEY = re.compile(r"(?:sk|rk)_(?P<mode>test|live)_[A-Za-z0-9_]{4,250}")


class NoKeyError(Exception):
    """There is no usable key; `cause` is for the log and never holds the value."""

    def __init__(self, cause: str) -> None:
        super().__init__(cause)
        self.cause = cause


@dataclass(frozen=True, slots=True)
class StripeKey:
    """A secret or restricted key, by its prefix of test or live mode."""

    value: str = field(repr=False)
    is_live: bool


class KeyCache:
    """Thread-safe: the first caller fetches, the others wait for it and share what it got.

    `clock` gives seconds that never go back.
    """

    def __init__(self, fetch: Callable[[], StripeKey], clock: Callable[[], float]) -> None:
        self._fetch = fetch
        self._clock = clock
        self._lock = threading.Lock()
        self._kept: tuple[StripeKey, float] | None = None

    def get(self) -> StripeKey:
        """Return the key; raises NoKeyError when there is none, and remembers no failure."""
        with self._lock:
            if self._kept is None or self._clock() >= self._kept[1]:
                self._kept = None
                self._kept = (self._fetch(), self._clock() + KEEP_SECONDS)
            return self._kept[0]

    def refused(self, key: StripeKey) -> None:
        """Forget a key that Stripe refused, unless another caller has replaced it already."""
        with self._lock:
            if self._kept is not None and self._kept[0] == key:
                self._kept = None


def fetch_key(client: SecretsManagerClient, secret_arn: str) -> StripeKey:
    """Read the key from Secrets Manager; raises NoKeyError."""
    try:
        # Named, because the answer without it is the store's choice during a rotation.
        text = client.get_secret_value(SecretId=secret_arn, VersionStage="AWSCURRENT").get("SecretString", "")
    except (ClientError, BotoCoreError) as error:
        code = error.response.get("Error", {}).get("Code", "") if isinstance(error, ClientError) else ""
        raise NoKeyError(f"GetSecretValue: {code or type(error).__name__}") from None
    return parse_key(text)


def parse_key(text: str) -> StripeKey:
    """Read a secret's text; raises NoKeyError for anything but a secret or restricted key."""
    match = _KEY.fullmatch(text.strip())
    if match is None:
        raise NoKeyError("the secret holds no Stripe key")
    return StripeKey(match[0], match["mode"] == "live")
