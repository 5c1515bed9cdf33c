"""Cards as Stripe's test mode sees them: brands, checks, and what each published test number does.

The numbers are those of Stripe's documentation, "Test card numbers"; nothing here keeps one that a customer gave.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import string
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from paybot_ops.sandbox.stripe_errors import StripeError

_SALT = secrets.token_bytes(32)
"""Of this process alone, so that a fingerprint leads back to no number."""

_ALPHABET = string.ascii_letters + string.digits


@dataclass(frozen=True, slots=True)
class Decline:
    """Why an issuer said no."""

    code: str
    message: str
    decline_code: str = ""


@dataclass(frozen=True, slots=True)
class Behaviour:
    """What a card does when it is set up or charged; `authenticate` asks for 3-D Secure first."""

    on_setup: Decline | None = None
    on_charge: Decline | None = None
    authenticate: bool = False


_DECLINED = "Your card was declined."
_LIVE_CARD = (
    "Your card was declined. Your request was in test mode, but used a non test (live) card. For a list of valid test "
    "cards, visit: https://stripe.com/docs/testing."
)

_REFUSALS = {
    "chargeDeclined": ("4000000000000002", Decline("card_declined", _DECLINED, "generic_decline")),
    "chargeDeclinedInsufficientFunds": (
        "4000000000009995",
        Decline("card_declined", "Your card has insufficient funds.", "insufficient_funds"),
    ),
    "chargeDeclinedLostCard": ("4000000000009987", Decline("card_declined", _DECLINED, "lost_card")),
    "chargeDeclinedStolenCard": ("4000000000009979", Decline("card_declined", _DECLINED, "stolen_card")),
    "chargeDeclinedExpiredCard": ("4000000000000069", Decline("expired_card", "Your card has expired.")),
    "chargeDeclinedIncorrectCvc": (
        "4000000000000127",
        Decline("incorrect_cvc", "Your card's security code is incorrect."),
    ),
    "chargeDeclinedProcessingError": (
        "4000000000000119",
        Decline("processing_error", "An error occurred while processing your card. Try again in a little bit."),
    ),
    "chargeDeclinedVelocityLimitExceeded": (
        "4000000000006975",
        Decline("card_declined", _DECLINED, "card_velocity_exceeded"),
    ),
}

BEHAVIOURS: dict[str, Behaviour] = {
    **{number: Behaviour(decline, decline) for number, decline in _REFUSALS.values()},
    # Can be set up, and fails when it is charged.
    "4000000000000341": Behaviour(None, Decline("card_declined", _DECLINED, "generic_decline")),
    "4000002500003155": Behaviour(authenticate=True),
    "4000002760003184": Behaviour(authenticate=True),
    "4000000000003220": Behaviour(authenticate=True),
    "4000008400001629": Behaviour(
        Decline("card_declined", _DECLINED, "generic_decline"),
        Decline("card_declined", _DECLINED, "generic_decline"),
        authenticate=True,
    ),
}

_ACCEPTED = {
    "visa": "4242424242424242",
    "visa_debit": "4000056655665556",
    "mastercard": "5555555555554444",
    "mastercard_debit": "5200828282828210",
    "mastercard_prepaid": "5105105105105100",
    "amex": "378282246310005",
    "discover": "6011111111111117",
    "diners": "3056930009020004",
    "jcb": "3566002020360505",
    "unionpay": "6200000000000005",
}
_ALSO_ACCEPTED = {
    "2223003122003222",
    "371449635398431",
    "6011000990139424",
    "6011981111111113",
    "36227206271667",
    "6555900000604105",
    "6200000000000047",
    "6205500000000000004",
}

# What stands for a number in `pm_card_…` and `tok_…`, Stripe's ids for servers that may not see numbers.
TEST_NAMES: dict[str, str] = {
    **_ACCEPTED,
    **{name: number for name, (number, _) in _REFUSALS.items()},
    **{f"visa_{name}": number for name, (number, _) in _REFUSALS.items()},
    "chargeCustomerFail": "4000000000000341",
    "authenticationRequired": "4000002500003155",
    "authenticationRequiredOnSetup": "4000002500003155",
    "threeDSecure2Required": "4000000000003220",
}

_KNOWN = {*BEHAVIOURS, *_ACCEPTED.values(), *_ALSO_ACCEPTED}

# (brand, first number, last number of a prefix range, lengths); the longest prefix that fits decides.
_BRANDS = (
    ("amex", 34, 34, (15,)),
    ("amex", 37, 37, (15,)),
    ("diners", 300, 305, (14, 16)),
    ("diners", 36, 36, (14, 16)),
    ("diners", 38, 39, (14, 16)),
    ("discover", 6011, 6011, (16,)),
    ("discover", 644, 649, (16,)),
    ("discover", 65, 65, (16,)),
    ("jcb", 3528, 3589, (16,)),
    ("mastercard", 51, 55, (16,)),
    ("mastercard", 2221, 2720, (16,)),
    ("unionpay", 62, 62, (16, 17, 18, 19)),
    ("visa", 4, 4, (16,)),
)


@dataclass(frozen=True, slots=True)
class Card:
    """What stays of a card: never its number, never its security code."""

    brand: str
    last4: str
    exp_month: int
    exp_year: int
    fingerprint: str
    has_cvc: bool
    behaviour: Behaviour


def read_card(card: Mapping[str, Any], now: datetime, *, any_number: bool = False) -> Card:
    """Look at the `card` parameter of a request, and forget what must not be kept.

    Raises:
        StripeError: what Stripe says of a number, date or code that cannot be a card's, or is no test card's.
    """
    number = str(card.get("number", "")).replace(" ", "").replace("-", "")
    brand = _brand(number)
    month, year = int(card.get("exp_month", 0)), _full_year(int(card.get("exp_year", 0)))
    if not 1 <= month <= 12:
        raise _wrong("invalid_expiry_month", "Your card's expiration month is invalid.", "exp_month")
    if year > now.year + 50 or (year, month) < (now.year, now.month):
        raise _wrong("invalid_expiry_year", "Your card's expiration year is invalid.", "exp_year")
    cvc = str(card.get("cvc", ""))
    if cvc and not (cvc.isdecimal() and len(cvc) == (4 if brand == "amex" else 3)):
        raise _wrong("invalid_cvc", "Your card's security code is invalid.", "cvc")
    if number not in _KNOWN and not any_number:
        raise StripeError(402, _LIVE_CARD, code="card_declined", decline_code="test_mode_live_card")
    return _kept(number, brand, month, year, has_cvc=bool(cvc))


def named_card(name: str, now: datetime) -> Card | None:
    """The card behind `pm_card_<name>` or `tok_<name>`; None when there is no such name."""
    number = TEST_NAMES.get(name)
    return None if number is None else _kept(number, _brand(number), now.month, now.year + 1, has_cvc=True)


def passes_luhn(number: str) -> bool:
    """Whether the check digit is right (ISO/IEC 7812-1)."""
    digits = [int(digit) for digit in reversed(number)]
    return (sum(digits[0::2]) + sum(sum(divmod(2 * digit, 10)) for digit in digits[1::2])) % 10 == 0


def looks_like_card(number: str) -> bool:
    """Whether the digits are those of a card: a brand's prefix and length, and the right check digit."""
    return _find_brand(number) is not None


def _find_brand(number: str) -> str | None:
    if not (number.isascii() and number.isdecimal()):
        return None
    fitting = [
        (len(str(first)), brand, lengths)
        for brand, first, last, lengths in _BRANDS
        if first <= int(number[: len(str(first))]) <= last
    ]
    _, brand, lengths = max(fitting, default=(0, "", ()))
    return brand if len(number) in lengths and passes_luhn(number) else None


def _brand(number: str) -> str:
    brand = _find_brand(number)
    if brand is None:
        raise _wrong("incorrect_number", "Your card number is incorrect.", "number")
    return brand


def _kept(number: str, brand: str, month: int, year: int, *, has_cvc: bool) -> Card:
    digest = hmac.new(_SALT, number.encode(), hashlib.sha256).digest()
    fingerprint = "".join(_ALPHABET[byte % len(_ALPHABET)] for byte in digest[:16])
    return Card(brand, number[-4:], month, year, fingerprint, has_cvc, BEHAVIOURS.get(number, Behaviour()))


def _full_year(year: int) -> int:
    return year + 2000 if 0 <= year < 100 else year


def _wrong(code: str, message: str, param: str) -> StripeError:
    return StripeError(402, message, code=code, param=param)
