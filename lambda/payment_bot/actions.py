"""Carries out what a move asks for, and answers with what came of it."""

from __future__ import annotations

from dataclasses import dataclass

from payment_bot.deadline import Deadline
from payment_bot.dialogue.effects import (
    CheckBank,
    CheckLink,
    Effect,
    Failed,
    OpenChat,
    OpenLink,
    Outcome,
    Problem,
    SealDigits,
    Sealed,
    Tokenize,
)
from payment_bot.dialogue.state import Conversation
from payment_bot.payments import CardData, Order, Payments
from payment_bot.vault import KEEP_SECONDS, Vault, VaultError


@dataclass(frozen=True, slots=True)
class Occasion:
    """The turn that something is done in; `now` is in epoch seconds."""

    session_id: str
    done_url: str
    now: int
    deadline: Deadline


class Actions:
    """The hands of the bot: the vault and Stripe."""

    def __init__(self, vault: Vault, payments: Payments) -> None:
        self._vault = vault
        self._payments = payments

    def carry_out(self, effect: Effect, conversation: Conversation, occasion: Occasion) -> Outcome:
        """Do it; whatever goes wrong is an outcome."""
        order = Order(occasion.session_id, conversation.attempt, occasion.done_url)
        match effect:
            case OpenChat():
                return self._payments.open_chat()
            case SealDigits(digits):
                return self._seal(digits, occasion)
            case Tokenize(code):
                return self._tokenize(code, conversation, order, occasion)
            case OpenLink():
                return self._payments.open_link(order, occasion.deadline)
            case CheckLink():
                return self._payments.check_link(conversation.pending, occasion.deadline)
            case CheckBank():
                return self._payments.check_bank(conversation.pending, occasion.deadline)

    def digits_of(self, conversation: Conversation, session_id: str) -> str:
        """Return the held part of a card number that waits for the rest; nothing when it cannot be read."""
        card = conversation.card
        if card is None or card.is_whole:
            return ""
        try:
            return self._vault.open(card.sealed, session_id)
        except VaultError:
            return ""

    def _seal(self, digits: str, occasion: Occasion) -> Sealed | Failed:
        try:
            sealed = self._vault.seal(digits, occasion.session_id)
        except VaultError:
            return Failed(Problem.VAULT)
        return Sealed(sealed, occasion.now + KEEP_SECONDS)

    def _tokenize(self, code: str, conversation: Conversation, order: Order, occasion: Occasion) -> Outcome:
        card, expiry = conversation.card, conversation.expiry
        assert card is not None and expiry is not None
        try:
            number = self._vault.open(card.sealed, occasion.session_id)
        except VaultError:
            return Failed(Problem.VAULT)
        return self._payments.tokenize(order, CardData(conversation.name, number, expiry, code), occasion.deadline)
