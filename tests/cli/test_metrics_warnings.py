"""What an answer of CloudWatch may hide is said: parts that are missing, values that are no numbers, another clock."""

from __future__ import annotations

import io
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest
from botocore.stub import Stubber

from paybot_ops.adapters.session import Session
from paybot_ops.adapters.usage import list_alarms
from paybot_ops.core.inventory import Alarm
from paybot_ops.operations.metrics import TokenWish, read_tokens
from paybot_ops.operations.target import Choice, Target, find_target
from paybot_ops.sandbox.server import Sandbox
from paybot_ops.screen import Screen
from tests.cli.metrics_world import prepare
from tests.cli.paybot_world import Paybot

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
TODAY = datetime(2026, 11, 24, tzinfo=UTC)


@pytest.fixture
def target(paybot: Paybot, monkeypatch: pytest.MonkeyPatch) -> Iterator[Target]:
    """A deployment whose client a test answers itself."""
    with Sandbox() as sandbox:
        prepare(paybot, sandbox)
        monkeypatch.chdir(paybot.folder)
        monkeypatch.setenv("AWS_ENDPOINT_URL", sandbox.endpoint)
        yield find_target(Screen(stderr=io.StringIO()), Choice())


def answered(target: Target, *, clock: datetime = NOW, messages: tuple[str, ...] = (), **first: Any) -> list[str]:
    """The warnings after one answer, in which the first series is as given and the others are complete."""
    series = [
        {
            "Id": f"q{number}",
            "Timestamps": [TODAY],
            "Values": [1.0],
            "StatusCode": "Complete",
            **(first if not number else {}),
        }
        for number in range(8)
    ]
    page = {
        "MetricDataResults": series,
        "Messages": [{"Code": "C", "Value": text} for text in messages],
        "ResponseMetadata": {"HTTPHeaders": {"date": format_datetime(clock, usegmt=True)}},
    }
    with Stubber(target.session.client("cloudwatch")) as stub:
        stub.add_response("get_metric_data", page)
        report = read_tokens(target, TokenWish(), NOW)
    assert report.total.usage is not None
    assert report.total.usage.input_tokens == 1
    return target.screen.warnings


def test_a_whole_answer_warns_of_nothing(target: Target) -> None:
    assert answered(target) == []


@pytest.mark.parametrize("status", ["PartialData", "InternalError"])
def test_a_part_that_is_missing_is_named(target: Target, status: str) -> None:
    (warning,) = answered(target, StatusCode=status)
    assert "Invocations of us.amazon.nova-micro-v1:0 only in part" in warning


def test_values_that_are_no_numbers_are_counted(target: Target) -> None:
    (warning,) = answered(target, Values=[float("nan")])
    assert "no usable numbers, left out: 1" in warning


def test_what_cloudwatch_says_is_passed_on(target: Target) -> None:
    assert answered(target, messages=("too much was asked",)) == ["CloudWatch says: too much was asked"]


@pytest.mark.parametrize("off", [timedelta(minutes=4), timedelta(hours=-3)])
def test_a_clock_that_differs_from_aws_is_said(target: Target, off: timedelta) -> None:
    (warning,) = answered(target, clock=NOW + off)
    assert "this machine's clock says 2026-11-24 12:00 UTC" in warning


def test_an_alarm_is_billed_for_every_metric_that_it_reads() -> None:
    math = [{"Id": "e", "Expression": "a+b"}, *({"Id": name, "MetricStat": metric()} for name in "ab")]
    alarms = [{"AlarmName": "math", "Metrics": math}, {"AlarmName": "plain", "MetricName": "M"}]
    session = Session("us-east-1", "http://127.0.0.1:1")
    with Stubber(session.client("cloudwatch")) as stub:
        stub.add_response("describe_alarms", {"MetricAlarms": alarms[:1], "NextToken": "t"})
        stub.add_response("describe_alarms", {"MetricAlarms": alarms[1:], "CompositeAlarms": [{"AlarmName": "both"}]})
        assert list_alarms(session) == [Alarm("math", 2), Alarm("plain", 1), Alarm("both", 0, composite=True)]


def metric() -> dict[str, Any]:
    return {"Metric": {"Namespace": "N", "MetricName": "M"}, "Period": 60, "Stat": "Sum"}
