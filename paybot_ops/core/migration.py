"""Moving a state between the module's folder and a bucket: in which steps, and the report."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from paybot_ops.core.backend import LocalPlace, Place, S3Place
from paybot_ops.core.direction import Direction
from paybot_ops.core.migration_actions import (
    BackUp,
    ChangeFile,
    FileEdit,
    MigrationPlan,
    MigrationStep,
    PlaceLocal,
    RetireLocal,
    SwitchBackend,
    VerifyMove,
)
from paybot_ops.core.moving_state import Arrival, MovingState
from paybot_ops.core.state_changes import PlaceState
from paybot_ops.core.state_document import StateDocument
from paybot_ops.core.terraform_events import Event, Outputs, PlannedChange
from paybot_ops.errors import ExitCode, PaybotError
from paybot_ops.plan import Result


@dataclass(frozen=True, slots=True)
class MigrationObserved:
    """What a migration starts from. `resumed`: an earlier run was interrupted; `needed`: there is anything to move."""

    to: Direction
    source: Place
    destination: Place
    states: tuple[MovingState, ...] = ()
    edits: tuple[FileEdit, ...] = ()
    needed: bool = True
    resumed: bool = False
    compare_plans: bool = True


@dataclass(slots=True)
class MigrationReport:
    """What a migration came to. `put_back`: it failed, and everything is as it was before; `left` is what is not."""

    to: Direction
    plan: MigrationPlan
    source: str = ""
    destination: str = ""
    states: tuple[MovingState, ...] = ()
    applied: bool = False
    plans_compared: bool = False
    result: Result = field(default_factory=Result)
    put_back: bool = False
    left: tuple[str, ...] = ()
    code: ExitCode = ExitCode.OK
    error: PaybotError | None = None


def backup_name(path: str, state: StateDocument) -> str:
    """The name of a local state's copy: it says which state it is, and Terraform's usual ignore rules cover it."""
    return f"{path}.local-{state.summary.serial}-{state.sha256[:12]}"


def plan_migration(seen: MigrationObserved) -> MigrationPlan:
    """The steps from what was observed; empty when the state is where it should be."""
    return MigrationPlan(actions=tuple(_steps(seen)) if seen.needed else ())


def plan_fingerprint(events: Iterable[Event]) -> list[str]:
    """What a plan would do, without a value: the same list means the same changes."""
    lines = []
    for event in events:
        if isinstance(event, PlannedChange):
            lines.append(f"{event.verb} {event.address}")
        elif isinstance(event, Outputs):
            lines += [f"{verb} output {name}" for name, verb in event.verbs.items() if verb != "noop"]
    return sorted(lines)


def fingerprint_differences(before: list[str], after: list[str]) -> tuple[str, ...]:
    """In what two plans differ, change by change."""
    gone = [f"the plan no longer says: {line}" for line in sorted(set(before) - set(after))]
    new = [f"the plan now says: {line}" for line in sorted(set(after) - set(before))]
    return tuple(gone + new)


def states_data(states: tuple[MovingState, ...]) -> list[Mapping[str, Any]]:
    """The moved states for machines."""
    return [
        {
            "workspace": moving.workspace,
            "lineage": moving.state.summary.lineage,
            "serial": moving.state.summary.serial,
            "resources": len(moving.state.summary.addresses),
            "sha256": moving.state.sha256,
        }
        for moving in states
    ]


def _steps(seen: MigrationObserved) -> Iterator[MigrationStep]:
    source, destination = seen.source, seen.destination
    for moving in seen.states:
        if isinstance(source, LocalPlace):
            yield _back_up(moving, source)
    for moving in seen.states:
        if moving.arrival is Arrival.NEWER:
            continue
        what = _described(moving)
        if isinstance(destination, S3Place):
            yield _place(moving, destination, what)
        else:
            path = str(destination.path_of(moving.workspace))
            yield PlaceLocal(
                verb="copy",
                target=path,
                reason=what,
                workspace=moving.workspace,
                path=path,
                content=moving.state.content,
            )
    for edit in seen.edits:
        yield ChangeFile(verb=edit.verb, target=edit.name, reason="the backend block and its values", edit=edit)
    yield SwitchBackend(
        verb="switch", target=f"Terraform to {_kind(destination)}", reason="terraform init -migrate-state"
    )
    compared = ", and the plan says the same as before" if seen.compare_plans else ""
    yield VerifyMove(verb="verify", target="what has arrived", reason=f"byte by byte{compared}")
    for moving in seen.states:
        if isinstance(source, LocalPlace):
            yield _retire(moving, source, destination)


def _back_up(moving: MovingState, source: LocalPlace) -> BackUp:
    path = str(source.path_of(moving.workspace))
    return BackUp(
        verb="back up",
        target=path,
        reason=f"SHA-256 {moving.state.sha256}",
        workspace=moving.workspace,
        name=backup_name(path, moving.state),
        content=moving.state.content,
    )


def _place(moving: MovingState, destination: S3Place, what: str) -> PlaceState:
    # Bytes that Terraform has written anew but that say the same stay: they are what it knows by its digest.
    same = moving.arrival is Arrival.SAME and moving.there is not None
    return PlaceState(
        verb="copy",
        target=destination.shown(moving.workspace),
        reason=what if moving.arrival is Arrival.FREE else f"{what}; {moving.arrival}",
        place=destination,
        workspace=moving.workspace,
        content=moving.there.content if same and moving.there else moving.state.content,
        replaces=moving.etag,
    )


def _retire(moving: MovingState, source: LocalPlace, destination: Place) -> RetireLocal:
    path = str(source.path_of(moving.workspace))
    backup = backup_name(path, moving.state)
    summary = moving.state.summary
    return RetireLocal(
        verb="rename",
        target=path,
        reason=f"to {backup}",
        workspace=moving.workspace,
        path=path,
        backup=backup,
        line=f"This state (lineage {summary.lineage}, serial {summary.serial}, SHA-256 {moving.state.sha256}) "
        f"has moved to {destination.shown(moving.workspace)}\n",
    )


def _described(moving: MovingState) -> str:
    summary = moving.state.summary
    count = len(summary.addresses)
    return f"workspace {moving.workspace}: serial {summary.serial}, {count} resource{'' if count == 1 else 's'}"


def _kind(place: Place) -> str:
    return "the S3 backend" if isinstance(place, S3Place) else "the local backend"
