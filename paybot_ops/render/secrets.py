"""What the `secrets` commands answer; a key is never shown but for its last four characters."""

from __future__ import annotations

from typing import Any

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from paybot_ops.core.stripe_keys import PICKED_UP_SECONDS, KeyPlan, KeyReport, KeyStatus, StripeKey
from paybot_ops.render.envelope import plain


def plan_text(plan: KeyPlan) -> RenderableType:
    """The one line of the plan."""
    lines = [f"  ~ {action.verb} {action.key.shown} to {action.target}  ({action.reason})" for action in plan.actions]
    return Text("\n".join(lines))


def report_text(report: KeyReport) -> str:
    """What a run came to."""
    if report.plan.is_empty:
        return f"nothing to do: {report.key.shown} is stored already"
    if not report.applied:
        return f"not written: {report.key.shown}"
    minutes = PICKED_UP_SECONDS // 60
    accepted = "accepted by Stripe and " if report.asked else ""
    return f"{report.key.shown} {accepted}written; the bot uses it within {minutes} minutes"


def report_data(report: KeyReport) -> dict[str, Any]:
    """The same for machines."""
    return {
        "secret": report.secret,
        "key": _key_data(report.key),
        "asked_stripe": report.asked,
        "plan": [
            {"verb": action.verb, "target": action.target, "reason": action.reason} for action in report.plan.actions
        ],
        "applied": report.applied,
        "result": [
            {"verb": step.action.verb, "target": step.action.target, "outcome": step.outcome.value, "why": step.why}
            for step in report.result.steps
        ],
        "picked_up_within_seconds": PICKED_UP_SECONDS,
    }


def status_table(status: KeyStatus) -> RenderableType:
    """Mode, age, last four and where it is."""
    table = Table(box=None, pad_edge=False, show_header=False)
    table.add_column(no_wrap=True, style="bold")
    table.add_column(overflow="fold")
    for name, value in status_row(status).items():
        table.add_row(name.replace("_", " "), Text("–" if value in (None, "") else str(plain(value))))
    return table


def status_row(status: KeyStatus) -> dict[str, Any]:
    """The status for machines."""
    return {
        "mode": status.mode,
        "kind": status.kind,
        "last_four": status.last_four,
        "changed": status.changed,
        "age_days": status.age_days,
        "secret": status.secret,
        "version": status.version,
        "problem": status.problem,
    }


def _key_data(key: StripeKey) -> dict[str, Any]:
    return {"mode": key.mode, "kind": key.kind, "last_four": key.last_four}
