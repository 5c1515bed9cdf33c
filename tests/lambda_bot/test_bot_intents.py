from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from payment_bot.dialogue.intents import Intent, read_intent, wants_to_pay

MEANT = {
    Intent.CANCEL: [
        "cancel", "CANCEL!!", "Stop.", "quit", "abort", "exit", "never mind", "Nevermind", "forget it",
        "forget about it",
        "I changed my mind", "don't", "DON'T", "dont", "don’t confirm", "do not charge me", "I don't want to pay",
        "i don't want this anymore", "please cancel my order", "I want to cancel", "I'd like to cancel",
        "no, cancel it",
        "no, stop", "ok cancel", "can you cancel the payment?", "cancel, my card is wrong", "cancel please thanks",
        "cancle", "cancell", "canel", "cacnel", "stopp", "stpo", "stooop", "ＣＡＮＣＥＬ", "Cancel\u200b.", "qiut",
    ],
    Intent.NO: ["no", "NO", "No.", "nope", "nah", "no thanks", "No, thank you", "noooo", "no no no"],
    Intent.YES: [
        "yes", "Yep", "YES!!", "yesss", "go ahead", "Go ahead!", "confirm", "ok", "yes please", "sure, go ahead",
        "correct",
        "that's right", "Yes, that is correct.", "looks good", "yes, confirm it", "👍", "yes, no problem", "of course",
        "do it", "proceed", "please confirm", "I know, go ahead", "continue", "pay",
    ],
    Intent.START_OVER: ["start over", "Start again please", "restart", "let's begin again", "from scratch"],
    Intent.CHANGE_CARD: [
        "the card is wrong", "wrong card", "I want to use a different card", "can I change the card?", "the card",
        "Stop, that's the wrong card", "the number is wrong", "no, the card is wrong", "yes but the card is wrong",
    ],
    Intent.CHANGE_EXPIRY: ["the date is wrong", "wrong expiry", "change the date", "the expiry is incorrect", "date"],
    Intent.CHANGE_NAME: ["my name is wrong", "change the name", "the name on the card is misspelled", "the name"],
    Intent.CHANGE_CODE: ["the security code is wrong", "wrong cvv"],
    Intent.CHANGE: ["that's wrong", "not correct", "go back", "it isn't right", "No, that's wrong", "back"],
    Intent.QUESTION: [
        "How do I cancel later?", "can I cancel afterwards?", "what if I say no?", "is the card wrong?", "confirm?",
        "Is it safe?", "what is a cvv", "I don't know", "not sure", "why should I", "do you take Amex",
        "When can I pay?",
        "Was kostet das?", "¿Es seguro?", "安全吗？",
    ],
    Intent.RESUME: ["resume", "I'm back", "where were we"],
    Intent.GREETING: ["hello", "Hi there!", "good morning"],
    Intent.OTHER: [
        "Nolan Stopford", "November", "no problem", "No worries!", "I know", "cancer research", "Stopford", "Quito",
        "Noah",
        "Cancellara", "about", "No Doubt Inc", "don't cancel", "don't stop", "I don't want to cancel", "knot", "notice",
        "don't worry", "4242 4242", "💳", "", "   ", "\u202eoh", "Ana Abortiz", "Exiton", "the noble",
    ],
}  # fmt: skip


@pytest.mark.parametrize(("intent", "text"), [(intent, text) for intent, texts in MEANT.items() for text in texts])
def test_a_message_means_what_it_says(intent: Intent, text: str) -> None:
    assert read_intent(text) is intent


@pytest.mark.parametrize(
    "text", ["don't confirm", "do not go ahead", "dont pay", "don't do it", "I won't pay", "not yes"]
)
def test_a_refusal_is_never_a_yes(text: str) -> None:
    assert read_intent(text) is not Intent.YES


@pytest.mark.parametrize("text", ["I want to pay", "pay", "I'd like to add another card", "let me buy it"])
def test_somebody_wants_to_pay(text: str) -> None:
    assert wants_to_pay(text)


@pytest.mark.parametrize("text", ["thanks", "paypal", "ok", "repay"])
def test_somebody_does_not(text: str) -> None:
    assert not wants_to_pay(text)


@settings(deadline=500)
@given(st.text(max_size=2_000))
def test_any_text_means_something(text: str) -> None:
    assert isinstance(read_intent(text), Intent)


@pytest.mark.parametrize(
    "text", ["no " * 660, "a" * 2_000, "card " * 400, " " * 2_000, "don't " * 330, "enter a " * 250]
)
def test_a_long_message_is_read_at_once(text: str) -> None:
    assert isinstance(read_intent(text), Intent)
