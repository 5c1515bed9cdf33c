"""What the queries of GetMetricData, and of an alarm on metric math, come to: the series of each id."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from paybot_ops.sandbox.metric_expressions import evaluate, identifiers
from paybot_ops.sandbox.metric_functions import Grid, Points
from paybot_ops.sandbox.rpc import refused
from paybot_ops.sandbox.series import Index, Key, bucketed, is_statistic, key_of, statistic

DAY = 86400
_IDENTIFIER = re.compile(r"[a-z][A-Za-z0-9_]*")
_SHORT_PERIODS = (1, 5, 10, 20, 30)
_MOST_QUERIES = 500
# How long data is kept at each period (Amazon CloudWatch: Metrics retention), in seconds.
_RETENTION = ((3 * 3600, 1), (15 * DAY, 60), (63 * DAY, 300), (455 * DAY, 3600))


@dataclass(frozen=True, slots=True)
class Window:
    """From `start` to before `end`, seen at `now`; whole seconds since 1970."""

    start: int
    end: int
    now: float

    def grid(self, period: int) -> Grid:
        """The beginnings of the periods that touch the window."""
        return Grid(range(self.start, self.end, period), period)


def rounded_start(start: float, now: float) -> int:
    """The start as CloudWatch rounds it down: to a minute, and to more the longer ago it is (GetMetricData)."""
    age = now - start
    step = 60 if age <= 15 * DAY else 300 if age <= 63 * DAY else 3600
    return int(start // step * step)


@dataclass(slots=True)
class Queries:
    """One set of queries over one window; each id is computed once."""

    queries: Mapping[str, Mapping[str, Any]]
    index: Index
    window: Window
    _found: dict[str, Points] = field(default_factory=dict)
    _under_way: list[str] = field(default_factory=list)

    def points(self, identifier: str) -> Points:
        """The series of one id.

        Raises:
            ApiError: an expression cannot be computed, or needs itself.
        """
        if identifier not in self._found:
            if identifier in self._under_way:
                raise refused(f"The expression '{identifier}' depends on itself.")
            self._under_way.append(identifier)
            self._found[identifier] = self._computed(identifier)
            self._under_way.pop()
        return self._found[identifier]

    def metrics(self) -> set[Key]:
        """Every metric that the queries read."""
        return {key_of(query["MetricStat"]["Metric"]) for query in self.queries.values() if "MetricStat" in query}

    def period(self, identifier: str) -> int:
        """The period of one id in seconds: its own, else the longest of what it is computed from."""
        query = self.queries[identifier]
        if "MetricStat" in query:
            return int(query["MetricStat"]["Period"])
        own = query.get("Period")
        return int(own) if own else max((self.period(item) for item in self._needs(identifier)), default=60)

    def _computed(self, identifier: str) -> Points:
        query = self.queries[identifier]
        if "MetricStat" in query:
            stat = query["MetricStat"]
            return series_points(
                self.index, key_of(stat["Metric"]), stat["Stat"], int(stat["Period"]), self.window, stat.get("Unit")
            )
        needed = self._needs(identifier)
        known = {item: self.points(item) for item in needed}
        grid = self.window.grid(self.period(identifier))
        return evaluate(identifier, query["Expression"], known, tuple(i for i in needed if self._is_metric(i)), grid)

    def _needs(self, identifier: str) -> list[str]:
        expression = self.queries[identifier]["Expression"]
        try:
            named = [item for item in identifiers(expression) if item in self.queries]
        except ValueError as problem:
            raise refused(f"Error in expression '{identifier}': {problem}") from None
        if "METRICS(" in expression.upper():
            named += [item for item in self.queries if self._is_metric(item)]
        return list(dict.fromkeys(named))

    def _is_metric(self, identifier: str) -> bool:
        return "MetricStat" in self.queries[identifier]


def series_points(index: Index, key: Key, stat: str, period: int, window: Window, unit: str | None = None) -> Points:
    """One statistic of one metric, period by period; a period without data is left out."""
    oldest = window.now - next((age for age, step in reversed(_RETENTION) if period % step == 0), 0)
    samples = index.find(key).between(max(window.start, oldest), window.end)
    buckets = bucketed(samples, window.start, period, unit)
    values = {number: statistic(stat, items) for number, items in buckets.items()}
    return {window.start + number * period: value for number, value in values.items() if value is not None}


def parse_queries(queries: Sequence[Mapping[str, Any]], member: str) -> dict[str, Mapping[str, Any]]:
    """The queries by id, checked; `member` is the request's own name for them.

    Raises:
        ApiError: too many, an id twice or malformed, a period or statistic that CloudWatch does not take.
    """
    if len(queries) > _MOST_QUERIES:
        raise refused(f"The collection {member} must not have a size greater than {_MOST_QUERIES}.")
    found: dict[str, Mapping[str, Any]] = {}
    for number, query in enumerate(queries, start=1):
        where = f"{member}.member.{number}"
        identifier = query.get("Id", "")
        if not _IDENTIFIER.fullmatch(identifier):
            raise refused(f"The value '{identifier}' for parameter {where}.Id is not matching the expected pattern.")
        if identifier in found:
            raise refused(f"The values for parameter Id in {member} are not unique.")
        if ("MetricStat" in query) == ("Expression" in query):
            raise refused(f"The parameter {where} must have either MetricStat or Expression.")
        if "MetricStat" in query:
            check_period(query["MetricStat"]["Period"], f"{where}.MetricStat.Period")
            check_statistic(query["MetricStat"]["Stat"], f"{where}.MetricStat.Stat")
            if not {"Namespace", "MetricName"} <= query["MetricStat"]["Metric"].keys():
                raise refused(f"The parameter {where}.MetricStat.Metric needs Namespace and MetricName.")
        found[identifier] = query
    return found


def check_period(period: int, where: str) -> None:
    """Raises ApiError for a period that CloudWatch does not take."""
    if period not in _SHORT_PERIODS and period % 60:
        raise refused(f"The parameter {where} must be 1, 5, 10, 20, 30 or a multiple of 60.")


def check_statistic(name: str, where: str) -> None:
    """Raises ApiError for a statistic that is not computed here."""
    if not is_statistic(name):
        raise refused(f"The value {name} for parameter {where} is not supported.")
