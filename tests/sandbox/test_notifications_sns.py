"""Subscriptions of the embedded AWS: pending until confirmed, endpoints checked, messages to people in the outbox."""

from __future__ import annotations

import json
from typing import Any
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest
from botocore.exceptions import ClientError

from paybot_ops.sandbox.server import Sandbox
from tests.sandbox.aws_world import client, code_of


@pytest.fixture
def topic(sandbox: Sandbox, request: pytest.FixtureRequest) -> str:
    return str(client(sandbox, "sns").create_topic(Name=request.node.name.partition("[")[0][:80])["TopicArn"])


def outbox(sandbox: Sandbox, topic: str) -> list[dict[str, Any]]:
    with urlopen(f"{sandbox.endpoint}/_paybot/outbox") as response:
        return [item for item in json.load(response)["messages"] if item["topic_arn"] == topic]


def counts(sandbox: Sandbox, topic: str) -> list[str]:
    attributes = client(sandbox, "sns").get_topic_attributes(TopicArn=topic)["Attributes"]
    return [attributes[f"Subscriptions{state}"] for state in ("Pending", "Confirmed", "Deleted")]


def listed(sandbox: Sandbox, topic: str) -> list[str]:
    found = client(sandbox, "sns").list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"]
    return [item["SubscriptionArn"] for item in found]


def test_an_address_is_pending_until_its_link_is_followed(sandbox: Sandbox, topic: str) -> None:
    sns = client(sandbox, "sns")
    made = sns.subscribe(TopicArn=topic, Protocol="email", Endpoint="ops@example.com")
    assert made["SubscriptionArn"] == "pending confirmation"
    assert (listed(sandbox, topic), counts(sandbox, topic)) == (["PendingConfirmation"], ["1", "0", "0"])
    sns.publish(TopicArn=topic, Message="too early")
    (letter,) = outbox(sandbox, topic)
    assert letter["kind"] == "SubscriptionConfirmation"
    urlopen(letter["subscribe_url"]).close()
    assert counts(sandbox, topic) == ["0", "1", "0"]
    sns.publish(TopicArn=topic, Message="heard", Subject="hello")
    last = outbox(sandbox, topic)[-1]
    assert (last["kind"], last["message"], last["subject"]) == ("Notification", "heard", "hello")
    (arn,) = listed(sandbox, topic)
    assert sns.get_subscription_attributes(SubscriptionArn=arn)["Attributes"]["PendingConfirmation"] == "false"
    sns.unsubscribe(SubscriptionArn=arn)
    assert (listed(sandbox, topic), counts(sandbox, topic)) == (["Deleted"], ["0", "0", "1"])


def test_a_wrong_token_confirms_nothing(sandbox: Sandbox, topic: str) -> None:
    sns = client(sandbox, "sns")
    sns.subscribe(TopicArn=topic, Protocol="email", Endpoint="ops@example.com")
    with pytest.raises(ClientError, match="Token"):
        sns.confirm_subscription(TopicArn=topic, Token="guessed")
    with pytest.raises(HTTPError):
        urlopen(f"{sandbox.endpoint}/?Action=ConfirmSubscription&TopicArn={topic}&Token=guessed")
    token = outbox(sandbox, topic)[0]["token"]
    assert sns.confirm_subscription(TopicArn=topic, Token=token)["SubscriptionArn"].startswith(topic)


def test_the_same_endpoint_is_one_subscription(sandbox: Sandbox, topic: str) -> None:
    sns = client(sandbox, "sns")
    for _ in range(2):
        sns.subscribe(TopicArn=topic, Protocol="email", Endpoint="ops@example.com")
    assert counts(sandbox, topic) == ["1", "0", "0"]
    assert len(outbox(sandbox, topic)) == 2  # asked again


def test_the_arn_of_a_pending_one_is_shown_on_request(sandbox: Sandbox, topic: str) -> None:
    sns = client(sandbox, "sns")
    made = sns.subscribe(TopicArn=topic, Protocol="email", Endpoint="a@example.com", ReturnSubscriptionArn=True)
    assert made["SubscriptionArn"].startswith(topic)


@pytest.mark.parametrize(
    ("protocol", "endpoint"),
    [
        ("email", "nobody"),
        ("email", "a@b"),
        ("https", "http://example.com"),
        ("sms", "12"),
        ("sqs", "https://sqs.us-east-1.amazonaws.com/q"),
        ("lambda", "arn:aws:lambda:us-east-1:123456789012:layer:x"),
        ("fax", "1"),
    ],
)
def test_endpoints_that_aws_refuses(sandbox: Sandbox, topic: str, protocol: str, endpoint: str) -> None:
    with pytest.raises(ClientError) as caught:
        client(sandbox, "sns").subscribe(TopicArn=topic, Protocol=protocol, Endpoint=endpoint)
    assert code_of(caught.value) == ("InvalidParameter", 400)
    assert listed(sandbox, topic) == []


def test_a_pending_subscription_cannot_be_ended(sandbox: Sandbox, topic: str) -> None:
    with pytest.raises(ClientError, match="ARN"):
        client(sandbox, "sns").unsubscribe(SubscriptionArn="PendingConfirmation")


def test_an_unknown_topic_is_not_found(sandbox: Sandbox) -> None:
    with pytest.raises(ClientError) as caught:
        client(sandbox, "sns").list_subscriptions_by_topic(TopicArn="arn:aws:sns:us-east-1:123456789012:none")
    assert code_of(caught.value) == ("NotFound", 404)


def test_subscriptions_come_in_pages(sandbox: Sandbox, topic: str) -> None:
    sns = client(sandbox, "sns")
    for number in range(101):
        sns.subscribe(TopicArn=topic, Protocol="sms", Endpoint=f"+4366412345{number:03}")
    pages = list(sns.get_paginator("list_subscriptions_by_topic").paginate(TopicArn=topic))
    assert [len(page["Subscriptions"]) for page in pages] == [100, 1]


def test_a_function_that_may_not_be_invoked_is_noted(sandbox: Sandbox, topic: str) -> None:
    sns = client(sandbox, "sns")
    sns.subscribe(TopicArn=topic, Protocol="lambda", Endpoint="arn:aws:lambda:us-east-1:123456789012:function:none")
    sns.publish(TopicArn=topic, Message="hello")
    assert "not found" in outbox(sandbox, topic)[-1]["error"]
