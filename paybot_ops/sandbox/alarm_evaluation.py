"""Which state a metric alarm is in, by its data (Amazon CloudWatch: Using alarms; how alarms treat missing data)."""

from __future__ import annotations

import json
import operator
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from paybot_ops.sandbox.alarm_store import ALARM, INSUFFICIENT, OK, Alarm
from paybot_ops.sandbox.metric_queries import DAY, Queries, Window, parse_queries, series_points
from paybot_ops.sandbox.rest_json import ApiError
from paybot_ops.sandbox.series import Index, Key, key_of

_COMPARISONS: Mapping[str, tuple[Callable[[float, float], bool], str]] = {
    "GreaterThanOrEqualToThreshold": (operator.ge, "greater than or equal to"),
    "GreaterThanThreshold": (operator.gt, "greater than"),
    "LessThanThreshold": (operator.lt, "less than"),
    "LessThanOrEqualToThreshold": (operator.le, "less than or equal to"),
}
# Beyond the periods that count, CloudWatch looks at a few older ones for data.
_EXTRA_PERIODS = 2


@dataclass(frozen=True, slots=True)
class Verdict:
    """The state that the data call for, with the reason as AWS words it and its data as JSON."""

    state: str
    reason: str
    data: str


def watched(alarm: Alarm) -> frozenset[Key]:
    """The metrics whose data decide a metric alarm."""
    if "MetricName" in alarm.settings:
        return frozenset((key_of(alarm.settings),))
    queries = alarm.settings.get("Metrics", ())
    return frozenset(key_of(query["MetricStat"]["Metric"]) for query in queries if "MetricStat" in query)


def period_of(settings: Mapping[str, Any]) -> int:
    """The period of a metric alarm in seconds."""
    if "Period" in settings:
        return int(settings["Period"])
    queries = parse_queries(settings["Metrics"], "Metrics")
    return Queries(queries, None, Window(0, 0, 0)).period(returned(settings))  # type: ignore[arg-type]


def returned(settings: Mapping[str, Any]) -> str:
    """The id of the query that the threshold is held against."""
    return next(str(query["Id"]) for query in settings["Metrics"] if query.get("ReturnData", True))


def interval_of(settings: Mapping[str, Any]) -> int:
    """The seconds between evaluations: a minute, 10 s for a shorter period, an hour for one of a day or more."""
    period = period_of(settings)
    return 10 if period < 60 else 3600 if period >= DAY else 60


def evaluate(alarm: Alarm, index: Index, now: float) -> Verdict | None:
    """What the data up to now call for; None where nothing here can tell (anomaly detection, an unreadable formula)."""
    settings = alarm.settings
    if "Threshold" not in settings or settings["ComparisonOperator"] not in _COMPARISONS:
        return None
    period, needed = period_of(settings), settings["EvaluationPeriods"]
    step = 60 if period >= 60 else 10
    end = int(now // step + 1) * step
    window = Window(end - (needed + _EXTRA_PERIODS) * period, end, now)
    try:
        points = _points(settings, index, window, period)
    except ApiError:
        return None
    values = [points.get(at) for at in window.grid(period).times]
    state = assess(values, settings, alarm.state)
    return Verdict(state, _reason(values, settings, window, state), _data(values, settings, window, period))


def assess(values: Sequence[float | None], settings: Mapping[str, Any], current: str) -> str:
    """The state for the values of the periods, oldest first, more of them than count."""
    needed, treat = settings["EvaluationPeriods"], settings.get("TreatMissingData", "missing")
    enough = settings.get("DatapointsToAlarm", needed)
    compare, threshold = _COMPARISONS[settings["ComparisonOperator"]][0], settings["Threshold"]
    real = [value for value in values if value is not None][-needed:]
    breaching = sum(compare(value, threshold) for value in real)
    missing = needed - len(real)
    if not missing or treat == "notBreaching":
        return ALARM if breaching >= enough else OK
    if treat == "breaching":
        return ALARM if breaching + missing >= enough else OK
    if treat == "ignore":
        if breaching >= enough:
            return ALARM
        return OK if len(real) - breaching > needed - enough else current
    if not real:
        return INSUFFICIENT
    return ALARM if breaching >= min(enough, len(real)) else OK


def _points(settings: Mapping[str, Any], index: Index, window: Window, period: int) -> Mapping[int, float]:
    if "Metrics" in settings:
        return Queries(parse_queries(settings["Metrics"], "Metrics"), index, window).points(returned(settings))
    stat = settings.get("Statistic") or settings["ExtendedStatistic"]
    return series_points(index, key_of(settings), stat, period, window, settings.get("Unit"))


def _reason(values: Sequence[float | None], settings: Mapping[str, Any], window: Window, state: str) -> str:
    needed = settings["EvaluationPeriods"]
    real = [value for value in values if value is not None][-needed:]
    if not real:
        if state == INSUFFICIENT:
            return f"Insufficient Data: {_counted(needed, 'datapoint')} {'was' if needed == 1 else 'were'} unknown."
        treated = {"breaching": "Breaching", "notBreaching": "NonBreaching"}.get(settings.get("TreatMissingData", ""))
        return (
            f"Threshold Crossed: no datapoints were received for {_counted(needed, 'period')} and "
            f"{_counted(needed, 'missing datapoint')} {'was' if needed == 1 else 'were'} treated as [{treated}]."
        )
    compare, words = _COMPARISONS[settings["ComparisonOperator"]]
    breaching = sum(compare(value, settings["Threshold"]) for value in real)
    at = datetime.fromtimestamp(window.end, UTC).strftime("%d/%m/%y %H:%M:%S")
    recent = ", ".join(f"{value}" for value in reversed(real))
    crossed = state == ALARM
    count = breaching if crossed else len(real) - breaching
    return (
        f"Threshold Crossed: {count} out of the last {len(real)} datapoints [{recent} ({at})] "
        f"{'was' if count == 1 else 'were'} {'' if crossed else 'not '}{words} the threshold ({settings['Threshold']})."
    )


def _data(values: Sequence[float | None], settings: Mapping[str, Any], window: Window, period: int) -> str:
    document = {
        "version": "1.0",
        "queryDate": datetime.fromtimestamp(window.now, UTC).isoformat(),
        "startDate": datetime.fromtimestamp(window.start, UTC).isoformat(),
        "period": period,
        "recentDatapoints": [value for value in values if value is not None],
        "threshold": settings["Threshold"],
    }
    stat = settings.get("Statistic") or settings.get("ExtendedStatistic")
    return json.dumps(document | ({"statistic": stat} if stat else {}))


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
