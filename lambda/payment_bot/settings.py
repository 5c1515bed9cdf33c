"""The function's environment variables, read once into one frozen value."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


class SettingsError(Exception):
    """An environment variable is missing or unusable; the text names it and never quotes its value."""


@dataclass(frozen=True, slots=True)
class Guardrail:
    """The Bedrock guardrail that every model call passes through, pinned to a published version."""

    identifier: str
    version: str


@dataclass(frozen=True, slots=True)
class Settings:
    """What the deployment decides for the bot; none of it is secret."""

    session_table: str
    session_ttl_seconds: int
    model_id: str
    guardrail: Guardrail | None
    cors_allow_origin: str

    @classmethod
    def from_environment(cls, environ: Mapping[str, str]) -> Settings:
        """Read the variables that the Terraform module sets; raises SettingsError for one that does not do."""
        return cls(
            session_table=_required(environ, "SESSION_TABLE"),
            session_ttl_seconds=_positive(environ, "SESSION_TTL_SECONDS"),
            model_id=_required(environ, "BEDROCK_MODEL_ID"),
            guardrail=_guardrail(environ),
            cors_allow_origin=environ.get("CORS_ALLOW_ORIGIN", ""),
        )


def _required(environ: Mapping[str, str], name: str) -> str:
    value = environ.get(name, "").strip()
    if not value:
        raise SettingsError(f"{name} is not set")
    return value


def _positive(environ: Mapping[str, str], name: str) -> int:
    value = _required(environ, name)
    if not (value.isdecimal() and len(value) < 10 and int(value) > 0):
        raise SettingsError(f"{name} is not a positive whole number")
    return int(value)


def _guardrail(environ: Mapping[str, str]) -> Guardrail | None:
    if not environ.get("GUARDRAIL_ID", "").strip():
        return None
    # An id without a version must not quietly mean "no guardrail".
    return Guardrail(_required(environ, "GUARDRAIL_ID"), _required(environ, "GUARDRAIL_VERSION"))
