from __future__ import annotations

import pytest
from payment_bot.dialogue.prompt import REMEMBERED_EXCHANGES, Line, Speaker, fit_to_say, prompt, remember
from payment_bot.dialogue.state import CardCollection, Conversation, Exchange, Step

from tests.lambda_bot.bot_world import VISA


def test_the_model_is_asked_with_the_history_and_the_newest_message_last() -> None:
    conversation = Conversation(Step.NAME, history=(Exchange("hi", "hello"),))

    asked = prompt(conversation, "how?", CardCollection.CHAT)

    assert asked.lines == (
        Line(Speaker.CUSTOMER, "hi"),
        Line(Speaker.BOT, "hello"),
        Line(Speaker.CUSTOMER, "how?"),
    )


@pytest.mark.parametrize("step", Step)
@pytest.mark.parametrize("collection", CardCollection)
def test_the_model_is_told_the_step_and_the_rules(step: Step, collection: CardCollection) -> None:
    told = {prompt(Conversation(each), "hi", collection).system for each in Step}

    assert len(told) == len(Step)
    system = prompt(Conversation(step, name="Ada Lovelace"), "hi", collection).system
    assert "Never ask for a card number" in system
    assert "Ada" not in system


@pytest.mark.parametrize(
    "answer", ["Yes, we take Visa and Amex.", "It is safe: the number is encrypted.", "Gern!", "Cards can be removed."]
)
def test_an_answer_may_be_said(answer: str) -> None:
    assert fit_to_say(answer) == answer


@pytest.mark.parametrize(
    "answer",
    [
        "Your card has been saved successfully!",
        "Your payment was completed.",
        "The card is now saved.",
        "Your card was declined.",
        "It has been cancelled.",
        "Please send me your card number and CVV.",
        "Just type the security code here.",
        "Go to https://pay.example.com now.",
        "See www.example.com.",
        "x" * 701,
        "",
        "  \n ",
    ],
)
def test_an_answer_that_decides_asks_or_leads_away_is_not_said(answer: str) -> None:
    assert fit_to_say(answer) == ""


def test_a_card_number_in_the_models_words_goes() -> None:
    assert VISA not in fit_to_say(f"An example is {VISA}.")


def test_the_history_stays_short() -> None:
    history: tuple[Exchange, ...] = ()
    for turn in range(REMEMBERED_EXCHANGES + 3):
        history = remember(history, f"message {turn}" + "m" * 900, "a" * 900)

    assert [exchange.customer.split("m")[1] for exchange in history] == [
        f"essage {turn}" for turn in range(3, REMEMBERED_EXCHANGES + 3)
    ]
    assert {len(exchange.customer) for exchange in history} == {len(exchange.bot) for exchange in history} == {400}
