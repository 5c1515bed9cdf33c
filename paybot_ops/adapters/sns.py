"""SNS topics and their subscriptions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from paybot_ops.adapters.session import Session, aws_errors, error_code
from paybot_ops.core.alarm_delivery import Topic
from paybot_ops.core.subscriptions import Protocol, Subscription, parse_subscription

_GONE = ("NotFound", "NotFoundException")


def find_subscriptions(session: Session, topic: str) -> tuple[Subscription, ...] | None:
    """The subscriptions of a topic, pending and deleted ones too; None when there is no such topic.

    Raises:
        AccessDeniedError: the caller may not list them (sns:ListSubscriptionsByTopic).
    """
    from botocore.exceptions import ClientError

    found: list[Subscription] = []
    request = {"TopicArn": topic}
    with aws_errors("sns", f"the topic {topic}"):
        try:
            while True:
                page = session.client("sns").list_subscriptions_by_topic(**request)
                found += [parse_subscription(item) for item in page["Subscriptions"]]
                if not page.get("NextToken"):
                    return tuple(found)
                request["NextToken"] = page["NextToken"]
        except ClientError as error:
            if error_code(error) in _GONE:
                return None
            raise


def find_topic(session: Session, arn: str) -> Topic | None:
    """A topic's policy and key; None when there is no such topic. The key itself is not looked at.

    Raises:
        AccessDeniedError: the caller may not look (sns:GetTopicAttributes).
    """
    from botocore.exceptions import ClientError

    with aws_errors("sns", f"the topic {arn}"):
        try:
            attributes = session.client("sns").get_topic_attributes(TopicArn=arn)["Attributes"]
        except ClientError as error:
            if error_code(error) in _GONE:
                return None
            raise
    return Topic(arn, attributes.get("Policy", ""), attributes.get("KmsMasterKeyId", ""))


def list_topics(session: Session) -> Iterator[str]:
    """The ARN of every topic in the region.

    Raises:
        AccessDeniedError: the caller may not list them (sns:ListTopics).
    """
    pages = session.client("sns").get_paginator("list_topics")
    with aws_errors("sns", "the topics"):
        for page in pages.paginate():
            yield from (item["TopicArn"] for item in page["Topics"])


def create_topic(session: Session, name: str, policy: str, tags: Mapping[str, str]) -> str:
    """Make a topic, or find the one of this name; its ARN.

    Raises:
        AccessDeniedError: the caller may not (sns:CreateTopic).
    """
    listed = [{"Key": key, "Value": value} for key, value in tags.items()]
    with aws_errors("sns", f"the topic {name}"):
        made = session.client("sns").create_topic(Name=name, Attributes={"Policy": policy}, Tags=listed)
    return str(made["TopicArn"])


def subscribe(session: Session, topic: str, protocol: Protocol, endpoint: str) -> str | None:
    """Subscribe an endpoint; the subscription's ARN, or None while it waits to be confirmed.

    Raises:
        AccessDeniedError: the caller may not (sns:Subscribe).
        AwsError: SNS does not accept the endpoint.
    """
    with aws_errors("sns", f"the topic {topic}"):
        answer = session.client("sns").subscribe(TopicArn=topic, Protocol=protocol.value, Endpoint=endpoint)
    arn = str(answer["SubscriptionArn"])
    return arn if arn.startswith("arn:") else None


def unsubscribe(session: Session, arn: str) -> None:
    """End a confirmed subscription.

    Raises:
        AccessDeniedError: the caller may not (sns:Unsubscribe).
    """
    with aws_errors("sns", f"the subscription {arn}"):
        session.client("sns").unsubscribe(SubscriptionArn=arn)


def publish(session: Session, topic: str, subject: str, message: str) -> str:
    """Publish a message; its id.

    Raises:
        AccessDeniedError: the caller may not (sns:Publish, or the topic's key).
    """
    with aws_errors("sns", f"the topic {topic}"):
        answer: Mapping[str, Any] = session.client("sns").publish(TopicArn=topic, Subject=subject, Message=message)
    return str(answer["MessageId"])
