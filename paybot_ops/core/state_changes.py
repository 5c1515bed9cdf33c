"""The changes that paybot itself makes to a remote state and to its locks."""

from __future__ import annotations

from dataclasses import dataclass, field

from paybot_ops.core.backend import S3Place
from paybot_ops.core.state_lock import HeldLock, LockInfo, LockKind
from paybot_ops.plan import Action


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoteAction(Action):
    """A change about the state of one Terraform workspace in a bucket."""

    place: S3Place
    workspace: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceState(RemoteAction):
    """Put these bytes at the state's key, and their digest into the lock table.

    `replaces` is the ETag of what they take the place of, "" for nothing: whatever else is there then stays. Where the
    very bytes are there already, only the digest is mended.
    """

    content: bytes = field(repr=False)
    replaces: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class WithdrawState(RemoteAction):
    """Take back what was placed, provided that it is still there: what was there before comes back, or nothing."""

    placed: bytes = field(repr=False)
    before: bytes | None = field(repr=False, default=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class TakeLock(RemoteAction):
    """Take one of the state's locks, as Terraform would."""

    kind: LockKind
    info: LockInfo


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleaseLock(RemoteAction):
    """Release a lock that holds exactly what was seen in it; one that was taken since stays."""

    lock: HeldLock


StateChange = PlaceState | WithdrawState | TakeLock | ReleaseLock
