"""Wildcards in what a policy allows or denies. Each says in a comment what its `*` stands for."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from paybot_ops.core.hcl.scanner import END_SEQUENCE, INTERPOLATION, NAME, NEWLINE, STRING, TEXT, Token, scan
from paybot_ops.core.hcl.values import Positions
from scan.finding import Finding

_KEYS = frozenset(
    {"Action", "NotAction", "Resource", "NotResource", "actions", "not_actions", "resources", "not_resources"}
)
_OPENING = frozenset({"{", "[", "(", INTERPOLATION})
_CLOSING = frozenset({"}", "]", ")", END_SEQUENCE})
_COMMENT = re.compile(r"(?:#|//|/\*).*\*")


@dataclass(frozen=True, slots=True)
class Wildcard:
    """A `*` under one of a policy's keys. `enclosing` are the lines of the brackets around it, the innermost last."""

    line: int
    key: str
    enclosing: tuple[int, ...]


def find_wildcards(text: str) -> Iterator[Wildcard]:
    """Every string with a `*` that stands under an action's or a resource's key; raises `HclSyntaxError`."""
    positions = Positions(text)
    open_lines: list[int] = []
    key, depth = "", 0
    tokens = scan(text, positions)
    for place, token in enumerate(tokens):
        line = positions.at(token.start)[0]
        if token.kind in _OPENING:
            open_lines.append(line)
        elif token.kind in _CLOSING:
            open_lines.pop()
            key = key if len(open_lines) >= depth else ""
        elif token.kind in (NEWLINE, ",") and len(open_lines) == depth:
            key = ""
        elif not key and token.kind in (NAME, STRING) and tokens[place + 1].kind in ("=", ":"):
            name = text[token.start : token.end].strip('"')
            key, depth = (name if name in _KEYS else ""), len(open_lines)
        elif key and token.kind in (STRING, TEXT) and "*" in _source(text, token):
            yield Wildcard(line, key, tuple(open_lines))


def unexplained(name: str, text: str) -> Iterator[Finding]:
    """A finding for each wildcard that no comment with a `*` explains.

    The comment stands on the wildcard's own line, right above it, or right above or right below the opening of a
    bracket around it: a statement's, a list's of statements. What stands above the whole block is about something else.
    """
    lines = text.splitlines()
    for wildcard in find_wildcards(text):
        places = [(wildcard.line, False), *((line, True) for line in wildcard.enclosing[1:])]
        if not any(_is_explained(lines, line, opens=opens) for line, opens in places):
            yield Finding(
                f"{name}:{wildcard.line}", "wildcard", f"no comment says what the * in {wildcard.key} stands for"
            )


def _is_explained(lines: list[str], line: int, *, opens: bool) -> bool:
    own = lines[line - 1].rpartition('"')[2]
    above, below = lines[: line - 1][::-1], lines[line:] if opens else []
    return any(_COMMENT.search(comment) for comment in (own, *_leading_comments(above), *_leading_comments(below)))


def _leading_comments(lines: list[str]) -> Iterator[str]:
    for line in lines:
        if not line.lstrip().startswith(("#", "//")):
            return
        yield line


def _source(text: str, token: Token) -> str:
    return text[token.start : token.end]
