"""The name on a card, out of the sentence that it comes in."""

from __future__ import annotations

import re
import unicodedata

from payment_bot.masking import words_in

LONGEST_NAME = 60
_MOST_WORDS = 6

_LEAD = re.compile(
    r"^\s*(?:(?:hi|hello|hey|yes|sure|ok|okay)[,!.]?\s+)?(?:(?:the|my)\s+(?:full\s+)?name(?:\s+on\s+(?:the|my)\s+card)?"
    r"(?:\s+is|'s|:)|name\s*(?:is|:)|it\s+is|it's|its|i\s+am|i'm|im|this\s+is|call\s+me)\s+",
    re.IGNORECASE,
)
_NO_NAMES = words_in(
    "hello hi hey yes yep yeah ok okay sure thanks please pay payment card want need help number the and "
    "but with you your this that was were have has wait later"
)


def read_name(text: str) -> str | None:
    """Return the name that a message gives, in one line; None when the message is something else."""
    rest = _LEAD.sub("", unicodedata.normalize("NFC", text).replace("’", "'"))
    name = " ".join(rest.split()).strip(' .,!;:"')
    words = name.split()
    if not 2 <= len(name) <= LONGEST_NAME or not words or len(words) > _MOST_WORDS:
        return None
    if any(word.casefold().strip(".,") in _NO_NAMES for word in words) or not all(map(_in_a_name, name)):
        return None
    return name if sum(character.isalpha() for character in name) >= 2 else None


def _in_a_name(character: str) -> bool:
    """Letters and their marks of any script, and what stands between them; no digit, no symbol, no direction mark."""
    return character in " '-.," or unicodedata.category(character)[0] in "LM"
