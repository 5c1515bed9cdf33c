"""One move of the bot: the conversation after it, what is said, and what has to be done first."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from payment_bot.dialogue.effects import Effect
from payment_bot.dialogue.state import Conversation


class Event(StrEnum):
    """Something worth counting."""

    COMPLETED = "completed"
    CANCELLED = "cancelled"
    DECLINED = "declined"


@dataclass(frozen=True, slots=True)
class Move:
    """What follows from a message, or from the outcome of an effect.

    `opening` and `words` are the bot's own and said as they stand. With `ask` the model says something between them,
    and `instead` stands for it when it cannot. With `effect` the words are still to come: they depend on what comes
    of it.
    """

    conversation: Conversation
    words: str = ""
    opening: str = ""
    effect: Effect | None = None
    ask: bool = False
    instead: str = ""
    events: tuple[Event, ...] = ()
