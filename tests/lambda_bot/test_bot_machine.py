"""The state machine under anything that a customer may write, at any time, with any outcome of what it asks for."""

from __future__ import annotations

import ast
from dataclasses import replace
from pathlib import Path

import payment_bot.dialogue
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from payment_bot.dialogue import words
from payment_bot.dialogue.cards import Brand
from payment_bot.dialogue.effects import (
    Accepted,
    BankAsks,
    CheckBank,
    CheckLink,
    Decline,
    Declined,
    Effect,
    Failed,
    LinkOpen,
    LinkOver,
    OpenChat,
    Opened,
    OpenLink,
    Outcome,
    Problem,
    SealDigits,
    Sealed,
    Tokenize,
)
from payment_bot.dialogue.expiry import Expiry
from payment_bot.dialogue.machine import MOST_REFUSED_CODES, decide
from payment_bot.dialogue.moves import Event, Move
from payment_bot.dialogue.outcomes import settle
from payment_bot.dialogue.state import CardCollection, Conversation, HeldCard, SavedCard, Step
from payment_bot.rows import conversation_from, conversation_item
from payment_bot.vault import KEEP_SECONDS

from tests.lambda_bot.bot_world import AMEX, DECLINED, NOW, VISA

SAVED = SavedCard("pm_secret_token", "Visa", "4242")
CODES = ("987", "9876", "98", "CVV 987", "98765")
MESSAGES = st.one_of(
    st.sampled_from(
        [
            "hello", "Ada Lovelace", "yes", "no", "cancel", "start over", "pay", "don't confirm", "the card is wrong",
            "wrong date", "my name is wrong", "go back", "why?", "12/28", "13/28", "01/2020", VISA, AMEX, DECLINED,
            f"{VISA} 12/28 987", "4242 4242", "4242", "4242424242424241", "four two four two", "", "💳", "\u202e",
            *CODES,
        ]
    ),
    st.text(max_size=40),
)  # fmt: skip
ASKS = BankAsks("seti_1", "https://bank.example")
OUTCOMES: dict[type[Effect], list[Outcome]] = {
    OpenChat: [Opened(), *map(Failed, Problem)],
    SealDigits: [Sealed(b"sealed", NOW + KEEP_SECONDS), Failed(Problem.VAULT)],
    Tokenize: [Accepted(SAVED), ASKS, *map(Declined, Decline), *map(Failed, Problem)],
    OpenLink: [LinkOpen("cs_1", "https://pay.example"), *map(Failed, Problem)],
    CheckLink: [Accepted(SAVED), LinkOpen("cs_1", "https://pay.example"), LinkOver(), *map(Failed, Problem)],
    CheckBank: [Accepted(SAVED), ASKS, *map(Declined, Decline), *map(Failed, Problem)],
}  # fmt: skip
CARD_STEPS = (Step.EXPIRY, Step.CONFIRM, Step.CODE)


class Talk(RuleBasedStateMachine):
    """A conversation of any length; what must never be false is checked after every turn."""

    def __init__(self) -> None:
        super().__init__()
        self.conversation = Conversation()
        self.now = NOW
        self.collection = CardCollection.CHAT
        self.accepted = False
        self.said = words.GREETING
        self.sealed = ""
        self.move = Move(self.conversation)

    @rule(message=MESSAGES, data=st.data())
    def say(self, message: str, data: st.DataObject) -> None:
        before = self.conversation
        self.accepted = before.step is Step.DONE and before.saved is not None
        card = before.card
        held = self.sealed if card is not None and not card.is_whole and self.now < card.until else ""
        move = decide(before, message, self.now, self.collection, held)
        steps = 0
        while move.effect is not None and steps < 3:
            outcome = data.draw(st.sampled_from(OUTCOMES[type(move.effect)]))
            move = self.carry_out(move, move.effect, outcome)
            steps += 1
            if steps == 2:
                break
        self.said = "\n".join((move.opening, move.words, move.instead))
        self.conversation, self.move = move.conversation, move
        assert self.said.strip() or move.effect is not None

    def carry_out(self, move: Move, effect: Effect, outcome: Outcome) -> Move:
        self.accepted = self.accepted or isinstance(outcome, Accepted)
        if isinstance(effect, SealDigits) and isinstance(outcome, Sealed):
            self.sealed = effect.digits
            outcome = Sealed(outcome.data, self.now + KEEP_SECONDS)
        if isinstance(effect, Tokenize):
            card = move.conversation.card
            assert card is not None and card.is_whole and self.now < card.until
            assert move.conversation.expiry is not None and move.conversation.name
        then = settle(move.conversation, effect, outcome, self.now)
        if Event.COMPLETED in then.events:
            assert isinstance(outcome, Accepted)
        return then

    @rule(seconds=st.sampled_from([1, 60, KEEP_SECONDS, 86_400 * 40]))
    def wait(self, seconds: int) -> None:
        self.now += seconds

    @precondition(lambda self: self.conversation.step is not Step.BANK)
    @rule(collection=st.sampled_from(CardCollection))
    def deploy(self, collection: CardCollection) -> None:
        self.collection = collection

    @invariant()
    def success_is_stripes(self) -> None:
        if self.conversation.step is Step.DONE or "is saved" in self.said:
            assert self.accepted

    @invariant()
    def nothing_secret_is_kept_or_said(self) -> None:
        kept = repr((conversation_item(self.conversation), self.said, self.move))
        digits = "".join(character for character in kept if character.isalnum())
        assert not [number for number in (VISA, AMEX, DECLINED, "987") if number in digits]
        assert SAVED.token not in self.said

    @invariant()
    def what_is_kept_can_be_read_again(self) -> None:
        assert conversation_from(conversation_item(self.conversation)) == self.conversation

    @invariant()
    def a_card_is_held_only_where_it_is_needed(self) -> None:
        conversation = self.conversation
        if conversation.step in CARD_STEPS:
            assert conversation.card is not None and conversation.card.is_whole
        if conversation.step in (Step.GREET, Step.DONE, Step.CANCELLED, Step.BANK, Step.LINK):
            assert conversation.card is None
        if conversation.step in (Step.CONFIRM, Step.CODE):
            assert conversation.expiry is not None and conversation.name
        assert conversation.refused_codes < MOST_REFUSED_CODES


Talk.TestCase.settings = settings(
    max_examples=60, stateful_step_count=40, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
TestTalk = Talk.TestCase


class LongTalk(Talk):
    """The same for much longer."""


LongTalk.TestCase.settings = settings(
    max_examples=2_000, stateful_step_count=80, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
TestLongTalk = pytest.mark.faults(LongTalk.TestCase)


@pytest.mark.parametrize("step", Step)
@pytest.mark.parametrize("message", ["cancel", "Stop!", "never mind", "DON'T"])
def test_a_customer_can_cancel_at_every_step(step: Step, message: str) -> None:
    card = HeldCard(b"x", 16, Brand.VISA, "4242", NOW + 60) if step in CARD_STEPS else None
    saved = SAVED if step is Step.DONE else None

    move = decide(Conversation(step, "Ada", card, saved=saved), message, NOW, CardCollection.CHAT)

    assert move.effect is None
    assert move.conversation.card is None
    assert move.conversation.step is (Step.DONE if step is Step.DONE else Step.CANCELLED)


@pytest.mark.parametrize("step", [Step.CARD, *CARD_STEPS])
@pytest.mark.parametrize("message", ["123", "yes", "12/28", "hello"])
def test_a_number_past_its_time_is_gone_although_the_table_still_has_it(step: Step, message: str) -> None:
    card = HeldCard(b"x", 16, Brand.VISA, "4242" if step is not Step.CARD else "", NOW)
    held = Conversation(step, "Ada", card, Expiry(12, 2030))

    before = decide(replace(held, card=replace(card, until=NOW + 1)), "yes", NOW, CardCollection.CHAT)
    after = decide(held, message, NOW, CardCollection.CHAT)

    assert before.conversation.card is not None
    assert after.conversation.card is None
    assert after.conversation.step is Step.CARD
    assert not isinstance(after.effect, Tokenize)


@pytest.mark.parametrize("message", ["no", "nope", "not yet"])
@pytest.mark.parametrize(("step", "effect"), [(Step.BANK, CheckBank()), (Step.LINK, CheckLink())])
def test_whoever_comes_back_with_a_no_has_not_cancelled(step: Step, effect: Effect, message: str) -> None:
    move = decide(Conversation(step, "Ada", pending="x"), message, NOW, CardCollection.CHAT)

    assert move.effect == effect


def test_an_outcome_of_another_effect_is_a_mistake() -> None:
    with pytest.raises(AssertionError):
        settle(Conversation(), OpenChat(), Sealed(b"", NOW), NOW)


def test_no_word_of_the_code_is_in_a_repr() -> None:
    assert "987" not in repr((Tokenize("987"), SealDigits("987", None), Failed(Problem.AGAIN)))


def test_decisions_import_nothing_that_reaches_out() -> None:
    allowed = {"__future__", "re", "unicodedata", "dataclasses", "enum", "datetime", "collections.abc"}
    folder = Path(str(payment_bot.dialogue.__file__)).parent
    for path in [*folder.glob("*.py"), folder.with_name("masking.py")]:
        for node in ast.walk(ast.parse(path.read_text())):
            names = [node.module] if isinstance(node, ast.ImportFrom) else []
            names += [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            for name in names:
                own = str(name).startswith(("payment_bot.dialogue", "payment_bot.masking"))
                assert own or name in allowed, f"{path.name} imports {name}"
