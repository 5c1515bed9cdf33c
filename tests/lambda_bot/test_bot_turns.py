from __future__ import annotations

import pytest
from botocore.awsrequest import AWSResponse
from payment_bot.conversation import FALLBACK, GREETING
from payment_bot.errors import SessionsUnavailableError
from payment_bot.gateway import ChatRequest
from payment_bot.sessions import SessionConflictError
from payment_bot.turns import ChatReply

from tests.lambda_bot.bot_world import VISA, Wire, World, cut, spoken, wire_response


def say(world: World, message: str, session_id: str | None = None, message_id: str | None = None) -> ChatReply:
    return world.bot.answer(ChatRequest(message, session_id, message_id), world.journal)


def test_a_first_message_starts_a_session_and_the_second_goes_on_with_it(world: World) -> None:
    first = say(world, "Hello")
    second = say(world, "And now?", first.session_id)

    assert first.to_document() == {
        "response": f"{GREETING}\n\nCertainly.",
        "status": "open",
        "sessionId": first.session_id,
    }
    assert (second.response, second.session_id) == ("Certainly.", first.session_id)
    assert [message["content"][0]["text"] for message in world.wire.requests[1]["messages"]] == [
        "Hello",
        first.response,
        "And now?",
    ]
    assert [row["version"] for row in world.rows()] == [{"N": "2"}]
    assert world.journal.counts == {"Turns": 2, "InputTokens": 40, "OutputTokens": 20}


def test_an_id_that_the_bot_did_not_make_is_not_taken_over(world: World) -> None:
    reply = say(world, "Hello", "test-1")

    assert reply.session_id != "test-1"
    assert [row["session_id"]["S"] for row in world.rows()] == [reply.session_id]


def test_an_expired_session_is_not_resumed(world: World) -> None:
    first = say(world, "Hello")
    world.clock.now += 3600

    later = say(world, "Hello again", first.session_id)

    assert later.session_id != first.session_id
    assert later.response.startswith(GREETING)


def test_the_same_message_delivered_twice_gets_the_same_answer_once(world: World) -> None:
    first = say(world, "Hello")
    world.wire.script = [lambda: spoken({"text": "One."}), lambda: spoken({"text": "Two."})]

    answers = [say(world, "Which?", first.session_id, "m-1") for _ in range(3)]

    assert [answer.response for answer in answers] == ["One."] * 3
    assert len(world.wire.requests) == 2
    assert world.journal.counts["Turns"] == 2


def test_the_same_message_delivered_twice_at_once_gets_the_answer_that_was_stored(world: World) -> None:
    first = say(world, "Hello")
    rival: list[ChatReply] = []

    def slow() -> AWSResponse:
        rival.append(say(world, "Which?", first.session_id, "m-1"))
        return spoken({"text": "Slow."})

    world.wire.script = [slow, lambda: spoken({"text": "Quick."})]
    answer = say(world, "Which?", first.session_id, "m-1")

    assert answer == rival[0]
    assert answer.response == "Quick."
    assert [row["version"] for row in world.rows()] == [{"N": "2"}]


def test_two_messages_at_once_do_not_fork_the_session(world: World) -> None:
    first = say(world, "Hello")

    def slow() -> AWSResponse:
        say(world, "No, this one", first.session_id, "m-2")
        return spoken({"text": "Slow."})

    world.wire.script = [slow, lambda: spoken({"text": "Quick."})]
    with pytest.raises(SessionConflictError):
        say(world, "This one", first.session_id, "m-1")

    (row,) = world.rows()
    assert [line["M"]["customer"]["S"] for line in row["history"]["L"]] == ["Hello", "No, this one"]
    assert say(world, "This one", first.session_id, "m-1").response == "Quick."


def test_a_model_that_fails_is_a_written_reply_and_is_counted(world: World) -> None:
    world.wire.script = [lambda: wire_response(403, {"message": "no"}, "AccessDeniedException")]

    reply = say(world, "Hello")

    assert reply.response == f"{GREETING}\n\n{FALLBACK}"
    assert world.journal.counts["ModelFallback"] == 1
    assert ("model gave no answer", {"fault": "denied"}) in world.journal.lines


def test_a_model_that_answers_is_no_fallback(world: World) -> None:
    say(world, "Hello")

    assert "ModelFallback" not in world.journal.counts


def test_what_a_guardrail_stopped_is_not_sent_again(world: World) -> None:
    world.wire.script = [
        lambda: spoken({"text": "I cannot discuss that."}, stop="guardrail_intervened"),
        lambda: spoken({"text": "Fine."}),
    ]
    first = say(world, "something bad")
    second = say(world, "something good", first.session_id)

    assert first.response.endswith("I cannot discuss that.")
    assert second.response == "Fine."
    assert "something bad" not in repr(world.wire.requests[1])


def test_a_card_number_is_in_no_request_row_or_log_line(world: World) -> None:
    spaced = "4242 4242 4242 4242"
    assert spaced in repr([f"pay with {spaced}"])  # the search finds what is there

    first = say(world, f"pay with {spaced}, cvv 987", None, "m-1")
    say(world, f"or {VISA}", first.session_id)

    left = repr((world.wire.requests, world.rows(), world.journal.lines, first))
    assert spaced not in left
    assert VISA not in left
    assert "987" not in left


@pytest.mark.parametrize("operation", ["GetItem", "PutItem"])
def test_a_table_error_is_an_error_and_never_a_new_session(world: World, operation: str) -> None:
    first = say(world, "Hello")
    refusal = {"__type": "com.amazonaws.dynamodb.v20120810#AccessDeniedException", "message": "no"}
    cut(world.table, Wire([lambda: wire_response(400, refusal)]), operation)

    with pytest.raises(SessionsUnavailableError):
        say(world, "And now?", first.session_id)

    assert len(world.rows()) == 1


def test_no_log_line_holds_the_id_that_opens_a_session(world: World) -> None:
    first = say(world, "Hello", None, "m-1")
    say(world, "Hello", first.session_id, "m-1")

    assert world.journal.lines
    assert first.session_id not in repr(world.journal.lines)
