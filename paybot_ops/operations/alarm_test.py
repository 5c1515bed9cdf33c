"""`paybot alarms test`: find the alarm, plan, show, confirm, prove, put back."""

from __future__ import annotations

from paybot_ops.core.alarm_test import AlarmTestReport, plan_test
from paybot_ops.errors import PaybotError
from paybot_ops.operations.alarms import find_alarm, find_destination
from paybot_ops.operations.gate import Gate
from paybot_ops.operations.target import Target
from paybot_ops.plan import Outcome


def test_alarm(target: Target, gate: Gate, prefix: str | None, name: str, *, seconds: int) -> AlarmTestReport:
    """Prove that the message of an alarm goes out; its state is afterwards what it was.

    Raises:
        PaybotError: there is no such alarm, or nobody would be told. What failed after that is in the report.
    """
    screen = target.screen
    alarm = find_alarm(target, prefix, name)
    plan = plan_test(alarm, seconds=seconds)
    report = AlarmTestReport(alarm, plan)
    place = f"the embedded AWS at {target.endpoint}" if target.endpoint else f"account {alarm.account}"
    screen.note(f"{alarm.name} · {place} · {target.region}", style="bold")
    heard = 0
    for topic in alarm.topics:
        destination = find_destination(target, topic)
        heard += destination.confirmed
        if not destination.exists:
            raise PaybotError(f"the topic {topic} is gone", hint="paybot notifications subscribe … --create-topic")
    if not heard:
        screen.warn("no subscriber is confirmed: the message will go out, and nobody will read it")
    for action in (*plan.actions, plan.put_back):
        screen.note(f"  {action.verb} {action.target}: {action.reason}")
    if gate.dry_run:
        return report
    screen.confirm(f"send a real notification to {heard} subscribers?", yes=gate.yes)
    from paybot_ops.apply import apply_alarm_test

    report.result, report.deliveries, report.error = apply_alarm_test(
        plan, target.session, lambda step: screen.note(f"  {step.action.verb} {step.action.reason}: {step.outcome}")
    )
    last = report.result.steps[-1] if report.result.steps else None
    report.put_back = last is not None and last.action is plan.put_back and last.outcome is Outcome.DONE
    if report.error is not None:
        report.code = report.error.code
    return report
