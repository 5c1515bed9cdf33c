"""What there is in an account that costs money, as the services list it: names, sizes, counts."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from paybot_ops.adapters.session import Session, aws_errors
from paybot_ops.core.inventory import Alarm, Function, LogGroup, Table


def list_functions(session: Session) -> list[Function]:
    """Every Lambda function of the region. Raises `AccessDeniedError` (lambda:ListFunctions)."""
    return [
        Function(item["FunctionName"], item["MemorySize"], next(iter(item.get("Architectures", ())), "x86_64"))
        for item in _items(session, "lambda", "list_functions", "Functions")
    ]


def list_apis(session: Session) -> list[str]:
    """The names of every REST API of the region. Raises `AccessDeniedError` (apigateway:GET)."""
    return [item["name"] for item in _items(session, "apigateway", "get_rest_apis", "items")]


def list_tables(session: Session) -> list[str]:
    """The names of every table of the region. Raises `AccessDeniedError` (dynamodb:ListTables)."""
    return list(_items(session, "dynamodb", "list_tables", "TableNames"))


def find_table(session: Session, name: str) -> Table:
    """One table. Raises `AccessDeniedError` (dynamodb:DescribeTable)."""
    client = session.client("dynamodb")
    with aws_errors("dynamodb", f"the table {name}"):
        found = client.describe_table(TableName=name)["Table"]
    on_demand = found.get("BillingModeSummary", {}).get("BillingMode") == "PAY_PER_REQUEST"
    return Table(name, found.get("TableSizeBytes", 0), on_demand)


def list_log_groups(session: Session, word: str) -> list[LogGroup]:
    """Every log group whose name holds a word. Raises `AccessDeniedError` (logs:DescribeLogGroups)."""
    found = _items(session, "logs", "describe_log_groups", "logGroups", logGroupNamePattern=word)
    return [LogGroup(item["logGroupName"], item.get("storedBytes", 0)) for item in found]


def list_alarms(session: Session) -> list[Alarm]:
    """Every alarm of the region. Raises `AccessDeniedError` (cloudwatch:DescribeAlarms)."""
    client = session.client("cloudwatch")
    alarms = []
    with aws_errors("cloudwatch", "the alarms"):
        for page in client.get_paginator("describe_alarms").paginate(AlarmTypes=["MetricAlarm", "CompositeAlarm"]):
            alarms += [Alarm(item["AlarmName"], _billed_metrics(item)) for item in page.get("MetricAlarms", ())]
            alarms += [Alarm(item["AlarmName"], 0, composite=True) for item in page.get("CompositeAlarms", ())]
    return alarms


def list_dashboards(session: Session) -> list[str]:
    """The names of every dashboard of the account. Raises `AccessDeniedError` (cloudwatch:ListDashboards)."""
    found = _items(session, "cloudwatch", "list_dashboards", "DashboardEntries")
    return [item["DashboardName"] for item in found]


def list_secrets(session: Session) -> list[str]:
    """The names of every secret of the region. Raises `AccessDeniedError` (secretsmanager:ListSecrets)."""
    return [item["Name"] for item in _items(session, "secretsmanager", "list_secrets", "SecretList")]


def list_key_aliases(session: Session) -> list[str]:
    """The aliases of every customer key, without `alias/`. Raises `AccessDeniedError` (kms:ListAliases)."""
    names = (item["AliasName"].removeprefix("alias/") for item in _items(session, "kms", "list_aliases", "Aliases"))
    return [name for name in names if not name.startswith("aws/")]


def count_metrics(session: Session, namespace: str, dimension: str, value: str) -> int:
    """How many metrics carry a dimension's value, in two weeks. Raises `AccessDeniedError` (cloudwatch:ListMetrics)."""
    wanted = [{"Name": dimension, "Value": value}]
    return sum(
        1 for _ in _items(session, "cloudwatch", "list_metrics", "Metrics", Namespace=namespace, Dimensions=wanted)
    )


def _billed_metrics(alarm: Any) -> int:
    # Every metric that a metric-math alarm reads is billed (Amazon CloudWatch pricing: Alarms).
    return sum("MetricStat" in query for query in alarm.get("Metrics", ())) or 1


def _items(session: Session, service: str, operation: str, key: str, **parameters: Any) -> Iterator[Any]:
    client = session.client(service)
    with aws_errors(service, f"the list of {key}"):
        for page in client.get_paginator(operation).paginate(**parameters):
            yield from page.get(key, ())
