"""The guardrails that exist, by region: what the guardrail operations read and write."""

from __future__ import annotations

import re
import secrets
import string
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from paybot_ops.sandbox.part import ACCOUNT_ID
from paybot_ops.sandbox.rest_json import ApiError, not_found

DRAFT = "DRAFT"
# Source: Amazon Bedrock endpoints and quotas ("Versions per guardrail", "Guardrails per account").
VERSIONS_PER_GUARDRAIL = 20
GUARDRAILS_PER_REGION = 100
# Source: AWS General Reference, tag quotas.
TAGS_PER_RESOURCE = 50

ARN = re.compile(r"arn:aws:bedrock:(?P<region>[a-z0-9-]+):(?P<account>\d{12}):guardrail/(?P<id>[a-z0-9]+)")
_ALPHABET = string.ascii_lowercase + string.digits


@dataclass
class Snapshot:
    """A guardrail as it was configured at one time: its draft, or one numbered version. The config is never changed."""

    config: dict[str, Any]
    created: datetime
    updated: datetime
    description: str | None


@dataclass
class Guardrail:
    """A guardrail of one region with its versions."""

    id: str
    arn: str
    snapshots: dict[str, Snapshot]
    tags: dict[str, str] = field(default_factory=dict)
    last_version: int = 0

    @property
    def name(self) -> str:
        """The draft's name: names are unique among the guardrails of a region."""
        return str(self.snapshots[DRAFT].config["name"])

    def snapshot(self, version: str) -> Snapshot:
        """One version; raises ResourceNotFoundException."""
        if version not in self.snapshots:
            raise not_found(f"Could not find version {version} of the guardrail {self.id}.")
        return self.snapshots[version]

    def add_version(self, description: str | None) -> str:
        """Freeze the draft under the next number; raises ServiceQuotaExceededException."""
        if len(self.snapshots) > VERSIONS_PER_GUARDRAIL:
            raise _quota("versions per guardrail", VERSIONS_PER_GUARDRAIL)
        self.last_version += 1
        number, now = str(self.last_version), datetime.now(UTC)
        self.snapshots[number] = Snapshot(self.snapshots[DRAFT].config, now, now, description)
        return number

    def add_tags(self, tags: list[dict[str, str]]) -> None:
        """Add or replace tags; raises TooManyTagsException."""
        merged = self.tags | {tag["key"]: tag["value"] for tag in tags}
        if len(merged) > TAGS_PER_RESOURCE:
            raise ApiError("TooManyTagsException", f"A resource may have at most {TAGS_PER_RESOURCE} tags.")
        self.tags = merged


class GuardrailStore:
    """Every guardrail of the account. Not thread-safe: its users hold moto's lock."""

    def __init__(self) -> None:
        self._regions: dict[str, dict[str, Guardrail]] = {}
        self._answered: dict[tuple[str, str, str], dict[str, Any]] = {}

    def create(self, config: dict[str, Any], region: str) -> Guardrail:
        """A new guardrail with this draft; raises ConflictException and ServiceQuotaExceededException."""
        known = self._regions.setdefault(region, {})
        self.refuse_name(config["name"], region)
        if len(known) >= GUARDRAILS_PER_REGION:
            raise _quota("guardrails per account", GUARDRAILS_PER_REGION)
        new_id = "".join(secrets.choice(_ALPHABET) for _ in range(12))
        now = datetime.now(UTC)
        draft = Snapshot(config, now, now, config.get("description"))
        known[new_id] = Guardrail(new_id, f"arn:aws:bedrock:{region}:{ACCOUNT_ID}:guardrail/{new_id}", {DRAFT: draft})
        return known[new_id]

    def delete(self, guardrail: Guardrail, region: str) -> None:
        """Remove a guardrail with all its versions."""
        del self._regions[region][guardrail.id]

    def listed(self, region: str) -> list[Guardrail]:
        """A region's guardrails, oldest first."""
        return list(self._regions.get(region, {}).values())

    def find(self, identifier: str, region: str) -> Guardrail | None:
        """The guardrail of an id or ARN in a region."""
        arn = ARN.fullmatch(identifier)
        if arn and (arn["region"], arn["account"]) != (region, ACCOUNT_ID):
            return None
        return self._regions.get(region, {}).get(arn["id"] if arn else identifier)

    def get(self, identifier: str, region: str) -> Guardrail:
        """The guardrail of an id or ARN in a region; raises ResourceNotFoundException."""
        guardrail = self.find(identifier, region)
        if guardrail is None:
            raise not_found(f"Could not find the guardrail {identifier}.")
        return guardrail

    def refuse_name(self, name: str, region: str) -> None:
        """Raise ConflictException when a guardrail of the region has the name."""
        if any(guardrail.name == name for guardrail in self.listed(region)):
            raise ApiError("ConflictException", "Another guardrail in your account already has this name.")

    def once(self, kind: str, token: str | None, region: str, do: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        """The answer of `do`, or the one that the same token was given before.

        SDKs repeat a request whose answer was lost under the same token: it must not create a second one.
        """
        if token is None:
            return do()
        key = (region, kind, token)
        if key not in self._answered:
            self._answered[key] = do()
        return self._answered[key]


def _quota(what: str, most: int) -> ApiError:
    return ApiError("ServiceQuotaExceededException", f"The quota for {what} is {most}.")
