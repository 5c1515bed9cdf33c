"""What literals mean: escapes of quoted strings, the indentation that `<<-` takes away, numbers."""

from __future__ import annotations

import re
import unicodedata
from decimal import Decimal

_ESCAPE = re.compile(r"\\(u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|.)|\$\$\{|%%\{", re.DOTALL)
_TEMPLATE_ESCAPE = re.compile(r"([$%])\1\{")
_NUMBER = re.compile(r"[0-9]+(?:\.[0-9]*)?(?:[eE][+-]?[0-9]+)?")
# The largest power of ten that Terraform's numbers hold (a binary exponent of 2**31).
_LARGEST_EXPONENT = 646_456_993
# Python reads no longer whole number from text; a Decimal may have any length.
_LONGEST_INT = 4000
_SIMPLE = {"n": "\n", "r": "\r", "t": "\t", '"': '"', "\\": "\\"}


class BadLiteralError(ValueError):
    """Text that is no literal of HCL: the rule, and the offset in characters from the start of the text."""

    def __init__(self, offset: int, rule: str) -> None:
        super().__init__(rule)
        self.offset = offset
        self.rule = rule


def decode_quoted(raw: str) -> str:
    """The value of what stands between two quotes; raises `BadLiteralError`."""

    def replace(found: re.Match[str]) -> str:
        escape = found[1]
        if escape is None:
            return found[0][1:]
        if escape in _SIMPLE:
            return _SIMPLE[escape]
        if len(escape) > 1:
            number = int(escape[1:], 16)
            if number > 0x10FFFF or 0xD800 <= number <= 0xDFFF:
                raise BadLiteralError(found.start(), "this escape is not a character of Unicode")
            return chr(number)
        if escape in "uU":
            raise BadLiteralError(found.start(), r"\u takes four hexadecimal digits, \U eight")
        raise BadLiteralError(found.start(), r"a backslash must be followed by n, r, t, u, U, a quote or a backslash")

    return normalize(_ESCAPE.sub(replace, raw))


def decode_heredoc(pieces: list[str], *, flush: bool) -> str:
    """The value of a heredoc without template sequences, from its pieces (lines, split at each `$` and `%`)."""
    if flush:
        pieces = unindent(pieces)
    return normalize(_TEMPLATE_ESCAPE.sub(r"\1{", "".join(pieces)))


def unindent(pieces: list[str]) -> list[str]:
    """Takes the smallest indentation from the lines of a `<<-` heredoc; a blank line neither counts nor loses any."""
    leading: dict[int, int] = {}
    at_line_start = True
    for index, piece in enumerate(pieces):
        if at_line_start:
            stripped = piece.lstrip()
            if stripped or not piece.endswith("\n"):
                leading[index] = len(piece) - len(stripped)
        at_line_start = piece.endswith("\n")
    margin = min(leading.values(), default=0)
    return [piece[margin:] if index in leading else piece for index, piece in enumerate(pieces)]


def normalize(text: str) -> str:
    """Terraform keeps every string in Unicode's NFC form."""
    return text if text.isascii() else unicodedata.normalize("NFC", text)


def decode_number(digits: str) -> int | Decimal:
    """The value of a number: a whole one as int, any other as Decimal; raises `BadLiteralError`."""
    if not _NUMBER.fullmatch(digits):
        raise BadLiteralError(0, "this is not a number")
    if digits.isdecimal() and len(digits) <= _LONGEST_INT:
        return int(digits)
    number = Decimal(digits)
    if abs(number.adjusted()) > _LARGEST_EXPONENT:
        raise BadLiteralError(0, "this number is too large or too small")
    return number


def negated(number: int | Decimal) -> int | Decimal:
    """The number with the other sign; a plain minus would round a Decimal to 28 digits."""
    return number.copy_negate() if isinstance(number, Decimal) else -number


def number_text(number: int | Decimal) -> str:
    """A number as Terraform turns it into a string: never with an exponent, no zeros at the end of a fraction."""
    digits = format(Decimal(number), "f")
    return digits.rstrip("0").rstrip(".") if "." in digits else digits
