"""Reading CloudWatch's metrics: GetMetricData, GetMetricStatistics and ListMetrics, with AWS's limits and pages."""

from __future__ import annotations

import base64
import binascii
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from paybot_ops.sandbox.metric_functions import Points
from paybot_ops.sandbox.metric_queries import (
    DAY,
    Queries,
    Window,
    check_period,
    check_statistic,
    parse_queries,
    rounded_start,
)
from paybot_ops.sandbox.rest_json import ApiError
from paybot_ops.sandbox.rpc import Operation, refused
from paybot_ops.sandbox.series import Index, Key, Sample, bucketed, key_of, statistic

MOST_POINTS = 100_800
_MOST_STATISTICS_POINTS = 1440
_LIST_PAGE = 500
# ListMetrics shows what had data in the past two weeks.
_LISTED_SECONDS = 14 * DAY


class MetricData:
    """The operations that read metrics. The caller holds moto's lock."""

    def __init__(self, index: Callable[[str], Index], clock: Callable[[], float] = time.time) -> None:
        self._index = index
        self._clock = clock
        self.operations: dict[str, Operation] = {
            "GetMetricData": self._get_metric_data,
            "GetMetricStatistics": self._get_metric_statistics,
            "ListMetrics": self._list_metrics,
        }

    def _get_metric_data(self, params: dict[str, Any], region: str) -> dict[str, Any]:
        _require(params, "MetricDataQueries", "StartTime", "EndTime")
        queries = parse_queries(params["MetricDataQueries"], "MetricDataQueries")
        computed = Queries(queries, self._index(region), self._window(params))
        newest_first = params.get("ScanBy") != "TimestampAscending"
        results = []
        for identifier, query in queries.items():
            if query.get("ReturnData", True):
                points = dict(sorted(computed.points(identifier).items(), reverse=newest_first))
                results.append((identifier, _label(query), points))
        size = params.get("MaxDatapoints") or MOST_POINTS
        if not 1 <= size <= MOST_POINTS:
            raise refused(f"The parameter MaxDatapoints must be between 1 and {MOST_POINTS}.")
        return _data_page(results, _offset(params), size)

    def _get_metric_statistics(self, params: dict[str, Any], region: str) -> dict[str, Any]:
        _require(params, "Namespace", "MetricName", "StartTime", "EndTime", "Period")
        wanted = [*params.get("Statistics", ()), *params.get("ExtendedStatistics", ())]
        if not wanted:
            raise ApiError("InvalidParameterCombination", "Must specify either Statistics or ExtendedStatistics")
        period, window = params["Period"], self._window(params)
        check_period(period, "Period")
        for name in wanted:
            check_statistic(name, "Statistics")
        if (points := len(window.grid(period).times)) > _MOST_STATISTICS_POINTS:
            raise ApiError(
                "InvalidParameterCombination",
                f"You have requested up to {points:,} datapoints, which exceeds the limit of 1,440. You may reduce the "
                "datapoints requested by increasing Period, or decreasing the time range.",
            )
        samples = self._index(region).find(key_of(params)).between(window.start, window.end)
        buckets = bucketed(samples, window.start, period, params.get("Unit"))
        points_found = [_datapoint(wanted, window.start + n * period, items) for n, items in buckets.items()]
        return {"Label": params["MetricName"], "Datapoints": points_found}

    def _list_metrics(self, params: dict[str, Any], region: str) -> dict[str, Any]:
        oldest = self._clock() - (3 * 3600 if params.get("RecentlyActive") else _LISTED_SECONDS)
        listed = self._index(region).listed(params.get("Namespace"))
        found = sorted(
            (key for key, series in listed.items() if _wanted(key, params) and series.latest >= oldest),
            key=lambda key: (key[0], key[1], sorted(key[2])),
        )
        offset = _offset(params)
        answer: dict[str, Any] = {"Metrics": [_metric(key) for key in found[offset : offset + _LIST_PAGE]]}
        return answer | _next(offset + _LIST_PAGE, len(found))

    def _window(self, params: Mapping[str, Any]) -> Window:
        start, end, now = params["StartTime"].timestamp(), params["EndTime"].timestamp(), self._clock()
        if start >= end:
            raise refused("The parameter StartTime must be less than the parameter EndTime.")
        return Window(rounded_start(start, now), int(end), now)


def _require(params: Mapping[str, Any], *names: str) -> None:
    for name in names:
        if params.get(name) in (None, []):
            raise ApiError("MissingParameter", f"The request must contain the parameter {name}.")


def _label(query: Mapping[str, Any]) -> str:
    return str(query.get("Label") or query.get("MetricStat", {}).get("Metric", {}).get("MetricName") or query["Id"])


def _data_page(results: Sequence[tuple[str, str, Points]], offset: int, size: int) -> dict[str, Any]:
    """The points from the offset on, as many as a page holds; a result that goes on is PartialData."""
    page, begins = [], 0
    for identifier, label, points in results:
        ends = begins + len(points)
        first, last = max(offset, begins), min(offset + size, ends)
        if first < last or (not points and offset == 0):
            part = list(points.items())[first - begins : last - begins]
            page.append(
                {
                    "Id": identifier,
                    "Label": label,
                    "Timestamps": [datetime.fromtimestamp(at, UTC) for at, _ in part],
                    "Values": [value for _, value in part],
                    "StatusCode": "PartialData" if last < ends else "Complete",
                }
            )
        begins = ends
    return {"MetricDataResults": page, "Messages": []} | _next(offset + size, begins)


def _next(offset: int, count: int) -> dict[str, str]:
    return {"NextToken": token_for(offset)} if offset < count else {}


def token_for(offset: int) -> str:
    """A token for what follows the first `offset` items."""
    return base64.urlsafe_b64encode(f"from {offset}".encode()).decode()


def _offset(params: Mapping[str, Any]) -> int:
    return offset_of(params.get("NextToken"))


def offset_of(token: str | None) -> int:
    """How many items come before what a token asks for; raises ApiError for one that was not given out here."""
    if not token:
        return 0
    try:
        word, _, number = base64.urlsafe_b64decode(token.encode()).decode().partition(" ")
        if word == "from":
            return int(number)
    except (binascii.Error, ValueError):
        pass
    raise ApiError("InvalidNextToken", "The next token specified is invalid.")


def _datapoint(wanted: Sequence[str], at: int, samples: Sequence[Sample]) -> dict[str, Any]:
    values = {name: statistic(name, samples) for name in wanted}
    extended = {name: value for name, value in values.items() if name[0] == "p" and value is not None}
    found: dict[str, Any] = {name: value for name, value in values.items() if name[0] != "p"}
    found |= {"Timestamp": datetime.fromtimestamp(at, UTC), "Unit": samples[0].unit}
    return found | ({"ExtendedStatistics": extended} if extended else {})


def _wanted(key: Key, params: Mapping[str, Any]) -> bool:
    namespace, name, dimensions = key
    held = dict(dimensions)
    return (
        params.get("Namespace") in (None, namespace)
        and params.get("MetricName") in (None, name)
        and all(
            item["Name"] in held and item.get("Value") in (None, held[item["Name"]])
            for item in params.get("Dimensions", ())
        )
    )


def _metric(key: Key) -> dict[str, Any]:
    dimensions = [{"Name": name, "Value": value} for name, value in sorted(key[2])]
    return {"Namespace": key[0], "MetricName": key[1], "Dimensions": dimensions}
