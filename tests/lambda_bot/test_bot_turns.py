from __future__ import annotations

from dataclasses import replace

import pytest
from botocore.awsrequest import AWSResponse
from payment_bot import clients
from payment_bot.dialogue import words
from payment_bot.dialogue.effects import Problem
from payment_bot.dialogue.state import CardCollection, Step
from payment_bot.errors import SessionsUnavailableError
from payment_bot.sessions import SessionConflictError
from payment_bot.settings import Guardrail
from payment_bot.turns import ChatReply

from tests.lambda_bot.bot_world import SETTINGS, VISA, Wire, World, cut, spoken, wire_response

TO_CODE = ("Hello", "Ada Lovelace", VISA, "12/28", "yes")


def test_a_first_message_starts_a_session_and_the_second_goes_on_with_it(world: World) -> None:
    first = world.say("Hello")
    second = world.say("Why a name?", first.session_id)

    assert first.to_document() == {
        "response": f"{words.GREETING}\n\nCertainly.\n\n{words.ASK_NAME}",
        "status": "name",
        "sessionId": first.session_id,
    }
    assert (second.response, second.session_id) == (f"Certainly.\n\n{words.ASK_NAME}", first.session_id)
    assert [message["content"][0]["text"] for message in world.wire.requests[1]["messages"]] == [
        "Hello",
        "Certainly.",
        "Why a name?",
    ]
    assert [row["version"] for row in world.session_rows()] == [{"N": "2"}]
    assert world.journal.counts == {"Turns": 2, "InputTokens": 40, "OutputTokens": 20}


def test_answers_that_the_bot_knows_by_itself_cost_no_token(world: World) -> None:
    world.talk(*TO_CODE, "123")

    assert len(world.wire.requests) == 1


def test_an_id_that_the_bot_did_not_make_is_not_taken_over(world: World) -> None:
    reply = world.say("Hello", "test-1")

    assert reply.session_id != "test-1"
    assert [row["session_id"]["S"] for row in world.session_rows()] == [reply.session_id]


def test_an_expired_session_is_not_resumed(world: World) -> None:
    first = world.say("Hello")
    world.clock.now += 3600

    later = world.say("Hello again", first.session_id)

    assert later.session_id != first.session_id
    assert later.response.startswith(words.GREETING)


def test_the_same_message_delivered_twice_gets_the_same_answer_once(world: World) -> None:
    before = world.talk(*TO_CODE)

    answers = [world.say("123", before.session_id, "m-1") for _ in range(3)]

    assert [answer.response for answer in answers] == [words.saved("Visa", "4242")] * 3
    assert world.stripe.paths() == ["post /v1/payment_methods", "post /v1/setup_intents"]
    assert world.journal.counts["Completions"] == 1


def test_the_same_message_delivered_twice_at_once_pays_once_and_gets_the_answer_that_was_stored(world: World) -> None:
    before = world.talk(*TO_CODE)
    rival: list[ChatReply] = []

    def meanwhile() -> None:
        world.stripe.before = lambda: None
        rival.append(world.say("123", before.session_id, "m-1"))

    world.stripe.before = meanwhile
    answer = world.say("123", before.session_id, "m-1")

    assert answer == rival[0]
    assert answer.status is Step.DONE
    assert len({*world.stripe.keys()}) == 2
    assert len([each for each in world.stripe.part.snapshot() if each["object"] == "setup_intent"]) == 1


def test_a_write_that_fails_after_stripes_yes_is_made_good_by_the_same_message(world: World) -> None:
    before = world.talk(*TO_CODE)
    refusal = {"__type": "com.amazonaws.dynamodb.v20120810#InternalServerError", "message": "no"}
    wire = Wire([lambda: wire_response(400, refusal)])
    cut(world.table, wire, "PutItem")
    with pytest.raises(SessionsUnavailableError):
        world.say("123", before.session_id, "m-1")

    # A new process, whose way to the table is open again.
    whole = World(clients.dynamodb(), stripe=world.stripe)
    again = whole.say("123", before.session_id, "m-1")

    assert again.status is Step.DONE
    assert len([each for each in world.stripe.part.snapshot() if each["object"] == "setup_intent"]) == 1


def test_two_messages_at_once_do_not_fork_the_session(world: World) -> None:
    first = world.say("Hello")

    def slow() -> AWSResponse:
        world.say("Ada Lovelace", first.session_id, "m-2")
        return spoken({"text": "Slow."})

    world.wire.script = [slow, lambda: spoken({"text": "Quick."})]
    with pytest.raises(SessionConflictError):
        world.say("Why?", first.session_id, "m-1")

    (row,) = world.session_rows()
    assert row["conversation"]["M"]["name"] == {"S": "Ada Lovelace"}
    assert world.say("Why?", first.session_id, "m-1").response.startswith("Quick.")


def test_a_model_that_fails_is_a_written_reply_and_is_counted(world: World) -> None:
    world.wire.script = [lambda: wire_response(403, {"message": "no"}, "AccessDeniedException")]

    first = world.say("Hello")
    second = world.say("Why?", first.session_id)

    assert first.response == f"{words.GREETING}\n\n{words.ASK_NAME}"
    assert second.response == f"{words.CANNOT_ANSWER}\n\n{words.ASK_NAME}"
    assert world.journal.counts["ModelFallback"] == 2
    assert ("model gave no answer", {"fault": "denied"}) in world.journal.lines


def test_a_model_that_answers_is_no_fallback(world: World) -> None:
    world.say("Hello")

    assert "ModelFallback" not in world.journal.counts


def test_a_model_that_claims_a_payment_is_not_heard(world: World) -> None:
    world.wire.script = [lambda: spoken({"text": "Your card is now saved, thank you!"})]

    reply = world.say("Is it done?")

    assert "saved, thank" not in reply.response
    assert world.journal.counts["ModelFallback"] == 1


def test_the_model_is_not_asked_when_stripe_has_used_up_the_time(world: World) -> None:
    hosted = World(world.table, replace(SETTINGS, card_collection=CardCollection.HOSTED_LINK))
    link = hosted.talk("Hello", "Ada Lovelace")
    asked = len(hosted.wire.requests)

    def slow() -> None:
        hosted.clock.now += 7

    hosted.stripe.before = slow
    reply = hosted.say("is it safe?", link.session_id)

    assert reply.response.startswith(words.CANNOT_ANSWER)
    assert len(hosted.wire.requests) == asked


def test_what_a_guardrail_stopped_is_counted_said_and_not_sent_again(world: World) -> None:
    guarded = World(world.table, replace(SETTINGS, guardrail=Guardrail("abc123", "2")))
    guarded.wire.script = [
        lambda: spoken({"text": "I cannot discuss that."}, stop="guardrail_intervened"),
        lambda: spoken({"text": "Fine."}),
    ]
    first = guarded.say("something bad")
    second = guarded.say("something good?", first.session_id)

    assert "I cannot discuss that." in first.response
    assert second.response.startswith("Fine.")
    assert "something bad" not in repr(guarded.wire.requests[1])
    assert guarded.journal.counts["GuardrailStops"] == 1
    assert guarded.wire.requests[0]["guardrailConfig"]["guardrailIdentifier"] == "abc123"


def test_the_security_code_is_in_no_row_log_line_or_question(world: World) -> None:
    before = world.talk(*TO_CODE)
    world.say("is it 987?", before.session_id)
    world.say("does it begin with 98 or nine?", before.session_id)
    world.say("nine eight seven, right?", before.session_id)
    world.say("98", before.session_id)
    world.say("987", before.session_id, "m-9")

    left = repr((world.wire.requests, world.rows(), world.journal.lines, world.stripe.keys()))
    assert "987" not in left
    assert not [part for part in ("98 or", "nine") if part in left]
    assert "987" in repr(world.stripe.requests)  # the search finds it where it belongs


def test_a_card_number_is_in_no_row_log_line_or_question(world: World) -> None:
    world.talk(
        f"pay with {VISA}?",
        "is it 4242 4242",
        "4242 4242?",
        "Ada Lovelace",
        f"what about {VISA}?",
        "why four two four two four two four two?",
    )

    left = repr((world.wire.requests, world.rows(), world.journal.lines))
    assert "4242424" not in left.replace(" ", "")
    assert "four two" not in left
    assert "Ada" in left  # the search finds what is there


def test_the_number_is_gone_from_the_table_once_it_is_not_needed(world: World) -> None:
    before = world.talk(*TO_CODE)
    sealed = world.session_rows()[0]["conversation"]["M"]["card"]["M"]["sealed"]["B"]
    assert VISA.encode() not in bytes(sealed)

    world.say("123", before.session_id)

    assert "card" not in world.session_rows()[0]["conversation"]["M"]


def test_a_sealed_number_opens_in_its_own_session_only(world: World) -> None:
    mine, theirs = world.talk(*TO_CODE), world.talk(*TO_CODE)
    rows = {row["session_id"]["S"]: row for row in world.session_rows()}
    stolen = rows[theirs.session_id]["conversation"]["M"]["card"]
    rows[mine.session_id]["conversation"]["M"]["card"] = stolen
    world.table.put_item(TableName=SETTINGS.session_table, Item=rows[mine.session_id])

    reply = world.say("123", mine.session_id)

    assert reply.response == words.problem(Problem.VAULT)
    assert reply.status is Step.CARD
    assert world.stripe.requests == []


def test_a_new_way_of_taking_cards_ends_a_chat_that_had_begun(world: World) -> None:
    before = world.talk(*TO_CODE)
    hosted = World(world.table, replace(SETTINGS, card_collection=CardCollection.HOSTED_LINK), stripe=world.stripe)

    reply = hosted.say("123", before.session_id)

    assert reply.status is Step.LINK
    assert "card" not in hosted.session_rows()[0]["conversation"]["M"]
    assert world.stripe.paths() == ["post /v1/checkout/sessions"]


@pytest.mark.parametrize("operation", ["GetItem", "PutItem"])
def test_a_table_error_is_an_error_and_never_a_new_session(world: World, operation: str) -> None:
    first = world.say("Hello")
    refusal = {"__type": "com.amazonaws.dynamodb.v20120810#AccessDeniedException", "message": "no"}
    cut(world.table, Wire([lambda: wire_response(400, refusal)]), operation)

    with pytest.raises(SessionsUnavailableError):
        world.say("And now?", first.session_id)

    assert len(world.session_rows()) == 1


def test_no_log_line_holds_the_id_that_opens_a_session(world: World) -> None:
    first = world.say("Hello", None, "m-1")
    world.say("Hello", first.session_id, "m-1")

    assert world.journal.lines
    assert first.session_id not in repr(world.journal.lines)


def test_what_happens_is_counted(world: World) -> None:
    world.talk(*TO_CODE, "123", "pay", "cancel", "pay", "Ada Lovelace", "4000000000000002", "12/28", "yes", "123")

    counts = world.journal.counts
    assert (counts["Completions"], counts["Cancels"], counts["Declines"], counts["Turns"]) == (1, 1, 1, 14)


def test_a_social_security_number_reaches_the_guardrail_alone(world: World) -> None:
    guarded = World(world.table, replace(SETTINGS, guardrail=Guardrail("abc123", "2", "No.")))
    guarded.wire.script = [lambda: spoken({"text": "Fine."}), lambda: spoken({"text": "Fine."})]
    first = guarded.say("My SSN is 123-45-6789, is that alright?")
    guarded.say("And now, what next?", first.session_id)

    assert "123-45-6789" in repr(guarded.wire.requests[0])
    assert "123-45-6789" not in repr(guarded.wire.requests[1])
    assert "123-45-6789" not in repr(world.rows())
