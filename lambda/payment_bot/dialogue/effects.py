"""What a move asks of the world, and what can come of it. Secrets stay out of every repr."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from payment_bot.dialogue.cards import Brand
from payment_bot.dialogue.state import SavedCard


@dataclass(frozen=True, slots=True)
class OpenChat:
    """Find out whether this deployment may take card numbers in the chat."""


@dataclass(frozen=True, slots=True)
class SealDigits:
    """Encrypt a card number, or the first part of one; `rest` is the message around a whole number."""

    digits: str = field(repr=False)
    brand: Brand | None
    is_whole: bool = True
    rest: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Tokenize:
    """Have Stripe check and keep the held card; the security code lives in this value only."""

    code: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class OpenLink:
    """Make a page of Stripe's for the customer's card."""


@dataclass(frozen=True, slots=True)
class CheckLink:
    """Ask Stripe what became of its page."""


@dataclass(frozen=True, slots=True)
class CheckBank:
    """Ask Stripe what became of the bank's own check (3-D Secure)."""


Effect = OpenChat | SealDigits | Tokenize | OpenLink | CheckLink | CheckBank


class Decline(StrEnum):
    """Why a card was not accepted, as far as a customer can do something about it."""

    GENERIC = "declined"
    FUNDS = "insufficient funds"
    EXPIRED = "expired"
    NUMBER = "number"
    EXPIRY = "expiry"
    CODE = "code"
    BANK = "bank check failed"


class Problem(StrEnum):
    """Why nothing could be found out or done; for the log, and for the words to choose."""

    RAW_CARDS = "the Stripe account may not take raw card numbers"
    LIVE_CHAT = "a live key with card_collection=chat needs accept_raw_card_data (PCI DSS SAQ D)"
    BUSY = "rate limited"
    UNREACHABLE = "unreachable"
    KEY = "the Stripe key was refused"
    NO_KEY = "there is no usable Stripe key"
    AGAIN = "an idempotency key met other parameters"
    REFUSED = "Stripe refused the request"
    VAULT = "the card number could not be encrypted or decrypted"


@dataclass(frozen=True, slots=True)
class Opened:
    """Card numbers may be taken here."""


@dataclass(frozen=True, slots=True)
class Sealed:
    """The digits, encrypted; unreadable after `until` (epoch seconds)."""

    data: bytes = field(repr=False)
    until: int


@dataclass(frozen=True, slots=True)
class Accepted:
    """Stripe has checked the card with its bank and keeps it."""

    card: SavedCard


@dataclass(frozen=True, slots=True)
class Declined:
    """The card was not accepted."""

    why: Decline


@dataclass(frozen=True, slots=True)
class BankAsks:
    """The bank wants to hear from the customer at `url` first; `pending` is the SetupIntent."""

    pending: str = field(repr=False)
    url: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class LinkOpen:
    """Stripe's page waits at `url`; `pending` is the Checkout Session."""

    pending: str = field(repr=False)
    url: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class LinkOver:
    """Stripe's page is no longer open, and no card came of it."""


@dataclass(frozen=True, slots=True)
class Failed:
    """Nothing was decided."""

    problem: Problem


Outcome = Opened | Sealed | Accepted | Declined | BankAsks | LinkOpen | LinkOver | Failed
