"""What `alarms test` and `alarms set-threshold` answer."""

from __future__ import annotations

from typing import Any

from paybot_ops.core.alarm_test import AlarmTestReport
from paybot_ops.core.alarm_threshold import DOLLARS, OUTPUT_TOKENS, ThresholdPlan, number
from paybot_ops.core.money import dollars_text
from paybot_ops.plan import StepResult


def test_text(report: AlarmTestReport) -> str:
    """What the test proved."""
    if not report.result.steps:
        back = f"put it back to {report.alarm.state}"
        return f"would set {report.alarm.name} to ALARM, await the record of its message, and {back}"
    lines = [
        f"{each.topic}: the message went out" if each.sent else f"{each.topic}: FAILED: {each.error}"
        for each in report.deliveries
    ]
    back = f"put back to {report.alarm.state}" if report.put_back else "NOT put back; its next evaluation does that"
    return "\n".join([*lines, f"{report.alarm.name}: {back}"])


def test_data(report: AlarmTestReport) -> dict[str, Any]:
    """The same for machines."""
    return {
        "alarm": report.alarm.name,
        "state": report.alarm.state,
        "deliveries": [
            {"topic": each.topic, "sent": each.sent, "error": each.error or None} for each in report.deliveries
        ],
        "put_back": report.put_back,
        "result": [_step(step) for step in report.result.steps],
    }


def threshold_text(plan: ThresholdPlan, *, written: bool) -> str:
    """The value, what it was, and what it costs."""
    lines = []
    for action in plan.actions:
        done = "is set" if written else "would be set"
        lines.append(f"{action.variable} {done} in {action.file}: {action.reason}")
    if plan.is_empty:
        lines.append(f"{plan.variable} is {number(plan.value)} already")
    return "\n".join([*lines, *_costs(plan), *plan.notes])


def threshold_data(plan: ThresholdPlan, *, written: bool) -> dict[str, Any]:
    """The same for machines; dollars are decimal strings."""
    return {
        "variable": plan.variable,
        "value": plan.value,
        "changes": [
            {"file": item.file, "variable": item.variable, "before": item.before, "after": item.after}
            for item in plan.actions
        ],
        "written": written,
        "model": plan.model or None,
        "price_source": plan.price.source if plan.price else None,
        "cost_per_day": plan.cost_per_day,
        "cost_per_month": plan.cost_per_month,
        "input_tokens_per_day": plan.input_tokens,
        "notes": plan.notes,
    }


def _costs(plan: ThresholdPlan) -> list[str]:
    if plan.variable == DOLLARS:
        bought = f"{plan.input_tokens:,.0f} input tokens of {plan.model}" if plan.input_tokens else "unknown"
        return [f"{dollars_text(plan.value)} a day buy, as input alone: {bought}"]
    kind = "output" if plan.variable == OUTPUT_TOKENS else "input"
    what = f"{plan.value:,.0f} {kind} tokens of {plan.model} a day"
    if plan.cost_per_day is None or plan.cost_per_month is None or plan.price is None:
        return [f"{what} cost: unknown, the model has no price for this region"]
    source = f"{plan.price.source}, {plan.price.read}".rstrip(", ")
    day, month = dollars_text(plan.cost_per_day), dollars_text(plan.cost_per_month)
    return [f"{what} cost {day}, {month} in 30 days (price: {source})"]


def _step(step: StepResult) -> dict[str, Any]:
    return {"verb": step.action.verb, "reason": step.action.reason, "outcome": step.outcome, "why": step.why}
