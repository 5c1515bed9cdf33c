"""One setting of the state's home: what it is, what it should be, why, and the change that makes it so."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from paybot_ops.plan import Action

Tags = tuple[tuple[str, str], ...]

UNSET = "–"


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """A line of the audit. `action` is None where nothing is to be done, or where another line's action does it."""

    target: str
    name: str
    now: str
    wanted: str
    why: str
    ok: bool
    action: Action | None = None


def partition(region: str) -> str:
    """The first part of an ARN's address in a region (AWS General Reference: Amazon Resource Names)."""
    prefixes = {"cn-": "aws-cn", "us-gov-": "aws-us-gov", "us-iso-": "aws-iso", "us-isob-": "aws-iso-b"}
    return next((name for prefix, name in prefixes.items() if region.startswith(prefix)), "aws")


def missing_tags(present: Mapping[str, str], wanted: Tags) -> Tags:
    """The wanted tags whose keys are free: a key that the owner uses keeps its value."""
    return tuple((key, value) for key, value in wanted if key not in present)


def kept_tags(present: Mapping[str, str], wanted: Tags) -> tuple[str, str]:
    """The wanted keys as they are, and as they will be, each in one line."""
    return (
        ", ".join(f"{key}={present[key]}" for key, _ in wanted if key in present),
        ", ".join(f"{key}={present.get(key, value)}" for key, value in wanted),
    )
