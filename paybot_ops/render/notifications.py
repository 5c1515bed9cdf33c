"""Who hears of alarms, as a person and as a machine read it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from paybot_ops.core.alarms import topic_name
from paybot_ops.core.subscriptions import PENDING_HOURS, Listed, NotificationPlan, SubscriptionState, TopicReport
from paybot_ops.plan import Outcome, Result, StepResult
from paybot_ops.render.times import ago

if TYPE_CHECKING:
    from rich.console import RenderableType

_STYLES = {
    SubscriptionState.CONFIRMED: "green",
    SubscriptionState.PENDING: "yellow",
    SubscriptionState.DELETED: "dim",
}


def topics_table(topics: tuple[TopicReport, ...], now: datetime) -> RenderableType:
    """A table per topic, and below it why alarms would not get through."""
    from rich.console import Group
    from rich.table import Table
    from rich.text import Text

    drawn: list[RenderableType] = []
    for topic in topics:
        plural = "" if topic.alarms == 1 else "s"
        drawn.append(Text(f"{topic_name(topic.arn)}: {topic.alarms} alarm{plural} notify it", style="bold"))
        table = Table(box=None, pad_edge=False, header_style="bold")
        for column in ("state", "by", "endpoint", "since"):
            table.add_column(column, overflow="fold", no_wrap=column != "endpoint")
        for listed in topic.subscriptions:
            item = listed.subscription
            table.add_row(Text(item.state, style=_STYLES[item.state]), item.protocol, item.endpoint, _age(listed, now))
        drawn.append(table if topic.subscriptions else Text("  nobody is subscribed", style="yellow"))
        drawn += [Text(f"! {problem}", style="yellow") for problem in topic.problems]
    return Group(*drawn)


def topics_data(topics: tuple[TopicReport, ...]) -> list[dict[str, Any]]:
    """The same for machines."""
    return [
        {
            "topic": topic.arn,
            "alarms": topic.alarms,
            "exists": topic.exists,
            "problems": topic.problems,
            "subscriptions": [_row(listed) for listed in topic.subscriptions],
        }
        for topic in topics
    ]


def topics_rows(topics: tuple[TopicReport, ...]) -> tuple[Mapping[str, Any], ...]:
    """A row per subscription."""
    return tuple({"topic": topic.arn} | _row(listed) for topic in topics for listed in topic.subscriptions)


def change_text(plan: NotificationPlan, result: Result, problems: tuple[str, ...]) -> str:
    """What a change came to, or would."""
    lines = list(plan.notes)
    done = {step.action.target: step.outcome for step in result.steps}
    for action in plan.actions:
        outcome = done.get(action.target, "would be done") if result.steps else "would be done"
        lines.append(f"{action.verb} {action.target} ({action.reason}): {outcome}")
    if any(step.action.verb == "subscribe" and step.outcome is Outcome.DONE for step in result.steps):
        lines.append(
            f"e-mail and HTTPS endpoints must confirm within {PENDING_HOURS} hours; see: paybot notifications list"
        )
    return "\n".join([*lines, *(f"! alarms do not reach the topic: {problem}" for problem in problems)])


def change_data(topic: str, plan: NotificationPlan, result: Result, problems: tuple[str, ...]) -> dict[str, Any]:
    """The same for machines."""
    return {
        "topic": topic,
        "notes": plan.notes,
        "changes": [{"verb": item.verb, "target": item.target, "reason": item.reason} for item in plan.actions],
        "result": [_step(step) for step in result.steps],
        "problems": problems,
    }


def step_line(step: StepResult) -> str:
    """The live line of one change."""
    return f"  {step.action.verb} {step.action.target}: {step.outcome} ({step.seconds:.1f} s)"


def _step(step: StepResult) -> dict[str, Any]:
    return {"verb": step.action.verb, "target": step.action.target, "outcome": step.outcome, "why": step.why}


def _row(listed: Listed) -> dict[str, Any]:
    item = listed.subscription
    return {
        "state": item.state,
        "protocol": item.protocol,
        "endpoint": item.endpoint,
        "asked_at": listed.asked_at,
        "arn": item.arn or None,
    }


def _age(listed: Listed, now: datetime) -> str:
    if listed.subscription.state is not SubscriptionState.PENDING:
        return ""
    if listed.asked_at is None:
        return "unknown (asked for elsewhere)"
    span = ago(now - listed.asked_at)
    return span if span == "now" else f"{span} ago"
