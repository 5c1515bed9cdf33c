"""Everything that the bot says in its own words. Facts about a card or a payment are said here and nowhere else."""

from __future__ import annotations

from payment_bot.dialogue.cards import Brand, Flaw, code_length, usual_length
from payment_bot.dialogue.effects import Decline, Problem
from payment_bot.dialogue.expiry import BadExpiry
from payment_bot.dialogue.state import Conversation, Step

GREETING = "Hello, I am the payment assistant. I can help you save a card for your payment."
ASK_NAME = "What is the name on your card?"
ASK_NAME_AGAIN = "I need the name as it stands on the card, letters only, for example: Ada Lovelace."
ASK_CARD = "Please type the card number. It is encrypted at once, and only its last four digits are ever shown."
ASK_EXPIRY = "When does it expire? For example 09/28 or September 2028."
WHAT_TO_CHANGE = "What is wrong: the name, the card or the date? Or say cancel."
CANCELLED = "Cancelled. Nothing was saved, and any card details are deleted. Say pay if you want to try again."
NOTHING_TO_CANCEL = "There is nothing to cancel. Say pay if you want to save a card."
ALREADY_SAVED = "Your card is saved already, so there is nothing left to cancel here; the shop can remove it."
STARTED_OVER = "Let us start over; what you gave before is deleted."
FORGOTTEN = "You were away for a while, so I have deleted your card number for your safety."
UNSOLICITED = "I removed card details from your message and did not keep them."
UNSOLICITED_LINK = (
    "Please never write card details here: I removed them and did not keep them. They belong on Stripe's page only."
)
CANNOT_ANSWER = "Sorry, I cannot answer that right now."
NO_YES = "I have not understood that, so nothing is confirmed."
CODES_REFUSED = "That was the third security code that does not fit, so I have deleted the card number."
LINK_OVER = "That page is no longer open, and no card was saved. Here is a new one."
ANOTHER_CARD = "If you want to save another card, say pay."

_FLAWS = {
    Flaw.UNKNOWN_BRAND: "I do not know this kind of card. I can take Visa, Mastercard, American Express, Discover, "
    "Diners Club, JCB and UnionPay.",
    Flaw.TOO_LONG: "These are more digits than this card has. Please type the whole number once more.",
    Flaw.MISTYPED: "A digit of this number seems to be mistyped. Please check it and type the whole number once more.",
    Flaw.TOO_SHORT: "I need the whole card number, in digits.",
}
_DATES = {
    BadExpiry.UNREADABLE: "I cannot read that as a date. Please write month and year, for example 09/28.",
    BadExpiry.NO_SUCH_MONTH: "The month must be from 01 to 12, for example 09/28.",
    BadExpiry.PAST: "That card has expired. Please check the date, or say that you want another card.",
    BadExpiry.ABSURD: "That year is too far away for a card. Please check the date on it.",
}
_DECLINES = {
    Decline.GENERIC: "Your bank did not accept this card, and it was not saved. You can try another card, "
    "or ask your bank.",
    Decline.FUNDS: "Your bank did not accept this card because of its balance, and it was not saved. "
    "You can try another card.",
    Decline.EXPIRED: "Your bank says that this card has expired. It was not saved.",
    Decline.NUMBER: "Your bank does not know this card number. The card was not saved.",
    Decline.EXPIRY: "The expiry date does not belong to this card. The card was not saved.",
    Decline.CODE: "The security code does not belong to this card. The card was not saved.",
    Decline.BANK: "Your bank did not confirm that it is you, so the card was not saved. You can try again, "
    "or take another card.",
}
_TRY_LATER = "Nothing was saved, and nothing is lost: you can try again in a minute."
_PROBLEMS = {
    Problem.RAW_CARDS: "This shop's payment account does not take card numbers from a chat, so I cannot save your card "
    "here. Please ask the shop for another way to pay.",
    Problem.LIVE_CHAT: "I may not take real cards in this chat: the shop has not accepted what that asks of it "
    "(PCI DSS, SAQ D). Please ask the shop for another way to pay.",
    Problem.BUSY: f"The payment service has too much to do right now. {_TRY_LATER}",
    Problem.UNREACHABLE: "The payment service did not answer in time, so I do not know how it went. "
    "You can try again in a minute.",
    Problem.KEY: "The shop's access to the payment service does not work right now, so I cannot save a card. "
    "Please try later or tell the shop.",
    Problem.NO_KEY: "The shop has not set up payments yet, so I cannot save a card. Please tell the shop.",
    Problem.AGAIN: f"That did not go through. {_TRY_LATER}",
    Problem.REFUSED: f"The payment service could not do that. {_TRY_LATER}",
    Problem.VAULT: f"I cannot keep your card number safely right now, so I have not kept it. {_TRY_LATER}",
}


def thanks(name: str) -> str:
    """After the name."""
    return f"Thank you, {name}."


def digits_so_far(count: int, brand: Brand | None) -> str:
    """After the first part of a card number."""
    whole = f"{brand} numbers have {usual_length(brand)}" if brand else "that is not a whole number yet"
    return f"I have {count} digits so far; {whole}. Please send the rest, or the whole number again."


def flaw(found: Flaw) -> str:
    """After digits that are no card's."""
    return _FLAWS[found]


def date(found: BadExpiry) -> str:
    """After a date that is no card's."""
    return _DATES[found]


def decline(why: Decline) -> str:
    """After a card that was not accepted."""
    return _DECLINES[why]


def problem(found: Problem) -> str:
    """After something that did not work."""
    return _PROBLEMS[found]


def bank_asks(url: str) -> str:
    """When the bank wants to see the customer (3-D Secure)."""
    return f"Your bank wants to make sure that it is you. Please open this page, then write to me again: {url}"


def link(url: str) -> str:
    """With the page of Stripe's."""
    return f"Please enter your card on Stripe's own page, then come back and write to me: {url}"


def saved(brand: str, last_four: str) -> str:
    """When Stripe has the card; said after Stripe's answer and at no other time."""
    return f"Your {brand} ending in {last_four} was accepted and is saved. Thank you!"


def refused_code(brand: Brand) -> str:
    """After something that is no security code of this brand."""
    return f"On a card of {brand} the security code has {code_length(brand)} digits, and I need those digits alone."


def due(conversation: Conversation) -> str:
    """What the bot waits for at this step."""
    card, expiry = conversation.card, conversation.expiry
    match conversation.step:
        case Step.NAME:
            return ASK_NAME
        case Step.CARD if card is not None and not card.is_whole:
            return digits_so_far(card.digits, card.brand)
        case Step.CARD:
            return ASK_CARD
        case Step.EXPIRY:
            return ASK_EXPIRY
        case Step.CONFIRM if card is not None:
            return (
                f"{conversation.name}, {card.shown}, valid until {expiry}. Shall I save this card? Say yes to go on, "
                "tell me what is wrong, or say no to cancel."
            )
        case Step.CODE if card is not None and card.brand is not None:
            place = "on the front" if card.brand is Brand.AMEX else "on the back"
            return (
                f"Last, the security code: the {code_length(card.brand)} digits {place} of the card. It is used once "
                "and never kept."
            )
        case Step.BANK:
            return "Please finish your bank's check on the page that I gave you, then write to me again."
        case Step.LINK:
            return "Please enter your card on Stripe's page, then write to me again."
        case Step.DONE:
            return ANOTHER_CARD
        case _:
            return "Say pay if you want to save a card."
