"""`paybot state unlock` and `verify`, and the lock that paybot itself takes while it changes a state."""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from paybot_ops import __version__
from paybot_ops.adapters import local_states
from paybot_ops.adapters.run_lock import caller, run_lock
from paybot_ops.adapters.workspace import ensure_writable
from paybot_ops.apply.state import apply_state_change
from paybot_ops.core.backend import LocalPlace
from paybot_ops.core.state_changes import ReleaseLock, TakeLock
from paybot_ops.core.state_lock import HeldLock, LockInfo, LockKind, holder_text, is_left_behind
from paybot_ops.core.state_reports import LockProof, UnlockReport, VerifyReport
from paybot_ops.core.terraform_errors import explain
from paybot_ops.core.terraform_events import lock_holder
from paybot_ops.errors import PaybotError, StateLockedError, StoppedError, UsageError
from paybot_ops.operations.gate import Gate
from paybot_ops.operations.initialize import ensure_initialized
from paybot_ops.operations.preflight import check_variables
from paybot_ops.operations.state import remote_only
from paybot_ops.operations.state_place import Remote, current_place, remote_of
from paybot_ops.operations.target import Target


def unlock(target: Target, gate: Gate, workspace: str) -> UnlockReport:
    """Break the locks on a state, after its holder and their age were shown.

    Raises:
        PaybotError: not confirmed, or a lock could not be broken.
    """
    remote = remote_only(target)
    where, locks = remote.place.shown(workspace), remote.locks(workspace)
    if not locks:
        return UnlockReport(where, ())
    screen, now = target.screen, datetime.now(UTC)
    screen.note(target.header(), style="bold")
    for lock in locks:
        screen.note(f"  {holder_text(lock, now)}")
    if gate.dry_run:
        return UnlockReport(where, locks)
    screen.confirm(f"break the lock on {where}? Whoever still works on it may lose what they do", yes=gate.yes)
    if locks[0].info.id:
        _force_unlock(target, locks[0].info.id, workspace)
    # Terraform breaks a lock only where it finds it whole; what it left is what was shown, or somebody else's by now.
    for lock in locks:
        apply_state_change(_release(remote, workspace, lock), remote.store)
    return UnlockReport(where, locks, applied=True)


def verify(target: Target, workspace: str) -> VerifyReport:
    """Hold each lock of the state in turn, and prove that Terraform's plan is refused; nothing is left behind.

    Raises:
        PaybotError: somebody works on the state now, or Terraform failed for another reason than the lock.
    """
    check_variables(target)
    with exclusive(target):
        ensure_initialized(target)
        target.screen.note(target.header(), style="bold")
        place = current_place(target)
        if isinstance(place, LocalPlace):
            return _verify_local(target, place, workspace)
        remote = remote_of(target, place)
        release_left_behind(target, remote, workspace)
        check_free(remote, workspace)
        kinds = [kind for kind, used in _kinds(remote) if used]
        return VerifyReport(place.shown(workspace), tuple(_prove(target, remote, workspace, kind) for kind in kinds))


@contextmanager
def exclusive(target: Target) -> Iterator[None]:
    """Keep every other paybot off this data directory, and so know that a lock of ours found now is a dead run's."""
    ensure_writable(target.workspace.data_dir)
    waiting = "an earlier run has not ended yet: waiting for it …"
    with run_lock(target.workspace.data_dir, lambda: target.screen.note(waiting)) as lock:
        target.terraform.lease = lock
        yield


@contextmanager
def held(target: Target, remote: Remote, workspace: str, operation: str) -> Iterator[None]:
    """Hold every lock of a state as Terraform would, the lock file first.

    Raises:
        StateLockedError: somebody else holds one; what was taken is released.
    """
    taken: list[HeldLock] = []
    info = _info(target, remote, workspace, operation)
    try:
        for kind, used in _kinds(remote):
            if used:
                taken.append(HeldLock(kind, info, info.to_json()))
                _take(remote, workspace, kind, info)
        yield
    finally:
        for lock in reversed(taken):
            apply_state_change(_release(remote, workspace, lock), remote.store)


def release_left_behind(target: Target, remote: Remote, workspace: str) -> None:
    """Release the locks that an earlier run of paybot left when it was killed. The caller is `exclusive`."""
    marker, who = _marker(target), caller()
    for lock in remote.locks(workspace):
        if is_left_behind(lock, marker=marker, who=who):
            apply_state_change(_release(remote, workspace, lock), remote.store)
            target.screen.note(f"released the {lock.kind} that an interrupted run had left")


def check_free(remote: Remote, workspace: str) -> None:
    """Refuse a state that somebody works on."""
    locks = remote.locks(workspace)
    if locks:
        raise StateLockedError(
            f"{remote.place.shown(workspace)} is locked",
            why="; ".join(holder_text(lock, datetime.now(UTC)) for lock in locks),
            hint="wait for it; if it is certainly dead: paybot state unlock",
        )


def _prove(target: Target, remote: Remote, workspace: str, kind: LockKind) -> LockProof:
    info = _info(target, remote, workspace, "paybot state verify")
    lock = HeldLock(kind, info, info.to_json())
    try:
        _take(remote, workspace, kind, info)
        return _proof(target, str(kind), info.id)
    finally:
        apply_state_change(_release(remote, workspace, lock), remote.store)


def _verify_local(target: Target, place: LocalPlace, workspace: str) -> VerifyReport:
    path = target.workspace.directory / place.path_of(workspace)
    if not path.is_file():
        raise UsageError(
            "there is no state yet, and so nothing to lock", hint="deploy first, or move to S3: paybot bootstrap-state"
        )
    info = LockInfo(
        id=str(uuid.uuid4()),
        operation="paybot state verify",
        who=caller(),
        version=__version__,
        path=str(path),
        created=datetime.now(UTC),
    )
    with local_states.locked(path, info.to_json()) as got:
        if not got:
            raise StateLockedError(f"{place.shown(workspace)} is locked", hint="wait until that has ended")
        return VerifyReport(place.shown(workspace), (_proof(target, "local file", info.id),))


def _proof(target: Target, name: str, lock_id: str) -> LockProof:
    started = time.monotonic()
    with target.screen.step(f"terraform plan against the {name}"):
        run = target.terraform.plan_locked(target.terraform_variables({}))
    seconds = time.monotonic() - started
    if run.interrupted:
        raise StoppedError("interrupted", why="the lock is released")
    if run.code == 0:
        return LockProof(name, refused=False, seconds=seconds)
    holders = [holder for item in run.errors if (holder := lock_holder(item)) is not None]
    if not any(holder.id == lock_id for holder in holders):
        raise explain("plan", run.code, run.errors)
    return LockProof(name, refused=True, seconds=seconds)


def _force_unlock(target: Target, lock_id: str, workspace: str) -> None:
    """Terraform's own way first; where it cannot even be initialized, the lock is broken all the same."""
    try:
        ensure_initialized(target)
    except PaybotError:
        return
    with target.screen.step("terraform force-unlock"):
        target.terraform.force_unlock(lock_id, workspace)


def _kinds(remote: Remote) -> tuple[tuple[LockKind, bool], ...]:
    """The locks in the order in which Terraform takes them, and whether the backend uses each."""
    return (LockKind.FILE, remote.place.use_lockfile), (LockKind.ROW, bool(remote.place.lock_table))


def _take(remote: Remote, workspace: str, kind: LockKind, info: LockInfo) -> None:
    change = TakeLock(
        verb="lock", target=remote.place.shown(workspace), place=remote.place, workspace=workspace, kind=kind, info=info
    )
    apply_state_change(change, remote.store)


def _release(remote: Remote, workspace: str, lock: HeldLock) -> ReleaseLock:
    return ReleaseLock(
        verb="unlock", target=remote.place.shown(workspace), place=remote.place, workspace=workspace, lock=lock
    )


def _info(target: Target, remote: Remote, workspace: str, operation: str) -> LockInfo:
    return LockInfo(
        id=str(uuid.uuid4()),
        operation=operation,
        who=caller(),
        info=_marker(target),
        version=__version__,
        path=remote.place.lock_id_of(workspace),
        created=datetime.now(UTC),
    )


def _marker(target: Target) -> str:
    """What tells a lock of paybot's in this data directory from every other one."""
    return f"paybot in {target.workspace.data_dir}"
