"""The conversations of the demo: what the customer says, and where the bot must then stand. Test cards only."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from paybot_ops.core.chat import ChatReply
from paybot_ops.core.customer_words import masked_customer
from paybot_ops.errors import PaybotError

# Stripe's documentation, "Test card numbers".
ACCEPTED_CARD = "4242 4242 4242 4242"
DECLINED_CARD = "4000 0000 0000 0002"

# Sends a message of a session, or of a new one where that is None.
Send = Callable[[str, str | None], ChatReply]


@dataclass(frozen=True, slots=True)
class Line:
    """What the customer says, and the bot's status after it; `status` "" where it does not matter."""

    say: str
    status: str = ""


@dataclass(frozen=True, slots=True)
class Dialogue:
    """A conversation from its first message to its end."""

    title: str
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Turn:
    """A message, its card details covered, and the bot's answer."""

    customer: str
    bot: str
    status: str
    milliseconds: float


@dataclass(slots=True)
class Spoken:
    """A dialogue as far as it was held."""

    title: str
    turns: list[Turn] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class ModelBill:
    """What the model took for the demo's conversations; `dollars` is None where the model's price is unknown."""

    model: str
    calls: int
    input_tokens: int
    output_tokens: int
    dollars: Decimal | None


def demo_dialogues(today: date) -> tuple[Dialogue, ...]:
    """A card that is accepted, one that is declined, and a conversation that is cancelled half-way."""
    expiry = f"{today.month:02}/{(today.year + 3) % 100:02}"
    return (
        Dialogue(
            "a test card is accepted",
            (
                Line("Hello, what can you do for me?", "name"),
                Line("Ada Lovelace", "card"),
                Line("Why do you need it?", "card"),
                Line(ACCEPTED_CARD, "expiry"),
                Line(expiry, "confirm"),
                Line("yes", "cvv"),
                Line("123", "done"),
            ),
        ),
        Dialogue(
            "another one is declined",
            (
                Line("Hi", "name"),
                Line("Grace Hopper", "card"),
                Line(DECLINED_CARD, "expiry"),
                Line(expiry, "confirm"),
                Line("go ahead", "cvv"),
                Line("123", "card"),
            ),
        ),
        Dialogue(
            "a third customer changes her mind",
            (
                Line("Hello", "name"),
                Line("Nolan Stopford", "card"),
                Line(ACCEPTED_CARD, "expiry"),
                Line("Never mind!", "cancelled"),
            ),
        ),
    )


def drill_dialogue(today: date, *, takes_cards: bool) -> Dialogue:
    """A test card through the bot; where cards belong on Stripe's page, one typed into the chat all the same."""
    if takes_cards:
        return demo_dialogues(today)[0]
    return Dialogue(
        "a test card typed where none belongs",
        (
            Line("Hello", "name"),
            Line("Ada Lovelace", "link"),
            Line(ACCEPTED_CARD, "link"),
            Line("Never mind!", "cancelled"),
        ),
    )


def hold(dialogue: Dialogue, send: Send, spoken: Spoken) -> ChatReply:
    """Say it line by line; each turn is added to `spoken`. Gives the first answer.

    Raises:
        PaybotError: the bot stands elsewhere than it must, or does not answer.
    """
    first: ChatReply | None = None
    session: str | None = None
    for line in dialogue.lines:
        reply = send(line.say, session)
        first, session = first or reply, reply.session_id
        spoken.turns.append(Turn(masked_customer(line.say), reply.response, reply.status, reply.milliseconds))
        if line.status and reply.status != line.status:
            raise PaybotError(
                f"the bot stands at {reply.status!r} and should stand at {line.status!r}",
                why=f"{dialogue.title}: after {masked_customer(line.say)!r}",
            )
    assert first is not None, "a dialogue has lines"
    return first
