"""Metrics and alarms in a running embedded AWS, in as few words as a test needs."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

MODEL = "us.amazon.nova-micro-v1:0"


def now() -> datetime:
    """The present minute's beginning."""
    return datetime.now(UTC).replace(second=0, microsecond=0)


def dimensions(**named: str) -> list[dict[str, str]]:
    """Dimensions in the API's form."""
    return [{"Name": name, "Value": value} for name, value in named.items()]


def put(cloudwatch: Any, namespace: str, name: str, *values: float, ago: timedelta | None = None, **named: str) -> None:
    """Publish values of one metric at one time."""
    datum: dict[str, Any] = {"MetricName": name, "Dimensions": dimensions(**named), "Values": list(values)}
    cloudwatch.put_metric_data(
        Namespace=namespace, MetricData=[datum | {"Timestamp": datetime.now(UTC) - (ago or timedelta(0))}]
    )


def query(
    identifier: str, namespace: str, name: str, stat: str = "Sum", period: int = 60, **named: str
) -> dict[str, Any]:
    """A query for one metric."""
    metric = {"Namespace": namespace, "MetricName": name, "Dimensions": dimensions(**named)}
    return {"Id": identifier, "MetricStat": {"Metric": metric, "Period": period, "Stat": stat}}


def read(cloudwatch: Any, *queries: dict[str, Any], hours: float = 1, **more: Any) -> dict[str, list[float]]:
    """The values by id of a call that reaches so far back, oldest first unless asked otherwise."""
    asked = {"ScanBy": "TimestampAscending"} | more
    found = cloudwatch.get_metric_data(
        MetricDataQueries=list(queries),
        StartTime=now() - timedelta(hours=hours),
        EndTime=now() + timedelta(minutes=1),
        **asked,
    )
    return {result["Id"]: result["Values"] for result in found["MetricDataResults"]}


def alarm(name: str, **settings: Any) -> dict[str, Any]:
    """The settings of an alarm on errors, with changes; None takes one away."""
    plain: dict[str, Any] = {
        "AlarmName": name,
        "Namespace": "Shop",
        "MetricName": name,
        "Statistic": "Sum",
        "Period": 300,
        "EvaluationPeriods": 1,
        "Threshold": 5.0,
        "ComparisonOperator": "GreaterThanThreshold",
    }
    return {key: value for key, value in (plain | settings).items() if value is not None}


def described(cloudwatch: Any, name: str) -> dict[str, Any]:
    """One alarm of any kind."""
    page = cloudwatch.describe_alarms(AlarmNames=[name], AlarmTypes=["MetricAlarm", "CompositeAlarm"])
    found: dict[str, Any] = (page["MetricAlarms"] + page["CompositeAlarms"])[0]
    return found


def state_of(cloudwatch: Any, name: str) -> str:
    """The state of one alarm."""
    return str(described(cloudwatch, name)["StateValue"])


def eventually(holds: Callable[[], bool], what: str) -> None:
    """Wait until something holds, a few seconds at most."""
    deadline = time.monotonic() + 15
    while not holds():
        assert time.monotonic() < deadline, f"never happened: {what}"
        time.sleep(0.1)
