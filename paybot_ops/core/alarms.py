"""CloudWatch alarms as paybot reads them: metric, metric-math and composite, each in one small record."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

# Anomaly detection compares with a band instead of a number.
COMPARISONS = {
    "GreaterThanThreshold": ">",
    "GreaterThanOrEqualToThreshold": "≥",
    "LessThanThreshold": "<",
    "LessThanOrEqualToThreshold": "≤",
    "LessThanLowerOrGreaterThanUpperThreshold": "outside",
    "LessThanLowerThreshold": "below",
    "GreaterThanUpperThreshold": "above",
}
_DEFAULT_PERIOD = 60


class Kind(StrEnum):
    """What an alarm looks at: one metric, a formula over several, or other alarms."""

    METRIC = "metric"
    MATH = "math"
    COMPOSITE = "composite"


class State(StrEnum):
    """The state of an alarm, in AWS's words; `rank` puts firing ones first."""

    ALARM = "ALARM"
    INSUFFICIENT_DATA = "INSUFFICIENT_DATA"
    OK = "OK"

    @property
    def rank(self) -> int:
        """Its place in a list that begins with what needs attention."""
        return list(State).index(self)


@dataclass(frozen=True, slots=True)
class MetricName:
    """One metric; `dimensions` are (name, value) pairs."""

    namespace: str
    name: str
    dimensions: tuple[tuple[str, str], ...] = ()

    def dimension(self, name: str) -> str | None:
        """The value of one dimension."""
        return dict(self.dimensions).get(name)


@dataclass(frozen=True, slots=True)
class Watch:
    """What a metric or metric-math alarm compares: `period` in seconds, `threshold` None for a band.

    `queries` are the MetricDataQueries, in the API's own form, whose `returned` one is compared.
    """

    metrics: tuple[MetricName, ...]
    stat: str
    period: int
    label: str
    comparison: str
    threshold: float | None
    periods: int
    datapoints: int
    treat_missing: str
    queries: tuple[Mapping[str, Any], ...]
    returned: str

    @property
    def compares_down(self) -> bool:
        """Whether it fires on low values."""
        return self.comparison in ("<", "≤", "below")


@dataclass(frozen=True, slots=True)
class Alarm:
    """One alarm with its state; `since` is when it came to that state. `rule` is a composite alarm's."""

    name: str
    arn: str
    kind: Kind
    state: State
    since: datetime
    updated: datetime
    reason: str
    description: str
    actions_enabled: bool
    alarm_actions: tuple[str, ...]
    ok_actions: tuple[str, ...]
    insufficient_data_actions: tuple[str, ...]
    watch: Watch | None = None
    rule: str = ""

    @property
    def topics(self) -> tuple[str, ...]:
        """The SNS topics that it notifies when it fires."""
        return tuple(arn for arn in self.alarm_actions if is_topic(arn))

    @property
    def account(self) -> str:
        """The account that it belongs to."""
        return self.arn.split(":")[4] if self.arn.count(":") > 4 else ""


@dataclass(frozen=True, slots=True)
class HistoryItem:
    """One thing that happened to an alarm: its state or settings changed, or an action was carried out."""

    at: datetime
    alarm: str
    kind: str
    summary: str
    data: str = ""


def is_topic(arn: str) -> bool:
    """Whether an action is an SNS topic."""
    return arn.startswith("arn:") and arn.split(":")[2] == "sns"


def topic_name(arn: str) -> str:
    """The name in a topic's ARN."""
    return arn.rpartition(":")[2]


def belongs(name: str, environment: str, prefix: str | None) -> bool:
    """Whether an alarm of a project is this environment's; with a prefix of the user's own, every one is."""
    return prefix is not None or not environment or name.endswith(f"-{environment}")


def parse_alarm(found: Mapping[str, Any]) -> Alarm:
    """An alarm of DescribeAlarms, of any kind."""
    composite = "AlarmRule" in found
    watch = None if composite else _watch(found)
    kind = Kind.COMPOSITE if composite else Kind.MATH if found.get("Metrics") else Kind.METRIC
    since = found.get("StateTransitionedTimestamp") or found["StateUpdatedTimestamp"]
    return Alarm(
        name=found["AlarmName"],
        arn=found["AlarmArn"],
        kind=kind,
        state=State(found["StateValue"]),
        since=since,
        updated=found["StateUpdatedTimestamp"],
        reason=found.get("StateReason", ""),
        description=found.get("AlarmDescription", ""),
        actions_enabled=found.get("ActionsEnabled", True),
        alarm_actions=tuple(found.get("AlarmActions", ())),
        ok_actions=tuple(found.get("OKActions", ())),
        insufficient_data_actions=tuple(found.get("InsufficientDataActions", ())),
        watch=watch,
        rule=found.get("AlarmRule", ""),
    )


def parse_history(found: Mapping[str, Any]) -> HistoryItem:
    """An item of DescribeAlarmHistory."""
    return HistoryItem(
        found["Timestamp"],
        found["AlarmName"],
        found["HistoryItemType"],
        found.get("HistorySummary", ""),
        found.get("HistoryData", ""),
    )


def finite(value: float) -> float | None:
    """The value, or None for what is no number to compare or to write as JSON."""
    return value if math.isfinite(value) else None


def metric_name(found: Mapping[str, Any]) -> MetricName:
    """A metric in the API's form."""
    dimensions = tuple(sorted((item["Name"], item["Value"]) for item in found.get("Dimensions", ())))
    return MetricName(found.get("Namespace", ""), found.get("MetricName", ""), dimensions)


def _watch(found: Mapping[str, Any]) -> Watch:
    queries = tuple(found.get("Metrics") or (_only_query(found),))
    returned = next((query for query in queries if query.get("ReturnData", True)), queries[-1])
    stats = [query["MetricStat"] for query in queries if "MetricStat" in query]
    periods = found.get("EvaluationPeriods", 1)
    own = returned.get("MetricStat", {})
    threshold = found.get("Threshold") if "ThresholdMetricId" not in found else None
    return Watch(
        metrics=tuple(metric_name(stat["Metric"]) for stat in stats),
        stat=own.get("Stat", ""),
        period=own.get("Period") or returned.get("Period") or _longest(stats),
        label=returned.get("Label") or returned.get("Expression", ""),
        comparison=COMPARISONS.get(found.get("ComparisonOperator", ""), "?"),
        threshold=None if threshold is None else finite(threshold),
        periods=periods,
        datapoints=found.get("DatapointsToAlarm", periods),
        treat_missing=found.get("TreatMissingData", "missing"),
        queries=queries,
        returned=returned.get("Id", ""),
    )


def _only_query(found: Mapping[str, Any]) -> Mapping[str, Any]:
    metric = {name: found[name] for name in ("Namespace", "MetricName") if name in found}
    metric["Dimensions"] = list(found.get("Dimensions", ()))
    stat = {
        "Metric": metric,
        "Period": found.get("Period", _DEFAULT_PERIOD),
        "Stat": found.get("Statistic") or found.get("ExtendedStatistic", ""),
    }
    return {"Id": "m", "MetricStat": stat | ({"Unit": found["Unit"]} if "Unit" in found else {})}


def _longest(stats: Iterable[Mapping[str, Any]]) -> int:
    return max((stat["Period"] for stat in stats), default=_DEFAULT_PERIOD)
