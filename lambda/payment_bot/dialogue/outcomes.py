"""Decides what follows from the outcome of an effect. Success is said here only, and only after Stripe's."""

from __future__ import annotations

from dataclasses import replace

from payment_bot.dialogue import words
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
    Opened,
    OpenLink,
    Outcome,
    Problem,
    SealDigits,
    Sealed,
    Tokenize,
)
from payment_bot.dialogue.expiry import Expiry, read_expiry
from payment_bot.dialogue.machine import codes_refused
from payment_bot.dialogue.moves import Event, Move
from payment_bot.dialogue.state import Conversation, HeldCard, SavedCard, Step

# A new code or a minute's patience mends none of these.
_LASTING = (Problem.RAW_CARDS, Problem.LIVE_CHAT, Problem.NO_KEY)


def settle(conversation: Conversation, effect: Effect, outcome: Outcome, now: int) -> Move:
    """Take what came of an effect (`now` in epoch seconds)."""
    match outcome:
        case Sealed() if isinstance(effect, SealDigits):
            return _sealed(conversation, effect, outcome, now)
        case Opened():
            at_card = conversation.at(Step.CARD)
            return Move(at_card, words.due(at_card), opening=words.thanks(conversation.name))
        case Accepted(card):
            return _accepted(conversation, card)
        case Declined(why):
            return _declined(_next_attempt(conversation), why)
        case BankAsks(pending, url):
            waiting = replace(_next_attempt(conversation).without_card(Step.BANK), pending=pending)
            return Move(waiting, words.bank_asks(url))
        case LinkOpen(pending, url):
            return Move(replace(conversation.at(Step.LINK), pending=pending), words.link(url))
        case LinkOver():
            over = replace(_next_attempt(conversation), pending="")
            return Move(over, opening=words.LINK_OVER, effect=OpenLink())
        case Failed(problem):
            return _failed(conversation, effect, problem)
        case _:
            raise AssertionError("an outcome of another effect")


def _sealed(conversation: Conversation, effect: SealDigits, sealed: Sealed, now: int) -> Move:
    last_four = effect.digits[-4:] if effect.is_whole else ""
    card = HeldCard(sealed.data, len(effect.digits), effect.brand, last_four, sealed.until)
    if not effect.is_whole:
        part = replace(conversation.at(Step.CARD), card=card)
        return Move(part, words.due(part))
    expiry = read_expiry(effect.rest, now)
    held = replace(conversation, card=card, expiry=expiry if isinstance(expiry, Expiry) else None, refused_codes=0)
    held = held.at(Step.EXPIRY if held.expiry is None else Step.CONFIRM)
    opening = f"{card.shown}." if held.step is Step.EXPIRY else ""
    return Move(held, words.due(held), opening=opening)


def _accepted(conversation: Conversation, card: SavedCard) -> Move:
    done = replace(_next_attempt(conversation).without_card(Step.DONE), name="", saved=card)
    return Move(done, words.saved(card.brand, card.last_four), events=(Event.COMPLETED,))


def _declined(conversation: Conversation, why: Decline) -> Move:
    said = words.decline(why)
    if why in (Decline.EXPIRED, Decline.EXPIRY):
        again = replace(conversation.at(Step.EXPIRY), expiry=None)
        move = Move(again, words.due(again), opening=said)
    elif why is Decline.CODE:
        again = replace(conversation, refused_codes=conversation.refused_codes + 1)
        over = codes_refused(again)
        move = over or Move(again, words.due(again))
        move = replace(move, opening=" ".join(filter(None, (said, move.opening))))
    else:
        again = conversation.without_card(Step.CARD)
        move = Move(again, words.due(again), opening=said)
    return replace(move, events=(Event.DECLINED,))


def _failed(conversation: Conversation, effect: Effect, problem: Problem) -> Move:
    said = words.problem(problem)
    match effect:
        case SealDigits():
            return Move(conversation.without_card(Step.CARD), said)
        case Tokenize() if problem is Problem.VAULT:
            return Move(conversation.without_card(Step.CARD), said)
        case Tokenize() if problem not in _LASTING:
            # Another code is another request: it must not meet the idempotency key of this one.
            again = _next_attempt(conversation)
            return Move(again, words.due(again), opening=said)
        case OpenLink():
            return Move(replace(_next_attempt(conversation).at(Step.LINK), pending=""), said)
        case CheckLink() | CheckBank():
            return Move(conversation, said)
        case _:
            return Move(replace(conversation.without_card(Step.CANCELLED), name=""), said)


def _next_attempt(conversation: Conversation) -> Conversation:
    return replace(conversation, attempt=conversation.attempt + 1)
