"""Filter patterns for log events in JSON: `{ $.level = "ERROR" && $.status >= 500 }`.

Source: CloudWatch Logs, "Using filter patterns to match terms in JSON log events".
"""

from __future__ import annotations

import json
import operator
import re
from collections.abc import Callable
from typing import Any

from paybot_ops.sandbox.rest_json import ApiError

Matches = Callable[[str], bool]
_Test = Callable[[Any], bool]

_TOKEN = re.compile(
    r"\s*(?:(?P<bracket>[(){}])|(?P<logic>&&|\|\|)|(?P<selector>\$(?:\.[A-Za-z0-9_-]+|\[\d+\]|\.?\[\"[^\"]+\"\])+)"
    r'|(?P<compare>!=|<=|>=|=|<|>)|"(?P<text>(?:[^"\\]|\\.)*)"|%(?P<regex>[^%]+)%|(?P<word>[^\s(){}&|=<>!"%$]+))'
)
_STEP = re.compile(r'\.([A-Za-z0-9_-]+)|\[(\d+)\]|\.?\["([^"]+)"\]')
_REGEX_CHARACTERS = re.compile(r"[A-Za-z0-9:_#=@/;,\-^$?\[\]{}|\\*+. ]+")
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?")
_ORDERS = {"<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge}
_NOWHERE = object()


def json_pattern(text: str) -> Matches:
    """What the pattern finds among events that are JSON objects; no other event is found. Raises ApiError."""
    test = _Parser(text).whole()

    def matches(message: str) -> bool:
        try:
            return test(json.loads(message))
        except (ValueError, RecursionError):
            return False

    return matches


def regex(pattern: str) -> Matches:
    """A pattern between two percent signs; groups are not supported. Raises ApiError."""
    try:
        if _REGEX_CHARACTERS.fullmatch(pattern):
            compiled = re.compile(pattern, re.ASCII)
            return lambda message: compiled.search(message) is not None
    except re.error:
        pass
    raise _invalid()


class _Parser:
    def __init__(self, text: str) -> None:
        self._tokens: list[tuple[str, str]] = []
        place = 0
        while place < len(text.rstrip()):
            found = _TOKEN.match(text, place)
            if found is None:
                raise _invalid()
            kind = str(found.lastgroup)
            self._tokens.append((kind, found[kind]))
            place = found.end()
        self._next = 0

    def whole(self) -> _Test:
        self._expect("{")
        test = self._any()
        self._expect("}")
        if self._next != len(self._tokens):
            raise _invalid()
        return test

    def _any(self) -> _Test:
        tests = [self._all()]
        while self._take("||"):
            tests.append(self._all())
        return lambda document: any(test(document) for test in tests)

    def _all(self) -> _Test:
        tests = [self._one()]
        while self._take("&&"):
            tests.append(self._one())
        return lambda document: all(test(document) for test in tests)

    def _one(self) -> _Test:
        if self._take("("):
            test = self._any()
            self._expect(")")
            return test
        kind, selector = self._pop()
        if kind != "selector":
            raise _invalid()
        kind, word = self._pop()
        judge = _comparison(word, *self._pop()) if kind == "compare" else _word(word, self._pop()[1])
        return lambda document: judge(_find(document, selector))

    def _pop(self) -> tuple[str, str]:
        if self._next == len(self._tokens):
            raise _invalid()
        self._next += 1
        return self._tokens[self._next - 1]

    def _take(self, text: str) -> bool:
        if self._next < len(self._tokens) and self._tokens[self._next] in (("bracket", text), ("logic", text)):
            self._next += 1
            return True
        return False

    def _expect(self, text: str) -> None:
        if not self._take(text):
            raise _invalid()


def _word(first: str, second: str) -> _Test:
    match (first.upper(), second.upper()):
        case ("IS", "NULL"):
            return lambda value: value is None
        case ("IS", "TRUE"):
            return lambda value: value is True
        case ("IS", "FALSE"):
            return lambda value: value is False
        case ("NOT", "EXISTS"):
            return lambda value: value is _NOWHERE
    raise _invalid()


def _comparison(sign: str, kind: str, wanted: str) -> _Test:
    if kind not in ("text", "word", "regex"):
        raise _invalid()
    if sign in _ORDERS:
        if kind != "word" or not _NUMBER.fullmatch(wanted):
            raise _invalid()
        order, bound = _ORDERS[sign], float(wanted)
        return lambda value: _is_number(value) and bool(order(float(value), bound))
    equal = _equality(kind, wanted)
    # What is not there equals nothing, and differs from nothing either.
    return equal if sign == "=" else lambda value: value is not _NOWHERE and not equal(value)


def _equality(kind: str, wanted: str) -> _Test:
    if kind == "regex":
        found = regex(wanted)
        return lambda value: _is_scalar(value) and found(_text(value))
    if kind == "word" and _NUMBER.fullmatch(wanted):
        number = float(wanted)
        return lambda value: float(value) == number if _is_number(value) else value == wanted
    plain = re.sub(r"\\(.)", r"\1", wanted) if kind == "text" else wanted
    like = re.compile(".*".join(map(re.escape, plain.split("*"))), re.DOTALL)
    return lambda value: _is_scalar(value) and like.fullmatch(_text(value)) is not None


def _find(document: Any, selector: str) -> Any:
    value = document
    for name, index, quoted in _STEP.findall(selector):
        if index:
            if not isinstance(value, list) or int(index) >= len(value):
                return _NOWHERE
            value = value[int(index)]
        elif not isinstance(value, dict) or (name or quoted) not in value:
            return _NOWHERE
        else:
            value = value[name or quoted]
    return value


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_scalar(value: Any) -> bool:
    return isinstance(value, str | int | float | bool)


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _invalid() -> ApiError:
    return ApiError("InvalidParameterException", "Invalid filter pattern")
