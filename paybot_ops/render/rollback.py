"""What `rollback` shows and answers."""

from __future__ import annotations

from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from paybot_ops.core.rollback import RollbackPlan, RollbackReport
from paybot_ops.core.value_edits import EditPlan
from paybot_ops.render.envelope import plain
from paybot_ops.render.value_edits import action_data, edit_lines, result_data


def announced(plan: RollbackPlan) -> RenderableType:
    """What is about to change for customers, in what the versions differ, and the lines of the file."""
    lines: list[RenderableType] = []
    if plan.moves:
        way = f"version {plan.before} → version {plan.wanted.number}"
        lines.append(Text(f"{plan.function}: {way}", style="bold"))
        lines.append(_differences(plan) if plan.differences else Text("  nothing that could be seen differs"))
    else:
        lines.append(Text(f"{plan.function}: version {plan.wanted.number} is live already"))
    return Group(*lines, *edit_lines(plan.edits))


def rollback_data(report: RollbackReport) -> dict[str, Any]:
    """A rollback for machines; `live` is what customers talk to now."""
    plan = report.plan
    done = report.result.steps or plan.is_empty
    return {
        "function": plan.function,
        "alias": plan.alias,
        "before": plan.before,
        "after": str(plan.wanted.number),
        "live": str(plan.wanted.number) if done and report.moved else plan.before,
        "newest": str(plan.newest),
        "differences": plain(plan.differences),
        "changes": [action_data(action) for action in plan.actions],
        "result": result_data(report.result),
        "smoke": plain(report.smoke),
    }


def rollback_answer(report: RollbackReport) -> RenderableType:
    """What a rollback came to, and the way back; where nothing was done, the plan itself is the answer."""
    plan = report.plan
    number = plan.wanted.number
    if plan.is_empty:
        return f"nothing to do: version {number} is live" if report.error is None else f"version {number} is live"
    if not report.result.steps:
        left = f"not done: version {plan.before} stays live" if plan.moves else f"not written: {_files(plan.edits)}"
        return Group(announced(plan), Text(left))
    if not report.moved:
        return f"version {plan.before} stays live"
    lines = [f"version {number} is live"]
    if report.result.ok and plan.edits.files:
        lines.append(f"{_files(plan.edits)} {'lets deploys promote theirs' if plan.promotes else 'keeps it so'}")
    if report.smoke is not None:
        lines.append(f"the bot answered in {report.smoke.milliseconds:.0f} ms: {report.smoke.response}")
    if not plan.promotes:
        lines.append("to the newest version again: paybot rollback --latest")
    elif plan.moves:
        lines.append(f"back again: paybot rollback {plan.before}")
    return "\n".join(lines)


def _differences(plan: RollbackPlan) -> RenderableType:
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("")
    table.add_column("live now", overflow="fold")
    table.add_column(f"version {plan.wanted.number}", overflow="fold")
    for item in plan.differences:
        table.add_row(Text(f"  {item.what}"), Text(item.before or "–"), Text(item.after or "–"))
    return table


def _files(edits: EditPlan) -> str:
    return ", ".join(file.path.name for file in edits.files) or "the variables"
