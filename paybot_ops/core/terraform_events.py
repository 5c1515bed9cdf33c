"""Terraform's machine-readable output (`-json`), line by line, as typed events (Terraform: Machine-Readable UI)."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class Phase(StrEnum):
    """Where one resource stands within an apply."""

    STARTED = "started"
    DONE = "done"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class ResourceEvent:
    """One resource begins or ends an operation; `seconds` is how long it took."""

    address: str
    verb: str
    phase: Phase
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """An error or warning of Terraform. The source snippet and the values in it are dropped: they may be secret."""

    severity: str
    summary: str
    detail: str = ""
    address: str = ""
    file: str = ""
    line: int = 0

    @property
    def place(self) -> str:
        """The resource and `file:line`, as far as Terraform said."""
        where = f"{self.file}:{self.line}" if self.file else ""
        return " at ".join(part for part in (self.address, where) if part)

    def __str__(self) -> str:
        text = self.summary if not self.detail else f"{self.summary}: {_one_line(self.detail)}"
        return f"{self.place}: {text}" if self.place else text


@dataclass(frozen=True, slots=True)
class Outputs:
    """The root outputs at the end of an apply, or what a plan does to each; the sensitive ones have no value."""

    values: dict[str, Any]
    verbs: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PlannedChange:
    """One resource that a plan changes, with Terraform's own verb."""

    address: str
    verb: str


Event = ResourceEvent | Diagnostic | Outputs | PlannedChange

_PHASES = {
    "apply_start": Phase.STARTED,
    "apply_complete": Phase.DONE,
    "apply_errored": Phase.FAILED,
    "provision_errored": Phase.FAILED,
}


def parse_event(line: str) -> Event | None:
    """One line of the stream; None for what paybot has no use for, and for a line that is not JSON."""
    try:
        message = json.loads(line)
    except ValueError:
        return None
    if not isinstance(message, dict):
        return None
    kind = message.get("type", "")
    if kind in _PHASES:
        hook = message.get("hook", {})
        return ResourceEvent(
            address=str(hook.get("resource", {}).get("addr", "")),
            verb=str(hook.get("action", "")),
            phase=_PHASES[kind],
            seconds=float(hook.get("elapsed_seconds", 0)),
        )
    if kind == "diagnostic":
        return _diagnostic(message.get("diagnostic", {}))
    if kind == "planned_change":
        change = message.get("change", {})
        return PlannedChange(str(change.get("resource", {}).get("addr", "")), str(change.get("action", "")))
    if kind == "outputs":
        outputs = message.get("outputs", {})
        return Outputs(
            {name: item.get("value") for name, item in outputs.items()},
            {name: str(item["action"]) for name, item in outputs.items() if "action" in item},
        )
    return None


def lost_creations(events: Sequence[Event]) -> tuple[ResourceEvent, ...]:
    """What may exist without being recorded: every creation that AWS did not refuse.

    One that had not ended when the stream stopped may have been carried out, and so may one that Ctrl-C cancelled. Even
    one that had ended is not in the state when Terraform was killed while it wrote that; what the state does hold, no
    plan wants to create again. What stands in the way of a refused one is somebody else's.
    """
    cancelled = {event.address for event in events if isinstance(event, Diagnostic) and _CANCELLED.search(str(event))}
    begun: dict[str, ResourceEvent] = {}
    for event in events:
        if not isinstance(event, ResourceEvent) or event.verb != "create":
            continue
        if event.phase is Phase.FAILED and event.address not in cancelled:
            begun.pop(event.address, None)
        else:
            begun[event.address] = event
    return tuple(begun.values())


_CANCELLED = re.compile(r"cancell?ed", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class LockHolder:
    """Who holds a state lock: from the lock info that Terraform writes into the lock itself."""

    id: str
    who: str
    operation: str
    created: str


_LOCK_FIELD = re.compile(r"^\s*(ID|Who|Operation|Created):\s*(.*?)\s*$", re.MULTILINE)


def lock_holder(diagnostic: Diagnostic) -> LockHolder | None:
    """The holder named by a lock error; None when the diagnostic is about something else."""
    if "state lock" not in diagnostic.summary.lower():
        return None
    found = dict(_LOCK_FIELD.findall(diagnostic.detail))
    if not found:
        # It could not be taken for another reason, such as a full disk.
        return None
    return LockHolder(
        id=found.get("ID", ""),
        who=found.get("Who", "somebody"),
        operation=found.get("Operation", ""),
        created=found.get("Created", "an unknown time"),
    )


def _diagnostic(raw: dict[str, Any]) -> Diagnostic:
    place = raw.get("range") or {}
    return Diagnostic(
        severity=str(raw.get("severity", "error")),
        summary=str(raw.get("summary", "")),
        detail=str(raw.get("detail", "")),
        address=str(raw.get("address", "")),
        file=str(place.get("filename", "")),
        line=int(place.get("start", {}).get("line", 0)),
    )


def _one_line(text: str) -> str:
    return " ".join(text.split())
