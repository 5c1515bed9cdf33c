"""Terraform's JSON stream, line by line."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from paybot_ops.core.terraform_events import (
    Diagnostic,
    Event,
    Outputs,
    Phase,
    ResourceEvent,
    lock_holder,
    lost_creations,
    parse_event,
)


def line(kind: str, **content: object) -> str:
    return json.dumps({"type": kind, **content})


def hook(address: str, action: str = "create", seconds: float = 0) -> dict[str, object]:
    return {"resource": {"addr": address}, "action": action, "elapsed_seconds": seconds}


def test_a_resource_starts_ends_and_fails() -> None:
    assert parse_event(line("apply_start", hook=hook("aws_a.b"))) == ResourceEvent("aws_a.b", "create", Phase.STARTED)
    assert parse_event(line("apply_complete", hook=hook("aws_a.b", seconds=3))) == ResourceEvent(
        "aws_a.b", "create", Phase.DONE, 3
    )
    failed = parse_event(line("apply_errored", hook=hook("aws_a.b", "delete", 1)))
    assert failed == ResourceEvent("aws_a.b", "delete", Phase.FAILED, 1)


def test_a_diagnostic_keeps_its_place_and_drops_the_snippet_which_may_hold_a_secret() -> None:
    raw = {
        "severity": "error",
        "summary": "Bad",
        "detail": "worse\n  still",
        "address": "aws_a.b",
        "range": {"filename": "main.tf", "start": {"line": 4, "column": 2}},
        "snippet": {"code": 'key = "canary-7f3a"', "values": [{"traversal": "x", "statement": "canary-7f3a"}]},
    }
    event = parse_event(line("diagnostic", diagnostic=raw))
    assert isinstance(event, Diagnostic)
    assert str(event) == "aws_a.b at main.tf:4: Bad: worse still"
    assert "canary" not in repr(event)


def test_outputs_without_a_value_are_the_sensitive_ones() -> None:
    event = parse_event(line("outputs", outputs={"url": {"value": "x"}, "key": {"sensitive": True}}))
    assert event == Outputs({"url": "x", "key": None})


@given(st.text() | st.sampled_from(["[]", "1", "null", '"text"', "{}"]))
def test_any_other_line_is_nothing(text: str) -> None:
    assert parse_event(text) is None


def test_every_creation_that_was_not_refused_may_exist_unrecorded() -> None:
    events: list[Event] = [
        ResourceEvent("a", "create", Phase.STARTED),
        ResourceEvent("b", "create", Phase.STARTED),
        ResourceEvent("c", "create", Phase.STARTED),
        ResourceEvent("d", "delete", Phase.STARTED),
        ResourceEvent("a", "create", Phase.DONE),
        ResourceEvent("c", "create", Phase.FAILED),
        Diagnostic("error", "EntityAlreadyExists", address="c"),
    ]
    assert [event.address for event in lost_creations(events)] == ["a", "b"]


def test_a_creation_that_ctrl_c_cut_off_may_exist_too() -> None:
    events: list[Event] = [
        ResourceEvent("a", "create", Phase.STARTED),
        ResourceEvent("a", "create", Phase.FAILED),
        Diagnostic("error", "creating IAM Role: request canceled, context canceled", address="a"),
    ]
    assert [event.address for event in lost_creations(events)] == ["a"]


def test_the_holder_of_a_lock_is_read_from_its_diagnostic() -> None:
    lines = (
        "Lock Info:",
        "  ID:        6f-1",
        "  Path:      x",
        "  Operation: OperationTypeApply",
        "  Who:       ann@ci",
    )
    detail = "\n".join([*lines, "  Created:   2026-11-24 06:00:00 +0000 UTC", ""])
    holder = lock_holder(Diagnostic("error", "Error acquiring the state lock", detail))
    assert holder is not None
    assert (holder.id, holder.who, holder.operation) == ("6f-1", "ann@ci", "OperationTypeApply")
    assert holder.created.startswith("2026-11-24")
    assert lock_holder(Diagnostic("error", "Something else", detail)) is None
