"""What a migration starts from, and whether it may begin: every reason against it is told at once."""

from __future__ import annotations

from paybot_ops.adapters import local_states
from paybot_ops.adapters.migration_journal import Journal
from paybot_ops.core.backend import DEFAULT_WORKSPACE, LocalPlace, S3Place
from paybot_ops.core.direction import Direction
from paybot_ops.core.migration import MigrationObserved
from paybot_ops.core.migration_actions import FileEdit
from paybot_ops.core.moving_state import Arrival, MovingState
from paybot_ops.core.state_document import StateDocument, parse_state_document
from paybot_ops.errors import UsageError
from paybot_ops.operations.home_audit import audit_home
from paybot_ops.operations.migration_checks import (
    Problems,
    check_alone,
    check_arrival,
    check_local_lock,
    check_terraform,
)
from paybot_ops.operations.migration_edits import edits_to_local, edits_to_s3
from paybot_ops.operations.preflight import check_account, check_local_state, check_variables
from paybot_ops.operations.state_locks import check_free
from paybot_ops.operations.state_place import (
    Remote,
    current_place,
    find_local_state,
    local_place,
    remote_of,
    s3_place,
)
from paybot_ops.operations.target import Target


def observe(target: Target, to: Direction, journal: Journal | None, *, compare_plans: bool) -> MigrationObserved:
    """What is where, and what a migration would do.

    Raises:
        PaybotError: what stands against it, all of it together; nothing was changed.
    """
    if journal is not None:
        return _resumed(target, to, journal)
    return _to_s3(target, compare_plans) if to is Direction.S3 else _to_local(target, compare_plans)


def _to_s3(target: Target, compare_plans: bool) -> MigrationObserved:
    problems = Problems()
    declared = problems.of(lambda: current_place(target))
    source = local_place(target)
    states: dict[str, StateDocument] = {}
    for name in (DEFAULT_WORKSPACE, *local_states.list_workspaces(target.workspace.directory / source.workspace_dir)):
        state = problems.of(lambda name=name: find_local_state(target, source, name))  # type: ignore[misc]
        problems.of(lambda name=name: check_local_lock(target, source, name))  # type: ignore[misc]
        if state is not None:
            states[name] = state
    if isinstance(declared, S3Place) and not states and not problems.found:
        return MigrationObserved(Direction.S3, source, declared, needed=False)
    place = declared if isinstance(declared, S3Place) else problems.of(lambda: s3_place(target))
    edits = problems.of(lambda: edits_to_s3(target)) if place else None
    if compare_plans and isinstance(declared, S3Place):
        target.screen.warn("the module says S3 already: what its plan said with the local state cannot be known")
        compare_plans = False
    moving = _look(target, problems, place, states, compare_plans)
    problems.tell()
    assert place is not None
    return MigrationObserved(Direction.S3, source, place, moving, edits or (), compare_plans=compare_plans)


def _look(
    target: Target, problems: Problems, place: S3Place | None, states: dict[str, StateDocument], compare_plans: bool
) -> tuple[MovingState, ...]:
    """Everything that must be asked of AWS, of Terraform and of the account, in one go."""
    if compare_plans:
        problems.of(lambda: check_variables(target))
    account = target.identity.account
    problems.of(lambda: check_account(target, account))
    for state in states.values():
        problems.of(lambda state=state: check_local_state(target, state.summary))  # type: ignore[misc]
    if place is None:
        return ()
    remote = remote_of(target, place)
    problems.of_all(
        [
            lambda: check_terraform(target.terraform.version(), place),
            lambda: audit_home(target),
            *(lambda name=name: check_free(remote, name) for name in states or [DEFAULT_WORKSPACE]),
        ]
    )
    found = problems.of_all([lambda name=name: _moving(remote, name, states[name]) for name in states])  # type: ignore[misc]
    moving = tuple(item for item in found if item is not None)
    for item in moving:
        problems.of(lambda item=item: check_arrival(item, place))  # type: ignore[misc]
    return moving


def _to_local(target: Target, compare_plans: bool) -> MigrationObserved:
    declared = current_place(target)
    if isinstance(declared, LocalPlace):
        return MigrationObserved(Direction.LOCAL, declared, declared, needed=False)
    problems = Problems()
    destination = LocalPlace()
    remote = remote_of(target, declared)
    problems.of(lambda: check_alone(target))
    if compare_plans:
        problems.of(lambda: check_variables(target))
    names = problems.of(remote.workspaces) or (DEFAULT_WORKSPACE,)
    problems.of_all(
        [
            lambda: check_account(target, target.identity.account),
            lambda: check_terraform(target.terraform.version(), declared),
            *(lambda name=name: check_free(remote, name) for name in names),
        ]
    )
    found = problems.of_all([lambda name=name: remote.find_state(name)[0] for name in names])  # type: ignore[misc]
    moving = []
    for name, state in zip(names, found, strict=True):
        if state is not None:
            there = problems.of(lambda name=name: find_local_state(target, destination, name))  # type: ignore[misc]
            moving.append(MovingState(name, state, there))
            problems.of(lambda item=moving[-1]: check_arrival(item, destination))  # type: ignore[misc]
    edits = problems.of(lambda: edits_to_local(target))
    problems.tell()
    return MigrationObserved(
        Direction.LOCAL, declared, destination, tuple(moving), edits or (), compare_plans=compare_plans
    )


def _resumed(target: Target, to: Direction, journal: Journal) -> MigrationObserved:
    record = journal.record
    if record["to"] != to:
        raise UsageError(
            f"a migration to {record['to']} was interrupted here",
            why="it must be finished before the state can go another way",
            hint=f"finish it: paybot migrate-state --to {record['to']}",
        )
    place, local = S3Place(**record["place"]), LocalPlace(**record["local"])
    problems = Problems()
    remote = remote_of(target, place)
    moving = []
    for item in record["states"]:
        state = parse_state_document(journal.states[item["source"]])
        assert state is not None
        if to is Direction.S3:
            found = problems.of(lambda name=item["workspace"], state=state: _moving(remote, name, state))  # type: ignore[misc]
        else:
            there = find_local_state(target, local, item["workspace"])
            found = MovingState(item["workspace"], state, there)
        if found is not None:
            moving.append(found)
            if found.arrival is not Arrival.NEWER:
                problems.of(lambda item=found: check_arrival(item, place if to is Direction.S3 else local))  # type: ignore[misc]
    problems.tell()
    return MigrationObserved(
        to=to,
        source=local if to is Direction.S3 else place,
        destination=place if to is Direction.S3 else local,
        states=tuple(moving),
        edits=tuple(FileEdit(**edit) for edit in record["edits"]),
        resumed=True,
        compare_plans=record["fingerprint"] is not None,
    )


def _moving(remote: Remote, workspace: str, state: StateDocument) -> MovingState:
    there, etag = remote.find_state(workspace)
    return MovingState(workspace, state, there, etag)
