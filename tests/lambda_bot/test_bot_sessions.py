from __future__ import annotations

import pytest
from botocore.awsrequest import AWSResponse
from botocore.exceptions import ReadTimeoutError
from payment_bot.dialogue.cards import Brand
from payment_bot.dialogue.expiry import Expiry
from payment_bot.dialogue.state import Conversation, Exchange, HeldCard, SavedCard, Step
from payment_bot.errors import SessionsUnavailableError
from payment_bot.sessions import REMEMBERED_REPLIES, Reply, Session, SessionConflictError, new_session

from tests.lambda_bot.bot_world import NOW, TABLE, Wire, World, cut, wire_response

AFTER_ONE = Conversation(Step.NAME, history=(Exchange("hi", "hello"),))
EVERYTHING = Conversation(
    step=Step.CODE,
    name="Ada Lovelace",
    card=HeldCard(b"\x00sealed\xff", 16, Brand.VISA, "4242", NOW + 900),
    expiry=Expiry(2, 2028),
    refused_codes=2,
    attempt=7,
    pending="seti_1",
    saved=SavedCard("pm_1", "Visa", "1111"),
    history=(Exchange("a", "b"), Exchange("c", "d")),
)
REPLY = Reply("m-1", "hello", Step.NAME)


def stored(world: World) -> Session:
    session = new_session().with_turn(AFTER_ONE, REPLY)
    world.sessions.save(session, NOW)
    return session


def test_ids_are_long_and_never_the_same() -> None:
    ids = {new_session().session_id for _ in range(100)}

    assert len(ids) == 100
    assert {len(session_id) for session_id in ids} == {32}


def test_what_is_saved_is_found(world: World) -> None:
    session = stored(world)

    assert world.sessions.find(session.session_id, NOW) == session


@pytest.mark.parametrize(
    "conversation",
    [
        Conversation(),
        EVERYTHING,
        Conversation(Step.CARD, card=HeldCard(b"part", 4, None, "", NOW)),
        Conversation(Step.DONE, saved=SavedCard("pm_1", "card", "")),
    ],
)
def test_every_part_of_a_conversation_comes_back(world: World, conversation: Conversation) -> None:
    session = new_session().with_turn(conversation, None)
    world.sessions.save(session, NOW)

    assert world.sessions.find(session.session_id, NOW) == session


def test_an_unknown_id_is_nothing(world: World) -> None:
    assert world.sessions.find("nobody", NOW) is None


def test_the_expiry_is_written_moved_by_each_turn_and_checked_on_read(world: World) -> None:
    session = stored(world)
    assert [row["expires_at"] for row in world.rows()] == [{"N": str(NOW + 3600)}]
    assert world.sessions.find(session.session_id, NOW + 3599) is not None
    assert world.sessions.find(session.session_id, NOW + 3600) is None

    world.sessions.save(session.with_turn(AFTER_ONE, None), NOW + 100)

    assert [row["expires_at"] for row in world.rows()] == [{"N": str(NOW + 3700)}]


def test_two_continuations_of_a_session_are_one_and_a_conflict(world: World) -> None:
    session = stored(world)
    first = session.with_turn(Conversation(Step.NAME, history=(Exchange("a", "A"),)), None)
    second = session.with_turn(Conversation(Step.NAME, history=(Exchange("b", "B"),)), None)
    world.sessions.save(first, NOW)

    with pytest.raises(SessionConflictError) as caught:
        world.sessions.save(second, NOW)

    assert caught.value.status == 409
    assert caught.value.stored == first
    assert world.sessions.find(session.session_id, NOW) == first


def test_a_new_session_never_overwrites_one(world: World) -> None:
    session = stored(world)

    with pytest.raises(SessionConflictError):
        world.sessions.save(Session(session.session_id).with_turn(Conversation(), None), NOW)


def test_a_row_that_is_gone_is_a_conflict_not_a_revival(world: World) -> None:
    session = stored(world)
    world.table.delete_item(TableName=TABLE, Key={"session_id": {"S": session.session_id}})

    with pytest.raises(SessionConflictError) as caught:
        world.sessions.save(session.with_turn(AFTER_ONE, None), NOW)

    assert caught.value.stored is None
    assert world.rows() == []


def test_a_write_whose_answer_was_lost_is_not_a_conflict_with_itself(world: World) -> None:
    session = stored(world)

    world.sessions.save(session, NOW + 5)

    assert world.sessions.find(session.session_id, NOW) == session


def test_only_the_latest_replies_are_kept() -> None:
    session = new_session()
    for turn in range(REMEMBERED_REPLIES + 2):
        session = session.with_turn(AFTER_ONE, Reply(f"m-{turn}", "ok", Step.NAME))

    assert len(session.replies) == REMEMBERED_REPLIES
    assert session.reply_to("m-1") is None
    assert session.reply_to("m-2") is not None
    assert session.reply_to(None) is None


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (400, "AccessDeniedException"),
        (400, "ResourceNotFoundException"),
        (400, "ProvisionedThroughputExceededException"),
        (500, "InternalServerError"),
    ],
)
def test_a_table_that_refuses_is_an_error_that_names_operation_and_code_only(
    world: World, status: int, code: str
) -> None:
    session = stored(world)
    words = {"__type": f"com.amazonaws.dynamodb.v20120810#{code}", "message": "row of the customer"}
    cut(world.table, Wire([lambda: wire_response(status, words)]), "GetItem", "PutItem")

    with pytest.raises(SessionsUnavailableError) as reading:
        world.sessions.find(session.session_id, NOW)
    with pytest.raises(SessionsUnavailableError) as writing:
        world.sessions.save(session.with_turn(AFTER_ONE, None), NOW)

    assert (reading.value.status, reading.value.cause) == (503, f"GetItem: {code}")
    assert (writing.value.status, writing.value.cause) == (503, f"PutItem: {code}")


def test_a_table_that_is_silent_is_an_error(world: World) -> None:
    def silence() -> AWSResponse:
        raise ReadTimeoutError(endpoint_url="http://wire")

    cut(world.table, Wire([silence]), "GetItem")

    with pytest.raises(SessionsUnavailableError, match="session_unavailable"):
        world.sessions.find("anyone", NOW)


@pytest.mark.parametrize(
    "spoilt",
    [
        {"version": {"S": "one"}},
        {"conversation": {"S": "dancing"}},
        {"conversation": {"M": {"step": {"S": "dancing"}}}},
        {"conversation": {"M": {"step": {"S": "name"}, "history": {"L": [{"S": "hi"}]}}}},
        {"replies": {"NULL": True}},
        {"expires_at": {"S": "tomorrow"}},
    ],
)
def test_a_row_that_is_no_session_is_an_error_never_a_new_session(world: World, spoilt: dict[str, object]) -> None:
    session = stored(world)
    world.table.put_item(TableName=TABLE, Item=world.rows()[0] | spoilt)

    with pytest.raises(SessionsUnavailableError) as caught:
        world.sessions.find(session.session_id, NOW)
    assert "row is not a session" in caught.value.cause
