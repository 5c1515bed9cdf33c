"""The published versions of the bot's function, as Lambda describes them, and the alias that customers reach."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from paybot_ops.core.printable import printable

# What a deploy writes into the description of the version that it publishes; its end may have been cut off.
_DESCRIPTION = re.compile(r"commit (?P<commit>\S+) by (?P<by>\S+)(?: at (?P<at>\S+))?")
_UNKNOWN_COMMIT = "unknown"
_SHORT_HASH = 12


@dataclass(frozen=True, slots=True)
class Provenance:
    """What a version's description says of its deploy; None for what it does not say."""

    commit: str | None = None
    by: str | None = None
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Version:
    """One published version: `code_sha256` is base64, `code_size` in bytes, `memory` in MB, `timeout` in seconds.

    `environment` is None where the caller may not decrypt it. `published` is when Lambda made the version.
    """

    number: int
    description: str = ""
    provenance: Provenance = field(default_factory=Provenance)
    published: datetime | None = None
    code_sha256: str = ""
    code_size: int = 0
    runtime: str = ""
    architecture: str = ""
    memory: int = 0
    timeout: int = 0
    environment: Mapping[str, str] | None = field(default=None, repr=False)

    @property
    def short_hash(self) -> str:
        """The beginning of its code's hash: enough to tell two apart."""
        return self.code_sha256[:_SHORT_HASH]

    @property
    def guardrail_id(self) -> str:
        """The guardrail that it asks for; "" for none."""
        return self._variable("GUARDRAIL_ID")

    @property
    def guardrail_version(self) -> str:
        """The version of the guardrail that it asks for; "" for none."""
        return self._variable("GUARDRAIL_VERSION")

    @property
    def model_id(self) -> str:
        """The model that it asks for; "" where it is not to be seen."""
        return self._variable("BEDROCK_MODEL_ID")

    @property
    def when(self) -> datetime | None:
        """When it was deployed, by its description, else by Lambda's own record."""
        return self.provenance.at or self.published

    def _variable(self, name: str) -> str:
        return (self.environment or {}).get(name, "")


@dataclass(frozen=True, slots=True)
class Alias:
    """An alias: the version that it stands for, the other versions that get a share of the calls, and its revision."""

    name: str
    version: str
    revision: str
    shares: Mapping[str, float] = field(default_factory=dict)


def parse_version(configuration: Mapping[str, Any]) -> Version | None:
    """A version in an answer of Lambda's (ListVersionsByFunction); None for `$LATEST`, which is no version."""
    number = str(configuration.get("Version", ""))
    if not number.isascii() or not number.isdigit():
        return None
    variables = configuration.get("Environment", {})
    # An environment that the caller may not decrypt comes with an error instead of its variables.
    readable = not variables.get("Error")
    description = printable(str(configuration.get("Description", "")))
    return Version(
        number=int(number),
        description=description,
        provenance=parse_description(description),
        published=_time(str(configuration.get("LastModified", ""))),
        code_sha256=str(configuration.get("CodeSha256", "")),
        code_size=int(configuration.get("CodeSize", 0)),
        runtime=str(configuration.get("Runtime", "")),
        architecture=next(iter(configuration.get("Architectures", ())), "x86_64"),
        memory=int(configuration.get("MemorySize", 0)),
        timeout=int(configuration.get("Timeout", 0)),
        environment=dict(variables.get("Variables", {})) if readable else None,
    )


def parse_description(text: str) -> Provenance:
    """Commit, deployer and time from a version's description; nothing from one that paybot did not write."""
    match = _DESCRIPTION.match(text.strip())
    if match is None:
        return Provenance()
    commit = match["commit"]
    return Provenance(None if commit == _UNKNOWN_COMMIT else commit, match["by"], _time(match["at"] or ""))


def parse_alias(answer: Mapping[str, Any]) -> Alias:
    """An alias in an answer of Lambda's (GetAlias)."""
    shares = (answer.get("RoutingConfig") or {}).get("AdditionalVersionWeights") or {}
    return Alias(
        name=str(answer["Name"]),
        version=str(answer["FunctionVersion"]),
        revision=str(answer.get("RevisionId", "")),
        shares={str(version): float(weight) for version, weight in shares.items()},
    )


def find_version(versions: Iterable[Version], number: str) -> Version | None:
    """The version of a number as an alias names it; None for `$LATEST`, and for one that is not there any more."""
    return next((version for version in versions if str(version.number) == number), None)


def _time(text: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)
