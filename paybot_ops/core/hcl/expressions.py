"""The expressions of HCL: which are well formed, where they end, and the value of those that are literals.

The grammar is that of HashiCorp's own parser (`hclsyntax/parser.go`). Precedence is left out: it changes what an
expression is worth, never whether it is well formed. A rule that needs an expression inside it does not call
`_expression` but yields, and is sent its value: so a thousand brackets need no thousand stack frames.
"""

from __future__ import annotations

from decimal import Decimal

from paybot_ops.core.hcl.containers import list_items, map_items
from paybot_ops.core.hcl.cursor import Cursor, Rule
from paybot_ops.core.hcl.decoding import BadLiteralError, decode_number, negated, normalize
from paybot_ops.core.hcl.scanner import NAME, NUMBER, OPEN_HEREDOC, OPEN_QUOTE, STRING, Token
from paybot_ops.core.hcl.templates import template
from paybot_ops.core.hcl.values import Literal, NotLiteral, Value

_BINARY = frozenset({"||", "&&", "==", "!=", "<", ">", "<=", ">=", "+", "-", "*", "/", "%"})
_SIGNS = frozenset({"-", "!"})
_ACCESSES = frozenset({".", "["})
_CALLS = frozenset({"(", "::"})
_KEYWORDS: dict[str, Literal] = {"true": True, "false": False, "null": None}


def parse_expression(cursor: Cursor) -> Value:
    """Reads one expression; raises `HclSyntaxError` where Terraform's own parser refuses it."""
    pending = [_expression(cursor)]
    value: Value = None
    while pending:
        try:
            pending[-1].send(value)
        except StopIteration as finished:
            pending.pop()
            value = finished.value
        else:
            pending.append(_expression(cursor))
            value = None
    return value


def _expression(cursor: Cursor) -> Rule[Value]:
    """Operands joined by operators, and what follows a `?`."""
    start = cursor.peek().start
    value = yield from _operand(cursor)
    kind = ""
    while cursor.at_any(_BINARY):
        cursor.read()
        yield from _operand(cursor)
        kind = "operation"
    if cursor.take("?"):
        yield
        cursor.expect(":", 'expected ":" and the value for when the condition is false')
        yield
        kind = "conditional"
    return cursor.not_literal(kind, start) if kind else value


def _operand(cursor: Cursor) -> Rule[Value]:
    """A term with the signs before it and the accesses after it."""
    start = cursor.peek().start
    signs = ""
    while cursor.at_any(_SIGNS):
        signs += cursor.read().kind
    value = yield from _term(cursor)
    if cursor.at_any(_ACCESSES):
        yield from _accesses(cursor)
        if not isinstance(value, NotLiteral):
            value = cursor.not_literal("index", start)
    return _signed(value, signs, cursor, start) if signs else value


def _signed(value: Value, signs: str, cursor: Cursor, start: int) -> Value:
    odd = len(signs) % 2 == 1
    if isinstance(value, bool) and set(signs) == {"!"}:
        return value != odd
    if isinstance(value, int | Decimal) and not isinstance(value, bool) and set(signs) == {"-"}:
        return negated(value) if odd else value
    return cursor.not_literal("operation", start)


def _term(cursor: Cursor) -> Rule[Value]:
    token = cursor.read()
    kind = token.kind
    if kind == STRING:
        return normalize(cursor.text[token.start + 1 : token.end - 1])
    if kind == NAME:
        if cursor.at_any(_CALLS):
            yield from _arguments(cursor)
            return cursor.not_literal("function call", token.start)
        word = cursor.source(token)
        return _KEYWORDS[word] if word in _KEYWORDS else cursor.not_literal("reference", token.start)
    if kind == NUMBER:
        return _number(cursor, token)
    if kind == "[":
        return (yield from list_items(cursor, token.start))
    if kind == "{":
        return (yield from map_items(cursor, token.start))
    if kind in {OPEN_QUOTE, OPEN_HEREDOC}:
        return (yield from template(cursor, token))
    if kind == "(":
        with cursor.newlines(count=False):
            value = yield
            cursor.expect(")", 'expected ")"')
        return value
    raise cursor.error(token, "expected a value")


def _number(cursor: Cursor, token: Token) -> int | Decimal:
    try:
        return decode_number(cursor.source(token))
    except BadLiteralError as refused:
        raise cursor.positions.error(token.start, refused.rule) from None


def _arguments(cursor: Cursor) -> Rule[None]:
    """What follows the name of a function: more of its name, and the arguments in parentheses."""
    while cursor.take("::"):
        cursor.expect(NAME, 'expected the name of a function after "::"')
    cursor.expect("(", 'expected "(" after the name of a function')
    with cursor.newlines(count=False):
        while not cursor.take(")"):
            yield
            if cursor.take("..."):
                cursor.expect(")", 'expected ")" after "..."')
                break
            if cursor.peek().kind != ")":
                cursor.expect(",", 'expected "," or ")" after an argument')


def _accesses(cursor: Cursor) -> Rule[None]:
    """Attributes, indexes and splats: `.name`, `.0`, `.*`, `[key]`, `[*]`."""
    in_splat = False
    while cursor.at_any(_ACCESSES):
        if cursor.take("."):
            if not in_splat and cursor.take("*"):
                in_splat = True
            else:
                _step(cursor)
            continue
        cursor.read()
        in_splat = False
        if cursor.take("*"):
            cursor.expect("]", 'expected "]" after "*"')
            continue
        with cursor.newlines(count=False):
            yield
            cursor.expect("]", 'expected "]" after an index')


def _step(cursor: Cursor) -> None:
    step = cursor.read()
    if step.kind == NUMBER:
        _number(cursor, step)
        if "." in cursor.source(step):
            raise cursor.positions.error(step.start, "two indexes in a row are written in square brackets")
    elif step.kind != NAME:
        raise cursor.error(step, "expected the name of an attribute after a dot")
