"""Alarms of the embedded AWS: they begin without data, are evaluated, keep a history, notify, and know AWS's limits."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from paybot_ops.sandbox.alarm_evaluation import assess
from paybot_ops.sandbox.alarm_rules import RuleError, children, rule_holds
from paybot_ops.sandbox.server import Sandbox
from tests.sandbox.aws_world import client, code_of
from tests.sandbox.cloudwatch_world import alarm, described, dimensions, eventually, put, query, state_of


@pytest.fixture(scope="module")
def cloudwatch(sandbox: Sandbox) -> Any:
    return client(sandbox, "cloudwatch")


@pytest.fixture(scope="module")
def topic(sandbox: Sandbox) -> str:
    """A topic that a queue hears."""
    sns, sqs = client(sandbox, "sns"), client(sandbox, "sqs")
    arn = str(sns.create_topic(Name="alerts")["TopicArn"])
    sqs.create_queue(QueueName="heard")
    sns.subscribe(TopicArn=arn, Protocol="sqs", Endpoint="arn:aws:sqs:us-east-1:123456789012:heard")
    return arn


def heard(sandbox: Sandbox) -> list[dict[str, Any]]:
    """What alarms published since the last call."""
    sqs = client(sandbox, "sqs")
    url = sqs.get_queue_url(QueueName="heard")["QueueUrl"]
    found = []
    while messages := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
        for message in messages:
            found.append(json.loads(json.loads(message["Body"])["Message"]))
            sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    return found


def becomes(cloudwatch: Any, name: str, state: str) -> None:
    eventually(lambda: state_of(cloudwatch, name) == state, f"{name} becomes {state}")


def test_a_new_alarm_knows_nothing_yet(cloudwatch: Any) -> None:
    cloudwatch.put_metric_alarm(**alarm("fresh"))
    found = described(cloudwatch, "fresh")
    assert (found["StateValue"], found["StateReason"]) == ("INSUFFICIENT_DATA", "Unchecked: Initial alarm creation")
    assert found["ActionsEnabled"] is True


def test_data_make_it_fire_tell_and_remember(sandbox: Sandbox, cloudwatch: Any, topic: str) -> None:
    cloudwatch.put_metric_alarm(**alarm("fires", AlarmActions=[topic], TreatMissingData="notBreaching"))
    becomes(cloudwatch, "fires", "OK")
    put(cloudwatch, "Shop", "fires", 6)
    becomes(cloudwatch, "fires", "ALARM")
    assert "6.0" in described(cloudwatch, "fires")["StateReason"]
    (message,) = [item for item in heard(sandbox) if item["AlarmName"] == "fires"]
    assert (message["NewStateValue"], message["OldStateValue"]) == ("ALARM", "OK")
    assert message["Trigger"]["Threshold"] == 5.0
    items = cloudwatch.describe_alarm_history(AlarmName="fires")["AlarmHistoryItems"]
    assert [item["HistoryItemType"] for item in items] == [
        "Action",
        "StateUpdate",
        "StateUpdate",
        "ConfigurationUpdate",
    ]
    assert topic in items[0]["HistorySummary"]
    assert json.loads(items[0]["HistoryData"])["actionState"] == "Succeeded"


def test_a_percentile_alarm(cloudwatch: Any) -> None:
    cloudwatch.put_metric_alarm(**alarm("slow", Statistic=None, ExtendedStatistic="p90", Threshold=100.0))
    put(cloudwatch, "Shop", "slow", *[10] * 95, *[500] * 5)
    becomes(cloudwatch, "slow", "OK")
    put(cloudwatch, "Shop", "slow", *[500] * 20)
    becomes(cloudwatch, "slow", "ALARM")


def test_an_alarm_on_a_formula(cloudwatch: Any) -> None:
    parts = [query(name, "Shop", f"math-{name}", period=86400) | {"ReturnData": False} for name in ("a", "b")]
    formula = {"Id": "cost", "Expression": "(FILL(a, 0) * 2 + FILL(b, 0)) / 10", "ReturnData": True}
    plain = alarm("math", Metrics=[*parts, formula], Namespace=None, MetricName=None, Statistic=None, Period=None)
    cloudwatch.put_metric_alarm(**plain)
    put(cloudwatch, "Shop", "math-a", 20)
    becomes(cloudwatch, "math", "OK")
    put(cloudwatch, "Shop", "math-b", 11)
    becomes(cloudwatch, "math", "ALARM")


def test_a_composite_alarm_follows_its_children(sandbox: Sandbox, cloudwatch: Any, topic: str) -> None:
    cloudwatch.put_metric_alarm(**alarm("child", TreatMissingData="notBreaching"))
    cloudwatch.put_composite_alarm(AlarmName="parent", AlarmRule='ALARM("child") AND NOT FALSE', AlarmActions=[topic])
    becomes(cloudwatch, "parent", "OK")
    put(cloudwatch, "Shop", "child", 9)
    becomes(cloudwatch, "parent", "ALARM")
    assert [item["AlarmRule"] for item in heard(sandbox) if item["AlarmName"] == "parent"] == [
        'ALARM("child") AND NOT FALSE'
    ]
    assert [item["AlarmName"] for item in cloudwatch.describe_alarms(AlarmNamePrefix="parent")["MetricAlarms"]] == []
    with pytest.raises(ClientError, match="parent"):
        cloudwatch.delete_alarms(AlarmNames=["child"])
    cloudwatch.delete_alarms(AlarmNames=["parent", "child"])
    with pytest.raises(ClientError, match="nobody"):
        cloudwatch.put_composite_alarm(AlarmName="orphan", AlarmRule="ALARM(nobody)")


def test_a_state_set_by_hand_lasts_until_the_next_evaluation(cloudwatch: Any) -> None:
    cloudwatch.put_metric_alarm(**alarm("hand", TreatMissingData="notBreaching"))
    becomes(cloudwatch, "hand", "OK")
    cloudwatch.set_alarm_state(AlarmName="hand", StateValue="ALARM", StateReason="a test")
    found = described(cloudwatch, "hand")
    assert (found["StateValue"], found["StateReason"]) == ("ALARM", "a test")
    put(cloudwatch, "Shop", "hand", 1)
    becomes(cloudwatch, "hand", "OK")
    with pytest.raises(ClientError) as caught:
        cloudwatch.set_alarm_state(AlarmName="nobody", StateValue="ALARM", StateReason="a test")
    assert code_of(caught.value)[0] == "ResourceNotFound"


def test_disabled_actions_tell_nobody(sandbox: Sandbox, cloudwatch: Any, topic: str) -> None:
    cloudwatch.put_metric_alarm(**alarm("mute", AlarmActions=[topic]))
    cloudwatch.disable_alarm_actions(AlarmNames=["mute"])
    cloudwatch.set_alarm_state(AlarmName="mute", StateValue="ALARM", StateReason="a test")
    assert [item for item in heard(sandbox) if item["AlarmName"] == "mute"] == []


def test_a_topic_that_cannot_be_reached_is_in_the_history(sandbox: Sandbox, cloudwatch: Any) -> None:
    sns = client(sandbox, "sns")
    closed = sns.create_topic(Name="closed")["TopicArn"]
    owner = {
        "Effect": "Allow",
        "Principal": {"AWS": "arn:aws:iam::123456789012:root"},
        "Action": "sns:*",
        "Resource": closed,
    }
    sns.set_topic_attributes(
        TopicArn=closed,
        AttributeName="Policy",
        AttributeValue=json.dumps({"Version": "2012-10-17", "Statement": [owner]}),
    )
    for name, action in (("refused", closed), ("lost", closed.replace("closed", "gone"))):
        cloudwatch.put_metric_alarm(**alarm(name, AlarmActions=[action]))
        cloudwatch.set_alarm_state(AlarmName=name, StateValue="ALARM", StateReason="a test")
        item = cloudwatch.describe_alarm_history(AlarmName=name, HistoryItemType="Action")["AlarmHistoryItems"][0]
        assert item["HistorySummary"].startswith("Failed to execute action")
        assert json.loads(item["HistoryData"])["error"]


def test_an_update_keeps_the_state_and_overwrites_the_rest(cloudwatch: Any) -> None:
    cloudwatch.put_metric_alarm(**alarm("kept", AlarmDescription="before", Tags=[{"Key": "team", "Value": "pay"}]))
    cloudwatch.set_alarm_state(AlarmName="kept", StateValue="ALARM", StateReason="a test")
    cloudwatch.put_metric_alarm(**alarm("kept", Threshold=9.0, TreatMissingData="ignore"))
    found = described(cloudwatch, "kept")
    assert (found["StateValue"], found["Threshold"], "AlarmDescription" in found) == ("ALARM", 9.0, False)
    assert cloudwatch.list_tags_for_resource(ResourceARN=found["AlarmArn"])["Tags"] == [{"Key": "team", "Value": "pay"}]


def test_alarms_and_their_history_come_in_pages(cloudwatch: Any) -> None:
    for number in range(55):
        cloudwatch.put_metric_alarm(**alarm(f"page-{number:02}"))
    first = cloudwatch.describe_alarms(AlarmNamePrefix="page-")
    assert len(first["MetricAlarms"]) == 50
    second = cloudwatch.describe_alarms(AlarmNamePrefix="page-", NextToken=first["NextToken"])
    assert [item["AlarmName"] for item in second["MetricAlarms"]] == [f"page-{number}" for number in range(50, 55)]
    assert "NextToken" not in second
    with pytest.raises(ClientError, match="100"):
        cloudwatch.describe_alarms(MaxRecords=101)
    pages = list(cloudwatch.get_paginator("describe_alarm_history").paginate(PaginationConfig={"PageSize": 20}))
    assert len(pages[0]["AlarmHistoryItems"]) == 20
    assert len(pages) > 2


REFUSED: list[dict[str, Any]] = [
    {"Metrics": [query("m", "Shop", "x")]},
    {"ExtendedStatistic": "p99"},
    {"Statistic": None},
    {"Threshold": None},
    {"Period": 90},
    {"DatapointsToAlarm": 2},
    {"TreatMissingData": "sometimes"},
    {"AlarmActions": ["not-an-arn"]},
    {"Period": 300, "EvaluationPeriods": 289},
    {"Period": 86400, "EvaluationPeriods": 8},
    {"ComparisonOperator": "Greater"},
    {"AlarmName": "x" * 256},
]


@pytest.mark.parametrize("changes", REFUSED, ids=lambda changes: "-".join(changes))
def test_settings_that_aws_refuses(cloudwatch: Any, changes: dict[str, Any]) -> None:
    with pytest.raises(ClientError) as caught:
        cloudwatch.put_metric_alarm(**alarm("refused-settings", **changes))
    assert code_of(caught.value) == ("ValidationError", 400)


X = None


@pytest.mark.parametrize(
    ("values", "settings", "expected"),
    [
        ([9], {}, "ALARM"),
        ([5], {}, "OK"),
        ([5], {"ComparisonOperator": "GreaterThanOrEqualToThreshold"}, "ALARM"),
        ([4], {"ComparisonOperator": "LessThanThreshold"}, "ALARM"),
        ([X], {}, "INSUFFICIENT_DATA"),
        ([X], {"TreatMissingData": "notBreaching"}, "OK"),
        ([X], {"TreatMissingData": "breaching"}, "ALARM"),
        ([X], {"TreatMissingData": "ignore"}, "unchanged"),
        ([9, X, X], {"EvaluationPeriods": 3, "TreatMissingData": "notBreaching"}, "OK"),
        ([9, 9, X], {"EvaluationPeriods": 3, "DatapointsToAlarm": 2, "TreatMissingData": "notBreaching"}, "ALARM"),
        ([9, 1, X], {"EvaluationPeriods": 3, "DatapointsToAlarm": 2, "TreatMissingData": "breaching"}, "ALARM"),
        ([X, X, 9], {"EvaluationPeriods": 3}, "ALARM"),
        ([1, X, 9], {"EvaluationPeriods": 3}, "OK"),
        ([9, 9, 1, X, X], {"EvaluationPeriods": 3, "DatapointsToAlarm": 2}, "ALARM"),
        ([9, 1, 1], {"EvaluationPeriods": 2}, "OK"),
    ],
)
def test_what_the_values_call_for(values: list[float | None], settings: dict[str, Any], expected: str) -> None:
    assert assess(values, alarm("m") | settings, "unchanged") == expected


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ('ALARM("a b")', True),
        ("OK(c) OR alarm('a b')", True),
        ("NOT (ALARM(c) OR FALSE)", True),
        ("INSUFFICIENT_DATA(arn:aws:cloudwatch:us-east-1:123456789012:alarm:d) AND TRUE", True),
        ('ALARM("c")', False),
        ('ALARM("a b") AND OK("a b")', False),
    ],
)
def test_rules_of_composite_alarms(rule: str, expected: bool) -> None:
    assert rule_holds(rule, {"a b": "ALARM", "c": "OK", "d": "INSUFFICIENT_DATA"}) is expected


@pytest.mark.parametrize("rule", ["", "ALARM(", "ALARM(a) OK(b)", "AND", "(TRUE", "MAYBE(a)", "(" * 5000])
def test_rules_that_cannot_be_read(rule: str) -> None:
    with pytest.raises(RuleError):
        rule_holds(rule, {})


def test_the_children_of_a_rule() -> None:
    assert children('ALARM("a") OR OK(b) OR ALARM(a)') == ("a", "b")


def test_the_dimensions_decide_which_data_count(cloudwatch: Any) -> None:
    cloudwatch.put_metric_alarm(**alarm("dims", Dimensions=dimensions(bot="x")))
    put(cloudwatch, "Shop", "dims", 9, bot="other", ago=timedelta(seconds=1))
    put(cloudwatch, "Shop", "dims", 1, bot="x")
    becomes(cloudwatch, "dims", "OK")
