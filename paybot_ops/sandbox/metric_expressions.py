"""Metric math: the expressions of GetMetricData and of alarms (Amazon CloudWatch: Using math expressions).

A value is a number, one time series, or several. Where a series misses a time, so does what is computed from it.
"""

from __future__ import annotations

import math
import operator
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from paybot_ops.sandbox.metric_functions import FUNCTIONS, Grid, Points, Value, apply_each
from paybot_ops.sandbox.rpc import refused

_TOKEN = re.compile(
    r"\s*(?:(?P<number>\d+\.?\d*(?:[eE][+-]?\d+)?|\.\d+)|(?P<name>[A-Za-z_]\w*)|(?P<text>\"[^\"]*\"|'[^']*')"
    r"|(?P<sign>==|!=|<=|>=|&&|\|\||[-+*/^()<>,\[\]]))"
)
_Operation = Callable[[float, float], float | None]


def _divided(left: float, right: float) -> float | None:
    return left / right if right else None


def _power(left: float, right: float) -> float | None:
    try:
        found = left**right
    except (OverflowError, ZeroDivisionError):
        return None
    return found if isinstance(found, float | int) and math.isfinite(found) else None


def _truth(compare: Callable[[Any, Any], bool]) -> _Operation:
    return lambda left, right: float(compare(left, right))


# Lowest first; each level is left to right.
_LEVELS: tuple[Mapping[str, _Operation], ...] = (
    {"||": _truth(lambda a, b: bool(a or b)), "OR": _truth(lambda a, b: bool(a or b))},
    {"&&": _truth(lambda a, b: bool(a and b)), "AND": _truth(lambda a, b: bool(a and b))},
    {
        "==": _truth(operator.eq),
        "!=": _truth(operator.ne),
        "<=": _truth(operator.le),
        ">=": _truth(operator.ge),
        "<": _truth(operator.lt),
        ">": _truth(operator.gt),
    },
    {"+": operator.add, "-": operator.sub},
    {"*": operator.mul, "/": _divided},
)


@dataclass(slots=True)
class _Evaluation:
    tokens: Sequence[str]
    known: Mapping[str, Points]
    grid: Grid
    metrics: tuple[str, ...]
    at: int = 0

    def level(self, number: int) -> Value:
        if number == len(_LEVELS):
            return self.unary()
        found = self.level(number + 1)
        while (sign := self.peek()) in _LEVELS[number]:
            self.at += 1
            found = apply_each(_LEVELS[number][sign], found, self.level(number + 1))
        return found

    def unary(self) -> Value:
        if self.peek() == "-":
            self.at += 1
            return apply_each(operator.mul, -1.0, self.unary())
        base = self.primary()
        if self.peek() == "^":
            self.at += 1
            return apply_each(_power, base, self.unary())
        return base

    def primary(self) -> Value:
        word = self.take()
        if word == "(":
            found = self.level(0)
            self.expect(")")
            return found
        if word == "[":
            items = self.arguments("]")
            if not all(isinstance(item, dict) for item in items):
                raise ValueError("an array holds metrics")
            return [item for item in items if isinstance(item, dict)]
        if word[0].isdigit() or word[0] == ".":
            return float(word)
        if word[0] in "\"'":
            return word[1:-1]
        if self.peek() == "(" and word.replace("_", "a").isalnum():
            self.at += 1
            return self.call(word.upper(), self.arguments(")"))
        if word in self.known:
            return self.known[word]
        if word in ("REPEAT", "LINEAR"):
            return word
        raise ValueError(f"unknown identifier {word}")

    def call(self, name: str, arguments: list[Value]) -> Value:
        if name == "METRICS":
            part = arguments[0] if arguments else ""
            return [self.known[each] for each in self.metrics if isinstance(part, str) and part in each]
        if name not in FUNCTIONS:
            raise ValueError(f"the function {name} is not simulated")
        found: Value = FUNCTIONS[name](self.grid, *arguments)
        return found

    def arguments(self, end: str) -> list[Value]:
        found: list[Value] = []
        while self.peek() != end:
            if found:
                self.expect(",")
            found.append(self.level(0))
        self.expect(end)
        return found

    def peek(self) -> str:
        return self.tokens[self.at] if self.at < len(self.tokens) else ""

    def take(self) -> str:
        if self.at >= len(self.tokens):
            raise ValueError("it ends too early")
        self.at += 1
        return self.tokens[self.at - 1]

    def expect(self, token: str) -> None:
        if self.take() != token:
            raise ValueError(f"{token} is missing")


def evaluate(
    identifier: str, expression: str, known: Mapping[str, Points], metrics: tuple[str, ...], grid: Grid
) -> Points:
    """The series that an expression gives; `metrics` are the ids that METRICS() means.

    Raises:
        ApiError: the expression cannot be read, or calls what is not simulated here.
    """
    try:
        evaluation = _Evaluation(_tokens(expression), known, grid, metrics)
        found = evaluation.level(0)
        if evaluation.peek():
            raise ValueError(f"{evaluation.peek()} is not expected")
        return _one_series(found, grid)
    except (ValueError, TypeError, RecursionError) as problem:
        reason = str(problem) if isinstance(problem, ValueError) else "its arguments do not fit"
        raise refused(f"Error in expression '{identifier}': {reason}") from None


def identifiers(expression: str) -> tuple[str, ...]:
    """The names in an expression that may be ids of other queries."""
    return tuple(token for token in _tokens(expression) if token[0].islower())


def _tokens(expression: str) -> list[str]:
    tokens, position = [], 0
    text = expression.rstrip()
    while position < len(text):
        found = _TOKEN.match(text, position)
        if found is None:
            raise ValueError("it cannot be read")
        tokens.append(found.group().strip())
        position = found.end()
    return tokens


def _one_series(value: Value, grid: Grid) -> Points:
    if isinstance(value, dict):
        return value
    if isinstance(value, float):
        return dict.fromkeys(grid.times, value)
    raise ValueError("it must give one time series")
