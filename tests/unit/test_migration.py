"""What may be moved where, in which steps, and what counts as the same."""

from __future__ import annotations

import pytest

from paybot_ops.core.backend import LocalPlace, S3Place
from paybot_ops.core.direction import Direction
from paybot_ops.core.migration import (
    MigrationObserved,
    backup_name,
    fingerprint_differences,
    plan_fingerprint,
    plan_migration,
)
from paybot_ops.core.migration_actions import FileEdit
from paybot_ops.core.moving_state import Arrival, MovingState, arrival_problem, verify_arrival
from paybot_ops.core.state_changes import PlaceState
from paybot_ops.core.state_document import StateDocument, parse_state_document
from paybot_ops.core.terraform_events import Outputs, PlannedChange

PLACE = S3Place("b", "k", "us-east-1")


def state(serial: int = 3, lineage: str = "l", value: str = "one", *, empty: bool = False) -> StateDocument:
    resources = (
        "[]"
        if empty
        else f'[{{"mode": "managed", "type": "t", "name": "n", "instances": [{{"attributes": {{"id": "{value}"}}}}]}}]'
    )
    text = f'{{"version": 4, "serial": {serial}, "lineage": "{lineage}", "outputs": {{}}, "resources": {resources}}}'
    found = parse_state_document(text.encode())
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("there", "arrival", "allowed"),
    [
        (None, Arrival.FREE, True),
        (state(), Arrival.SAME, True),
        (state(1, "other", empty=True), Arrival.EMPTY, True),
        (state(2), Arrival.OLDER, True),
        (state(4), Arrival.NEWER, False),
        (state(value="two"), Arrival.OTHER_CONTENT, False),
        (state(lineage="other"), Arrival.FOREIGN, False),
    ],
)
def test_what_may_be_at_the_destination(there: StateDocument | None, arrival: Arrival, allowed: bool) -> None:
    moving = MovingState("default", state(), there)
    assert moving.arrival is arrival
    assert (arrival_problem(moving, PLACE) is None) == allowed


def observed(to: Direction, *states: MovingState, needed: bool = True, resumed: bool = False) -> MigrationObserved:
    local = LocalPlace()
    return MigrationObserved(
        to=to,
        source=local if to is Direction.S3 else PLACE,
        destination=PLACE if to is Direction.S3 else local,
        states=states,
        edits=(FileEdit("backend.tf", None, "text"),),
        needed=needed,
        resumed=resumed,
    )


def test_the_steps_to_s3_write_nothing_before_the_backup_and_end_with_the_local_copy() -> None:
    plan = plan_migration(observed(Direction.S3, MovingState("default", state()), MovingState("st", state())))
    assert [action.verb for action in plan.actions] == [
        *("back up", "back up", "copy", "copy", "create", "switch", "verify", "rename", "rename")
    ]
    assert plan.actions[0].reason == f"SHA-256 {state().sha256}"


def test_the_steps_to_local_leave_the_one_in_the_bucket() -> None:
    plan = plan_migration(observed(Direction.LOCAL, MovingState("default", state())))
    assert [action.verb for action in plan.actions] == ["copy", "create", "switch", "verify"]


def test_there_is_no_step_where_there_is_nothing_to_move() -> None:
    assert plan_migration(observed(Direction.S3, needed=False)).is_empty


def test_a_state_that_was_worked_on_since_is_not_copied_over() -> None:
    plan = plan_migration(observed(Direction.S3, MovingState("default", state(), state(9)), resumed=True))
    assert "copy" not in [action.verb for action in plan.actions]
    assert verify_arrival(MovingState("default", state(), state(9)), state(9), "x") == ()


def test_only_what_was_seen_there_is_replaced() -> None:
    plan = plan_migration(observed(Direction.S3, MovingState("default", state(), state(2), '"etag"')))
    (place,) = [action for action in plan.actions if isinstance(action, PlaceState)]
    assert place.replaces == '"etag"'
    assert place.content == state().content


def test_what_arrived_is_compared_to_the_last_resource() -> None:
    moving = MovingState("default", state())
    assert verify_arrival(moving, state(), "s3://b/k") == ()
    assert verify_arrival(moving, None, "s3://b/k") == ("s3://b/k: no state has arrived",)
    assert verify_arrival(moving, state(value="two"), "s3://b/k") == ("s3://b/k: t.n: differs",)


def test_two_plans_that_say_the_same() -> None:
    before = plan_fingerprint([PlannedChange("a.b", "update"), Outputs({}, {"url": "create", "id": "noop"})])
    assert before == ["create output url", "update a.b"]
    after = plan_fingerprint([PlannedChange("a.b", "delete")])
    assert fingerprint_differences(before, before) == ()
    assert fingerprint_differences(before, after) == (
        "the plan no longer says: create output url",
        "the plan no longer says: update a.b",
        "the plan now says: delete a.b",
    )


def test_a_copy_is_named_by_its_content_and_covered_by_the_usual_ignore_rule() -> None:
    name = backup_name("terraform.tfstate", state())
    assert name == f"terraform.tfstate.local-3-{state().sha256[:12]}"
    assert ".tfstate." in name


def test_no_step_shows_what_is_in_a_state() -> None:
    plan = plan_migration(observed(Direction.S3, MovingState("default", state(value="hush"))))
    assert "hush" not in repr(plan)
