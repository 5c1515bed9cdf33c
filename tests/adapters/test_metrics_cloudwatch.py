"""Reading metrics: pages, incomplete series, refusals and throttling, from a real client and a played HTTP layer."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from botocore.stub import ANY, Stubber

from paybot_ops.adapters.cloudwatch import get_metric_data, list_dimension_values
from paybot_ops.adapters.session import Session
from paybot_ops.core.metric_queries import Completeness, MetricQuery
from paybot_ops.errors import AccessDeniedError, AwsError, CredentialsError

START = datetime(2026, 11, 20, tzinfo=UTC)
END = START + timedelta(days=2)
FIRST, SECOND = (MetricQuery("AWS/Bedrock", name, "Sum", 86400, (("ModelId", "m"),)) for name in ("a", "b"))


@contextmanager
def stubbed() -> Iterator[tuple[Session, Stubber]]:
    session = Session("us-east-1", "http://127.0.0.1:1")
    with Stubber(session.client("cloudwatch")) as stub:
        yield session, stub
        stub.assert_no_pending_responses()


def result(number: int, days: list[int], values: list[float], status: str = "Complete") -> dict[str, Any]:
    times = [START + timedelta(days=day) for day in days]
    return {"Id": f"q{number}", "Label": "l", "Timestamps": times, "Values": values, "StatusCode": status}


def request(**more: Any) -> dict[str, Any]:
    return {"MetricDataQueries": ANY, "StartTime": START, "EndTime": END, "ScanBy": ANY, **more}


def page(*results: dict[str, Any], token: str | None = None, messages: list[dict[str, str]] | None = None) -> Any:
    answer: dict[str, Any] = {"MetricDataResults": list(results), "Messages": messages or []}
    return answer | ({"NextToken": token} if token else {})


def test_one_call_asks_everything_and_a_series_without_points_is_empty() -> None:
    with stubbed() as (session, stub):
        stub.add_response("get_metric_data", page(result(0, [0, 1], [1.0, 2.5]), result(1, [], [])), request())
        answer = get_metric_data(session, [FIRST, SECOND], START, END)
    assert answer.of(FIRST).points == {START: Decimal("1.0"), START + timedelta(days=1): Decimal("2.5")}
    assert answer.of(SECOND).points == {}
    assert answer.of(SECOND).completeness is Completeness.COMPLETE


def test_pages_are_followed_and_a_series_that_goes_on_is_put_together() -> None:
    with stubbed() as (session, stub):
        stub.add_response("get_metric_data", page(result(0, [0], [1.0], "PartialData"), token="t"), request())
        stub.add_response("get_metric_data", page(result(0, [1], [2.0]), result(1, [0], [9.0])), request(NextToken="t"))
        answer = get_metric_data(session, [FIRST, SECOND], START, END)
    assert answer.of(FIRST).total == 3
    assert answer.of(FIRST).completeness is Completeness.COMPLETE
    assert answer.of(SECOND).last == 9


def test_partial_data_and_internal_errors_are_told_apart_from_no_data() -> None:
    with stubbed() as (session, stub):
        messages = [{"Code": "Warning", "Value": "something was left out"}]
        answered = page(result(0, [0], [1.0], "PartialData"), result(1, [], [], "InternalError"), messages=messages)
        stub.add_response("get_metric_data", answered, request())
        answer = get_metric_data(session, [FIRST, SECOND], START, END)
    assert answer.of(FIRST).completeness is Completeness.PARTIAL
    assert answer.of(SECOND).completeness is Completeness.FAILED
    assert answer.messages == ("something was left out",)


def test_a_query_that_was_not_answered_at_all_failed() -> None:
    with stubbed() as (session, stub):
        stub.add_response("get_metric_data", page(result(0, [0], [1.0])), request())
        answer = get_metric_data(session, [FIRST, SECOND], START, END)
    assert answer.of(SECOND).completeness is Completeness.FAILED


def test_values_that_are_no_numbers_are_counted() -> None:
    with stubbed() as (session, stub):
        stub.add_response("get_metric_data", page(result(0, [0, 1], [float("nan"), 4.0])), request())
        answer = get_metric_data(session, [FIRST], START, END)
    assert (answer.of(FIRST).total, answer.of(FIRST).unusable) == (Decimal(4), 1)


@pytest.mark.parametrize(
    ("code", "message", "kind", "words"),
    [
        ("AccessDenied", "no", AccessDeniedError, "cloudwatch:GetMetricData"),
        ("ThrottlingException", "slow down", AwsError, "throttling"),
        ("SignatureDoesNotMatch", "Signature expired: 20261124T0744 is now earlier than", CredentialsError, "clock"),
        ("RequestTimeTooSkewed", "The difference is too large", CredentialsError, "clock"),
    ],
)
def test_refusals_are_told_in_words(code: str, message: str, kind: type[Exception], words: str) -> None:
    with stubbed() as (session, stub):
        stub.add_client_error("get_metric_data", code, message)
        with pytest.raises(kind) as found:
            get_metric_data(session, [FIRST], START, END)
    assert words in f"{found.value} {vars(found.value)}"


def test_the_values_of_a_dimension_are_those_that_stand_alone_from_every_page() -> None:
    def metric(*dimensions: tuple[str, str]) -> dict[str, Any]:
        named = [{"Name": name, "Value": value} for name, value in dimensions]
        return {"Namespace": "AWS/Bedrock", "MetricName": "Invocations", "Dimensions": named}

    with stubbed() as (session, stub):
        first = {"Metrics": [metric(("ModelId", "b")), metric(("ModelId", "x"), ("ImageSize", "1"))], "NextToken": "t"}
        stub.add_response("list_metrics", first)
        stub.add_response("list_metrics", {"Metrics": [metric(("ModelId", "a")), metric(("ModelId", "b"))]})
        assert list_dimension_values(session, "AWS/Bedrock", "Invocations", "ModelId") == ("a", "b")
