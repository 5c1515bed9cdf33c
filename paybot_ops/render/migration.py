"""What `migrate-state` shows and answers."""

from __future__ import annotations

from typing import Any

from rich.console import RenderableType
from rich.table import Table

from paybot_ops.core.migration import MigrationReport, states_data
from paybot_ops.plan import Outcome, StepResult

_DID = {
    "back up": "backed up",
    "copy": "copied",
    "create": "created",
    "edit": "edited",
    "remove": "removed",
    "switch": "switched",
    "verify": "verified",
    "rename": "renamed",
}


def plan_table(report: MigrationReport) -> RenderableType:
    """The steps, one a line."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("step", "what", "how"):
        table.add_column(column, overflow="fold")
    for action in report.plan.actions:
        table.add_row(action.verb, action.target, action.reason)
    return table


def step_line(step: StepResult) -> str:
    """The line of one step that has ended."""
    if step.outcome is Outcome.DONE:
        return f"  {_DID[step.action.verb]} {step.action.target} ({step.seconds:.1f} s)"
    return f"  {step.action.verb} {step.action.target}: FAILED"


def report_text(report: MigrationReport) -> str:
    """What a migration came to, in a few lines."""
    if report.plan.is_empty:
        return f"nothing to do: the state is in {report.destination}"
    if report.applied:
        lines = [f"moved to {report.destination}, and verified"]
        lines += [
            f"  {moving.workspace}: lineage {moving.state.summary.lineage}, serial {moving.state.summary.serial}, "
            f"{len(moving.state.summary.addresses)} resources"
            for moving in report.states
        ]
        lines.append("the plan says what it said before" if report.plans_compared else "the plans were not compared")
        return "\n".join(lines)
    if report.error is None:
        return f"not moved: {len(report.plan.actions)} steps"
    if report.put_back:
        return f"not moved: everything is as it was, the state is in {report.source}"
    return "\n".join(["not moved, and not all of it could be put back:", *(f"  {line}" for line in report.left)])


def report_data(report: MigrationReport) -> dict[str, Any]:
    """The report for machines."""
    return {
        "to": report.to,
        "source": report.source,
        "destination": report.destination,
        "plan": [
            {"verb": action.verb, "target": action.target, "reason": action.reason} for action in report.plan.actions
        ],
        "applied": report.applied,
        "plans_compared": report.plans_compared,
        "states": states_data(report.states),
        "result": [
            {
                "verb": step.action.verb,
                "target": step.action.target,
                "outcome": step.outcome,
                "seconds": step.seconds,
                "why": step.why,
            }
            for step in report.result.steps
        ],
        "put_back": report.put_back,
        "left": list(report.left),
    }
