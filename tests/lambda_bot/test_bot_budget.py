from __future__ import annotations

from dataclasses import replace

import pytest
from botocore.awsrequest import AWSResponse
from botocore.exceptions import ReadTimeoutError
from payment_bot.budget import Budget, most_tokens
from payment_bot.dialogue.prompt import Line, Prompt, Speaker
from payment_bot.model import MOST_OUTPUT_TOKENS

from tests.lambda_bot.bot_world import NOW, SETTINGS, TABLE, VISA, Wire, World, cut, spoken, wire_response

PROMPT = Prompt("Be kind.", (Line(Speaker.CUSTOMER, "hi 💳"),))


def tokens(world: World) -> dict[str, int]:
    rows = [row for row in world.rows() if "#" in row["session_id"]["S"]]
    return {row["session_id"]["S"]: int(row["tokens"]["N"]) for row in rows}


def test_a_question_is_booked_at_the_most_that_it_can_cost() -> None:
    assert most_tokens(PROMPT) >= len(b"Be kind.") + len("hi 💳".encode()) + MOST_OUTPUT_TOKENS


def test_what_was_not_used_is_given_back(world: World) -> None:
    world.say("Hello")

    assert tokens(world) == {"tokens#2027-01-15": 30}


def test_each_utc_day_has_its_own_budget(world: World) -> None:
    world.say("Hello")
    world.clock.now += 86_400
    world.say("Hello")

    assert tokens(world) == {"tokens#2027-01-15": 30, "tokens#2027-01-16": 30}


def test_beyond_the_budget_the_bot_speaks_for_itself_and_still_takes_cards(world: World) -> None:
    short = World(world.table, replace(SETTINGS, daily_token_budget=2_500))
    short.wire.script = [lambda: spoken({"text": "Long."}, tokens=(1_000, 300))]
    first = short.say("Hello")
    done = short.talk("Hello", "Is it safe?", "Ada Lovelace", VISA, "12/28", "yes", "123")

    assert "Long." in first.response
    assert len(short.wire.requests) == 1
    assert done.status.value == "done"
    assert short.journal.counts["TokenBudgetStops"] == short.journal.counts["ModelFallback"] == 2


def test_no_budget_means_that_the_model_is_never_asked_and_no_alarm_rings(world: World) -> None:
    silent = World(world.table, replace(SETTINGS, daily_token_budget=0))

    silent.talk("Hello", "Is it safe?")

    assert silent.wire.requests == []
    assert "ModelFallback" not in silent.journal.counts


def test_what_is_booked_at_once_never_passes_the_budget(world: World) -> None:
    most = most_tokens(PROMPT)
    budget = Budget(world.table, TABLE, 3 * most + 1)

    booked = [budget.book(PROMPT, NOW) for _ in range(5)]

    assert booked == [most, most, most, None, None]
    budget.settle(most, 10, NOW)
    assert budget.book(PROMPT, NOW) is None
    budget.settle(most, 0, NOW)
    assert budget.book(PROMPT, NOW) == most


@pytest.mark.parametrize("code", ["AccessDeniedException", "ProvisionedThroughputExceededException"])
def test_without_the_counter_the_model_is_not_asked(world: World, code: str) -> None:
    refusal = {"__type": f"com.amazonaws.dynamodb.v20120810#{code}", "message": "no"}
    cut(world.table, Wire([lambda: wire_response(400, refusal)]), "UpdateItem")

    reply = world.say("Hello")

    assert world.wire.requests == []
    assert reply.status.value == "name"
    assert world.journal.counts["ModelFallback"] == 1


def test_a_call_that_broke_off_stays_booked(world: World) -> None:
    def silence() -> AWSResponse:
        raise ReadTimeoutError(endpoint_url="http://wire")

    world.wire.script = [silence]
    world.say("Hello")

    assert tokens(world)["tokens#2027-01-15"] > 300


def test_a_refused_call_is_given_back(world: World) -> None:
    world.wire.script = [lambda: wire_response(403, {"message": "no"}, "AccessDeniedException")]
    world.say("Hello")

    assert tokens(world) == {"tokens#2027-01-15": 0}
