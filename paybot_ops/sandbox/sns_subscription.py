"""A subscription that waits for its confirmation, and what it delivers once it has it."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from moto.sns.models import Subscription

# What confirms itself within one account (Amazon SNS API reference: Subscribe); a person or a server confirms the rest.
_CONFIRMED_AT_ONCE = ("sms", "sqs", "lambda", "application", "firehose")

Deliver = Callable[[dict[str, Any]], None]


class PendingSubscription(Subscription):
    """moto's subscription with a state; messages to people go to the outbox, those to functions run them."""

    def __init__(self, account: str, topic: Any, endpoint: str, protocol: str, deliver: Deliver) -> None:
        super().__init__(account, topic, endpoint, protocol)
        self.token = secrets.token_hex(64)
        self.confirmed = protocol in _CONFIRMED_AT_ONCE
        self._deliver = deliver
        self.attributes = {
            "ConfirmationWasAuthenticated": "true" if self.confirmed else "false",
            "Endpoint": endpoint,
            "TopicArn": topic.arn,
            "Protocol": protocol,
            "SubscriptionArn": self.arn,
            "Owner": account,
            "RawMessageDelivery": "false",
            "PendingConfirmation": "false" if self.confirmed else "true",
        }
        if not self.confirmed:
            self.ask()

    def ask(self) -> None:
        """Send the message that asks for the confirmation."""
        letter = self._letter("SubscriptionConfirmation", "AWS Notification - Subscription Confirmation", "")
        self._deliver(letter | {"token": self.token})

    def confirm(self) -> None:
        """From now on it gets what is published."""
        self.confirmed = True
        self.attributes["PendingConfirmation"] = "false"

    def publish(  # type: ignore[override]  # the rest is moto's own, by name
        self, message: str, message_id: str, subject: str | None = None, **more: Any
    ) -> None:
        """Deliver one message; nothing while the confirmation is missing or the filter does not let it through."""
        if not self.confirmed:
            return
        if self.protocol == "sqs":
            # moto takes a text for true.
            self.attributes["RawMessageDelivery"] = self.attributes.get("RawMessageDelivery") in ("true", True)
            super().publish(message, message_id, subject=subject, **more)
            return
        matcher = self._filter_policy_matcher
        if matcher is not None and not matcher.matches(more.get("message_attributes"), message):
            return
        if more.get("message_structure") == "json":
            message = self._parse_message_structure(message, self.protocol)
        self._deliver(self._letter("Notification", subject or "", message) | {"message_id": message_id})

    def _letter(self, kind: str, subject: str, message: str) -> dict[str, Any]:
        return {
            "kind": kind,
            "topic_arn": self.topic.arn,
            "subscription_arn": self.arn,
            "protocol": self.protocol,
            "endpoint": self.endpoint,
            "subject": subject,
            "message": message,
            "at": datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        }


def lambda_event(letter: dict[str, Any]) -> bytes:
    """The event that SNS invokes a function with (AWS Lambda: Using AWS Lambda with Amazon SNS)."""
    message = {
        "Type": "Notification",
        "MessageId": letter["message_id"],
        "TopicArn": letter["topic_arn"],
        "Subject": letter["subject"] or None,
        "Message": letter["message"],
        "Timestamp": letter["at"],
        "MessageAttributes": {},
    }
    record = {"EventSource": "aws:sns", "EventVersion": "1.0", "EventSubscriptionArn": letter["subscription_arn"]}
    return json.dumps({"Records": [record | {"Sns": message}]}).encode()
