"""Which drills a deployment can be put through, and the search for a card number."""

from __future__ import annotations

import base64
from dataclasses import replace
from typing import Any

import pytest

from paybot_ops.core.card_search import holds_number
from paybot_ops.core.drills import Drill, Drilled, DrillFacts, Verdict, code_of, plan_drills
from paybot_ops.core.stripe_keys import KeyStatus, Kind, Mode
from paybot_ops.errors import ExitCode

CARD = "4242 4242 4242 4242"
TEST_KEY = KeyStatus("arn", kind=Kind.RESTRICTED, mode=Mode.TEST)
READY = DrillFacts(
    alarm="bot-token-usage-dev",
    guarded=True,
    state="s3://states/bot",
    key=TEST_KEY,
    chat_url="https://x/chat",
)


def skipped(facts: DrillFacts) -> dict[Drill, str]:
    return {item.drill: item.why for item in plan_drills(facts, ()).skipped}


def test_a_whole_deployment_is_drilled_whole() -> None:
    plan = plan_drills(READY, ())
    assert [action.drill for action in plan.actions] == list(Drill)
    assert plan.skipped == ()


@pytest.mark.parametrize("drill", Drill)
def test_one_drill_alone(drill: Drill) -> None:
    plan = plan_drills(READY, [drill])
    assert [action.drill for action in plan.actions] == [drill]


@pytest.mark.parametrize(
    ("facts", "drill", "why"),
    [
        (replace(READY, alarm=""), Drill.ALARM, "no alarm tells anybody"),
        (replace(READY, guarded=False), Drill.GUARDRAIL, "guardrails are not enabled"),
        (replace(READY, state=""), Drill.LOCK, "there is no state yet"),
        (replace(READY, chat_url=""), Drill.PAYMENT, "nothing is deployed"),
        (replace(READY, key=None), Drill.PAYMENT, "no Stripe key is set"),
        (replace(READY, key=replace(TEST_KEY, mode=Mode.LIVE)), Drill.PAYMENT, "test keys only"),
        (replace(READY, key=replace(TEST_KEY, mode=None)), Drill.PAYMENT, "mode is not known"),
    ],
)
def test_what_cannot_be_drilled_is_skipped_with_the_reason(facts: DrillFacts, drill: Drill, why: str) -> None:
    found = skipped(facts)
    assert list(found) == [drill]
    assert why in found[drill]


def test_only_a_failure_is_a_finding() -> None:
    passed = Drilled(drill=Drill.LOCK, verdict=Verdict.PASSED)
    assert code_of([passed, replace(passed, verdict=Verdict.SKIPPED)]) is ExitCode.OK
    assert code_of([passed, replace(passed, verdict=Verdict.FAILED)]) is ExitCode.FINDING


@pytest.mark.parametrize(
    "thing",
    [
        CARD,
        "the card 4242-4242-4242-4242 of",
        {"M": {"card": {"S": "4242424242424242"}}},
        [{"B": b"\x00 4242424242424242 \xff"}],
        "４２４２４２４２４２４２４２４２",
        '{"number": "4242\\n4242\\n4242\\n4242"}',
        base64.b64encode(b"number=4242424242424242").decode(),
        base64.urlsafe_b64encode(b"??>>number=4242424242424242").decode(),
        {"4242424242424242": None},
        "424242424242",
    ],
)
def test_a_number_is_found_however_it_is_written(thing: Any) -> None:
    assert holds_number(thing, CARD)


@pytest.mark.parametrize("thing", [None, "", "Visa ending in 4242", "424242 •••••• 4242", {"N": "1764000000"}, b"\xff"])
def test_what_may_be_shown_is_not_taken_for_the_number(thing: Any) -> None:
    assert not holds_number(thing, CARD)
