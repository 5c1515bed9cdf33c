"""Proving that an alarm's message goes out: set its state by hand, await the record of the message, put it back."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field

from paybot_ops.core.alarms import Alarm, HistoryItem, State
from paybot_ops.errors import ExitCode, PaybotError, UsageError
from paybot_ops.plan import Action, Plan, Result

REASON = "paybot alarms test: set by hand to prove the notification; nothing is wrong"


@dataclass(frozen=True, slots=True, kw_only=True)
class SetState(Action):
    """Set the state of an alarm until it is evaluated next."""

    alarm: str
    state: State
    reason_text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AwaitNotification(Action):
    """Wait until the alarm's history says what became of the message to each topic; `seconds` at most."""

    alarm: str
    topics: tuple[str, ...]
    seconds: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmTestPlan(Plan):
    """Set, wait, and `put_back`, which is done whatever happens before it."""

    actions: tuple[SetState | AwaitNotification, ...] = ()
    put_back: SetState


@dataclass(frozen=True, slots=True)
class Delivery:
    """What the history says of the message to one topic: `error` is AWS's own word, "" when it went out."""

    topic: str
    sent: bool
    error: str = ""


@dataclass(slots=True)
class AlarmTestReport:
    """What a test came to."""

    alarm: Alarm
    plan: AlarmTestPlan
    deliveries: tuple[Delivery, ...] = ()
    result: Result = field(default_factory=Result)
    put_back: bool = False
    code: ExitCode = ExitCode.OK
    error: PaybotError | None = None


def plan_test(alarm: Alarm, *, seconds: int) -> AlarmTestPlan:
    """The plan of a test; an alarm that fires already is first set to OK, because only a change sends a message.

    Raises:
        UsageError: nobody would be told, whatever its state.
    """
    if not alarm.topics:
        raise UsageError(
            f"{alarm.name} notifies no topic", hint="paybot notifications subscribe you@example.com --create-topic"
        )
    if not alarm.actions_enabled:
        raise UsageError(
            f"the actions of {alarm.name} are off",
            why="it would change its state and tell nobody",
            hint=f"aws cloudwatch enable-alarm-actions --alarm-names {alarm.name}",
        )
    states = (State.OK, State.ALARM) if alarm.state is State.ALARM else (State.ALARM,)
    back = SetState(
        verb="put back",
        target=alarm.name,
        reason=alarm.state,
        alarm=alarm.name,
        state=alarm.state,
        reason_text=alarm.reason,
    )
    waiting = AwaitNotification(
        verb="await",
        target=alarm.name,
        reason="the record of the message",
        alarm=alarm.name,
        topics=alarm.topics,
        seconds=seconds,
    )
    setting = tuple(
        SetState(verb="set", target=alarm.name, reason=state, alarm=alarm.name, state=state, reason_text=REASON)
        for state in states
    )
    return AlarmTestPlan(actions=(*setting, waiting), put_back=back)


def deliveries(items: Iterable[HistoryItem], topics: Iterable[str]) -> tuple[Delivery, ...]:
    """What the history's actions say of each topic so far; a topic that they do not name is left out."""
    found: dict[str, Delivery] = {}
    for item in items:
        topic = next((each for each in topics if each in item.summary), None)
        if topic is not None and topic not in found and announced(item) in (None, State.ALARM):
            failed = "fail" in item.summary.lower()
            found[topic] = Delivery(topic, not failed, _error(item) if failed else "")
    return tuple(found.values())


def announced(item: HistoryItem) -> State | None:
    """The state that a recorded message tells of: JSON within JSON within JSON; None where it cannot be told."""
    try:
        message = json.loads(json.loads(json.loads(item.data)["publishedMessage"])["default"])
        return State(message["NewStateValue"])
    except (ValueError, KeyError, TypeError):
        return None


def _error(item: HistoryItem) -> str:
    try:
        data = json.loads(item.data)
    except ValueError:
        return item.summary
    error = data.get("error") if isinstance(data, dict) else None
    return str(error or item.summary)
