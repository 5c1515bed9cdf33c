"""Expiry dates as people write them, and until when such a card is valid."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

# No network issues a card for longer; 2099 or 2208 is a slip of the finger.
MOST_YEARS = 20
# Baker Island keeps UTC-12: the last place on earth where a month ends.
_LAST_ZONE = timedelta(hours=12)

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_NAMES = (
    "january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november",
    "december",
)  # fmt: skip
# No digit, and no date's separator, on either side: "01/12/2028" and "12/20285" are neither of these.
_NUMBERS = re.compile(r"(?<![\d/.-])(\d{1,2})\s*[/.\- ]\s*(\d{4}|\d{2})(?![\d/])(?!\s*[/.-]\s*\d)")
_ISO = re.compile(r"(?<![\d/.-])(\d{4})\s*[-/]\s*(\d{1,2})(?![\d/])(?!\s*[/.-]\s*\d)")
_TOGETHER = re.compile(r"\D*(\d{2})(\d{2}|20\d{2})\D*")
_NAMED = re.compile(rf"\b({'|'.join(_NAMES)}|{'|'.join(_MONTHS)}|sept)\b\.?,?\s*(?:of\s+)?['’]?(\d{{4}}|\d{{2}})(?!\d)")


class BadExpiry(StrEnum):
    """Why an expiry date is not taken."""

    UNREADABLE = "unreadable"
    NO_SUCH_MONTH = "no such month"
    PAST = "past"
    ABSURD = "absurd"


@dataclass(frozen=True, slots=True)
class Expiry:
    """The month whose last day is a card's last."""

    month: int
    year: int

    def __str__(self) -> str:
        return f"{self.month:02d}/{self.year % 100:02d}"


def read_expiry(text: str, now: int) -> Expiry | BadExpiry:
    """Return the expiry date of a message, or why it cannot be one (`now` in epoch seconds)."""
    found = _parts(_plain(text))
    if found is None:
        return BadExpiry.UNREADABLE
    month, year = found
    expiry = Expiry(month, year if year > 99 else 2000 + year)
    if not 1 <= month <= 12:
        return BadExpiry.NO_SUCH_MONTH
    if is_past(expiry, now):
        return BadExpiry.PAST
    return BadExpiry.ABSURD if expiry.year > datetime.fromtimestamp(now, UTC).year + MOST_YEARS else expiry


def is_past(expiry: Expiry, now: int) -> bool:
    """Tell whether the month has ended everywhere on earth (`now` in epoch seconds)."""
    there = datetime.fromtimestamp(now, UTC) - _LAST_ZONE
    return (there.year, there.month) > (expiry.year, expiry.month)


def _plain(text: str) -> str:
    digits = (str(digit) if (digit := unicodedata.digit(each, None)) is not None else each for each in text)
    plain = unicodedata.normalize("NFKC", "".join(digits)).casefold().replace("–", "-")
    return " ".join(plain.split())


def _parts(text: str) -> tuple[int, int] | None:
    """Month and year as written; None when there is no date, or more than one."""
    found = [(_month(match[1]), int(match[2])) for match in _NAMED.finditer(text)]
    found = found or [(int(match[1]), int(match[2])) for match in _NUMBERS.finditer(text)]
    found = found or [(int(match[2]), int(match[1])) for match in _ISO.finditer(text)]
    if not found and (match := _TOGETHER.fullmatch(text)):
        found = [(int(match[1]), int(match[2]))]
    return found[0] if len(found) == 1 else None


def _month(name: str) -> int:
    return _MONTHS.index(name[:3]) + 1
