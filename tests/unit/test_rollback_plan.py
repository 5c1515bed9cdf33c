"""Which version a rollback chooses, what it pins, and what it says beforehand; and the function in a state."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from paybot_ops.core.hcl.values import NotLiteral, Value
from paybot_ops.core.live_function import parse_live
from paybot_ops.core.pause import is_paused, plan_resume, wanted_reservation
from paybot_ops.core.rollback import MoveAlias, Sighted, choose_version, pinned_version, plan_rollback, wanted_pin
from paybot_ops.core.value_edits import EditPlan, InForce
from paybot_ops.core.version_differences import compare_versions
from paybot_ops.core.versions import Alias, Version, parse_alias, parse_description, parse_version
from paybot_ops.errors import PaybotError, UsageError


def seen(live: str = "5", pin: Value = None, numbers: tuple[int, ...] = (5, 4, 2), *, variable: bool = True) -> Sighted:
    versions = tuple(Version(number) for number in numbers)
    return Sighted("bot", Alias("live", live, "r1"), versions, InForce(pin, "x.tfvars") if variable else None)


@pytest.mark.parametrize(
    ("world", "asked", "newest", "number"),
    [
        (seen(), None, False, 4),
        (seen("4", "4"), None, False, 2),
        (seen("4", Decimal(4)), None, False, 2),
        (seen("4"), None, False, 4),  # moved and not pinned: an earlier run was cut off
        (seen("4", "2"), None, False, 4),
        (seen("4", variable=False), None, False, 2),
        (seen("2", "2"), "5", False, 5),
        (seen("2", "2"), None, True, 5),
        (seen(), "2", False, 2),
    ],
)
def test_the_version_that_is_chosen(world: Sighted, asked: str | None, newest: bool, number: int) -> None:
    assert choose_version(world, asked, newest=newest).number == number


@pytest.mark.parametrize(
    ("world", "asked"), [(seen("2", "2"), None), (seen("$LATEST"), None), (seen("3", "3"), None), (seen(), "3")]
)
def test_no_such_version(world: Sighted, asked: str | None) -> None:
    with pytest.raises(UsageError):
        choose_version(world, asked, newest=False)


def test_what_is_pinned() -> None:
    four, five = Version(4), Version(5)
    assert wanted_pin(seen(), four, newest=False) == {"live_version": "4"}
    assert wanted_pin(seen("4", "4"), four, newest=False) == {}
    assert wanted_pin(seen(), five, newest=False) == {}
    assert wanted_pin(seen("2", "2"), five, newest=False) == {"live_version": "5"}
    assert wanted_pin(seen("2", "2"), five, newest=True) == {"live_version": None}
    assert wanted_pin(seen("5", ""), five, newest=True) == {}
    assert wanted_pin(seen(variable=False), four, newest=False) == {}


@pytest.mark.parametrize("value", ["latest", True, ["1"], "0", "-1", "1.5", NotLiteral("a reference", 1, 1)])
def test_a_pin_that_is_no_version(value: Value) -> None:
    with pytest.raises(UsageError):
        pinned_version(InForce(value, "x.tfvars"))


def test_the_alias_first_with_the_revision_that_was_seen() -> None:
    plan = plan_rollback(seen(), Version(4), EditPlan())
    assert plan.actions == (
        MoveAlias(
            verb="move", target="live", reason="version 5 → 4", function="bot", before="5", after="4", revision="r1"
        ),
    )
    assert plan_rollback(seen("4", "4"), Version(4), EditPlan()).is_empty


def test_differences_name_variables_and_never_their_values() -> None:
    before = Version(5, code_sha256="a" * 44, memory=512, environment={"A": "canary", "B": "same", "C": "canary"})
    after = Version(4, code_sha256="a" * 44, memory=512, environment={"A": "other", "B": "same", "D": "canary"})
    found = [(item.what, item.before, item.after) for item in compare_versions(before, after)]
    assert found == [("variable A", "set", "set otherwise"), ("variable C", "set", ""), ("variable D", "", "set")]
    (hidden,) = compare_versions(before, Version(4, code_sha256="a" * 44, memory=512))
    assert (hidden.what, hidden.before) == ("environment", "not readable with these credentials")


@pytest.mark.parametrize(
    ("text", "commit", "by", "at"),
    [
        ("commit abc by arn:aws:iam::1:user/a at 2026-11-03T10:00:00Z", "abc", "arn:aws:iam::1:user/a", 10),
        ("commit unknown by arn:x at 2026-11-03T10:00:00Z", None, "arn:x", 10),
        ("commit abc by arn:x at 2026-11", "abc", "arn:x", None),
        ("commit abc by arn:x a", "abc", "arn:x", None),
        ("a fix of Ann's", None, None, None),
        ("", None, None, None),
    ],
)
def test_a_description(text: str, commit: str | None, by: str | None, at: int | None) -> None:
    found = parse_description(text)
    assert (found.commit, found.by, found.at) == (
        commit,
        by,
        datetime(2026, 11, 3, at, tzinfo=UTC) if at is not None else None,
    )


def test_what_lambda_says_of_a_version() -> None:
    assert parse_version({"Version": "$LATEST"}) is None
    found = parse_version(
        {"Version": "7", "Description": "\x1b[2Jx", "Environment": {"Variables": {"GUARDRAIL_ID": "g"}}}
    )
    assert found is not None
    assert (found.number, "\x1b" in found.description, found.guardrail_id, found.when) == (7, False, "g", None)
    weights = {"AdditionalVersionWeights": {"3": 0.25}}
    alias = parse_alias({"Name": "live", "FunctionVersion": "7", "RoutingConfig": weights})
    assert (alias.version, alias.revision, alias.shares) == ("7", "", {"3": 0.25})


def state(*functions: str, aliases: tuple[tuple[str, str], ...] = ()) -> dict[str, Any]:
    resources = [
        ("aws_lambda_function", {"function_name": name, "reserved_concurrent_executions": 3}) for name in functions
    ]
    resources += [("aws_lambda_alias", {"function_name": name, "name": alias}) for name, alias in aliases]
    return {
        "resources": [
            {"mode": "managed", "type": kind, "instances": [{"attributes": item}]} for kind, item in resources
        ]
    }


def test_the_function_that_a_state_records() -> None:
    assert parse_live(None, {}) is None
    assert parse_live(state(), {}) is None
    one = parse_live(state("bot"), {})
    assert one is not None
    assert (one.function, one.alias, one.reserved) == ("bot", "", 3)
    arn = "arn:aws:lambda:us-east-1:123456789012:function:bot"
    for document, outputs in (
        (state("bot", "other", aliases=((arn, "live"),)), {}),
        (state("bot", "other", aliases=(("bot", "prod"),)), {"lambda_function_name": "bot", "lambda_alias": "prod"}),
        (state("bot", aliases=(("bot", "only"),)), {}),
    ):
        found = parse_live(document, outputs)
        assert found is not None
        assert (found.function, bool(found.alias)) == ("bot", True)
    with pytest.raises(PaybotError, match="several functions"):
        parse_live(state("a", "b"), {})


def test_what_to_reserve_when_serving_again() -> None:
    assert wanted_reservation(InForce(Decimal(7), "x"), 3) == 7
    assert wanted_reservation(InForce("7", "the environment"), None) == 7
    assert wanted_reservation(InForce(-1, "x"), 3) is None
    assert wanted_reservation(None, 3) == 3
    assert wanted_reservation(None, 0) is None
    assert wanted_reservation(None, None) is None
    assert plan_resume("bot", 5, 20, EditPlan()).is_empty
    assert is_paused(None) is None
    assert is_paused(InForce("true", "the environment")) is True
