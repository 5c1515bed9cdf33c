"""The function's environment variables, read once into one frozen value."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from payment_bot.dialogue.state import CardCollection


class SettingsError(Exception):
    """An environment variable is missing or unusable; the text names it and never quotes its value."""


@dataclass(frozen=True, slots=True)
class Guardrail:
    """The Bedrock guardrail that every model call passes through, pinned to a published version.

    Bedrock gives one stop reason for a blocked text and for a masked one: a blocked one is known by its message.
    """

    identifier: str
    version: str
    blocked_message: str = ""


@dataclass(frozen=True, slots=True)
class Settings:
    """What the deployment decides for the bot; none of it is secret."""

    session_table: str
    session_ttl_seconds: int
    model_id: str
    guardrail: Guardrail | None
    cors_allow_origin: str
    daily_token_budget: int
    card_collection: CardCollection
    accept_raw_card_data: bool
    kms_key_arn: str
    stripe_secret_arn: str
    stripe_api_base: str

    @classmethod
    def from_environment(cls, environ: Mapping[str, str]) -> Settings:
        """Read the variables that the Terraform module sets; raises SettingsError for one that does not do."""
        return cls(
            session_table=_required(environ, "SESSION_TABLE"),
            session_ttl_seconds=_positive(environ, "SESSION_TTL_SECONDS"),
            model_id=_required(environ, "BEDROCK_MODEL_ID"),
            guardrail=_guardrail(environ),
            cors_allow_origin=environ.get("CORS_ALLOW_ORIGIN", ""),
            daily_token_budget=_whole(environ, "BEDROCK_DAILY_TOKEN_BUDGET"),
            card_collection=_collection(environ),
            accept_raw_card_data=_flag(environ, "ACCEPT_RAW_CARD_DATA"),
            kms_key_arn=_required(environ, "KMS_KEY_ARN"),
            stripe_secret_arn=_required(environ, "STRIPE_SECRET_ARN"),
            stripe_api_base=_loopback(environ, "STRIPE_API_BASE"),
        )


def _required(environ: Mapping[str, str], name: str) -> str:
    value = environ.get(name, "").strip()
    if not value:
        raise SettingsError(f"{name} is not set")
    return value


def _positive(environ: Mapping[str, str], name: str) -> int:
    value = _whole(environ, name)
    if value == 0:
        raise SettingsError(f"{name} is not a positive whole number")
    return value


def _whole(environ: Mapping[str, str], name: str) -> int:
    value = _required(environ, name)
    if not (value.isascii() and value.isdecimal() and len(value) <= 12):
        raise SettingsError(f"{name} is not a whole number")
    return int(value)


def _flag(environ: Mapping[str, str], name: str) -> bool:
    value = environ.get(name, "").strip()
    if value not in ("", "false", "true"):
        raise SettingsError(f"{name} is neither true nor false")
    return value == "true"


def _collection(environ: Mapping[str, str]) -> CardCollection:
    value = _required(environ, "CARD_COLLECTION")
    try:
        return CardCollection(value)
    except ValueError:
        raise SettingsError("CARD_COLLECTION is neither hosted_link nor chat") from None


def _loopback(environ: Mapping[str, str], name: str) -> str:
    """Where a stand-in of Stripe listens, by address: a name could resolve to somebody who collects keys."""
    value = environ.get(name, "").strip()
    if not value:
        return ""
    try:
        url = urlsplit(value)
        is_loopback = ipaddress.ip_address(url.hostname or "").is_loopback and url.port is not None
    except ValueError:
        is_loopback = False
    if not is_loopback or url.scheme != "http" or url.username is not None or url.path.strip("/"):
        raise SettingsError(f"{name} is not an http URL of a loopback address with a port")
    return value.rstrip("/")


def _guardrail(environ: Mapping[str, str]) -> Guardrail | None:
    if not environ.get("GUARDRAIL_ID", "").strip():
        return None
    # An id without a version must not quietly mean "no guardrail".
    return Guardrail(
        _required(environ, "GUARDRAIL_ID"),
        _required(environ, "GUARDRAIL_VERSION"),
        environ.get("GUARDRAIL_BLOCKED_MESSAGE", "").strip(),
    )
