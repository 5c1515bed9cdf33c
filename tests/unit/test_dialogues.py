"""The demo's conversations: what is said, what is shown of it, and what happens when the bot stands elsewhere."""

from __future__ import annotations

from datetime import date

import pytest

from paybot_ops.core.chat import ChatReply
from paybot_ops.core.dialogues import ACCEPTED_CARD, Dialogue, Line, Spoken, demo_dialogues, drill_dialogue, hold
from paybot_ops.errors import PaybotError


class Bot:
    """Answers with the statuses that it was given, and remembers what it was told in which session."""

    def __init__(self, *statuses: str) -> None:
        self.statuses = list(statuses)
        self.heard: list[tuple[str, str | None]] = []

    def __call__(self, message: str, session_id: str | None) -> ChatReply:
        self.heard.append((message, session_id))
        return ChatReply(f"answer {len(self.heard)}", self.statuses.pop(0), "s1", 1.0)


PAYING = Dialogue("paying", (Line("Hello"), Line("4242 4242 4242 4242", "expiry"), Line("123", "done")))


def test_a_dialogue_is_held_in_one_session() -> None:
    bot, spoken = Bot("name", "expiry", "done"), Spoken("paying")
    assert hold(PAYING, bot, spoken).response == "answer 1"
    assert bot.heard == [("Hello", None), ("4242 4242 4242 4242", "s1"), ("123", "s1")]
    assert [turn.customer for turn in spoken.turns] == ["Hello", "•••• 4242", "•••"]
    assert [turn.status for turn in spoken.turns] == ["name", "expiry", "done"]


def test_a_bot_that_stands_elsewhere_ends_it_and_shows_how_far_it_came() -> None:
    bot, spoken = Bot("name", "card"), Spoken("paying")
    with pytest.raises(PaybotError, match="stands at 'card' and should stand at 'expiry'") as failed:
        hold(PAYING, bot, spoken)
    assert len(spoken.turns) == 2
    assert "4242 4242 4242 4242" not in failed.value.what + failed.value.why


def test_a_drill_pays_where_cards_are_taken_and_else_offers_one_where_none_belongs() -> None:
    today = date(2026, 2, 28)
    assert drill_dialogue(today, takes_cards=True).lines[-1].status == "done"
    elsewhere = drill_dialogue(today, takes_cards=False)
    assert ACCEPTED_CARD in [line.say for line in elsewhere.lines]
    assert elsewhere.lines[-1].status == "cancelled"


def test_the_demo_pays_is_declined_and_cancels_with_a_date_that_lies_ahead() -> None:
    dialogues = demo_dialogues(date(2026, 2, 28))
    assert [dialogue.lines[-1].status for dialogue in dialogues] == ["done", "card", "cancelled"]
    assert "02/29" in [line.say for line in dialogues[0].lines]
