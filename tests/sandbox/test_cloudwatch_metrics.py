"""Reading metrics from the embedded AWS: statistics, expressions, limits, pages, retention."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.request import Request, urlopen

import pytest
from botocore.exceptions import ClientError

from paybot_ops.sandbox.server import Sandbox
from tests.sandbox.aws_world import client, code_of
from tests.sandbox.cloudwatch_world import dimensions, now, put, query, read


@pytest.fixture(scope="module")
def cloudwatch(sandbox: Sandbox) -> Any:
    """A client in whose account an hour was measured: a = 1, 2, 3 and 10 one, b = 100 two hours ago."""
    made = client(sandbox, "cloudwatch")
    put(made, "Shop", "a", 1, 2, 3, 10, bot="x", ago=timedelta(minutes=3))
    put(made, "Shop", "b", 100, bot="x", ago=timedelta(minutes=3))
    put(made, "Shop", "b", 7, bot="x", ago=timedelta(minutes=9))
    put(made, "Shop", "a", 1000, bot="other")
    return made


def expression(text: str, **more: Any) -> dict[str, Any]:
    return {"Id": "e", "Expression": text} | more


A, B = query("a", "Shop", "a", bot="x"), query("b", "Shop", "b", bot="x")


@pytest.mark.parametrize(
    ("stat", "expected"),
    [("Sum", 16), ("Average", 4), ("SampleCount", 4), ("Minimum", 1), ("Maximum", 10), ("p50", 2.5), ("p100", 10)],
)
def test_each_statistic(cloudwatch: Any, stat: str, expected: float) -> None:
    assert read(cloudwatch, query("m", "Shop", "a", stat, bot="x")) == {"m": [expected]}


def test_dimensions_name_exactly_one_metric(cloudwatch: Any) -> None:
    assert read(cloudwatch, query("m", "Shop", "a")) == {"m": []}
    assert read(cloudwatch, query("m", "Shop", "a", bot="other")) == {"m": [1000]}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a + b", [116]),
        ("b - a", [84]),
        ("(a * 2 + 4) / 6", [6]),
        ("-a", [-16]),
        ("2 ^ 3 ^ 2 + a - a", [512]),
        ("a / (b - b)", []),
        ("SUM([a, b])", [7, 116]),
        ("SUM(METRICS())", [7, 116]),
        ("MAX(METRICS('b'))", [7, 100]),
        ("AVG([a, b])", [7, 58]),
        ("IF(b > 50, b, 0)", [0, 100]),
        ("IF(b > 50 && b < 200, b)", [100]),
        ("ABS(0 - a)", [16]),
        ("DIFF(b)", [93]),
        ("RUNNING_SUM(b)", [7, 107]),
        ("DATAPOINT_COUNT(b) * a", [32]),
        ("PERIOD(a) * a", [960]),
        ("CEIL(a / 10)", [2]),
    ],
)
def test_expressions(cloudwatch: Any, text: str, expected: list[float]) -> None:
    assert read(cloudwatch, A, B, expression(text))["e"] == expected


def test_fill_covers_the_whole_window(cloudwatch: Any) -> None:
    filled = read(cloudwatch, B, expression("FILL(b, 0)"), hours=0.5)["e"]
    assert len(filled) == 31
    assert sorted(filled)[-2:] == [7, 100]
    repeated = read(cloudwatch, B, expression("FILL(b, REPEAT)"), hours=0.5)["e"]
    assert repeated == [7] * 6 + [100] * 4
    linear = read(cloudwatch, B, expression("FILL(b, LINEAR)"), hours=0.5)["e"]
    assert linear[1] == pytest.approx(7 + 93 / 6)


@pytest.mark.parametrize("text", ["a +", "NOPE(a)", "e", "c", "a b", "FILL(a)", "(" * 300 + "a", "5 / 0", "[a, b]"])
def test_an_expression_that_cannot_be_computed_is_refused(cloudwatch: Any, text: str) -> None:
    with pytest.raises(ClientError, match="'e'") as caught:
        read(cloudwatch, A, expression(text))
    assert code_of(caught.value) == ("ValidationError", 400)


def test_only_what_is_asked_for_comes_back(cloudwatch: Any) -> None:
    found = read(cloudwatch, A | {"ReturnData": False}, expression("a * 2"))
    assert found == {"e": [32]}


def test_the_newest_comes_first_unless_asked_otherwise(cloudwatch: Any) -> None:
    assert read(cloudwatch, B, ScanBy="TimestampDescending")["b"] == [100, 7]


def test_pages_are_partial_until_the_last(cloudwatch: Any) -> None:
    asked = {
        "MetricDataQueries": [B, A],
        "StartTime": now() - timedelta(hours=1),
        "EndTime": now() + timedelta(minutes=1),
    }
    first = cloudwatch.get_metric_data(**asked, MaxDatapoints=1)
    assert [(r["Id"], r["Values"], r["StatusCode"]) for r in first["MetricDataResults"]] == [
        ("b", [100], "PartialData")
    ]
    second = cloudwatch.get_metric_data(**asked, MaxDatapoints=1, NextToken=first["NextToken"])
    assert [(r["Id"], r["Values"], r["StatusCode"]) for r in second["MetricDataResults"]] == [("b", [7], "Complete")]
    third = cloudwatch.get_metric_data(**asked, MaxDatapoints=1, NextToken=second["NextToken"])
    assert (third["MetricDataResults"][0]["Id"], "NextToken" in third) == ("a", False)
    with pytest.raises(ClientError) as caught:
        cloudwatch.get_metric_data(**asked, NextToken="made-up")
    assert code_of(caught.value)[0] == "InvalidNextToken"


def refused_queries() -> list[tuple[str, list[dict[str, Any]]]]:
    return [
        ("500", [query(f"m{number}", "Shop", "a") for number in range(501)]),
        ("unique", [A, A]),
        ("pattern", [query("Upper", "Shop", "a")]),
        ("multiple of 60", [query("m", "Shop", "a", period=90)]),
        ("not supported", [query("m", "Shop", "a", "p101")]),
        ("either", [A | {"Expression": "1"}]),
        ("MetricDataQueries", []),
    ]


@pytest.mark.parametrize(("said", "queries"), refused_queries())
def test_queries_that_aws_refuses(cloudwatch: Any, said: str, queries: list[dict[str, Any]]) -> None:
    with pytest.raises(ClientError, match=said):
        read(cloudwatch, *queries)


def test_a_reversed_range_is_refused(cloudwatch: Any) -> None:
    with pytest.raises(ClientError, match="StartTime"):
        read(cloudwatch, A, hours=-2)


def test_old_data_are_kept_at_long_periods_only(cloudwatch: Any) -> None:
    for days in (20, 100, 460):
        put(cloudwatch, "Shop", "old", days, ago=timedelta(days=days))
    hours = 465 * 24
    by_period = {
        period: read(cloudwatch, query("m", "Shop", "old", period=period), hours=hours)["m"]
        for period in (60, 300, 3600, 86400)
    }
    assert by_period == {60: [], 300: [20], 3600: [100, 20], 86400: [100, 20]}


def test_percentiles_of_mere_summaries_are_unknown(cloudwatch: Any) -> None:
    summary = {"SampleCount": 3, "Sum": 6, "Minimum": 1, "Maximum": 3}
    cloudwatch.put_metric_data(Namespace="Shop", MetricData=[{"MetricName": "sums", "StatisticValues": summary}])
    assert read(cloudwatch, query("s", "Shop", "sums"), query("p", "Shop", "sums", "p99")) == {"s": [6], "p": []}


def test_get_metric_statistics_has_percentiles_and_its_limit(cloudwatch: Any) -> None:
    asked = {
        "Namespace": "Shop",
        "MetricName": "a",
        "Dimensions": dimensions(bot="x"),
        "EndTime": now() + timedelta(minutes=1),
    }
    found = cloudwatch.get_metric_statistics(
        **asked, StartTime=now() - timedelta(hours=1), Period=60, Statistics=["Sum"], ExtendedStatistics=["p50"]
    )["Datapoints"]
    assert [(point["Sum"], point["ExtendedStatistics"]) for point in found] == [(16, {"p50": 2.5})]
    with pytest.raises(ClientError, match="1,440"):
        cloudwatch.get_metric_statistics(**asked, StartTime=now() - timedelta(days=2), Period=60, Statistics=["Sum"])


def test_list_metrics_pages_filters_and_forgets(cloudwatch: Any) -> None:
    for start in range(0, 520, 20):
        data = [{"MetricName": f"n{number:03}", "Value": 1} for number in range(start, start + 20)]
        cloudwatch.put_metric_data(Namespace="Many", MetricData=data)
    pages = [len(page["Metrics"]) for page in cloudwatch.get_paginator("list_metrics").paginate(Namespace="Many")]
    assert pages == [500, 20]
    put(cloudwatch, "Many", "gone", 1, ago=timedelta(days=15))
    assert cloudwatch.list_metrics(Namespace="Many", MetricName="gone")["Metrics"] == []
    named = cloudwatch.list_metrics(Namespace="Shop", MetricName="a", Dimensions=[{"Name": "bot"}])["Metrics"]
    assert [metric["Dimensions"][0]["Value"] for metric in named] == ["other", "x"]


def test_the_query_protocol_is_answered_too(sandbox: Sandbox, cloudwatch: Any) -> None:
    body = (
        "Action=GetMetricData&Version=2010-08-01&MetricDataQueries.member.1.Id=m"
        "&MetricDataQueries.member.1.MetricStat.Metric.Namespace=Shop"
        "&MetricDataQueries.member.1.MetricStat.Metric.MetricName=a"
        "&MetricDataQueries.member.1.MetricStat.Metric.Dimensions.member.1.Name=bot"
        "&MetricDataQueries.member.1.MetricStat.Metric.Dimensions.member.1.Value=x"
        "&MetricDataQueries.member.1.MetricStat.Period=60&MetricDataQueries.member.1.MetricStat.Stat=Sum"
        f"&StartTime={datetime.now(UTC) - timedelta(hours=1):%Y-%m-%dT%H:%M:%SZ}"
        f"&EndTime={datetime.now(UTC) + timedelta(minutes=1):%Y-%m-%dT%H:%M:%SZ}"
    )
    scope = (
        "AWS4-HMAC-SHA256 Credential=test/20261124/us-east-1/monitoring/aws4_request, SignedHeaders=host, Signature=0"
    )
    headers = {"Authorization": scope, "Content-Type": "application/x-www-form-urlencoded; charset=utf-8"}
    with urlopen(Request(sandbox.endpoint, body.encode(), headers)) as response:
        text = response.read().decode()
    assert "<Values><member>16.0</member></Values>" in text
    assert "<GetMetricDataResponse" in text
