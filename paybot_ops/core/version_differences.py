"""In what two published versions of a function differ, as far as it may be shown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from paybot_ops.core.versions import Version

# Each is shown by itself, or says the same as another difference.
_SHOWN_APART = frozenset({"BEDROCK_MODEL_ID", "GUARDRAIL_ID", "GUARDRAIL_VERSION"})


@dataclass(frozen=True, slots=True)
class Difference:
    """One aspect in which the two versions differ, as it is shown."""

    what: str
    before: str
    after: str


def compare_versions(before: Version, after: Version) -> tuple[Difference, ...]:
    """In what two versions differ; of the environment the names of variables and never their values."""
    pairs = [
        ("code", before.short_hash, after.short_hash),
        ("commit", before.provenance.commit or "", after.provenance.commit or ""),
        ("deployed by", before.provenance.by or "", after.provenance.by or ""),
        ("deployed", _time(before), _time(after)),
        ("runtime", before.runtime, after.runtime),
        ("architecture", before.architecture, after.architecture),
        ("memory", f"{before.memory} MB", f"{after.memory} MB"),
        ("timeout", f"{before.timeout} s", f"{after.timeout} s"),
        ("model", before.model_id, after.model_id),
        ("guardrail", _guardrail(before), _guardrail(after)),
    ]
    found = [Difference(what, old, new) for what, old, new in pairs if old != new]
    return (*found, *_compare_environments(before.environment, after.environment))


def _compare_environments(before: Mapping[str, str] | None, after: Mapping[str, str] | None) -> Sequence[Difference]:
    if before is None or after is None:
        return [Difference("environment", "not readable with these credentials", "")]
    found = []
    for name in sorted((before.keys() | after.keys()) - _SHOWN_APART):
        if before.get(name) != after.get(name):
            old, new = ("set" if name in each else "" for each in (before, after))
            found.append(Difference(f"variable {name}", old, "set otherwise" if old and new else new))
    return found


def _guardrail(version: Version) -> str:
    return f"{version.guardrail_id} version {version.guardrail_version}" if version.guardrail_id else ""


def _time(version: Version) -> str:
    return f"{version.when:%Y-%m-%d %H:%M} UTC" if version.when else ""
