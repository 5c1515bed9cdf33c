"""`paybot state status` and `versions`: where the state is, what it is, who holds it, and its history."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime

from paybot_ops.adapters import local_states
from paybot_ops.core.backend import DEFAULT_WORKSPACE, LocalPlace
from paybot_ops.core.state_document import HEAD_BYTES, StateDocument, parse_head, parse_state_document
from paybot_ops.core.state_lock import HeldLock, LockKind, parse_lock
from paybot_ops.core.state_reports import StateStatus, StateVersion
from paybot_ops.errors import PaybotError, UsageError
from paybot_ops.operations.daemon_pool import DaemonPool
from paybot_ops.operations.state_place import Remote, current_place, remote_of
from paybot_ops.operations.target import Target


def status(target: Target) -> tuple[StateStatus, ...]:
    """The state of each Terraform workspace that has one; the default one always."""
    place = current_place(target)
    if isinstance(place, LocalPlace):
        found = local_states.list_workspaces(target.workspace.directory / place.workspace_dir)
        return tuple(_local_status(target, place, name) for name in (DEFAULT_WORKSPACE, *found))
    remote = remote_of(target, place)
    with ThreadPoolExecutor(max_workers=8) as pool:
        return tuple(pool.map(lambda name: _remote_status(remote, name), remote.workspaces()))


def versions(target: Target, workspace: str, limit: int) -> tuple[StateVersion, ...]:
    """The newest versions of a remote state, at most `limit` of them.

    Raises:
        UsageError: the state is local, and has none.
    """
    return read_versions(remote_only(target), workspace, limit)


def read_versions(remote: Remote, workspace: str, limit: int | None = None) -> tuple[StateVersion, ...]:
    """The versions of a state, newest first; serial and lineage come from the first bytes of each."""
    key, objects = remote.place.key_of(workspace), remote.store.objects
    listed = objects.versions(key)[:limit]

    def head_of(version_id: str) -> tuple[int | None, str | None]:
        return parse_head(objects.head(key, version_id, HEAD_BYTES))

    with ThreadPoolExecutor(max_workers=8) as pool:
        heads = list(
            pool.map(
                lambda item: (None, None) if item.is_deletion or not item.size else head_of(item.version_id), listed
            )
        )
    return tuple(
        StateVersion(
            version_id=item.version_id,
            modified=item.modified,
            serial=serial,
            lineage=lineage,
            size=item.size,
            is_latest=item.is_latest,
            is_deletion=item.is_deletion,
        )
        for item, (serial, lineage) in zip(listed, heads, strict=True)
    )


def remote_only(target: Target) -> Remote:
    """The doors to a remote state.

    Raises:
        UsageError: the state is local.
    """
    place = current_place(target)
    if isinstance(place, LocalPlace):
        raise UsageError(
            f"the state is local: {place.path}",
            why="only a state in a bucket has versions and locks that outlive a process",
            hint="move it: paybot bootstrap-state, then paybot migrate-state",
        )
    return remote_of(target, place)


def read_local(target: Target, place: LocalPlace, workspace: str) -> tuple[StateStatus, StateDocument | None]:
    """A state beside the module, without its locks; what cannot be parsed is the status's problem."""
    path = target.workspace.directory / place.path_of(workspace)
    content = local_states.read_bytes(path)
    state, problem = _parsed(content or b"")
    found = _status(
        workspace,
        place.shown(workspace),
        state,
        problem=problem,
        size=len(content or b""),
        modified=datetime.fromtimestamp(path.stat().st_mtime, UTC) if content is not None else None,
    )
    return found, state


def local_locks(target: Target, place: LocalPlace, workspace: str) -> tuple[HeldLock, ...]:
    """The lock on a state beside the module."""
    path = target.workspace.directory / place.path_of(workspace)
    if not local_states.is_locked(path):
        return ()
    text = local_states.lock_text(path)
    return (HeldLock(LockKind.FILE, parse_lock(text), text),)


def read_remote(remote: Remote, workspace: str) -> tuple[StateStatus, StateDocument | None]:
    """A state in a bucket, without its locks; its digest is asked for beside it."""
    place, rows = remote.place, remote.store.rows
    with DaemonPool(max_workers=1) as pool:
        digest = pool.submit(rows.find_digest, place.digest_id_of(workspace)) if rows is not None else None
        found = remote.store.objects.find(place.key_of(workspace))
    state, problem = _parsed(found.content if found else b"")
    status = _status(
        workspace,
        place.shown(workspace),
        state,
        problem=problem,
        size=len(found.content) if found else 0,
        modified=found.modified if found else None,
        version_id=found.version_id if found else "",
        digest_ok=digest.result() == state.md5 if digest is not None and state is not None else None,
    )
    return status, state


def _local_status(target: Target, place: LocalPlace, workspace: str) -> StateStatus:
    found, _state = read_local(target, place, workspace)
    return replace(found, locks=local_locks(target, place, workspace))


def _remote_status(remote: Remote, workspace: str) -> StateStatus:
    found, _state = read_remote(remote, workspace)
    return replace(found, locks=remote.locks(workspace))


def _status(
    workspace: str,
    where: str,
    state: StateDocument | None,
    *,
    problem: str,
    size: int,
    modified: datetime | None,
    version_id: str = "",
    digest_ok: bool | None = None,
) -> StateStatus:
    summary = state.summary if state is not None else None
    return StateStatus(
        workspace=workspace,
        where=where,
        serial=summary.serial if summary else None,
        lineage=summary.lineage if summary else "",
        resources=len(summary.addresses) if summary else 0,
        size=size,
        terraform_version=summary.terraform_version if summary else "",
        modified=modified,
        version_id=version_id,
        digest_ok=digest_ok,
        problem=problem,
    )


def _parsed(content: bytes) -> tuple[StateDocument | None, str]:
    """A state that cannot be read still has a place, a size and locks worth showing."""
    try:
        return parse_state_document(content), ""
    except PaybotError as error:
        return None, error.why
