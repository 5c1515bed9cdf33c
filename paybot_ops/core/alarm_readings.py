"""Which GetMetricData calls give the latest value of every alarm: one where its limits allow it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from paybot_ops.core.alarms import Alarm

# Amazon CloudWatch: GetMetricData.
MOST_QUERIES = 500
MOST_POINTS = 100_800
_DAY = 86400
# How many periods back a value may be, where a whole day of each would be too many points.
_FEW_PERIODS = 3
# These see every query of a call, so their alarm has a call of its own.
_FAR_SIGHTED = re.compile(r"\b(METRICS|SEARCH|SELECT|LAMBDA|INSIGHT_RULE_METRIC)\b")
_NAME = re.compile(r"(\"[^\"]*\"|'[^']*')|\b([a-z]\w*)\b")


@dataclass(frozen=True, slots=True)
class Reading:
    """One call: its queries, the alarm that each returned id belongs to, and how many seconds back it reaches."""

    queries: tuple[Mapping[str, Any], ...]
    alarms: Mapping[str, str]
    seconds: int


@dataclass(frozen=True, slots=True)
class Value:
    """The latest point of what an alarm compares."""

    value: float
    at: datetime


@dataclass(slots=True)
class _Batch:
    queries: list[Mapping[str, Any]] = field(default_factory=list)
    alarms: dict[str, str] = field(default_factory=dict)
    periods: list[int] = field(default_factory=list)

    def reading(self) -> Reading:
        longest = max(self.periods)
        day = max(longest, _DAY)
        points = sum(day // period for period in self.periods)
        seconds = day if points <= MOST_POINTS else longest * _FEW_PERIODS
        return Reading(tuple(self.queries), self.alarms, seconds)


def plan_readings(alarms: Iterable[Alarm]) -> list[Reading]:
    """The calls for these alarms' latest values; a composite alarm has none."""
    together, alone = _Batch(), []
    done: list[Reading] = []
    for number, alarm in enumerate(alarm for alarm in alarms if alarm.watch is not None):
        watch = alarm.watch
        assert watch is not None
        queries = renamed(watch.queries, f"a{number}_", watch.returned)
        batch = together
        if any(_FAR_SIGHTED.search(query.get("Expression", "")) for query in queries):
            batch = _Batch()
            alone.append(batch)
            queries = renamed(watch.queries, "", watch.returned)
        elif together.queries and (
            len(together.queries) + len(queries) > MOST_QUERIES or _mixed_too_much(together, watch.period)
        ):
            done.append(together.reading())
            batch = together = _Batch()
        batch.queries += queries
        batch.periods.append(watch.period)
        batch.alarms[next(query["Id"] for query in queries if query["ReturnData"])] = alarm.name
    done += [batch.reading() for batch in (together, *alone) if batch.queries]
    return done


def renamed(queries: Sequence[Mapping[str, Any]], prefix: str, returned: str) -> list[dict[str, Any]]:
    """The queries with their ids, and the ids in their expressions, made unique; only the compared one returns data."""
    ids = {query["Id"] for query in queries}

    def replaced(found: re.Match[str]) -> str:
        return f"{prefix}{found[2]}" if found[2] in ids else found[0]

    changed = []
    for query in queries:
        copy = {name: value for name, value in query.items() if name != "Label"}
        copy |= {"Id": f"{prefix}{query['Id']}", "ReturnData": query["Id"] == returned}
        if "Expression" in query:
            copy["Expression"] = _NAME.sub(replaced, query["Expression"])
        changed.append(copy)
    return changed


def _mixed_too_much(batch: _Batch, period: int) -> bool:
    """Whether a call would ask too many points of its short periods because of one long one."""
    periods = [*batch.periods, period]
    longest = max(periods)
    return sum(longest * _FEW_PERIODS // each for each in periods) > MOST_POINTS


def window(reading: Reading, now: datetime) -> tuple[datetime, datetime]:
    """Start and end of a call: whole minutes, so that the last period of each alarm ends now."""
    end = now.replace(second=0, microsecond=0) + timedelta(minutes=1)
    return end - timedelta(seconds=reading.seconds), end
