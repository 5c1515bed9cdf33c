"""Changes of who hears of alarms: the topic, its subscriptions, and the alarms that notify it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import assert_never

from paybot_ops.adapters import sns
from paybot_ops.adapters.session import Session
from paybot_ops.apply import alarms
from paybot_ops.core.subscriptions import (
    CreateTopic,
    NotificationChange,
    Subscribe,
    Unsubscribe,
    WireAlarm,
    topic_policy,
)


def change(session: Session, action: NotificationChange, tags: Mapping[str, str]) -> None:
    """Carry out one change; `tags` are those of a new topic."""
    match action:
        case CreateTopic():
            sns.create_topic(session, action.arn.rpartition(":")[2], topic_policy(action.arn), tags)
        case WireAlarm():
            alarms.wire(session, action)
        case Subscribe():
            sns.subscribe(session, action.topic, action.endpoint.protocol, action.endpoint.address)
        case Unsubscribe():
            sns.unsubscribe(session, action.arn)
        case _:
            assert_never(action)
