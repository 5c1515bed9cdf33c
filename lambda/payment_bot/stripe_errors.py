"""What an error of Stripe's means, by its kind and codes. Its text never leaves this module: it is Stripe's to word."""

from __future__ import annotations

from typing import TYPE_CHECKING

from payment_bot.dialogue.effects import Decline, Declined, Failed, Problem

if TYPE_CHECKING:
    import stripe

# Stripe API reference, "Error codes" and "Decline codes".
_CODES = {
    "incorrect_cvc": Decline.CODE,
    "invalid_cvc": Decline.CODE,
    "expired_card": Decline.EXPIRED,
    "invalid_expiry_month": Decline.EXPIRY,
    "invalid_expiry_year": Decline.EXPIRY,
    "incorrect_number": Decline.NUMBER,
    "invalid_number": Decline.NUMBER,
    "insufficient_funds": Decline.FUNDS,
    "authentication_required": Decline.BANK,
    "setup_intent_authentication_failure": Decline.BANK,
    "payment_intent_authentication_failure": Decline.BANK,
}
# An account without raw card access answers so, as an invalid_request_error.
_RAW_CARDS = "card numbers directly"


def read_error(error: stripe.StripeError) -> Declined | Failed:
    """Name what an error means for the customer."""
    import stripe

    match error:
        # Any 402 becomes a CardError; whether the card was at fault is for the type or the code to say.
        case stripe.CardError() if _word(error.error, "type") == "card_error" or error.code in _CODES:
            return Declined(read_decline(error.error))
        case stripe.AuthenticationError() | stripe.PermissionError():
            return Failed(Problem.KEY)
        case stripe.RateLimitError():
            return Failed(Problem.BUSY)
        case stripe.APIConnectionError():
            return Failed(Problem.UNREACHABLE)
        case stripe.IdempotencyError():
            return Failed(Problem.AGAIN)
        case _ if _RAW_CARDS in (error.user_message or ""):
            return Failed(Problem.RAW_CARDS)
        case _ if error.http_status == 409:
            return Failed(Problem.BUSY)
        case _:
            return Failed(Problem.REFUSED)


def read_decline(error: object) -> Decline:
    """Name the reason that is in an error object of Stripe's; the decline code says more than the code, where it is."""
    return _CODES.get(_word(error, "decline_code")) or _CODES.get(_word(error, "code"), Decline.GENERIC)


def _word(error: object, name: str) -> str:
    return str(getattr(error, name, "") or "")
