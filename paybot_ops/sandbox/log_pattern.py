"""CloudWatch Logs' filter patterns: what an event must hold to be found.

Source: CloudWatch Logs, "Filter pattern syntax". Patterns for space-delimited events are not simulated.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from paybot_ops.sandbox.log_json_pattern import json_pattern, regex
from paybot_ops.sandbox.rest_json import ApiError

Matches = Callable[[str], bool]

_TERM = re.compile(
    r'\s*(?P<sign>[?-]?)(?:"(?P<phrase>(?:[^"\\]|\\.)*)"|%(?P<regex>[^%]+)%|(?P<word>[A-Za-z0-9_]+))(?=\s|$)'
)


@dataclass(frozen=True)
class _Term:
    sign: str
    matches: Matches


def parse_pattern(pattern: str) -> Matches:
    """What a pattern finds; every event, where it is empty. Raises ApiError for one that CloudWatch cannot read."""
    text = pattern.strip()
    if not text:
        return lambda _message: True
    if text.startswith("{"):
        return json_pattern(text)
    if text.startswith("["):
        raise ApiError("NotImplemented", "The embedded AWS does not simulate space-delimited patterns.", status=501)
    return _terms(text)


def _terms(text: str) -> Matches:
    terms: list[_Term] = []
    place = 0
    while place < len(text):
        found = _TERM.match(text, place)
        if found is None:
            raise ApiError("InvalidParameterException", "Invalid filter pattern")
        terms.append(_Term(found["sign"], _one(found)))
        place = found.end()
    needed = [term.matches for term in terms if not term.sign]
    unwanted = [term.matches for term in terms if term.sign == "-"]
    # Beside terms that must be there, optional ones decide nothing.
    optional = [] if needed else [term.matches for term in terms if term.sign == "?"]

    def matches(message: str) -> bool:
        return (
            all(one(message) for one in needed)
            and not any(one(message) for one in unwanted)
            and (not optional or any(one(message) for one in optional))
        )

    return matches


def _one(found: re.Match[str]) -> Matches:
    if found["regex"] is not None:
        return regex(found["regex"])
    wanted = found["word"] if found["word"] is not None else re.sub(r"\\(.)", r"\1", found["phrase"])
    return lambda message: wanted in message
