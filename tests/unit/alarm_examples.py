"""Alarms as DescribeAlarms gives them, for the tests of what is made of them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from paybot_ops.core.alarms import Alarm, parse_alarm

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
TOPIC = "arn:aws:sns:us-east-1:123456789012:bot-alerts-dev"
MODEL = "us.amazon.nova-micro-v1:0"


def raw(name: str = "bot-tokens-dev", **changes: Any) -> dict[str, Any]:
    """An alarm on the input tokens of a day, in the API's form; None takes a member away."""
    plain: dict[str, Any] = {
        "AlarmName": name,
        "AlarmArn": f"arn:aws:cloudwatch:us-east-1:123456789012:alarm:{name}",
        "StateValue": "OK",
        "StateReason": "fine",
        "StateUpdatedTimestamp": NOW,
        "ActionsEnabled": True,
        "AlarmActions": [TOPIC],
        "OKActions": [],
        "InsufficientDataActions": [],
        "Namespace": "AWS/Bedrock",
        "MetricName": "InputTokenCount",
        "Dimensions": [{"Name": "ModelId", "Value": MODEL}],
        "Statistic": "Sum",
        "Period": 86400,
        "EvaluationPeriods": 1,
        "Threshold": 100000.0,
        "ComparisonOperator": "GreaterThanThreshold",
        "TreatMissingData": "notBreaching",
    }
    return {key: value for key, value in (plain | changes).items() if value is not None}


def alarm(name: str = "bot-tokens-dev", **changes: Any) -> Alarm:
    """The same, read."""
    return parse_alarm(raw(name, **changes))


def metric_query(identifier: str, metric: str, period: int = 86400) -> dict[str, Any]:
    """One part of a formula."""
    named = {"Namespace": "AWS/Bedrock", "MetricName": metric, "Dimensions": [{"Name": "ModelId", "Value": MODEL}]}
    return {"Id": identifier, "ReturnData": False, "MetricStat": {"Metric": named, "Period": period, "Stat": "Sum"}}


def formula(name: str = "bot-cost-dev", expression: str = "(tokens_in * 2 + tokens_out) / 10", **changes: Any) -> Alarm:
    """An alarm on the cost of a day."""
    parts = [metric_query("tokens_in", "InputTokenCount"), metric_query("tokens_out", "OutputTokenCount")]
    cost = {"Id": "cost", "Label": "Estimated model cost (USD)", "Expression": expression, "ReturnData": True}
    plain = dict.fromkeys(("Namespace", "MetricName", "Dimensions", "Statistic", "Period"))
    return alarm(name, **plain, **{"Metrics": [*parts, cost], "Threshold": 5.0} | changes)


def composite(name: str = "bot-any-dev", rule: str = 'ALARM("bot-tokens-dev")', **changes: Any) -> Alarm:
    """An alarm on other alarms."""
    plain = dict.fromkeys(("Namespace", "MetricName", "Dimensions", "Statistic", "Period", "Threshold"))
    return alarm(name, **plain, **{"AlarmRule": rule} | changes)
