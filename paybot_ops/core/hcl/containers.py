"""Lists, maps and the `for` expressions that make them."""

from __future__ import annotations

from decimal import Decimal

from paybot_ops.core.hcl.cursor import Cursor, Rule
from paybot_ops.core.hcl.decoding import normalize, number_text
from paybot_ops.core.hcl.scanner import NAME, NEWLINE
from paybot_ops.core.hcl.values import Literal, NotLiteral, Value

# Written out without an exponent, `1e600000000` would fill the memory.
_LONGEST_NUMBER_KEY = 500
_KEY_SEPARATORS = frozenset({"=", ":"})


def list_items(cursor: Cursor, start: int) -> Rule[Value]:
    """What follows `[`: a list, or the marker of its first item that is no literal."""
    with cursor.newlines(count=False):
        if cursor.at_word("for"):
            return (yield from _for(cursor, "]", start))
        items: list[Literal] = []
        vague: NotLiteral | None = None
        while not cursor.take("]"):
            item = yield
            if isinstance(item, NotLiteral):
                vague = vague or item
            else:
                items.append(item)
            if cursor.peek().kind != "]":
                cursor.expect(",", 'expected "," or "]" after an item of a list')
    return vague or items


def map_items(cursor: Cursor, start: int) -> Rule[Value]:
    """What follows `{`: a map, or the marker of its first key or value that is no literal."""
    with cursor.newlines(count=False):
        if cursor.at_word("for"):
            return (yield from _for(cursor, "}", start))
    items: dict[str, Literal] = {}
    vague: NotLiteral | None = None
    with cursor.newlines(count=True):
        while not cursor.take("}"):
            if cursor.take(NEWLINE):
                continue
            key = yield from _key(cursor)
            if not cursor.take(":"):
                cursor.expect("=", 'expected "=" after a key of a map')
            item = yield
            if isinstance(key, NotLiteral):
                vague = vague or key
            elif isinstance(item, NotLiteral):
                vague = vague or item
            else:
                items[key] = item
            if cursor.peek().kind != "}" and not cursor.take(","):
                cursor.expect(NEWLINE, 'expected a new line, "," or "}" after an item of a map')
    return vague or items


def _key(cursor: Cursor) -> Rule[str | NotLiteral]:
    """A map's key: a bare name stands for itself, any other literal for its text."""
    token = cursor.peek()
    if token.kind == NAME and cursor.peek_second().kind in _KEY_SEPARATORS:
        return normalize(cursor.source(cursor.read()))
    key = yield
    if isinstance(key, str | NotLiteral):
        return key
    if isinstance(key, bool):
        return str(key).lower()
    if isinstance(key, int | Decimal) and abs(Decimal(key).adjusted()) < _LONGEST_NUMBER_KEY:
        return number_text(key)
    return cursor.not_literal("key", token.start)


def _for(cursor: Cursor, closing: str, start: int) -> Rule[NotLiteral]:
    cursor.read()
    yield from for_introduction(cursor)
    cursor.expect(":", 'expected ":" after the collection of a "for"')
    yield
    if closing == "}":
        cursor.expect("=>", 'expected "=>" after the key of a "for" that makes a map')
        yield
        cursor.take("...")
    if cursor.at_word("if"):
        cursor.read()
        yield
    cursor.expect(closing, f'expected "{closing}" at the end of a "for"')
    return cursor.not_literal("for expression", start)


def for_introduction(cursor: Cursor) -> Rule[None]:
    """The names and the collection that follow the word `for`, in brackets and in templates alike."""
    cursor.expect(NAME, 'expected a name after "for"')
    if cursor.take(","):
        cursor.expect(NAME, 'expected a second name after ","')
    if not cursor.at_word("in"):
        raise cursor.error(cursor.peek(), 'expected "in" after the names of a "for"')
    cursor.read()
    yield
