"""A customer's words as they may be shown and written: without card numbers, parts of them, and security codes."""

from __future__ import annotations

import re
import unicodedata

from paybot_ops.core.card_masking import DIGIT, masked
from paybot_ops.core.card_numbers import is_luhn_right

_DOTS = "•••"
# Lengths at which a whole run can be nothing but one number, so that its last four digits hold no security code.
_PLAIN_NUMBER = re.compile(r"(?:[2456]\d|35)\d{14}|3[47]\d{13}")

# Digits as people say them, in the languages that the bot's customers write most.
_NUMERAL = (
    r"\b(?:zero|oh|nought|null|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|fifteen|"
    r"sixteen|seventeen|eighteen|nineteen|twenty|thirty|fou?rty|fifty|sixty|seventy|eighty|ninety|hundred|double|triple|"
    r"treble|cero|un[oa]?|dos|tres|cuatro|cinco|seis|siete|ocho|nueve|zéro|deux|trois|quatre|cinq|sept|huit|neuf|eins|"
    r"zwei|drei|vier|fünf|sechs|sieben|acht|neun|due|tre|quattro|cinque|sei|sette|otto|nove)\b"
)
_SPOKEN = re.compile(_NUMERAL, re.IGNORECASE)
_ONE = rf"(?:{DIGIT}|{_NUMERAL})"
_PIECE = re.compile(rf"{_ONE}(?:(?:[^\w]|_){{0,3}}{_ONE}){{2,}}", re.IGNORECASE)
_EXPIRY = re.compile(r"(?:0?[1-9]|1[0-2])\s?[/.-]\s?(?:20)?\d\d")


def masked_customer(text: str, *, code_is_due: bool = False) -> str:
    """A customer's words as they may be shown and written.

    Three digits in a row may be a security code, or a part of a number whose rest comes with the next message: they go,
    in any script, apart or not; an expiry date stays, and so do the last four of a number that is nothing else.
    `code_is_due`, where the bot has asked for the code or nobody knows what it asked for, spares neither digit nor
    numeral.
    """
    if code_is_due:
        hidden = "".join("•" if unicodedata.digit(one, None) is not None else one for one in text)
        return masked(_SPOKEN.sub(_DOTS, hidden))
    return masked(_PIECE.sub(_piece, text))


def _piece(found: re.Match[str]) -> str:
    if _EXPIRY.fullmatch(found[0]):
        return found[0]
    if any(one.isalpha() for one in found[0]):
        return _DOTS
    digits = "".join(str(unicodedata.digit(one, "")) for one in found[0])
    if _PLAIN_NUMBER.fullmatch(digits) and is_luhn_right(digits):
        return f"•••• {digits[-4:]}"
    return _DOTS
