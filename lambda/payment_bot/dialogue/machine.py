"""Decides every turn: what a message means at the step where the conversation stands."""

from __future__ import annotations

from dataclasses import dataclass, replace

from payment_bot.dialogue import words
from payment_bot.dialogue.cards import CardNumber, Flaw, brand_of, find_card, judge, read_code, written_digits
from payment_bot.dialogue.effects import CheckBank, CheckLink, Effect, OpenChat, OpenLink, SealDigits, Tokenize
from payment_bot.dialogue.expiry import BadExpiry, Expiry, is_past, read_expiry
from payment_bot.dialogue.intents import Intent, read_intent, wants_to_pay
from payment_bot.dialogue.moves import Event, Move
from payment_bot.dialogue.names import read_name
from payment_bot.dialogue.state import CardCollection, Conversation, Step
from payment_bot.masking import holds_details

MOST_REFUSED_CODES = 3
_FEWEST_DIGITS = 4
_CARD_STEPS = (Step.CARD, Step.EXPIRY, Step.CONFIRM, Step.CODE)
_CALLED_OFF = (Intent.CANCEL, Intent.NO)
_GO_ON = (Intent.YES, Intent.RESUME)
_CHANGES = (Intent.CHANGE, Intent.CHANGE_CARD, Intent.CHANGE_NAME)
_ANEW = (Intent.START_OVER, Intent.PAY, *_GO_ON, *_CHANGES)


@dataclass(frozen=True, slots=True)
class Heard:
    """A message with what it asks for, when it came (epoch seconds), and the digits that came before it, in clear."""

    text: str
    intent: Intent
    now: int
    collection: CardCollection
    held: str = ""


def decide(conversation: Conversation, message: str, now: int, collection: CardCollection, held: str = "") -> Move:
    """Take a customer's message. `held` is the first part of a card number that is waiting for the rest."""
    heard = Heard(message, read_intent(message), now, collection, held)
    current = without_expired(conversation, now)
    if current.step in _CARD_STEPS and collection is CardCollection.HOSTED_LINK:
        # Deployed anew since: what was given here is dropped, and Stripe's page takes over.
        return _with_notice(Move(current.without_card(Step.LINK), effect=OpenLink()), heard)
    forgotten = conversation.card is not None and current.card is None
    if forgotten and conversation.step is not Step.CARD and heard.intent not in (*_CALLED_OFF, Intent.START_OVER):
        return Move(current, words.ASK_CARD, opening=words.FORGOTTEN)
    return _at_step(current, heard)


def without_expired(conversation: Conversation, now: int) -> Conversation:
    """The conversation as it may be read: a card number past its time is gone, whatever the table still holds."""
    card = conversation.card
    if card is None or now < card.until:
        return conversation
    return conversation.without_card(Step.CARD if conversation.step in _CARD_STEPS else conversation.step)


def _at_step(conversation: Conversation, heard: Heard) -> Move:
    match conversation.step:
        case Step.GREET:
            return _greet(conversation, heard)
        case Step.DONE | Step.CANCELLED:
            return _at_rest(conversation, heard)
        case Step.NAME:
            return _command(conversation, heard) or _name(conversation, heard)
        case Step.BANK | Step.LINK:
            return _command(conversation, heard) or _away(conversation, heard)
        case _:
            return _command(conversation, heard) or _card_data(conversation, heard)


def _greet(conversation: Conversation, heard: Heard) -> Move:
    """The first message is never an answer: nothing has been asked yet."""
    if heard.intent is Intent.CANCEL:
        return _cancel(conversation)
    move = Move(conversation.at(Step.NAME), words.ASK_NAME, opening=words.GREETING, ask=True)
    return _with_notice(move, heard)


def _at_rest(conversation: Conversation, heard: Heard) -> Move:
    done = conversation.step is Step.DONE
    if heard.intent in _CALLED_OFF:
        return Move(conversation, words.ALREADY_SAVED if done else words.NOTHING_TO_CANCEL)
    # "Yes" and "ok" after a saved card ask for nothing more; "I want to pay" does.
    content = done and heard.intent in _GO_ON and not wants_to_pay(heard.text)
    if heard.intent in _ANEW and not content:
        fresh = replace(conversation.without_card(Step.NAME), name="")
        return _with_notice(Move(fresh, words.ASK_NAME), heard)
    return _with_notice(_ask(conversation), heard)


def _command(conversation: Conversation, heard: Heard) -> Move | None:
    """What means the same at every step that waits for something; None when the step has to look at the message."""
    away = conversation.step in (Step.BANK, Step.LINK)
    match heard.intent:
        case Intent.CANCEL:
            return _cancel(conversation)
        # Nothing was asked of somebody who comes back from another page: "no" may mean "not yet".
        case Intent.NO if not away:
            return _cancel(conversation)
        case Intent.START_OVER:
            fresh = replace(conversation.without_card(Step.NAME), name="")
            return Move(fresh, words.ASK_NAME, opening=words.STARTED_OVER)
        case Intent.CHANGE_NAME:
            return Move(replace(conversation.at(Step.NAME), name="", pending=""), words.ASK_NAME)
        case Intent.CHANGE_CARD | Intent.CHANGE_EXPIRY | Intent.CHANGE if conversation.step in _CARD_STEPS:
            return _correction(conversation, heard)
        case _:
            return None


def _correction(conversation: Conversation, heard: Heard) -> Move:
    card, step = conversation.card, conversation.step
    if heard.intent is Intent.CHANGE and step in (Step.CONFIRM, Step.CODE):
        return Move(conversation.at(Step.CONFIRM), words.WHAT_TO_CHANGE)
    if heard.intent is Intent.CHANGE and step is Step.CARD and card is None:
        return Move(replace(conversation.at(Step.NAME), name=""), words.ASK_NAME)
    if heard.intent is Intent.CHANGE_EXPIRY and card is not None and card.is_whole:
        again = replace(conversation.at(Step.EXPIRY), expiry=None)
        given = read_expiry(heard.text, heard.now)
        return _take_expiry(again, given) if given is not BadExpiry.UNREADABLE else _due(again)
    if (found := find_card(heard.text)) is not None:
        return _seal(conversation, *found)
    return _due(conversation.without_card(Step.CARD))


def _cancel(conversation: Conversation) -> Move:
    gone = replace(conversation.without_card(Step.CANCELLED), name="")
    return Move(gone, words.CANCELLED, events=(Event.CANCELLED,))


def _name(conversation: Conversation, heard: Heard) -> Move:
    if holds_details(heard.text):
        return _with_notice(_due(conversation), heard)
    if heard.intent is Intent.QUESTION:
        return _ask(conversation)
    name = read_name(heard.text) if heard.intent in (Intent.OTHER, Intent.PAY) else None
    if name is None:
        return Move(conversation, words.ASK_NAME_AGAIN)
    named = replace(conversation, name=name)
    if named.card is not None and named.card.is_whole:
        return _due(named.at(Step.EXPIRY if named.expiry is None else Step.CONFIRM))
    effect: Effect = OpenChat() if heard.collection is CardCollection.CHAT else OpenLink()
    return Move(named, effect=effect)


def _away(conversation: Conversation, heard: Heard) -> Move:
    """The customer was sent to another page: whatever is written now, Stripe is asked what came of it."""
    at_link: Effect = CheckLink() if conversation.pending else OpenLink()
    effect = CheckBank() if conversation.step is Step.BANK else at_link
    move = Move(conversation, effect=effect, ask=heard.intent is Intent.QUESTION, instead=words.CANNOT_ANSWER)
    return _with_notice(move, heard)


def _card_data(conversation: Conversation, heard: Heard) -> Move:
    """A card number is taken at each of these steps; at a later one it is another card in the place of the first."""
    if (found := find_card(heard.text)) is not None:
        return _seal(conversation, *found)
    match conversation.step:
        case Step.CARD:
            move = _part_of_number(conversation, heard)
        case Step.EXPIRY | Step.CONFIRM:
            move = _expiry_or_yes(conversation, heard)
        case _:
            move = _code(conversation, heard)
    if move is not None:
        return move
    if heard.intent is Intent.QUESTION:
        return _ask(conversation)
    return _not_understood(conversation, heard)


def _part_of_number(conversation: Conversation, heard: Heard) -> Move | None:
    digits = "".join(group.digits for group in written_digits(heard.text))
    spoken = any(character.isalpha() for character in heard.text)
    if not digits or (spoken and (len(digits) < _FEWEST_DIGITS or heard.intent is Intent.QUESTION)):
        return None
    whole = judge(heard.held + digits) if heard.held else judge(digits)
    if isinstance(whole, CardNumber):
        return _seal(conversation, whole, "")
    if heard.held and len(heard.held + digits) > len(digits) >= 12:
        # The whole number once more, not the rest of it.
        whole, heard = judge(digits), replace(heard, held="")
    if whole is Flaw.TOO_SHORT:
        part = heard.held + digits
        return Move(conversation.without_card(Step.CARD), effect=SealDigits(part, brand_of(part), is_whole=False))
    assert isinstance(whole, Flaw)
    return Move(conversation.without_card(Step.CARD), words.flaw(whole))


def _expiry_or_yes(conversation: Conversation, heard: Heard) -> Move | None:
    given = read_expiry(heard.text, heard.now)
    if given is not BadExpiry.UNREADABLE:
        return _take_expiry(conversation, given)
    if conversation.step is Step.EXPIRY:
        return None
    if heard.intent is not Intent.YES:
        return None
    if conversation.expiry is None or is_past(conversation.expiry, heard.now):
        return Move(replace(conversation.at(Step.EXPIRY), expiry=None), words.date(BadExpiry.PAST))
    return _due(conversation.at(Step.CODE))


def _take_expiry(conversation: Conversation, given: Expiry | BadExpiry) -> Move:
    if isinstance(given, BadExpiry):
        return Move(replace(conversation.at(Step.EXPIRY), expiry=None), words.date(given))
    return _due(replace(conversation.at(Step.CONFIRM), expiry=given))


def _code(conversation: Conversation, heard: Heard) -> Move | None:
    card = conversation.card
    assert card is not None and card.brand is not None
    if (code := read_code(heard.text, card.brand)) is not None:
        if conversation.expiry is None or is_past(conversation.expiry, heard.now):
            return Move(replace(conversation.at(Step.EXPIRY), expiry=None), words.date(BadExpiry.PAST))
        return Move(conversation, effect=Tokenize(code))
    spoken = any(character.isalpha() for character in heard.text)
    if not written_digits(heard.text) or (spoken and heard.intent is Intent.QUESTION):
        return None
    refused = replace(conversation, refused_codes=conversation.refused_codes + 1)
    return codes_refused(refused) or Move(refused, words.refused_code(card.brand))


def codes_refused(conversation: Conversation) -> Move | None:
    """After too many security codes that do not fit the card number goes; None while there are tries left."""
    if conversation.refused_codes < MOST_REFUSED_CODES:
        return None
    return Move(conversation.without_card(Step.CARD), words.ASK_CARD, opening=words.CODES_REFUSED)


def _not_understood(conversation: Conversation, heard: Heard) -> Move:
    due = _due(conversation)
    known = heard.intent in (Intent.RESUME, Intent.GREETING, Intent.PAY, Intent.CHANGE_CODE, Intent.YES)
    if known or conversation.step is Step.CODE:
        return due
    if conversation.step is Step.EXPIRY:
        return Move(conversation, words.date(BadExpiry.UNREADABLE))
    return replace(due, opening=words.flaw(Flaw.TOO_SHORT) if conversation.step is Step.CARD else words.NO_YES)


def _seal(conversation: Conversation, number: CardNumber, rest: str) -> Move:
    return Move(conversation.without_card(Step.CARD), effect=SealDigits(number.digits, number.brand, rest=rest))


def _ask(conversation: Conversation) -> Move:
    return Move(conversation, words.due(conversation), ask=True, instead=words.CANNOT_ANSWER)


def _due(conversation: Conversation) -> Move:
    return Move(conversation, words.due(conversation))


def _with_notice(move: Move, heard: Heard) -> Move:
    """Say that card details which nobody asked for are gone; then the model is not asked, the notice is the answer."""
    if not holds_details(heard.text):
        return move
    notice = words.UNSOLICITED if heard.collection is CardCollection.CHAT else words.UNSOLICITED_LINK
    return replace(move, ask=False, opening=" ".join(filter(None, (move.opening, notice))))
