"""What the `state` commands found or did: plain data for the renderers, and the decisions behind a restore."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from paybot_ops.core.state_changes import PlaceState
from paybot_ops.core.state_document import ResourceDifference, StateDocument, compare_states, with_serial
from paybot_ops.core.state_lock import HeldLock
from paybot_ops.errors import ExitCode, PaybotError, UsageError
from paybot_ops.plan import Plan, Result

_SHORTEST_PREFIX = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class StateStatus:
    """One workspace's state: where and what it is, and who holds its locks. `problem`: it cannot be read.

    `size` is in bytes; `digest_ok` is None where no digest is kept.
    """

    workspace: str
    where: str
    serial: int | None = None
    lineage: str = ""
    resources: int = 0
    size: int = 0
    terraform_version: str = ""
    modified: datetime | None = None
    version_id: str = ""
    digest_ok: bool | None = None
    locks: tuple[HeldLock, ...] = ()
    problem: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class StateVersion:
    """One version in a state's history; `size` is in bytes, serial and lineage are None where it does not say."""

    version_id: str
    modified: datetime
    serial: int | None = None
    lineage: str | None = None
    size: int = 0
    is_latest: bool = False
    is_deletion: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class RestorePlan(Plan):
    """What bringing a version back means; `differences` is what becomes of each resource."""

    actions: tuple[PlaceState, ...] = ()
    version_id: str = ""
    serial_now: int | None = None
    serial_then: int = 0
    differences: tuple[ResourceDifference, ...] = ()


@dataclass(slots=True)
class RestoreReport:
    """A restore, planned or done."""

    where: str
    plan: RestorePlan
    applied: bool = False
    result: Result = field(default_factory=Result)
    code: ExitCode = ExitCode.OK
    error: PaybotError | None = None


@dataclass(frozen=True, slots=True)
class UnlockReport:
    """The locks that were held, and whether they were broken."""

    where: str
    locks: tuple[HeldLock, ...]
    applied: bool = False


@dataclass(frozen=True, slots=True)
class LockProof:
    """One lock put to the test: whether a second plan was refused while it was held, and in how many seconds."""

    lock: str
    refused: bool
    seconds: float


@dataclass(frozen=True, slots=True)
class VerifyReport:
    """Each lock that guards the state, put to the test."""

    where: str
    proofs: tuple[LockProof, ...]

    @property
    def ok(self) -> bool:
        """True when there is a lock, and each refused."""
        return bool(self.proofs) and all(proof.refused for proof in self.proofs)


def choose_version(asked: str, versions: Sequence[StateVersion]) -> StateVersion:
    """The version that an ID, or the beginning of one, names.

    Raises:
        UsageError: none, several, or a deletion.
    """
    exact = [version for version in versions if version.version_id == asked]
    found = exact or [
        version for version in versions if len(asked) >= _SHORTEST_PREFIX and version.version_id.startswith(asked)
    ]
    if len(found) != 1:
        raise UsageError(
            f"{'several versions begin' if found else 'no version begins'} with {asked}",
            why=f"a version is named by its ID or its first {_SHORTEST_PREFIX} or more letters",
            hint="see them: paybot state versions",
        )
    if found[0].is_deletion:
        raise UsageError(f"{asked} is a deletion: there is nothing in it", hint="choose the version before it")
    return found[0]


def content_to_restore(now: StateDocument | None, wanted: StateDocument, where: str) -> bytes:
    """The bytes that bring a version back.

    They have a serial above every other one, so that a plan made before is refused; where nothing but the serial
    differs, they are the bytes that are there: it was brought back before.

    Raises:
        UsageError: the version is the state of something else.
    """
    if now is None:
        return wanted.content
    ours, theirs = now.summary, wanted.summary
    if ours.lineage != theirs.lineage:
        raise UsageError(
            f"that version is the state of something else than {where}",
            why=f"its lineage is {theirs.lineage}, and that of the state is {ours.lineage}",
            hint="with it Terraform would lose sight of everything that it manages now",
        )
    if not compare_states(now, wanted, serial=False):
        return now.content
    return with_serial(wanted, max(ours.serial, theirs.serial) + 1)
