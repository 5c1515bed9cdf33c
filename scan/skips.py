"""The findings that the module accepts, each with its reason in a comment inside of its resource."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from scan.finding import Finding

MOST = 8
"""So many may be accepted in all: more would be a judge that nobody listens to."""

_SKIP = re.compile(r"#\s*(?:checkov|bridgecrew):skip=(?P<check>[A-Z0-9_]+)(?P<reason>.*)")
_FEWEST_WORDS = 6


@dataclass(frozen=True, slots=True)
class Skip:
    """One accepted finding."""

    place: str
    check: str
    reason: str


def find_skips(name: str, text: str) -> Iterator[Skip]:
    """The skip comments of a file, in checkov's own form (checkov: Suppressing and Skipping Policies)."""
    for number, line in enumerate(text.splitlines(), start=1):
        if found := _SKIP.search(line):
            yield Skip(f"{name}:{number}", found["check"], found["reason"].removeprefix(":").strip())


def judge_skips(skips: Sequence[Skip], needed: Collection[str]) -> Iterator[Finding]:
    """What is wrong with the skips; `needed` are the checks that would fail without them."""
    if len(skips) > MOST:
        yield Finding(skips[MOST].place, "skip", f"{len(skips)} findings are accepted, and {MOST} is the most")
    for skip in skips:
        if len(skip.reason.split()) < _FEWEST_WORDS or not skip.reason.endswith("."):
            yield Finding(skip.place, "skip", f"{skip.check} is accepted without a sentence that says why")
        if skip.check not in needed:
            yield Finding(skip.place, "skip", f"{skip.check} would pass: the comment accepts nothing")
