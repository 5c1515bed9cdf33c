"""A deployed dashboard, held against the alarms that are there and the metrics that the bot writes."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

from payment_bot import telemetry

from tests.conftest import ROOT

# Their names in AWS's own documentation: "Amazon Bedrock runtime metrics", "Amazon API Gateway dimensions and metrics",
# "Types of metrics for Lambda functions", "AWS WAF metrics and dimensions".
OF_AWS = {
    "AWS/ApiGateway": {"4XXError", "5XXError", "Count", "IntegrationLatency", "Latency"},
    "AWS/Bedrock": {
        "InputTokenCount",
        "InvocationClientErrors",
        "InvocationLatency",
        "InvocationServerErrors",
        "InvocationThrottles",
        "Invocations",
        "OutputTokenCount",
    },
    "AWS/Lambda": {"ConcurrentExecutions", "Duration", "Errors", "Invocations", "Throttles"},
    "AWS/WAFV2": {"AllowedRequests", "BlockedRequests", "CountedRequests"},
}


def check_dashboard(client: Callable[[str], Any]) -> None:
    """The only dashboard of the account shows metrics that somebody writes, and every alarm at its threshold."""
    cloudwatch = client("cloudwatch")
    (entry,) = cloudwatch.list_dashboards()["DashboardEntries"]
    body = json.loads(cloudwatch.get_dashboard(DashboardName=entry["DashboardName"])["DashboardBody"])
    shown = [widget["properties"] for widget in body["widgets"]]
    metrics = [metric for each in shown for metric in each.get("metrics", ()) if isinstance(metric[0], str)]

    function = next(item for item in client("lambda").list_functions()["Functions"] if "-bot-" in item["FunctionName"])
    environment = function["Environment"]["Variables"]
    written = OF_AWS | {environment["POWERTOOLS_METRICS_NAMESPACE"]: metrics_of_the_bot()}
    assert {(namespace, name) for namespace, name, *_ in metrics if name not in written[namespace]} == set()
    assert {namespace for namespace, *_ in metrics} == written.keys()
    own = [dimensions[:-1] for namespace, _, *dimensions in metrics if namespace == telemetry.NAMESPACE]
    assert own
    assert all(dimensions == ["service", environment["POWERTOOLS_SERVICE_NAME"]] for dimensions in own)

    alarms = {alarm["AlarmName"]: alarm["Threshold"] for alarm in cloudwatch.describe_alarms()["MetricAlarms"]}
    lines = [line for each in shown for line in each.get("annotations", {}).get("horizontal", ())]
    assert {line["label"]: line["value"] for line in lines} == alarms


def metrics_of_the_bot() -> set[str]:
    """The metrics that the bot's code counts, by name; one that is only declared is not among them."""
    sources = [path.read_text() for path in (ROOT / "lambda/payment_bot").glob("*.py")]
    counted = {name for source in sources for name in re.findall(r"\bMetric\.(\w+)", source)}
    return {telemetry.Metric[name].value for name in counted}
