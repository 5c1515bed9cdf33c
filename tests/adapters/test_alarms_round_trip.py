"""The full round trip of an alarm, and AWS's refusals, through real clients."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from botocore.loaders import create_loader
from botocore.model import ServiceModel
from botocore.stub import ANY, Stubber

from paybot_ops.adapters import alarms, sns
from paybot_ops.adapters.session import Session
from paybot_ops.apply.alarms import wire
from paybot_ops.core.alarm_readings import plan_readings
from paybot_ops.core.alarms import State
from paybot_ops.core.subscriptions import WireAlarm
from paybot_ops.errors import AccessDeniedError, AwsError, MissingToolError, PaybotError
from paybot_ops.sandbox.server import Sandbox
from tests.sandbox.aws_world import client
from tests.sandbox.cloudwatch_world import alarm, described, query
from tests.unit.alarm_examples import NOW, TOPIC
from tests.unit.alarm_examples import alarm as read_alarm

# What DescribeAlarms says and PutMetricAlarm does not take: the alarm's life, not its settings.
LIFE = {
    "AlarmArn",
    "AlarmConfigurationUpdatedTimestamp",
    "StateValue",
    "StateReason",
    "StateReasonData",
    "StateUpdatedTimestamp",
    "StateTransitionedTimestamp",
    "EvaluationState",
}
COMPOSITE_LIFE = LIFE - {"EvaluationState"} | {"ActionsSuppressedBy", "ActionsSuppressedReason"}


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox() as running:
        yield running


@pytest.fixture
def session(sandbox: Sandbox) -> Session:
    return Session("us-east-1", sandbox.endpoint)


@pytest.mark.parametrize(
    ("shape", "operation", "life"),
    [("MetricAlarm", "PutMetricAlarm", LIFE), ("CompositeAlarm", "PutCompositeAlarm", COMPOSITE_LIFE)],
)
def test_every_setting_that_is_read_can_be_put_back(shape: str, operation: str, life: set[str]) -> None:
    """A botocore that learns of a setting which only one of the two knows turns this red."""
    model: Any = ServiceModel(create_loader().load_service_model("cloudwatch", "service-2"), "cloudwatch")
    put = set(model.operation_model(operation).input_shape.members)
    assert set(model.shape_for(shape).members) - put == life
    assert put - set(model.shape_for(shape).members) == {"Tags"}


SETTINGS: list[dict[str, Any]] = [
    alarm(
        "whole",
        AlarmDescription="all of it",
        Statistic=None,
        ExtendedStatistic="p99",
        Dimensions=[{"Name": "a", "Value": "b"}],
        Unit="Milliseconds",
        DatapointsToAlarm=2,
        EvaluationPeriods=3,
        TreatMissingData="ignore",
        EvaluateLowSampleCountPercentile="ignore",
        ActionsEnabled=False,
        InsufficientDataActions=[TOPIC],
    ),
    alarm(
        "formula",
        Namespace=None,
        MetricName=None,
        Statistic=None,
        Period=None,
        Metrics=[
            query("m", "Shop", "x") | {"ReturnData": False},
            {"Id": "e", "Expression": "m * 2", "Label": "twice", "ReturnData": True},
        ],
    ),
]


@pytest.mark.parametrize("settings", SETTINGS, ids=lambda settings: settings["AlarmName"])
def test_wiring_an_alarm_changes_its_actions_and_nothing_else(
    sandbox: Sandbox, session: Session, settings: dict[str, Any]
) -> None:
    cloudwatch = client(sandbox, "cloudwatch")
    cloudwatch.put_metric_alarm(**settings)
    before = described(cloudwatch, settings["AlarmName"])
    action = WireAlarm(verb="wire", target="x", alarm=settings["AlarmName"], topic=TOPIC)
    for _ in range(2):  # twice is once
        wire(session, action)
    after = described(cloudwatch, settings["AlarmName"])
    changed = {name for name in before.keys() - LIFE if before[name] != after.get(name)}
    assert changed == {"AlarmActions", "OKActions"}
    assert (after["AlarmActions"], after["OKActions"]) == ([TOPIC], [TOPIC])
    assert after.keys() - LIFE == before.keys() - LIFE


def test_wiring_a_composite_alarm(sandbox: Sandbox, session: Session) -> None:
    cloudwatch = client(sandbox, "cloudwatch")
    cloudwatch.put_composite_alarm(AlarmName="both", AlarmRule="FALSE", AlarmDescription="kept", ActionsEnabled=False)
    wire(session, WireAlarm(verb="wire", target="both", alarm="both", topic=TOPIC))
    after = described(cloudwatch, "both")
    assert (after["AlarmActions"], after["AlarmDescription"], after["ActionsEnabled"]) == ([TOPIC], "kept", False)


def test_an_alarm_that_went_in_the_meantime_is_said(session: Session) -> None:
    with pytest.raises(PaybotError, match="gone"):
        wire(session, WireAlarm(verb="wire", target="x", alarm="nobody", topic=TOPIC))
    assert alarms.set_alarm_state(session, "nobody", State.ALARM, "a test") is False


class NewerSettings:
    """A CloudWatch that has learnt a setting which botocore does not know."""

    def __init__(self, session: Session) -> None:
        self._client = session.client("cloudwatch")
        self._client.meta.events.register_first("before-parse.cloudwatch.DescribeAlarms", self)

    def __call__(self, response_dict: dict[str, Any], **_: Any) -> None:
        response_dict["body"] = response_dict["body"].replace(b'"AlarmName"', b'"QuietHours": "22-06", "AlarmName"', 1)


def test_a_setting_that_botocore_would_drop_stops_the_round_trip(sandbox: Sandbox, session: Session) -> None:
    client(sandbox, "cloudwatch").put_metric_alarm(**alarm("newer"))
    NewerSettings(session)
    with pytest.raises(MissingToolError, match="botocore") as caught:
        wire(session, WireAlarm(verb="wire", target="newer", alarm="newer", topic=TOPIC))
    assert "QuietHours" in caught.value.why
    assert described(client(sandbox, "cloudwatch"), "newer")["AlarmActions"] == []


def stubbed(service: str) -> tuple[Session, Any]:
    session = Session("us-east-1", "http://127.0.0.1:1")
    return session, Stubber(session.client(service))


def test_values_that_are_no_numbers_and_missing_ones_are_left_out() -> None:
    session, stub = stubbed("cloudwatch")
    (reading,) = plan_readings([read_alarm("nan"), read_alarm("huge"), read_alarm("none")])
    results = [
        {"Id": "a0_m", "Values": [float("nan"), 1.0], "Timestamps": [NOW, NOW]},
        {"Id": "a1_m", "Values": [1.7e308], "Timestamps": [NOW], "StatusCode": "PartialData"},
        {"Id": "a2_m", "Values": [], "Timestamps": []},
    ]
    stub.add_response("get_metric_data", {"MetricDataResults": results, "NextToken": "more"})
    rest = [{"Id": "a1_m", "Values": [5.0], "Timestamps": [NOW]}]
    stub.add_response("get_metric_data", {"MetricDataResults": rest}, None)
    with stub:
        values = alarms.get_values(session, reading, NOW)
    assert {name: value.value for name, value in values.items()} == {"huge": 1.7e308}


@pytest.mark.parametrize(
    ("code", "error", "said"),
    [("AccessDenied", AccessDeniedError, "cloudwatch:DescribeAlarms"), ("Throttling", AwsError, "later")],
)
def test_refusals_are_told_in_our_words(code: str, error: type[PaybotError], said: str) -> None:
    session, stub = stubbed("cloudwatch")
    stub.add_client_error("describe_alarms", code, "m", expected_params={"AlarmTypes": ANY, "MaxRecords": 100})
    with stub, pytest.raises(error) as caught:
        list(alarms.list_alarms(session, ""))
    assert said in caught.value.hint


def test_a_topic_that_is_gone_is_a_value_and_one_that_is_denied_is_not() -> None:
    session, stub = stubbed("sns")
    stub.add_client_error("list_subscriptions_by_topic", "NotFound", "m")
    stub.add_client_error("list_subscriptions_by_topic", "AuthorizationError", "m")
    with stub:
        assert sns.find_subscriptions(session, TOPIC) is None
        with pytest.raises(AccessDeniedError, match="bot-alerts-dev"):
            sns.find_subscriptions(session, TOPIC)
