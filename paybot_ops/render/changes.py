"""A Terraform plan and its result, as a person reads them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from paybot_ops.core.terraform_events import Phase, ResourceEvent
from paybot_ops.core.terraform_plan import ResourceChange, TerraformPlan
from paybot_ops.plan import Outcome, Result

_MARKS = {"add": "+", "change": "~", "replace": "±", "destroy": "-", "import": "<", "move": ">", "forget": "x"}
_STYLES = {"add": "green", "change": "yellow", "replace": "magenta", "destroy": "red"}
_DOING = {"create": "creating", "update": "changing", "delete": "destroying", "read": "reading"}
_DID = {"create": "created", "update": "changed", "delete": "destroyed", "read": "read"}


def plan_table(plan: TerraformPlan) -> RenderableType:
    """The plan: a line per resource, its changing attributes below it, and the count of each verb."""
    lines: list[RenderableType] = []
    for change in plan.actions:
        lines.append(_headline(change))
        lines.extend(_attributes(change))
    for name in plan.outputs:
        lines.append(Text(f"  output {name} changes", style="dim"))
    lines.append(Text(summary(plan), style="bold"))
    return Group(*lines)


def summary(plan: TerraformPlan) -> str:
    """The plan in one line."""
    counts = [f"{plan.count(verb)} to {verb}" for verb in _MARKS if plan.count(verb)]
    if not counts:
        return "no resource changes" + (", only outputs" if plan.outputs else "")
    losses = len(plan.data_losses)
    return ", ".join(counts) + (f" · DATA LOSS in {losses}" if losses else "")


def event_line(event: ResourceEvent) -> str | None:
    """The live line of one resource; None for what is not worth one."""
    if event.phase is Phase.STARTED:
        return f"  {event.address}: {_DOING.get(event.verb, event.verb)} …" if event.verb != "read" else None
    if event.phase is Phase.FAILED:
        return f"  {event.address}: FAILED after {event.seconds:.0f} s"
    return f"  {event.address}: {_DID.get(event.verb, event.verb)} ({event.seconds:.0f} s)"


def unfinished(result: Result) -> RenderableType:
    """After a partial apply: what was done, what failed, what was not run."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("outcome", "verb", "resource"):
        table.add_column(column)
    order = (Outcome.FAILED, Outcome.NOT_RUN, Outcome.DONE)
    for step in sorted(result.steps, key=lambda step: order.index(step.outcome)):
        table.add_row(step.outcome.value, step.action.verb, step.action.target)
    return table


def plan_data(plan: TerraformPlan) -> dict[str, Any]:
    """The plan for machines."""
    return {
        "changes": [
            {
                "address": change.target,
                "type": change.type,
                "verb": change.verb,
                "data_loss": change.loses_data,
                "reason": change.reason,
                "attributes": [
                    {"name": item.name, "before": item.before, "after": item.after, "forces": item.forces_replacement}
                    for item in change.attributes
                ],
            }
            for change in plan.actions
        ],
        "outputs": list(plan.outputs),
    }


def result_data(result: Result) -> list[dict[str, Any]]:
    """The result for machines, in the plan's order."""
    return [
        {
            "address": step.action.target,
            "verb": step.action.verb,
            "outcome": step.outcome.value,
            "seconds": step.seconds,
            "why": step.why,
        }
        for step in result.steps
    ]


def _headline(change: ResourceChange) -> Text:
    text = Text(f"  {_MARKS[change.verb]} {change.verb:<8} ", style=_STYLES.get(change.verb, ""))
    text.append(change.target, style="default")
    if change.loses_data:
        text.append("  DATA LOSS", style="bold red")
    if change.reason:
        text.append(f"  ({change.reason})", style="dim")
    return text


def _attributes(change: ResourceChange) -> Iterator[RenderableType]:
    for item in change.attributes:
        forced = "  forces replacement" if item.forces_replacement else ""
        yield Text(f"      {item.name}: {item.before} → {item.after}{forced}", style="dim")
