"""What the bot remembers of a conversation between two turns. No field ever holds a security code."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import StrEnum

from payment_bot.dialogue.cards import Brand
from payment_bot.dialogue.expiry import Expiry


class Step(StrEnum):
    """Where a conversation stands; its client is told this as the `status`."""

    GREET = "greet"
    NAME = "name"
    CARD = "card"
    EXPIRY = "expiry"
    CONFIRM = "confirm"
    CODE = "cvv"
    BANK = "bank"
    LINK = "link"
    DONE = "done"
    CANCELLED = "cancelled"


class CardCollection(StrEnum):
    """How cards are taken: on Stripe's own page, or in the chat (Terraform's `card_collection`)."""

    HOSTED_LINK = "hosted_link"
    CHAT = "chat"


@dataclass(frozen=True, slots=True)
class HeldCard:
    """A card number between its turn and the one that tokenizes it: encrypted, and only until `until`.

    While digits are missing `last_four` is empty, and `brand` a guess. `digits` is how many there are, `until` epoch
    seconds.
    """

    sealed: bytes = field(repr=False)
    digits: int
    brand: Brand | None
    last_four: str
    until: int

    @property
    def is_whole(self) -> bool:
        """Whether no digit is missing."""
        return bool(self.last_four)

    @property
    def shown(self) -> str:
        """What may be shown of it."""
        return f"{self.brand} ending in {self.last_four}"


@dataclass(frozen=True, slots=True)
class SavedCard:
    """A card that Stripe keeps: its token is for the shop, never for the chat."""

    token: str = field(repr=False)
    brand: str
    last_four: str


@dataclass(frozen=True, slots=True)
class Exchange:
    """A customer's masked question and the bot's masked answer."""

    customer: str
    bot: str


@dataclass(frozen=True, slots=True)
class Conversation:
    """Everything that is remembered.

    `attempt` numbers the requests to Stripe and never goes back, so that an idempotency key means one thing;
    `pending` is Stripe's id of the page or the bank check that the customer was sent to.
    """

    step: Step = Step.GREET
    name: str = field(default="", repr=False)
    card: HeldCard | None = None
    expiry: Expiry | None = None
    refused_codes: int = 0
    attempt: int = 0
    pending: str = field(default="", repr=False)
    saved: SavedCard | None = None
    history: tuple[Exchange, ...] = field(default=(), repr=False)

    def at(self, step: Step) -> Conversation:
        """The same conversation at another step."""
        return replace(self, step=step)

    def without_card(self, step: Step) -> Conversation:
        """The conversation at `step` with the card number and all that belongs to it gone."""
        return replace(self, step=step, card=None, expiry=None, refused_codes=0, pending="")
