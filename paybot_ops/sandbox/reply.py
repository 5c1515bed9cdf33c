"""The words of the embedded model: a payment assistant that always says the same to the same."""

from __future__ import annotations

import re

CHARACTERS_PER_TOKEN = 4

# Looked for in this order, as whole words.
_REPLIES = (
    (("hello", "hi", "hey"), "Hello! I can help you make a payment. What would you like to pay for?"),
    (("pay", "payment", "buy", "bill", "checkout"), "I can help with that payment. Shall we start with your name?"),
    (("card", "cvv", "expiry"), "Your card details stay on the secure page, so please do not type them here."),
    (("refund", "return"), "A refund goes back to the card that was used and takes five to ten days."),
    (("cancel", "stop"), "I have stopped here and nothing was charged. Just say so when you want to go on."),
    (("thanks", "thank"), "You are welcome! Is there anything else that I can help you with?"),
)
_DEFAULT = "I am the payment assistant of this demo. I can take a payment or explain how one works."


def reply_to(text: str, max_tokens: int | None = None) -> tuple[str, str]:
    """(the answer, the stop reason): a pure function of the message, cut where `max_tokens` says."""
    words = set(re.findall(r"[a-z]+", text.lower()))
    reply = next((line for keys, line in _REPLIES if words & set(keys)), _DEFAULT)
    if max_tokens is not None and count_tokens(reply) > max_tokens:
        return reply[: max_tokens * CHARACTERS_PER_TOKEN], "max_tokens"
    return reply, "end_turn"


def count_tokens(text: str) -> int:
    """About four characters a token, rounded up; real models differ by text and language."""
    return -(-len(text) // CHARACTERS_PER_TOKEN)
