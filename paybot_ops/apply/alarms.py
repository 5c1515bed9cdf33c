"""Changes of alarms: their state for a test, and the settings that let them notify a topic."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from itertools import islice

from paybot_ops.adapters import alarms as cloudwatch
from paybot_ops.adapters.session import Session
from paybot_ops.apply.steps import run_steps
from paybot_ops.core.alarm_test import AlarmTestPlan, AwaitNotification, Delivery, SetState, deliveries
from paybot_ops.core.alarms import HistoryItem
from paybot_ops.core.subscriptions import WireAlarm
from paybot_ops.errors import PaybotError, StoppedError
from paybot_ops.plan import Outcome, Result, StepResult

_POLL_SECONDS = 0.5
_RECENT = 50


def test(
    plan: AlarmTestPlan, session: Session, on_step: Callable[[StepResult], None]
) -> tuple[Result, tuple[Delivery, ...], PaybotError | None]:
    """Set the state, wait for the record, and put the state back: after a failure and after Ctrl-C too.

    A second Ctrl-C does not stop the putting back. Returns what was done, what the history said, and what failed.
    """
    seen = _Seen(session)

    def act(action: SetState | AwaitNotification) -> None:
        match action:
            case SetState():
                _set(session, action)
            case AwaitNotification():
                seen.wait(action)

    seen.remember(plan.put_back.alarm)
    result, problem, failed = Result(), None, None
    back = Result()
    try:
        result, problem = run_steps(plan.actions, act, on_step)
    finally:
        if _may_be_set(result, problem):
            with _undisturbed():
                back, failed = run_steps((plan.put_back,), act, on_step)
    return Result(steps=result.steps + back.steps), seen.found, problem or failed


def wire(session: Session, action: WireAlarm) -> None:
    """Add the topic to what an alarm does when it fires and when it is well again; read in full, put back in full.

    Raises:
        PaybotError: the alarm is gone, or could not be put back as it was.
    """
    definition = cloudwatch.find_definition(session, action.alarm)
    if definition is None:
        raise PaybotError(f"the alarm {action.alarm} is gone", hint="run the same command again")
    changes = {}
    for name in ("AlarmActions", "OKActions"):
        held = list(definition.get(name, ()))
        changes[name] = held if action.topic in held else [*held, action.topic]
    cloudwatch.put_definition(session, definition, changes)


class _Seen:
    """The history of one alarm's actions from now on."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._old: set[tuple[datetime, str]] = set()
        self.found: tuple[Delivery, ...] = ()

    def remember(self, alarm: str) -> None:
        """Know what was there before, so that an older record is not taken for this one."""
        self._old = {(item.at, item.data) for item in self._recent(alarm)}

    def wait(self, action: AwaitNotification) -> None:
        deadline = time.monotonic() + action.seconds
        while len(self.found) < len(action.topics) and time.monotonic() < deadline:
            fresh = (item for item in self._recent(action.alarm) if (item.at, item.data) not in self._old)
            self.found = deliveries(fresh, action.topics)
            if len(self.found) < len(action.topics):
                time.sleep(_POLL_SECONDS)
        missing = [topic for topic in action.topics if topic not in [each.topic for each in self.found]]
        failed = [each for each in self.found if not each.sent]
        if failed:
            raise PaybotError(f"the message to {failed[0].topic} did not go out", why=failed[0].error)
        if missing:
            raise PaybotError(
                f"no record of a message to {missing[0]} within {action.seconds} s",
                why="the alarm's history does not mention it yet",
                hint=f"look again: paybot alarms history {action.alarm} --type action",
            )

    def _recent(self, alarm: str) -> Iterator[HistoryItem]:
        # Newest first, and by no clock of ours: one that is wrong must not hide the record.
        return islice(cloudwatch.list_history(self._session, name=alarm, kind="Action"), _RECENT)


def _may_be_set(result: Result, problem: PaybotError | None) -> bool:
    """Whether the state may be another one now: not when the very first step was refused."""
    refused = bool(result.steps) and result.steps[0].outcome is Outcome.FAILED
    return not refused or isinstance(problem, StoppedError)


def _set(session: Session, action: SetState) -> None:
    if not cloudwatch.set_alarm_state(session, action.alarm, action.state, action.reason_text):
        raise PaybotError(f"the alarm {action.alarm} is gone")


@contextmanager
def _undisturbed() -> Iterator[None]:
    """Ctrl-C waits until this is over; only the main thread may say so."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
