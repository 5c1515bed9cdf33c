"""Where a deployment's state is, where it would be in S3, and what is to be seen there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from paybot_ops.adapters.files import find_text_file
from paybot_ops.adapters.local_states import read_bytes
from paybot_ops.adapters.lock_rows import LockRows
from paybot_ops.adapters.session import Session
from paybot_ops.adapters.state_objects import StateObjects
from paybot_ops.apply.state import StateStore
from paybot_ops.core.backend import DEFAULT_WORKSPACE, OTHER_CALLER, LocalPlace, Place, S3Place, parse_local, parse_s3
from paybot_ops.core.backend_file import default_key, read_backend
from paybot_ops.core.hcl.values import Value
from paybot_ops.core.state_document import StateDocument, parse_state_document
from paybot_ops.core.state_lock import HeldLock, LockKind, parse_lock
from paybot_ops.errors import PaybotError, UsageError
from paybot_ops.operations.state_home import environment_name
from paybot_ops.operations.target import Target


@dataclass(frozen=True, slots=True)
class Remote:
    """A place in S3 with the doors to it."""

    place: S3Place
    store: StateStore

    def find_state(self, workspace: str) -> tuple[StateDocument | None, str]:
        """The state of a workspace and its object's ETag; no state where there is none, or an empty object."""
        found = self.store.objects.find(self.place.key_of(workspace))
        if found is None:
            return None, ""
        try:
            return parse_state_document(found.content), found.etag
        except PaybotError as error:
            raise _located(error, self.place.shown(workspace)) from error

    def locks(self, workspace: str) -> tuple[HeldLock, ...]:
        """The locks that are held on a workspace's state, in the order in which Terraform takes them."""
        held = []
        found = self.store.objects.find(self.place.lock_key_of(workspace))
        if found is not None:
            text = found.content.decode("utf-8", "replace")
            held.append(HeldLock(LockKind.FILE, parse_lock(text), text))
        if self.store.rows is not None:
            row = self.store.rows.find_lock(self.place.lock_id_of(workspace))
            if row is not None:
                held.append(HeldLock(LockKind.ROW, parse_lock(row), row))
        return tuple(held)

    def workspaces(self) -> tuple[str, ...]:
        """The workspaces that have a state in the bucket, the default one first."""
        keys = self.store.objects.keys(f"{self.place.workspace_prefix}/")
        named = sorted(name for key in keys if (name := self.place.workspace_of(key)) not in (None, DEFAULT_WORKSPACE))
        return (DEFAULT_WORKSPACE, *(name for name in named if name))


def remote_of(target: Target, place: S3Place, owner: str = "") -> Remote:
    """The doors to a place: a bucket of the caller's own account, in the place's own region.

    `owner` is that account where the caller holds it already; S3 refuses a bucket of any other one.
    """
    session = target.session if place.region == target.region else Session(place.region, target.endpoint)
    objects = StateObjects(session, place.bucket, owner or target.identity.account)
    rows = LockRows(session, place.lock_table) if place.lock_table else None
    return Remote(place, StateStore(objects, rows))


def backend_file_path(target: Target) -> Path:
    """Where the values of the S3 backend are written; raises `UsageError` where the environment has no name."""
    return target.workspace.directory / f"{environment_name(target)}.s3.tfbackend"


def s3_values(target: Target) -> tuple[Mapping[str, Value], str]:
    """The values of the S3 backend as Terraform will see them, and the name of the file that most come from.

    Raises:
        UsageError: nothing says where in S3 the state should be, or the file cannot be parsed.
    """
    backend = target.backend
    block = backend.block.attributes if backend is not None and backend.block.type == "s3" else {}
    file = find_text_file(backend_file_path(target))
    if file is None and not block:
        raise UsageError(
            "it is not said where in S3 the state should be",
            why=f"there is no {backend_file_path(target).name}",
            hint="make the bucket and the file: paybot bootstrap-state",
        )
    values = {**block, **(read_backend(file.text, file.path.name) if file else {})}
    values.setdefault("key", default_key(target.settings.project_name, target.settings.environment))
    origin = file.path.name if file is not None else backend.path.name if backend is not None else ""
    return values, origin


def s3_place(target: Target) -> S3Place:
    """The place in S3 that the deployment's files name. Raises as `s3_values` and `parse_s3` do."""
    values, origin = s3_values(target)
    place = parse_s3(values, origin)
    others = [name for name in OTHER_CALLER if values.get(name)]
    if others:
        target.screen.warn(
            f"{origin} sets {', '.join(others)}: Terraform reaches the state as somebody else than paybot, which uses "
            "the command's own credentials"
        )
    return place


def local_place(target: Target) -> LocalPlace:
    """The place beside the module: what a `backend "local"` block says, else Terraform's default."""
    backend = target.backend
    return parse_local(backend.block.attributes if backend is not None and backend.block.type == "local" else {})


def current_place(target: Target) -> Place:
    """Where the module says that its state is.

    Raises:
        UsageError: in a backend that is neither local nor S3.
    """
    backend = target.backend
    if backend is None or backend.block.type == "local":
        return local_place(target)
    if backend.block.type != "s3":
        raise UsageError(
            f'the state is in the backend "{backend.block.type}"',
            why="paybot knows the local backend and S3",
            hint="move it to one of them with Terraform itself first",
        )
    return s3_place(target)


def find_local_state(target: Target, place: LocalPlace, workspace: str) -> StateDocument | None:
    """A local state; None where there is none, or an empty file. The error of an unreadable one names the file."""
    path = place.path_of(workspace)
    try:
        return parse_state_document(read_bytes(target.workspace.directory / path) or b"")
    except PaybotError as error:
        raise _located(error, str(path)) from error


def chosen_workspace(target: Target, asked: str | None) -> str:
    """The Terraform workspace that a command is about: the one asked for, else the selected one."""
    return asked or target.workspace.selected


def _located(error: PaybotError, where: str) -> PaybotError:
    return PaybotError(f"{where}: {error.what}", why=error.why, hint=error.hint)
