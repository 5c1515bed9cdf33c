"""The structure of a file: attributes and blocks, each with the exact range of characters that it covers."""

from __future__ import annotations

from dataclasses import dataclass, field

from paybot_ops.core.hcl.cursor import Cursor
from paybot_ops.core.hcl.expressions import parse_expression
from paybot_ops.core.hcl.scanner import CLOSE_QUOTE, END, NAME, NEWLINE, OPEN_QUOTE, STRING, TEXT, Token, scan
from paybot_ops.core.hcl.templates import decode
from paybot_ops.core.hcl.values import Positions, Value

_AFTER_BLOCK_TYPE = frozenset({STRING, OPEN_QUOTE, NAME, "{"})
_BODY_ON_OWN_LINES = frozenset({NEWLINE, END, "}"})


@dataclass(frozen=True, slots=True)
class Attribute:
    """`name = value`; `value_start` and `value_end` bound the value alone, `end` is after the end of its line."""

    name: str
    start: int
    equals: int
    value_start: int
    value_end: int
    end: int
    value: Value


@dataclass(slots=True)
class Body:
    """What stands in a file or between a block's braces, in the order of the file."""

    start: int
    attributes: dict[str, Attribute] = field(default_factory=dict)
    blocks: list[Block] = field(default_factory=list)


@dataclass(slots=True)
class Block:
    """`type "label" { … }`; `close` is the place of its closing brace, `end` is after the end of its line.

    A block on one line holds its single argument between the braces, which no second one may join.
    """

    type: str
    labels: tuple[str, ...]
    start: int
    body: Body
    on_one_line: bool = False
    close: int = -1
    end: int = -1


def parse(text: str, positions: Positions | None = None) -> Body:
    """The structure of a whole file; raises `HclSyntaxError` where Terraform's own parser refuses it."""
    positions = positions or Positions(text)
    return _BodyParser(Cursor(text, scan(text, positions), positions)).parse()


class _BodyParser:
    def __init__(self, cursor: Cursor) -> None:
        self._cursor = cursor
        self._root = Body(0)
        self._open: list[Block] = []

    def parse(self) -> Body:
        cursor = self._cursor
        while (token := cursor.read()).kind != END:
            if token.kind == NAME:
                self._item(token)
            elif token.kind == "}" and self._open:
                self._close(token)
            elif token.kind != NEWLINE:
                raise cursor.error(token, "expected the name of an argument or of a block")
        if self._open:
            raise cursor.positions.error(self._open[-1].start, "this block is not closed before the end of the file")
        return self._root

    def _item(self, name: Token) -> None:
        cursor = self._cursor
        if cursor.take("="):
            self._attribute(name, in_one_line_block=False)
        elif cursor.at_any(_AFTER_BLOCK_TYPE):
            self._block(name)
        else:
            raise cursor.error(cursor.peek(), 'expected "=" after a name')

    def _attribute(self, name: Token, *, in_one_line_block: bool) -> None:
        cursor = self._cursor
        attributes = (self._open[-1].body if self._open else self._root).attributes
        word = cursor.source(name)
        if word in attributes:
            line, _ = cursor.positions.at(attributes[word].start)
            raise cursor.positions.error(name.start, f"this argument is already set in line {line}")
        equals, value_start = cursor.end - 1, cursor.peek().start
        value = parse_expression(cursor)
        value_end = cursor.end
        end = value_end if in_one_line_block else self._end_of_line("an argument")
        attributes[word] = Attribute(word, name.start, equals, value_start, value_end, end, value)

    def _end_of_line(self, what: str) -> int:
        """Reads the end of a line, which the end of the file is too, and returns the place behind it."""
        token = self._cursor.read()
        if token.kind not in {NEWLINE, END}:
            raise self._cursor.error(token, f"expected a new line after {what}")
        return token.end

    def _block(self, type_name: Token) -> None:
        cursor = self._cursor
        labels = []
        while (token := cursor.read()).kind != "{":
            labels.append(self._label(token))
        block = Block(cursor.source(type_name), tuple(labels), type_name.start, Body(token.end))
        (self._open[-1].body if self._open else self._root).blocks.append(block)
        self._open.append(block)
        if not cursor.at_any(_BODY_ON_OWN_LINES):
            block.on_one_line = True
            name = cursor.expect(NAME, "expected the name of an argument")
            cursor.expect("=", 'expected "=": a block on one line holds one argument')
            self._attribute(name, in_one_line_block=True)
            self._close(cursor.expect("}", 'expected "}": a block on one line holds one argument'))

    def _label(self, token: Token) -> str:
        cursor = self._cursor
        if token.kind == NAME:
            return cursor.source(token)
        if token.kind == STRING:
            return cursor.text[token.start + 1 : token.end - 1]
        if token.kind != OPEN_QUOTE:
            raise cursor.error(token, 'expected "{" to open a block, or "=" before a value')
        pieces = []
        while (piece := cursor.read()).kind == TEXT:
            pieces.append(piece)
        if piece.kind != CLOSE_QUOTE:
            raise cursor.positions.error(piece.start, "a block's label holds no template sequence")
        return decode(cursor, token, pieces)

    def _close(self, brace: Token) -> None:
        block = self._open.pop()
        block.close = brace.start
        block.end = self._end_of_line("a block")
