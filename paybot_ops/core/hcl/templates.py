"""Quoted strings and heredocs: literal text, `${…}` and the `%{ if }` and `%{ for }` directives."""

from __future__ import annotations

from paybot_ops.core.hcl.containers import for_introduction
from paybot_ops.core.hcl.cursor import Cursor, Rule
from paybot_ops.core.hcl.decoding import BadLiteralError, decode_heredoc, decode_quoted
from paybot_ops.core.hcl.scanner import DIRECTIVE, END_SEQUENCE, INTERPOLATION, NAME, OPEN_QUOTE, TEXT, Token
from paybot_ops.core.hcl.values import Value

_NO_SEQUENCE_END = "expected the brace that ends a template sequence"


def template(cursor: Cursor, opening: Token) -> Rule[Value]:
    """What follows an opening quote or a heredoc's first line: a string, or the marker of a template."""
    pieces: list[Token] = []
    open_directives: list[str] = []
    literal = True
    while (token := cursor.read()).kind in {TEXT, INTERPOLATION, DIRECTIVE}:
        if token.kind == TEXT:
            pieces.append(token)
            continue
        literal = False
        with cursor.newlines(count=False):
            if token.kind == INTERPOLATION:
                yield
            else:
                yield from _directive(cursor, open_directives)
            cursor.expect(END_SEQUENCE, _NO_SEQUENCE_END)
    if open_directives:
        raise cursor.positions.error(opening.start, "a template directive of this string is not ended")
    value = decode(cursor, opening, pieces)
    return value if literal else cursor.not_literal("template", opening.start)


def decode(cursor: Cursor, opening: Token, pieces: list[Token]) -> str:
    """The text of a string without template sequences; raises `HclSyntaxError` for an escape that is none."""
    if opening.kind != OPEN_QUOTE:
        flush = cursor.source(opening).startswith("<<-")
        return decode_heredoc([cursor.source(piece) for piece in pieces], flush=flush)
    decoded = []
    for piece in pieces:
        try:
            decoded.append(decode_quoted(cursor.source(piece)))
        except BadLiteralError as refused:
            raise cursor.positions.error(piece.start + refused.offset, refused.rule) from None
    return "".join(decoded)


def _directive(cursor: Cursor, open_directives: list[str]) -> Rule[None]:
    """The inside of one `%{ }`; the list holds the `if`, `else` and `for` that are waiting for their end."""
    token = cursor.expect(NAME, "expected if, else, endif, for or endfor")
    word = cursor.source(token)
    innermost = open_directives[-1] if open_directives else ""
    if word == "if":
        yield
        open_directives.append("if")
    elif word == "for":
        yield from for_introduction(cursor)
        open_directives.append("for")
    elif word == "else" and innermost == "if":
        open_directives[-1] = "else"
    elif (word == "endif" and innermost in {"if", "else"}) or (word == "endfor" and innermost == "for"):
        open_directives.pop()
    else:
        raise cursor.positions.error(token.start, "expected if, for, or the directive that ends the one that is open")
