"""What an alarm watches, in plain words: "input tokens per day > 100,000"."""

from __future__ import annotations

import re
from collections.abc import Mapping

from paybot_ops.core.alarms import Alarm, Watch

# (what it is called, its unit) by namespace and metric; a unit "of" is written behind the number.
_METRICS: Mapping[tuple[str, str], tuple[str, str]] = {
    ("AWS/Bedrock", "InputTokenCount"): ("input tokens", ""),
    ("AWS/Bedrock", "OutputTokenCount"): ("output tokens", ""),
    ("AWS/Bedrock", "Invocations"): ("model calls", ""),
    ("AWS/Bedrock", "InvocationThrottles"): ("throttled model calls", ""),
    ("AWS/Bedrock", "InvocationClientErrors"): ("model calls refused", ""),
    ("AWS/Bedrock", "InvocationServerErrors"): ("model calls failed", ""),
    ("AWS/Bedrock", "InvocationLatency"): ("model latency", "ms"),
    ("AWS/Lambda", "Errors"): ("function errors", ""),
    ("AWS/Lambda", "Throttles"): ("function throttles", ""),
    ("AWS/Lambda", "Invocations"): ("function calls", ""),
    ("AWS/Lambda", "Duration"): ("function duration", "ms"),
    ("AWS/Lambda", "ConcurrentExecutions"): ("functions at once", ""),
    ("AWS/ApiGateway", "5XXError"): ("API answers 5xx", ""),
    ("AWS/ApiGateway", "4XXError"): ("API answers 4xx", ""),
    ("AWS/ApiGateway", "Count"): ("API requests", ""),
    ("AWS/ApiGateway", "Latency"): ("API latency", "ms"),
    ("PaymentBot", "ModelFallback"): ("model fallbacks", ""),
}
_STATS = {"Average": "average ", "Maximum": "highest ", "Minimum": "lowest ", "SampleCount": "samples of "}
_CAPITALS = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_SECOND, _MINUTE, _HOUR, _DAY = 1, 60, 3600, 86400


def watches(alarm: Alarm) -> str:
    """What makes the alarm fire, in one line."""
    if alarm.watch is None:
        return alarm.rule
    watch = alarm.watch
    parts = [f"{_subject(watch)} {span(watch.period)} {watch.comparison} {limit(watch)}"]
    if watch.periods > 1:
        times = f"in {watch.datapoints} of {watch.periods} periods"
        parts.append(times if watch.datapoints < watch.periods else f"{watch.periods} times running")
    return ", ".join(parts)


def limit(watch: Watch) -> str:
    """The threshold with its unit."""
    if watch.threshold is None:
        return "its usual band"
    return amount(watch, watch.threshold)


def amount(watch: Watch, value: float) -> str:
    """A value of what is watched, with its unit."""
    unit = _unit(watch)
    shown = number(value)
    return f"${shown}" if unit == "$" else f"{shown} {unit}".rstrip()


def number(value: float) -> str:
    """A number for people: thousands apart, and no more digits than matter."""
    if abs(value) >= 1e15:
        return f"{value:.3g}"
    if value == int(value):
        return f"{int(value):,}"
    if abs(value) >= 100:
        return f"{value:,.1f}"
    return f"{value:,.2f}" if abs(value) >= 0.01 else f"{value:.3g}"


def span(period: int) -> str:
    """A period in words: `per day`, `in 5 minutes`."""
    for seconds, name in ((_DAY, "day"), (_HOUR, "hour"), (_MINUTE, "minute"), (_SECOND, "second")):
        if period == seconds:
            return f"per {name}"
        if period % seconds == 0:
            return f"in {period // seconds} {name}s"
    return f"in {period} seconds"


def _subject(watch: Watch) -> str:
    if watch.stat == "":
        return watch.label
    metric = watch.metrics[0]
    known = _METRICS.get((metric.namespace, metric.name))
    words = known[0] if known else _CAPITALS.sub(" ", metric.name).lower() if metric.name.isalnum() else metric.name
    if watch.stat == "Sum":
        return words
    return f"{_STATS.get(watch.stat, watch.stat + ' of ')}{words}"


def _unit(watch: Watch) -> str:
    if watch.stat:
        metric = watch.metrics[0]
        known = _METRICS.get((metric.namespace, metric.name))
        return known[1] if known and watch.stat != "SampleCount" else ""
    return "$" if re.search(r"\bUSD\b|\bdollars?\b|\$", f"{watch.label} {watch.returned}") else ""
