"""After a failed migration: everything that was written is put back, and what is somebody else's by now is left."""

from __future__ import annotations

from collections.abc import Callable

from paybot_ops.adapters.local_states import read_bytes
from paybot_ops.adapters.migration_journal import SavedFile, end_journal, restore_file
from paybot_ops.apply.state import apply_state_change
from paybot_ops.core.direction import Direction
from paybot_ops.core.migration import backup_name
from paybot_ops.core.moving_state import Arrival, MovingState
from paybot_ops.core.state_changes import WithdrawState
from paybot_ops.errors import PaybotError
from paybot_ops.operations.migration_steps import Mover


def put_back(mover: Mover) -> tuple[str, ...]:
    """Undo a migration, whatever it got to; gives what could not be undone, and why.

    The journal stays when a file could not be restored: the next run goes on from it.
    """
    left: list[str] = []
    restored = [_tried(left, lambda saved=saved: restore_file(saved)) for saved in mover.journal.files]  # type: ignore[misc]
    for item in mover.journal.record["states"]:
        moving = next(one for one in mover.seen.states if one.workspace == item["workspace"])
        before = None if item["there"] is None else mover.journal.states[item["there"]]
        if mover.seen.to is Direction.S3:
            restored.append(_tried(left, lambda m=moving, mode=item["mode"]: _refill(mover, m, mode, left)))  # type: ignore[misc]
            _tried(left, lambda m=moving, b=before: _withdraw(mover, m, b))  # type: ignore[misc]
        else:
            restored.append(_tried(left, lambda m=moving, b=before: _clear(mover, m, b)))  # type: ignore[misc]
    if all(restored):
        for moving in mover.seen.states:
            _tried(left, lambda m=moving: _drop_backup(mover, m))  # type: ignore[misc]
        end_journal(mover.journal)
    return tuple(left)


def _refill(mover: Mover, moving: MovingState, mode: int, left: list[str]) -> None:
    """Terraform empties a local state that it has moved."""
    shown = mover.seen.source.shown(moving.workspace)
    path = mover.target.workspace.directory / shown
    content = read_bytes(path)
    if content is None or not content.strip():
        restore_file(SavedFile(path, moving.state.content, mode))
    elif content != moving.state.content:
        left.append(f"{shown} was written by somebody else in the meantime and stays as it is")


def _withdraw(mover: Mover, moving: MovingState, before: bytes | None) -> None:
    if moving.arrival is Arrival.NEWER or before == moving.state.content:
        return
    place = mover.remote.place
    change = WithdrawState(
        verb="withdraw",
        target=place.shown(moving.workspace),
        place=place,
        workspace=moving.workspace,
        placed=moving.state.content,
        before=before,
    )
    apply_state_change(change, mover.remote.store)


def _clear(mover: Mover, moving: MovingState, before: bytes | None) -> None:
    path = mover.target.workspace.directory / mover.seen.destination.shown(moving.workspace)
    content = read_bytes(path)
    if content is None or not content.strip() or content == moving.state.content:
        restore_file(SavedFile(path, before))


def _drop_backup(mover: Mover, moving: MovingState) -> None:
    if mover.seen.to is not Direction.S3:
        return
    folder = mover.target.workspace.directory
    shown = mover.seen.source.shown(moving.workspace)
    backup = folder / backup_name(shown, moving.state)
    # The copy goes only where the state itself is whole again.
    if read_bytes(folder / shown) == moving.state.content:
        backup.unlink(missing_ok=True)
        backup.with_name(f"{backup.name}.txt").unlink(missing_ok=True)


def _tried(left: list[str], act: Callable[[], None]) -> bool:
    try:
        act()
    except PaybotError as error:
        left.append(error.brief)
        return False
    return True
