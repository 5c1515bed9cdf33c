"""Terraform's errors where it speaks no JSON (`init -migrate-state` refuses `-json`)."""

from __future__ import annotations

import re

from paybot_ops.core.terraform_events import Diagnostic

_START = re.compile(r"^[│╷╵|\s]*Error: (?P<summary>.*)$")
_FRAME = re.compile(r"^[│╷╵|]\s?")
# A line of the user's file, which Terraform quotes below the place: it may hold a secret.
_QUOTED = re.compile(r"^\s*\d+:")
_PLACE = re.compile(r"^\s*on (?P<file>\S+) line (?P<line>\d+)")


def parse_text_errors(text: str) -> tuple[Diagnostic, ...]:
    """The errors in what Terraform wrote for people, without the lines that it quotes from files."""
    found: list[Diagnostic] = []
    summary: str = ""
    detail: list[str] = []
    place = ("", 0)
    for line in [*text.splitlines(), "Error: "]:
        if (start := _START.match(line)) is not None:
            if summary:
                found.append(Diagnostic("error", summary, " ".join(detail), file=place[0], line=place[1]))
            summary, detail, place = start["summary"].rstrip(": "), [], ("", 0)
            continue
        plain = _FRAME.sub("", line)
        if (at := _PLACE.match(plain)) is not None:
            place = (at["file"], int(at["line"]))
        elif not _QUOTED.match(plain) and plain.strip():
            detail.append(plain.strip())
    return tuple(found)
