"""Who hears of alarms: endpoints as they are typed, subscriptions as SNS has them, and what to change."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from paybot_ops.core.alarms import Alarm
from paybot_ops.errors import UsageError
from paybot_ops.plan import Action, Plan

# How long SNS waits for a confirmation (Amazon SNS: Subscription confirmation), in hours.
PENDING_HOURS = 48


class Protocol(StrEnum):
    """How SNS delivers."""

    EMAIL = "email"
    SMS = "sms"
    HTTPS = "https"
    SQS = "sqs"
    LAMBDA = "lambda"


class SubscriptionState(StrEnum):
    """Whether messages arrive."""

    CONFIRMED = "confirmed"
    PENDING = "pending"
    DELETED = "deleted"


_EMAIL = re.compile(r"[^\s@<>,;]+@[^\s@.<>,;]+(\.[^\s@.<>,;]+)+")
_PHONE = re.compile(r"\+[1-9][0-9]{6,14}")
_HTTPS = re.compile(r"https://[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?(:\d{1,5})?(/[^\s]*)?")
_ARN = re.compile(r"arn:aws[a-z-]*:(?P<service>sqs|lambda):[a-z0-9-]+:\d{12}:(?P<rest>[\w:$.-]+)")
_FORMS: Mapping[Protocol, str] = {
    Protocol.EMAIL: "an address: you@example.com",
    Protocol.SMS: "a number with its country: +436641234567",
    Protocol.HTTPS: "an https:// URL",
    Protocol.SQS: "the ARN of a queue",
    Protocol.LAMBDA: "the ARN of a function",
}


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where messages go."""

    protocol: Protocol
    address: str


@dataclass(frozen=True, slots=True)
class Subscription:
    """One subscription of a topic; `arn` only once it is confirmed."""

    topic: str
    protocol: str
    endpoint: str
    state: SubscriptionState
    arn: str = ""


@dataclass(frozen=True, slots=True)
class Listed:
    """A subscription with when it was asked for; None where this workspace did not ask."""

    subscription: Subscription
    asked_at: datetime | None


@dataclass(frozen=True, slots=True)
class TopicReport:
    """A topic that alarms notify: who hears it, and why alarms would not get through to it."""

    arn: str
    alarms: int
    exists: bool
    subscriptions: tuple[Listed, ...]
    problems: tuple[str, ...]


def parse_endpoint(text: str, protocol: Protocol | None) -> Endpoint:
    """An endpoint as it was typed; without a protocol, by its form.

    Raises:
        UsageError: it has no form that SNS delivers to, or not that of the protocol.
    """
    address = text.strip()
    found = next((each for each in Protocol if _fits(each, _cleaned(each, address))), None)
    if protocol is not None:
        found = protocol if _fits(protocol, _cleaned(protocol, address)) else None
    if found is None:
        forms = [_FORMS[protocol]] if protocol else list(_FORMS.values())
        plain = address.startswith("http://")
        raise UsageError(
            "this is no endpoint that messages can go to" if protocol is None else f"this is no {protocol} endpoint",
            why="plain http:// would send alarms unencrypted" if plain else "",
            hint=f"give {', or '.join(forms)}",
        )
    return Endpoint(found, _cleaned(found, address))


def parse_subscription(found: Mapping[str, Any]) -> Subscription:
    """A subscription of ListSubscriptionsByTopic, which writes states where an ARN would be."""
    arn = found["SubscriptionArn"]
    state = {"PendingConfirmation": SubscriptionState.PENDING, "Deleted": SubscriptionState.DELETED}.get(arn)
    return Subscription(
        found["TopicArn"],
        found["Protocol"],
        found.get("Endpoint", ""),
        state or SubscriptionState.CONFIRMED,
        arn if state is None else "",
    )


def find_subscription(held: Iterable[Subscription], endpoint: Endpoint) -> Subscription | None:
    """The live subscription of an endpoint: a confirmed one before a pending one; deleted ones are gone."""
    same = [
        item
        for item in held
        if item.protocol == endpoint.protocol
        and item.endpoint.casefold() == endpoint.address.casefold()
        and item.state is not SubscriptionState.DELETED
    ]
    return min(same, key=lambda item: list(SubscriptionState).index(item.state), default=None)


def alerts_topic_name(project: str, environment: str) -> str:
    """The name that the module gives to a deployment's topic."""
    return "-".join(filter(None, (project, "alerts", environment)))


def topic_policy(arn: str) -> str:
    """The policy of a topic of ours: CloudWatch alarms of the same account may publish, and nobody without TLS."""
    partition, region, account = arn.split(":")[1], arn.split(":")[3], arn.split(":")[4]
    alarms = f"arn:{partition}:cloudwatch:{region}:{account}:alarm:*"
    publish = {"Action": "sns:Publish", "Resource": arn}
    allow = {
        "Sid": "AlarmsOfThisAccount",
        "Effect": "Allow",
        "Principal": {"Service": "cloudwatch.amazonaws.com"},
        "Condition": {"ArnLike": {"aws:SourceArn": alarms}, "StringEquals": {"aws:SourceAccount": account}},
    }
    deny = {
        "Sid": "TlsOnly",
        "Effect": "Deny",
        "Principal": "*",
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
    return json.dumps({"Version": "2012-10-17", "Statement": [allow | publish, deny | publish]})


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateTopic(Action):
    """Make the topic that alarms notify."""

    arn: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WireAlarm(Action):
    """Let an alarm notify a topic when it fires and when it is well again; all else of it stays."""

    alarm: str
    topic: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscribe(Action):
    """Subscribe an endpoint to a topic."""

    topic: str
    endpoint: Endpoint


@dataclass(frozen=True, slots=True, kw_only=True)
class Unsubscribe(Action):
    """End a subscription."""

    arn: str


NotificationChange = CreateTopic | WireAlarm | Subscribe | Unsubscribe


@dataclass(frozen=True, slots=True, kw_only=True)
class NotificationPlan(Plan):
    """What to change so that somebody hears; `notes` say what is so already."""

    actions: tuple[NotificationChange, ...] = ()
    notes: tuple[str, ...] = ()


def plan_subscription(
    endpoint: Endpoint,
    topic: str,
    held: Sequence[Subscription] | None,
    unwired: Sequence[Alarm],
    *,
    resend: bool = False,
) -> NotificationPlan:
    """The plan for one endpoint.

    `held` is None where the topic is still to be made; `unwired` are the alarms to let notify it.
    """
    actions: list[NotificationChange] = []
    notes: list[str] = []
    if held is None:
        name = topic.rpartition(":")[2]
        actions.append(CreateTopic(verb="create", target=name, reason="alarms notify it", arn=topic))
    for alarm in unwired:
        reason = "notifies nobody yet"
        actions.append(WireAlarm(verb="wire", target=alarm.name, reason=reason, alarm=alarm.name, topic=topic))
    found = find_subscription(held or (), endpoint)
    pending = found is not None and found.state is SubscriptionState.PENDING
    if found is None or (pending and resend):
        reason = "sends the confirmation again" if pending else f"by {endpoint.protocol}"
        target = endpoint.address
        actions.append(Subscribe(verb="subscribe", target=target, reason=reason, topic=topic, endpoint=endpoint))
    elif pending:
        notes.append(f"{endpoint.address} is subscribed and waits to be confirmed; --resend asks for it again")
    else:
        notes.append(f"{endpoint.address} is subscribed and confirmed")
    return NotificationPlan(actions=tuple(actions), notes=tuple(notes))


def _cleaned(protocol: Protocol, address: str) -> str:
    return re.sub(r"[ ()./-]", "", address) if protocol is Protocol.SMS and address.startswith("+") else address


def _fits(protocol: Protocol, address: str) -> bool:
    if protocol in (Protocol.SQS, Protocol.LAMBDA):
        found = _ARN.fullmatch(address)
        if found is None or found["service"] != protocol:
            return False
        return protocol is Protocol.SQS or found["rest"].startswith("function:")
    form = {Protocol.EMAIL: _EMAIL, Protocol.SMS: _PHONE, Protocol.HTTPS: _HTTPS}[protocol]
    return form.fullmatch(address) is not None
