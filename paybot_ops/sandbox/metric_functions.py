"""The functions of metric math that the embedded AWS knows (Amazon CloudWatch: Metric math syntax and functions)."""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

# A series: seconds since 1970 -> value, in order of time.
Points = dict[int, float]
Value = float | str | Points | list[Points]


@dataclass(frozen=True, slots=True)
class Grid:
    """The times, in order, that a series without a gap has, and the period between them in seconds."""

    times: Sequence[int]
    period: int


def apply_each(act: Callable[[float, float], float | None], left: Value, right: Value) -> Value:
    """Numbers and series combined time by time; a time that one side misses, or has no result, is left out."""
    if isinstance(left, str) or isinstance(right, str):
        raise ValueError("a text has no value")
    if isinstance(left, list):
        return [_series(apply_each(act, item, right)) for item in left]
    if isinstance(right, list):
        return [_series(apply_each(act, left, item)) for item in right]
    if isinstance(left, dict) and isinstance(right, dict):
        return _present({at: act(value, right[at]) for at, value in left.items() if at in right})
    if isinstance(left, dict) and isinstance(right, float):
        return _present({at: act(value, right) for at, value in left.items()})
    if isinstance(left, float) and isinstance(right, dict):
        return _present({at: act(left, value) for at, value in right.items()})
    assert isinstance(left, float) and isinstance(right, float)
    found = act(left, right)
    if found is None:
        raise ValueError("it divides by zero")
    return float(found)


def _series(value: Value) -> Points:
    if not isinstance(value, dict):
        raise ValueError("a time series is needed")
    return value


def _present(points: Mapping[int, float | None]) -> Points:
    return {at: float(value) for at, value in points.items() if value is not None}


def _each(act: Callable[[float], float | None]) -> Callable[..., Value]:
    def run(_grid: Grid, value: Value) -> Value:
        return apply_each(lambda item, _: act(item), value, 0.0)

    return run


def _reduced(act: Callable[[Sequence[float]], float]) -> Callable[..., Value]:
    """A series becomes a number; several become one series, of what each has at a time."""

    def run(_grid: Grid, value: Value) -> Value:
        if isinstance(value, list):
            times = sorted({at for points in value for at in points})
            return {at: float(act([points[at] for points in value if at in points])) for at in times}
        points = list(_series(value).values())
        return float(act(points)) if points else {}

    return run


def _fill(grid: Grid, value: Value, filler: Value) -> Value:
    if isinstance(value, list):
        return [_series(_fill(grid, item, filler)) for item in value]
    points = _series(value)
    if isinstance(filler, dict):
        return {at: points.get(at, filler.get(at, math.nan)) for at in grid.times if at in points or at in filler}
    if isinstance(filler, float):
        return {at: points.get(at, filler) for at in grid.times}
    if filler == "REPEAT":
        return _repeated(grid, points)
    if filler == "LINEAR":
        return _interpolated(grid, points)
    raise ValueError("FILL takes a number, a metric, REPEAT or LINEAR")


def _repeated(grid: Grid, points: Points) -> Points:
    found: Points = {}
    for at in grid.times:
        if at in points:
            found[at] = points[at]
        elif found:
            found[at] = found[next(reversed(found))]
    return found


def _interpolated(grid: Grid, points: Points) -> Points:
    known = list(points)
    found = dict(points)
    for left, right in pairwise(known):
        slope = (points[right] - points[left]) / (right - left)
        found |= {at: points[left] + slope * (at - left) for at in grid.times if left < at < right}
    return dict(sorted(found.items()))


def _if(_grid: Grid, condition: Value, then: Value, otherwise: Value | None = None) -> Value:
    if isinstance(condition, float):
        return then if condition else (otherwise if otherwise is not None else {})
    found: dict[int, float | None] = {}
    for at, holds in _series(condition).items():
        chosen = then if holds else otherwise
        found[at] = chosen.get(at) if isinstance(chosen, dict) else chosen if isinstance(chosen, float) else None
    return _present(found)


def _steps(act: Callable[[float, float, int], float]) -> Callable[..., Value]:
    """Each value with the one before it and the seconds between them."""

    def run(_grid: Grid, value: Value) -> Value:
        if isinstance(value, list):
            return [_series(run(_grid, item)) for item in value]
        items = list(_series(value).items())
        return {at: float(act(now, before, at - then)) for (then, before), (at, now) in pairwise(items)}

    return run


def _running_sum(_grid: Grid, value: Value) -> Value:
    total, found = 0.0, {}
    for at, item in _series(value).items():
        total += item
        found[at] = total
    return found


def _logarithm(act: Callable[[float], float]) -> Callable[[float], float | None]:
    return lambda value: act(value) if value > 0 else None


FUNCTIONS: Mapping[str, Callable[..., Any]] = {
    "ABS": _each(abs),
    "CEIL": _each(math.ceil),
    "FLOOR": _each(math.floor),
    "LOG": _each(_logarithm(math.log)),
    "LOG10": _each(_logarithm(math.log10)),
    "AVG": _reduced(lambda values: sum(values) / len(values)),
    "MAX": _reduced(max),
    "MIN": _reduced(min),
    "SUM": _reduced(sum),
    "STDDEV": _reduced(statistics.pstdev),
    "DATAPOINT_COUNT": _reduced(len),
    "METRIC_COUNT": lambda _grid, value: float(len(value) if isinstance(value, list) else 1),
    "FIRST": lambda _grid, value: value[0] if isinstance(value, list) else value,
    "LAST": lambda _grid, value: value[-1] if isinstance(value, list) else value,
    "FILL": _fill,
    "IF": _if,
    "DIFF": _steps(lambda now, before, _seconds: now - before),
    "DIFF_TIME": _steps(lambda _now, _before, seconds: seconds),
    "RATE": _steps(lambda now, before, seconds: (now - before) / seconds),
    "RUNNING_SUM": _running_sum,
    "PERIOD": lambda grid, _value: float(grid.period),
    "TIME_SERIES": lambda grid, value: dict.fromkeys(grid.times, value),
}
