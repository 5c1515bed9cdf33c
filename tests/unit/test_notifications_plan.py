"""Endpoints as they are typed, plans for them, and whether CloudWatch may publish to a topic."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from paybot_ops.core.alarm_delivery import Topic, TopicKey, topic_problems
from paybot_ops.core.subscriptions import (
    Endpoint,
    Protocol,
    Subscription,
    SubscriptionState,
    parse_endpoint,
    parse_subscription,
    plan_subscription,
    topic_policy,
)
from paybot_ops.errors import UsageError
from tests.unit.alarm_examples import TOPIC, alarm

ACCOUNT = "123456789012"
OPS = Endpoint(Protocol.EMAIL, "ops@example.com")


@pytest.mark.parametrize(
    ("text", "protocol", "address"),
    [
        (" ops@example.com ", Protocol.EMAIL, "ops@example.com"),
        ("+43 664 123-4567", Protocol.SMS, "+436641234567"),
        ("https://hooks.example.com/x?y=1", Protocol.HTTPS, "https://hooks.example.com/x?y=1"),
        (f"arn:aws:sqs:eu-west-1:{ACCOUNT}:q", Protocol.SQS, f"arn:aws:sqs:eu-west-1:{ACCOUNT}:q"),
        (f"arn:aws:lambda:eu-west-1:{ACCOUNT}:function:f:live", Protocol.LAMBDA, None),
    ],
)
def test_endpoints_by_their_form(text: str, protocol: Protocol, address: str | None) -> None:
    assert parse_endpoint(text, None) == Endpoint(protocol, address or text)
    assert parse_endpoint(text, protocol).protocol is protocol


@pytest.mark.parametrize(
    "text",
    [
        "",
        "ops",
        "ops@example",
        "a b@example.com",
        "ops@example.com,two@example.com",
        "0664123456",
        "+0123456789",
        "http://example.com",
        "https://",
        "ftp://example.com",
        f"arn:aws:sns:eu-west-1:{ACCOUNT}:topic",
        f"arn:aws:lambda:eu-west-1:{ACCOUNT}:layer:f",
    ],
)
def test_what_is_no_endpoint(text: str) -> None:
    with pytest.raises(UsageError):
        parse_endpoint(text, None)


def test_an_endpoint_must_fit_its_protocol() -> None:
    with pytest.raises(UsageError, match="sms"):
        parse_endpoint("ops@example.com", Protocol.SMS)


def subscription(arn: str) -> Subscription:
    return parse_subscription(
        {"TopicArn": TOPIC, "Protocol": "email", "Endpoint": "Ops@example.com", "SubscriptionArn": arn}
    )


PENDING, CONFIRMED, DELETED = map(subscription, ("PendingConfirmation", f"{TOPIC}:1", "Deleted"))


def test_states_are_read_from_where_an_arn_would_be() -> None:
    assert [each.state for each in (PENDING, CONFIRMED, DELETED)] == [
        SubscriptionState.PENDING,
        SubscriptionState.CONFIRMED,
        SubscriptionState.DELETED,
    ]
    assert [each.arn for each in (PENDING, CONFIRMED, DELETED)] == ["", f"{TOPIC}:1", ""]


@pytest.mark.parametrize(
    ("held", "resend", "verbs"),
    [
        ((), False, ["subscribe"]),
        ((DELETED,), False, ["subscribe"]),
        ((PENDING,), False, []),
        ((PENDING,), True, ["subscribe"]),
        ((CONFIRMED,), True, []),
        ((PENDING, CONFIRMED), True, []),
        (None, False, ["create", "subscribe"]),
    ],
)
def test_only_what_is_missing_is_planned(held: tuple[Subscription, ...] | None, resend: bool, verbs: list[str]) -> None:
    plan = plan_subscription(OPS, TOPIC, held, (), resend=resend)
    assert [action.verb for action in plan.actions] == verbs
    assert bool(plan.notes) is not ("subscribe" in verbs)


def test_what_is_so_already_is_said() -> None:
    said = [plan_subscription(OPS, TOPIC, (held,), ()).notes[0] for held in (PENDING, CONFIRMED)]
    assert ["waits" in said[0], "confirmed" in said[1], "waits" in said[1]] == [True, True, False]


def test_silent_alarms_are_wired() -> None:
    plan = plan_subscription(OPS, TOPIC, None, [alarm("a", AlarmActions=[])])
    assert [action.verb for action in plan.actions] == ["create", "wire", "subscribe"]


# -- whether an alarm's message gets through -------------------------------------------------------------------------


def statement(**changes: Any) -> dict[str, Any]:
    plain: dict[str, Any] = {
        "Effect": "Allow",
        "Principal": {"Service": "cloudwatch.amazonaws.com"},
        "Action": "sns:Publish",
        "Resource": TOPIC,
    }
    return plain | changes


def topic(*statements: dict[str, Any], **more: Any) -> Topic:
    return Topic(TOPIC, json.dumps({"Statement": list(statements)}), **more)


DEFAULT = statement(
    Principal={"AWS": "*"}, Action=["SNS:Publish"], Condition={"StringEquals": {"AWS:SourceOwner": ACCOUNT}}
)
ALARMS = f"arn:aws:cloudwatch:us-east-1:{ACCOUNT}:alarm:"


@pytest.mark.parametrize(
    "statements",
    [
        (statement(),),
        (statement(Action="sns:*", Resource="*"),),
        (DEFAULT,),
        (statement(Condition={"ArnLike": {"aws:SourceArn": f"{ALARMS}*"}}),),
        (statement(Condition={"ArnEquals": {"aws:SourceArn": f"{ALARMS}one-of-them"}}),),
        (statement(Condition={"StringEquals": {"aws:PrincipalOrgID": "o-1"}}),),
        (statement(), statement(Effect="Deny", Principal="*", Condition={"Bool": {"aws:SecureTransport": "false"}})),
        (statement(), statement(Effect="Deny", Principal="*", Condition={"StringEquals": {"unknown:Key": "x"}})),
    ],
)
def test_policies_that_let_alarms_through(statements: tuple[dict[str, Any], ...]) -> None:
    assert topic_problems(topic(*statements)) == ()


@pytest.mark.parametrize(
    "statements",
    [
        (),
        (statement(Principal={"AWS": f"arn:aws:iam::{ACCOUNT}:root"}),),
        (statement(Principal={"Service": "events.amazonaws.com"}),),
        (statement(Action="sns:Subscribe"),),
        (statement(Resource=f"{TOPIC}-other"),),
        (statement(Condition={"StringEquals": {"aws:SourceAccount": "999999999999"}}),),
        (statement(Condition={"ArnLike": {"aws:SourceArn": "arn:aws:cloudwatch:us-east-1:999999999999:alarm:*"}}),),
        (statement(), statement(Effect="Deny", Principal="*", Action="sns:*")),
    ],
)
def test_policies_that_do_not(statements: tuple[dict[str, Any], ...]) -> None:
    assert "policy" in topic_problems(topic(*statements))[0]


def test_the_policy_of_a_topic_of_ours_lets_alarms_through() -> None:
    assert topic_problems(Topic(TOPIC, topic_policy(TOPIC))) == ()


def key(*actions: str, **more: Any) -> TopicKey:
    policy = {"Statement": [statement(Action=list(actions), Resource="*")]}
    return replace(TopicKey("key", policy=json.dumps(policy)), **more)


@pytest.mark.parametrize(
    ("found", "said"),
    [
        ({"key_id": "alias/aws/sns"}, "managed"),
        ({"key_id": "k", "key": key("kms:Decrypt")}, "generate"),
        ({"key_id": "k", "key": key("kms:*", enabled=False)}, "disabled"),
    ],
)
def test_keys_that_stop_messages(found: dict[str, Any], said: str) -> None:
    (problem,) = topic_problems(topic(statement(), **found))
    assert said in problem


@pytest.mark.parametrize("actions", [("kms:Decrypt", "kms:GenerateDataKey*"), ("kms:*",)])
def test_keys_that_do_not(actions: tuple[str, ...]) -> None:
    assert topic_problems(topic(statement(), key_id="k", key=key(*actions))) == ()
    assert topic_problems(topic(statement(), key_id="k", key=TopicKey("k"))) == ()


def test_a_key_for_another_topic_s_messages_stops_this_one_s() -> None:
    def held(arn: str) -> TopicKey:
        condition = {"StringEquals": {"kms:EncryptionContext:aws:sns:topicArn": arn}}
        allowed = statement(Action=["kms:Decrypt", "kms:GenerateDataKey*"], Resource="*", Condition=condition)
        return TopicKey("key", policy=json.dumps({"Statement": [allowed]}))

    assert topic_problems(topic(statement(), key_id="k", key=held(TOPIC))) == ()
    (problem,) = topic_problems(topic(statement(), key_id="k", key=held(f"{TOPIC}-other")))
    assert "decrypt" in problem
