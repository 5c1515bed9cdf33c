"""A place in the list of tokens, with the rule that line ends count in some brackets and not in others."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import contextmanager
from typing import TypeAlias, TypeVar

from paybot_ops.core.hcl.scanner import END, NAME, NEWLINE, NUMBER, STRING, Token
from paybot_ops.core.hcl.values import HclSyntaxError, NotLiteral, Positions, Value

_Result = TypeVar("_Result")
# A rule of the grammar: each `yield` asks for the expression that stands next, and is sent its value.
Rule: TypeAlias = Generator[None, Value, _Result]

_GENERAL = frozenset({NAME, NUMBER, STRING, NEWLINE, END})


class Cursor:
    """Reads tokens one after the other; line ends are skipped while `newlines_count` is false."""

    def __init__(self, text: str, tokens: list[Token], positions: Positions) -> None:
        self.text = text
        self.positions = positions
        self.newlines_count = True
        self._tokens = tokens
        self._index = 0

    @contextmanager
    def newlines(self, *, count: bool) -> Iterator[None]:
        """Lets line ends count, or not, until the bracket that was just opened is closed."""
        outside, self.newlines_count = self.newlines_count, count
        yield
        self.newlines_count = outside

    def peek(self) -> Token:
        """The next token, which stays the next."""
        token = self._tokens[self._index]
        if not self.newlines_count:
            while token.kind == NEWLINE:
                self._index += 1
                token = self._tokens[self._index]
        return token

    def peek_second(self) -> Token:
        """The token after the next one, line ends included; only asked for when the next one is not `END`."""
        return self._tokens[self._index + 1]

    def read(self) -> Token:
        """The next token, which is then behind; `END` is read again and again."""
        token = self.peek()
        if token.kind != END:
            self._index += 1
        return token

    def expect(self, kind: str, rule: str) -> Token:
        """Reads a token of the kind that must come here; raises `HclSyntaxError` with the rule otherwise."""
        token = self.read()
        if token.kind != kind:
            raise self.error(token, rule)
        return token

    def take(self, kind: str) -> bool:
        """Reads the next token only if it is of this kind."""
        if self.peek().kind != kind:
            return False
        self._index += 1
        return True

    def at_word(self, word: str) -> bool:
        """Whether the next token is this name."""
        token = self.peek()
        return token.kind == NAME and self.source(token) == word

    def source(self, token: Token) -> str:
        """The characters of a token."""
        return self.text[token.start : token.end]

    def at_any(self, kinds: frozenset[str]) -> bool:
        """Whether the next token is of one of these kinds."""
        return self.peek().kind in kinds

    @property
    def end(self) -> int:
        """Where the last token that was read ends."""
        return self._tokens[self._index - 1].end if self._index else 0

    def error(self, token: Token, rule: str) -> HclSyntaxError:
        """The error that says which rule is broken at a token; it names the token's kind, never its text."""
        found = token.kind if token.kind in _GENERAL else ""
        return self.positions.error(token.start, f"{rule}, found {found}" if found else rule)

    def not_literal(self, kind: str, offset: int) -> NotLiteral:
        """The marker of an expression that starts at an offset."""
        return self.positions.not_literal(kind, offset)
