"""Changes of a remote state: its object, its digest, its locks. Each is conditional on what was seen before."""

from __future__ import annotations

from dataclasses import dataclass
from typing import assert_never

from paybot_ops.adapters.lock_rows import LockRows
from paybot_ops.adapters.state_objects import StateObjects
from paybot_ops.core.backend import S3Place
from paybot_ops.core.state_changes import PlaceState, ReleaseLock, StateChange, TakeLock, WithdrawState
from paybot_ops.core.state_document import md5_of
from paybot_ops.core.state_lock import LockKind
from paybot_ops.errors import PaybotError, StateLockedError


@dataclass(frozen=True, slots=True)
class StateStore:
    """The bucket of a state and, where the backend has one, its lock table."""

    objects: StateObjects
    rows: LockRows | None = None


def apply_state_change(change: StateChange, store: StateStore) -> None:
    """Make one change.

    Raises:
        PaybotError: the state was changed by somebody else in the meantime; it stays as it is.
        StateLockedError: somebody else holds the lock.
    """
    match change:
        case PlaceState():
            _place(change, store)
        case WithdrawState():
            _withdraw(change, store)
        case TakeLock():
            _take(change, store)
        case ReleaseLock():
            _release(change, store)
        case _:
            assert_never(change)


def _place(change: PlaceState, store: StateStore) -> None:
    key = change.place.key_of(change.workspace)
    if not (change.replaces and _holds(store, key, change.content)):
        written = store.objects.put(key, change.content, replaces=change.replaces, encryption=_encryption(change.place))
        # A retry of a write whose answer was lost finds what it wrote itself.
        if not written and not _holds(store, key, change.content):
            raise PaybotError(
                f"{change.place.shown(change.workspace)} was changed by somebody else in the meantime",
                why="it is not what was there when this was planned, and stays as it is",
                hint="run the same command again: it looks anew",
            )
    if store.rows is not None:
        store.rows.put_digest(change.place.digest_id_of(change.workspace), md5_of(change.content))


def _holds(store: StateStore, key: str, content: bytes) -> bool:
    found = store.objects.find(key)
    return found is not None and found.content == content


def _withdraw(change: WithdrawState, store: StateStore) -> None:
    key, digest_id = change.place.key_of(change.workspace), change.place.digest_id_of(change.workspace)
    found = store.objects.find(key)
    if found is not None and found.content == change.placed:
        if change.before is None:
            store.objects.delete(key)
        else:
            store.objects.put(key, change.before, replaces=found.etag, encryption=_encryption(change.place))
    elif found is not None and found.content != change.before:
        return  # somebody has worked on it since: it is theirs
    if store.rows is None:
        return
    if change.before is None:
        store.rows.delete_digest(digest_id)
    else:
        store.rows.put_digest(digest_id, md5_of(change.before))


def _take(change: TakeLock, store: StateStore) -> None:
    text, place = change.info.to_json(), change.place
    if change.kind is LockKind.FILE:
        key = place.lock_key_of(change.workspace)
        taken = store.objects.put(key, text.encode(), encryption=_encryption(place))
        taken = taken or _holds(store, key, text.encode())
    else:
        assert store.rows is not None
        lock_id = place.lock_id_of(change.workspace)
        taken = store.rows.put_lock(lock_id, text) or store.rows.find_lock(lock_id) == text
    if not taken:
        raise StateLockedError(
            f"the state {place.shown(change.workspace)} was locked by somebody else in the meantime",
            hint="who: paybot state status",
        )


def _release(change: ReleaseLock, store: StateStore) -> None:
    if change.lock.kind is LockKind.FILE:
        key = change.place.lock_key_of(change.workspace)
        if _holds(store, key, change.lock.text.encode()):
            store.objects.delete(key)
    elif store.rows is not None:
        store.rows.delete_lock(change.place.lock_id_of(change.workspace), change.lock.text)


def _encryption(place: S3Place) -> dict[str, str]:
    """The same that Terraform will ask for when it writes the next state."""
    if place.kms_key_id:
        return {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": place.kms_key_id}
    return {"ServerSideEncryption": "AES256"} if place.encrypt else {}
