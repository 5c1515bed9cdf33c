"""`paybot notifications`: who hears of alarms, as it is and as it should be."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

from paybot_ops.adapters import kms, sns, subscription_log
from paybot_ops.core.alarm_delivery import Topic, TopicKey, topic_problems
from paybot_ops.core.alarms import Alarm
from paybot_ops.core.subscriptions import (
    Listed,
    NotificationPlan,
    Protocol,
    Subscribe,
    Subscription,
    SubscriptionState,
    TopicReport,
    Unsubscribe,
    alerts_topic_name,
    parse_endpoint,
    plan_subscription,
)
from paybot_ops.errors import AccessDeniedError, ExitCode, PaybotError, UsageError
from paybot_ops.operations.alarms import pages
from paybot_ops.operations.gate import Gate
from paybot_ops.operations.target import Target
from paybot_ops.plan import Result, StepResult

_AT_ONCE = 8
_TEST_SUBJECT = "[TEST] paybot notification test"


@dataclass(frozen=True, slots=True)
class Where:
    """Which topic is meant: one by ARN or name, that of the alarms, or one that may be made."""

    topic: str | None = None
    prefix: str | None = None
    create: bool = False


@dataclass(frozen=True, slots=True)
class Wanted:
    """Who is to hear, as it was typed; `resend` asks a pending one again for its confirmation."""

    endpoint: str
    protocol: Protocol | None = None
    resend: bool = False


@dataclass(slots=True)
class ChangeReport:
    """What a change of subscriptions came to."""

    topic: str
    plan: NotificationPlan
    result: Result = field(default_factory=Result)
    problems: tuple[str, ...] = ()
    code: ExitCode = ExitCode.OK
    error: PaybotError | None = None


def list_topics(target: Target, where: Where) -> tuple[TopicReport, ...]:
    """Every topic that the deployment's alarms notify, with its subscriptions and what would stop a message.

    Raises:
        PaybotError: no alarm notifies a topic.
    """
    alarms = _alarms(target, where)
    arns = [_arn(target, where.topic)] if where.topic else list(dict.fromkeys(t for a in alarms for t in a.topics))
    if not arns:
        arns = [found for found in (_own_topic(target),) if found]
    if not arns:
        raise PaybotError(
            "no alarm of this deployment notifies a topic",
            hint="paybot notifications subscribe you@example.com --create-topic",
        )
    counts = {arn: sum(arn in alarm.topics for alarm in alarms) for arn in arns}
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        return tuple(pool.map(lambda arn: _report(target, arn, counts[arn]), arns))


def subscribe(
    target: Target, gate: Gate, where: Where, wanted: Wanted, on_step: Callable[[StepResult], None]
) -> ChangeReport:
    """Let an endpoint hear of alarms; what is so already is reported and not done again.

    Raises:
        PaybotError: the endpoint is none, or there is no topic and none may be made.
    """
    endpoint = parse_endpoint(wanted.endpoint, wanted.protocol)
    arn, held, alarms = _find_topic(target, where)
    unwired = [alarm for alarm in alarms if not alarm.alarm_actions] if where.create else []
    plan = plan_subscription(endpoint, arn, held, unwired, resend=wanted.resend)
    problems = _problems(target, arn) if held is not None else ()
    report = ChangeReport(arn, plan, problems=problems)
    if plan.is_empty or gate.dry_run:
        return report
    if unwired:
        target.screen.warn(
            "Terraform does not know of actions that are added here: write them into the module, or its next apply "
            f'takes them away: alarm_actions = ["{arn}"]'
        )
    return _changed(target, gate, report, on_step)


def unsubscribe(
    target: Target, gate: Gate, where: Where, text: str, on_step: Callable[[StepResult], None]
) -> ChangeReport:
    """End a subscription, by its endpoint or its ARN.

    Raises:
        PaybotError: there is none, or it is pending: SNS drops that by itself after 48 hours.
    """
    arn, held, _ = _find_topic(target, replace(where, create=False))
    found = [item for item in held or () if text.strip().casefold() in (item.endpoint.casefold(), item.arn.casefold())]
    confirmed = [item for item in found if item.state is SubscriptionState.CONFIRMED]
    if not confirmed:
        if any(item.state is SubscriptionState.PENDING for item in found):
            raise PaybotError(
                f"the subscription of {text} is pending and cannot be ended",
                why="SNS gives it no ARN before it is confirmed",
                hint="do not confirm it: SNS drops it after 48 hours",
            )
        return ChangeReport(arn, NotificationPlan(notes=(f"{text} is not subscribed",)))
    actions = tuple(
        Unsubscribe(verb="unsubscribe", target=item.endpoint, reason=f"by {item.protocol}", arn=item.arn)
        for item in confirmed
    )
    report = ChangeReport(arn, NotificationPlan(actions=actions))
    return report if gate.dry_run else _changed(target, gate, report, on_step)


@dataclass(frozen=True, slots=True)
class TestReport:
    """A marked message that was published: its id, and how many confirmed subscribers the topic had."""

    topic: str
    message_id: str
    subscribers: int
    problems: tuple[str, ...]


def send_test(target: Target, gate: Gate, where: Where) -> TestReport | None:
    """Publish a message that says of itself that it is a test; None for a dry run.

    Raises:
        PaybotError: there is no topic, or nobody has confirmed.
    """
    arn, held, _ = _find_topic(target, replace(where, create=False))
    heard = [item for item in held or () if item.state is SubscriptionState.CONFIRMED]
    if not heard:
        raise PaybotError(
            f"nobody hears {arn}",
            why="no subscription is confirmed",
            hint="confirm the pending one in its inbox, or: paybot notifications subscribe you@example.com",
        )
    for item in heard:
        target.screen.note(f"  {item.protocol} {item.endpoint}")
    if gate.dry_run:
        return None
    target.screen.confirm(f"send a test message to {len(heard)} subscribers of {arn}?", yes=gate.yes)
    message = (
        f"This is a test by paybot of the notifications of {target.settings.name}. No alarm fires.\n"
        f"Sent {datetime.now(UTC):%Y-%m-%d %H:%M:%S} UTC to {arn}.\n"
    )
    identifier = sns.publish(target.session, arn, _TEST_SUBJECT, message)
    return TestReport(arn, identifier, len(heard), _problems(target, arn))


def _changed(target: Target, gate: Gate, report: ChangeReport, on_step: Callable[[StepResult], None]) -> ChangeReport:
    for action in report.plan.actions:
        target.screen.note(f"  {action.verb} {action.target}: {action.reason}")
    target.screen.confirm(f"do this in {target.header()}?", yes=gate.yes)
    from paybot_ops.apply import apply_notifications

    settings = target.settings
    tags = {"Project": settings.project_name, "Environment": settings.environment, "ManagedBy": "paybot"}
    report.result, report.error = apply_notifications(report.plan, target.session, tags, on_step)
    asked = [
        (each.action.topic, each.action.endpoint.protocol.value, each.action.endpoint.address)
        for each in report.result.steps
        if isinstance(each.action, Subscribe)
    ]
    subscription_log.note_asked(_log_folder(target), asked, datetime.now(UTC))
    if report.error is not None:
        report.code = report.error.code
    return report


def _find_topic(target: Target, where: Where) -> tuple[str, tuple[Subscription, ...] | None, Sequence[Alarm]]:
    """The topic, its subscriptions (None: it is still to be made), and the deployment's alarms."""
    alarms = _alarms(target, where)
    if where.topic:
        arn = _arn(target, where.topic)
    else:
        named = list(dict.fromkeys(topic for alarm in alarms for topic in alarm.topics))
        if len(named) > 1:
            raise UsageError("the alarms notify several topics", hint=f"choose one: --topic {', or '.join(named)}")
        arn = named[0] if named else _arn(target, _own_name(target))
    held = sns.find_subscriptions(target.session, arn)
    if held is None and not where.create:
        hint = "" if where.topic else "make it, and let the alarms notify it: --create-topic"
        raise PaybotError(f"there is no topic {arn}", hint=hint)
    return arn, held, alarms


def _alarms(target: Target, where: Where) -> list[Alarm]:
    return [alarm for page in pages(target, where.prefix) for alarm in page]


def _own_name(target: Target) -> str:
    return alerts_topic_name(target.settings.project_name, target.settings.environment)


def _own_topic(target: Target) -> str | None:
    arn = _arn(target, _own_name(target))
    return arn if sns.find_topic(target.session, arn) is not None else None


def _arn(target: Target, topic: str) -> str:
    if topic.startswith("arn:"):
        return topic
    partition = "aws-cn" if target.region.startswith("cn-") else "aws-us-gov" if "-gov-" in target.region else "aws"
    return f"arn:{partition}:sns:{target.region}:{target.identity.account}:{topic}"


def _report(target: Target, arn: str, alarms: int) -> TopicReport:
    held = sns.find_subscriptions(target.session, arn)
    if held is None:
        return TopicReport(arn, alarms, False, (), ("it is gone",))
    folder = _log_folder(target)
    listed = tuple(
        Listed(item, subscription_log.asked_at(folder, item) if item.state is SubscriptionState.PENDING else None)
        for item in held
    )
    return TopicReport(arn, alarms, True, listed, _problems(target, arn))


def _problems(target: Target, arn: str) -> tuple[str, ...]:
    """Why alarms would not get through to a topic; what may not be read is said."""
    try:
        topic = sns.find_topic(target.session, arn)
        return () if topic is None else topic_problems(_with_key(target, topic))
    except AccessDeniedError as error:
        target.screen.warn(f"whether alarms reach {arn} was not checked: {error.why}")
        return ()


def _with_key(target: Target, topic: Topic) -> Topic:
    if not topic.key_id or topic.key_id.endswith("alias/aws/sns"):
        return topic
    key = kms.find_key(target.session, topic.key_id)
    if key is None:
        return replace(topic, key=TopicKey(topic.key_id, enabled=False))
    policy = kms.get_key_policy(target.session, key.arn)
    return replace(topic, key=TopicKey(key.arn, key.state == "Enabled", policy))


def _log_folder(target: Target) -> Path:
    return target.source.private
