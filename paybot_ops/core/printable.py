"""Text from outside, fit for a terminal: nothing in it can move the cursor, set a title or write the clipboard."""

from __future__ import annotations

import re

# C0 and C1 controls but for newline and tab, and halves of surrogate pairs, which no terminal's encoding can hold.
_UNFIT = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
_C1 = re.compile("[\x7f-\x9f]")


def printable(text: str) -> str:
    """The text with each such character replaced by one that shows that something stood there."""
    return _UNFIT.sub("\ufffd", text)


def escaped(document: str) -> str:
    """A JSON document with the controls that JSON itself lets through written as escapes: the data stays the same."""
    return _C1.sub(lambda found: f"\\u{ord(found[0]):04x}", document)
