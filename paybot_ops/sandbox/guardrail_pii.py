"""Personal data that the embedded guardrail finds: by its form, and where a form alone says little, beside its name.

Bedrock's own detection is a model; this one knows no names, addresses or ages, and nothing that is spelled out.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

_GAP = r"(?:\s+[a-z]+){0,5}\s*[:=#]?\s*"


def _named(names: str, value: str) -> re.Pattern[str]:
    """A value after one of its names, with a few words between them at most."""
    return re.compile(rf"\b(?:{names})\b{_GAP}(?P<value>{value})", re.IGNORECASE)


PATTERNS = {
    "EMAIL": re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+"),
    "PHONE": re.compile(r"(?<![\w+])(?:\+\d{1,3}[ .-]?)?(?:\(\d{3}\)|\d{3})[ .-]\d{3}[ .-]\d{4}(?!\d)"),
    "CREDIT_DEBIT_CARD_NUMBER": re.compile(r"(?<!\d)\d(?:[ -]?\d){12,18}(?!\d)"),
    "CREDIT_DEBIT_CARD_CVV": _named("cvv2?|cvc2?|cvn|csc|security code", r"\d{3,4}(?!\d)"),
    "CREDIT_DEBIT_CARD_EXPIRY": _named(
        "expiry|expires|exp|valid (?:thru|until)", r"(?:0?[1-9]|1[0-2]) ?/ ?(?:20)?\d{2}"
    ),
    "PIN": _named("pin", r"\d{4,6}(?!\d)"),
    "PASSWORD": re.compile(r"\b(?:password|passphrase)(?: is|:|=)\s*(?P<value>\S{4,})", re.IGNORECASE),
    "USERNAME": re.compile(r"\b(?:username|user name|login)(?: is|:|=)\s*(?P<value>[\w.@-]{3,})", re.IGNORECASE),
    "US_SOCIAL_SECURITY_NUMBER": re.compile(r"(?<![\d-])\d{3}-\d{2}-\d{4}(?![\d-])"),
    "US_INDIVIDUAL_TAX_IDENTIFICATION_NUMBER": re.compile(r"(?<!\d)9\d{2}-[5-9]\d-\d{4}(?!\d)"),
    "US_BANK_ACCOUNT_NUMBER": _named("(?:bank )?account", r"\d{8,17}(?!\d)"),
    "US_BANK_ROUTING_NUMBER": _named("routing", r"\d{9}(?!\d)"),
    "US_PASSPORT_NUMBER": _named("passport", r"[A-Z]?\d{8,9}(?!\d)"),
    "DRIVER_ID": _named(r"driver'?s?'? (?:license|licence|id)", r"[A-Z]?\d{6,12}"),
    "INTERNATIONAL_BANK_ACCOUNT_NUMBER": re.compile(r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?\b"),
    "SWIFT_CODE": _named("swift|bic", r"[A-Z]{6}[A-Z0-9]{2}(?:[A-Z0-9]{3})?\b"),
    "UK_NATIONAL_INSURANCE_NUMBER": re.compile(r"\b[A-CEGHJ-PR-TW-Z]{2} ?(?:\d{2} ?){3}[A-D]\b"),
    "IP_ADDRESS": re.compile(r"(?<![\d.])(?:\d{1,3}\.){3}\d{1,3}(?![\d.])"),
    "MAC_ADDRESS": re.compile(r"\b(?:[0-9A-Fa-f]{2}[:-]){5}[0-9A-Fa-f]{2}\b"),
    "URL": re.compile(r"\bhttps?://\S+", re.IGNORECASE),
    "AWS_ACCESS_KEY": re.compile(r"\b(?:AKIA|ASIA)[A-Z0-9]{16}\b"),
}
EVALUATED_PII = tuple(PATTERNS)


def find_pii(kind: str, text: str) -> list[str]:
    """The values of one kind in a text, none for a kind that is not evaluated here."""
    pattern = PATTERNS.get(kind)
    if pattern is None:
        return []
    accept = _ACCEPT.get(kind, _always)
    return [found for found in _values(pattern, text) if accept(found)]


def _values(pattern: re.Pattern[str], text: str) -> Iterator[str]:
    name = "value" if "value" in pattern.groupindex else 0
    return (match[name] for match in pattern.finditer(text) if match[name])


def _always(_text: str) -> bool:
    return True


def _luhn(text: str) -> bool:
    digits = [int(character) for character in text if character.isdigit()]
    doubled = [digit * 2 - 9 if digit > 4 else digit * 2 for digit in digits[-2::-2]]
    return (sum(digits[-1::-2]) + sum(doubled)) % 10 == 0


def _iban(text: str) -> bool:
    """ISO 13616: the number with its first four characters at its end is 1 modulo 97."""
    compact = text.replace(" ", "")
    return int("".join(str(int(character, 36)) for character in compact[4:] + compact[:4])) % 97 == 1


_ACCEPT: dict[str, Callable[[str], bool]] = {
    "CREDIT_DEBIT_CARD_NUMBER": _luhn,
    "INTERNATIONAL_BANK_ACCOUNT_NUMBER": _iban,
}
