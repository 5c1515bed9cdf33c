"""Who may ask the stand-in of Stripe for what: API keys, their permissions, and what each may do with raw cards."""

from __future__ import annotations

import base64
import re
import secrets
import string
import threading
from dataclasses import dataclass, field, replace

from werkzeug import Request

from paybot_ops.sandbox.stripe_errors import StripeError

ACCOUNT = "acct_1PaybotSandbox01"

_KEY = re.compile(r"(sk|rk)_test_[A-Za-z0-9]{10,247}")
_ALPHABET = string.ascii_letters + string.digits


@dataclass(frozen=True, slots=True)
class Key:
    """One API key. `permissions` is None where everything is allowed; names are Stripe's (`rak_setup_intent_write`).

    `raw_cards`: whether card numbers may be sent (Stripe's default is no). `any_card`: whether numbers that are no
    test card's are taken too, which Stripe's test mode never does.
    """

    value: str = field(repr=False)
    permissions: frozenset[str] | None = None
    raw_cards: bool = False
    any_card: bool = False
    state: str = "active"

    @property
    def shown(self) -> str:
        """The key as Stripe quotes it in its messages."""
        return shown(self.value)


class Keys:
    """The keys that are known; any other well-formed test key counts as a full one without raw cards."""

    def __init__(self) -> None:
        self._keys: dict[str, Key] = {}
        self._lock = threading.Lock()

    def make(self, *, restricted: bool = False) -> Key:
        """A new key, not registered yet."""
        letters = "".join(secrets.choice(_ALPHABET) for _ in range(48))
        return Key(f"{'rk' if restricted else 'sk'}_test_{letters}")

    def register(self, key: Key) -> None:
        """Remember what this key may do; the last word counts."""
        with self._lock:
            self._keys[key.value] = key

    def find(self, value: str) -> Key | None:
        """The key of this value, or None for one that Stripe would not know."""
        with self._lock:
            return self._keys.get(value) or (Key(value) if _KEY.fullmatch(value) else None)

    def revoke(self, value: str, state: str = "revoked") -> None:
        """From now on the key is refused, as after a rotation (`revoked`) or past its end (`expired`)."""
        self.register(replace(self.find(value) or Key(value), state=state))

    def authenticate(self, request: Request) -> Key:
        """The key of a request.

        Raises:
            StripeError: 401 for none, a publishable, unknown, live, revoked or expired one.
        """
        value = _presented(request)
        if not value:
            raise StripeError(401, "You did not provide an API key.")
        if value.startswith("pk_"):
            message = "This API call cannot be made with a publishable API key. Please use a secret API key."
            raise StripeError(401, message, code="secret_key_required")
        key = self.find(value)
        if key is None or key.state == "revoked":
            raise StripeError(401, f"Invalid API Key provided: {shown(value)}")
        if key.state == "expired":
            raise StripeError(401, f"Expired API Key provided: {key.shown}", code="api_key_expired")
        return key


def permit(key: Key, permission: str) -> None:
    """Let the key through; the permission to write includes the one to read.

    Raises:
        StripeError: 403, as for a restricted key that lacks the permission.
    """
    if key.permissions is None or not permission:
        return
    if not {permission, permission.removesuffix("_read") + "_write"} & key.permissions:
        message = (
            f"The provided key '{key.shown}' does not have the required permissions for this endpoint on account "
            f"'{ACCOUNT}'. Having the '{permission}' permission would allow this request to continue."
        )
        raise StripeError(403, message, code="more_permissions_required")


def refuse_raw_card(key: Key) -> None:
    """Refuse a card number from an account that was not allowed to send any; the SDK calls this a CardError.

    Raises:
        StripeError: 402 with the type `invalid_request_error`.
    """
    if not key.raw_cards:
        message = (
            "Sending credit card numbers directly to the Stripe API is generally unsafe. We suggest you use test "
            "tokens that map to the test card you are using, see https://stripe.com/docs/testing. To enable raw card "
            "data APIs in test mode, see "
            "https://support.stripe.com/questions/enabling-access-to-raw-card-data-apis."
        )
        raise StripeError(402, message, kind="invalid_request_error")


def shown(value: str) -> str:
    """A key's beginning and its last four characters."""
    prefix = re.match(r"[a-z]{2}_(?:test|live)_", value)
    return f"{prefix[0] if prefix else ''}{'*' * 16}{value[-4:] if len(value) >= 16 else ''}"


def _presented(request: Request) -> str:
    scheme, _, given = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        return given.strip()
    if scheme.lower() == "basic":
        try:
            return base64.b64decode(given, validate=True).decode().partition(":")[0]
        except ValueError:
            return ""
    return ""
