"""A lock on a remote state: what Terraform writes into it, who holds it, and whether an ended paybot left it behind."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum


class LockKind(StrEnum):
    """The two locks of the S3 backend, in the order in which Terraform takes them."""

    FILE = "S3 lock file"
    ROW = "DynamoDB row"


@dataclass(frozen=True, slots=True)
class LockInfo:
    """The lock info that Terraform writes (its `statemgr.LockInfo`); `created` is None where it says no time."""

    id: str
    operation: str = ""
    who: str = ""
    info: str = ""
    version: str = ""
    path: str = ""
    created: datetime | None = None

    def to_json(self) -> str:
        """The lock info as Terraform writes it."""
        created = self.created.astimezone(UTC).isoformat().replace("+00:00", "Z") if self.created else ""
        return json.dumps(
            {
                "ID": self.id,
                "Operation": self.operation,
                "Info": self.info,
                "Who": self.who,
                "Version": self.version,
                "Created": created,
                "Path": self.path,
            },
            separators=(",", ":"),
        )


@dataclass(frozen=True, slots=True)
class HeldLock:
    """A lock that is held: its kind, its holder, and the exact text in it, by which it is recognised again."""

    kind: LockKind
    info: LockInfo
    text: str


def parse_lock(text: str) -> LockInfo:
    """The lock info in a lock; where it is no JSON of Terraform's, only that somebody holds it is known."""
    try:
        document = json.loads(text)
    except ValueError:
        document = None
    if not isinstance(document, dict):
        return LockInfo(id="")
    return LockInfo(
        id=str(document.get("ID", "")),
        operation=str(document.get("Operation", "")),
        who=str(document.get("Who", "")),
        info=str(document.get("Info", "")),
        version=str(document.get("Version", "")),
        path=str(document.get("Path", "")),
        created=parse_time(str(document.get("Created", ""))),
    )


def parse_time(text: str) -> datetime | None:
    """A time as Go writes it, with up to nine decimals; None when it is none."""
    head, dot, rest = text.partition(".")
    decimals = "".join(letter for letter in rest if letter.isdigit())[:6]
    try:
        return datetime.fromisoformat(f"{head.removesuffix('Z')}{dot}{decimals}").replace(tzinfo=UTC)
    except ValueError:
        return None


def is_left_behind(lock: HeldLock, *, marker: str, who: str) -> bool:
    """Whether an earlier run of paybot in the same data directory took the lock.

    The caller holds that directory's own run lock: whoever took it is no longer running.
    """
    return bool(marker) and lock.info.info == marker and lock.info.who == who


def age_text(created: datetime | None, now: datetime) -> str:
    """How long a lock has been held, in the one unit that fits."""
    if created is None:
        return "an unknown time"
    seconds = max(0, int((now - created).total_seconds()))
    for size, unit in ((86400, "d"), (3600, "h"), (60, "min")):
        if seconds >= size:
            return f"{seconds // size} {unit}"
    return f"{seconds} s"


def holder_text(lock: HeldLock, now: datetime) -> str:
    """Who holds a lock, with what, and for how long."""
    who = lock.info.who or "somebody"
    doing = f" ({lock.info.operation})" if lock.info.operation else ""
    return f"{lock.kind}: {who}{doing} for {age_text(lock.info.created, now)}, lock {lock.info.id or 'without an ID'}"
