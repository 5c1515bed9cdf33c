from __future__ import annotations

from payment_bot.conversation import (
    CARD_NOTICE,
    FALLBACK,
    GREETING,
    REMEMBERED_EXCHANGES,
    Conversation,
    Exchange,
    Line,
    Speaker,
    Status,
    hear,
    say,
)

from tests.lambda_bot.bot_world import VISA

GREETED = Conversation(greeted=True)


def test_the_first_reply_greets_and_answers() -> None:
    start = Conversation()

    said = say(start, hear(start, "When can I pay?"), "Soon.")

    assert said.text == f"{GREETING}\n\nSoon."
    assert said.conversation == Conversation(Status.OPEN, True, (Exchange("When can I pay?", said.text),))


def test_later_replies_do_not_greet() -> None:
    assert say(GREETED, hear(GREETED, "And now?"), "Not yet.").text == "Not yet."


def test_the_model_is_asked_with_the_history_and_the_newest_message_last() -> None:
    conversation = Conversation(greeted=True, history=(Exchange("hi", "hello"),))

    prompt = hear(conversation, "how?").prompt

    assert prompt.lines == (
        Line(Speaker.CUSTOMER, "hi"),
        Line(Speaker.BOT, "hello"),
        Line(Speaker.CUSTOMER, "how?"),
    )


def test_the_model_is_told_never_to_ask_for_card_data() -> None:
    assert "Never ask for a card number" in hear(GREETED, "hi").prompt.system


def test_a_card_number_reaches_neither_the_model_nor_the_history_and_the_customer_is_told() -> None:
    heard = hear(GREETED, f"take {VISA} cvv 123")
    said = say(GREETED, heard, "No.")

    assert said.text == f"{CARD_NOTICE}\n\nNo."
    assert VISA not in repr((heard, said))
    assert "123" not in repr((heard, said))


def test_a_card_number_in_the_models_words_is_masked() -> None:
    said = say(GREETED, hear(GREETED, "hi"), f"Use {VISA}.")

    assert VISA not in repr(said)


def test_without_an_answer_the_bot_words_the_reply_itself() -> None:
    assert say(GREETED, hear(GREETED, "hi"), "").text == FALLBACK


def test_the_history_stays_short() -> None:
    conversation = Conversation()
    for turn in range(REMEMBERED_EXCHANGES + 3):
        conversation = say(conversation, hear(conversation, f"message {turn}"), "ok").conversation

    assert [exchange.customer for exchange in conversation.history] == [
        f"message {turn}" for turn in range(3, REMEMBERED_EXCHANGES + 3)
    ]


def test_a_stopped_message_is_not_remembered_but_its_greeting_is() -> None:
    start = Conversation()

    said = say(start, hear(start, "bad"), "I cannot discuss that.", remember=False)

    assert said.conversation == GREETED
