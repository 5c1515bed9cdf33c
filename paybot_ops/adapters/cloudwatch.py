"""CloudWatch: reading metrics, page by page, and calls that do not wait for each other."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from email.utils import parsedate_to_datetime
from typing import Any

from paybot_ops.adapters.session import Session, aws_errors
from paybot_ops.core.metric_queries import Completeness, MetricAnswer, MetricQuery, Series, in_batches, parse_points

# GetMetricData allows 50 calls a second in an account; others are there too.
_AT_ONCE = 8
_TARGET = "the metrics"


def get_metric_data(session: Session, queries: Iterable[MetricQuery], start: datetime, end: datetime) -> MetricAnswer:
    """The series of every query between two times: one call where GetMetricData's limits allow it.

    Raises:
        AccessDeniedError: the caller may not read metrics (cloudwatch:GetMetricData).
        AwsError: CloudWatch still throttles after retries, or cannot be reached.
    """
    batches = in_batches(queries, (end - start).total_seconds())
    client = session.client("cloudwatch")

    def read(batch: tuple[MetricQuery, ...]) -> _Reading:
        with aws_errors("cloudwatch", _TARGET):
            return _read_pages(client, batch, start, end)

    if len(batches) == 1:
        return _merged([read(batches[0])])
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        return _merged(list(pool.map(read, batches)))


def list_dimension_values(session: Session, namespace: str, metric: str, dimension: str) -> tuple[str, ...]:
    """The values of a dimension that a metric has carried alone within two weeks, sorted (ListMetrics knows no older).

    Raises:
        AccessDeniedError: the caller may not list metrics (cloudwatch:ListMetrics).
    """
    pages = session.client("cloudwatch").get_paginator("list_metrics")
    with aws_errors("cloudwatch", _TARGET):
        return tuple(
            sorted(
                {
                    found["Dimensions"][0]["Value"]
                    for page in pages.paginate(Namespace=namespace, MetricName=metric, Dimensions=[{"Name": dimension}])
                    for found in page["Metrics"]
                    if len(found["Dimensions"]) == 1
                }
            )
        )


@dataclass(slots=True)
class _Reading:
    batch: Sequence[MetricQuery]
    points: list[dict[datetime, Decimal]] = field(default_factory=list)
    states: list[str] = field(default_factory=list)
    unusable: list[int] = field(default_factory=list)
    messages: list[str] = field(default_factory=list)
    answered_at: datetime | None = None

    def __post_init__(self) -> None:
        self.points = [{} for _ in self.batch]
        self.states = ["InternalError"] * len(self.batch)
        self.unusable = [0] * len(self.batch)

    def take(self, page: Any) -> None:
        """Add one page: a series may come in pieces, and its last word on completeness counts."""
        self.messages += [message.get("Value", "") for message in page.get("Messages", ())]
        for result in page["MetricDataResults"]:
            number = int(result["Id"].removeprefix("q"))
            points, unusable = parse_points(result.get("Timestamps", ()), result.get("Values", ()))
            self.points[number] |= points
            self.unusable[number] += unusable
            self.states[number] = result.get("StatusCode", "Complete")

    def series(self, number: int) -> Series:
        words = {"Complete": Completeness.COMPLETE, "PartialData": Completeness.PARTIAL}
        state = words.get(self.states[number], Completeness.FAILED)
        return Series(self.points[number], state, self.unusable[number])


def _read_pages(client: Any, batch: tuple[MetricQuery, ...], start: datetime, end: datetime) -> _Reading:
    reading = _Reading(batch)
    request = {
        "MetricDataQueries": [_query(number, query) for number, query in enumerate(batch)],
        "StartTime": start,
        "EndTime": end,
        "ScanBy": "TimestampAscending",
    }
    while True:
        page = client.get_metric_data(**request)
        reading.take(page)
        reading.answered_at = _server_time(page)
        if not page.get("NextToken"):
            return reading
        request["NextToken"] = page["NextToken"]


def _query(number: int, query: MetricQuery) -> dict[str, Any]:
    dimensions = [{"Name": name, "Value": value} for name, value in query.dimensions]
    metric = {"Namespace": query.namespace, "MetricName": query.metric, "Dimensions": dimensions}
    return {"Id": f"q{number}", "MetricStat": {"Metric": metric, "Period": query.period, "Stat": query.stat}}


def _server_time(page: Any) -> datetime | None:
    date = page.get("ResponseMetadata", {}).get("HTTPHeaders", {}).get("date", "")
    try:
        return parsedate_to_datetime(date).astimezone(UTC)
    except ValueError:
        return None


def _merged(readings: list[_Reading]) -> MetricAnswer:
    series = {query: reading.series(number) for reading in readings for number, query in enumerate(reading.batch)}
    messages = tuple(dict.fromkeys(message for reading in readings for message in reading.messages))
    return MetricAnswer(series, messages, readings[0].answered_at if readings else None)
