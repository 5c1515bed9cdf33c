"""Edits of files of values, and plans that end with one, as they are shown and answered."""

from __future__ import annotations

from typing import Any

from rich.console import RenderableType
from rich.text import Text

from paybot_ops.core.value_edits import EditPlan, SetValue
from paybot_ops.plan import Action, Result


def edit_lines(edits: EditPlan) -> list[RenderableType]:
    """The lines that go and come in each file."""
    lines: list[RenderableType] = []
    for file in edits.files:
        lines.append(Text(str(file.path), style="bold"))
        lines += [Text(f"  {line}", style="green" if line.startswith("+") else "red") for line in file.diff]
    return lines


def action_data(action: Action) -> dict[str, Any]:
    """One step of a plan for machines."""
    data = {"verb": action.verb, "target": action.target, "reason": action.reason}
    return data | {"file": str(action.file), "value": action.value} if isinstance(action, SetValue) else data


def result_data(result: Result) -> list[dict[str, Any]]:
    """What became of each step, for machines."""
    return [
        {"verb": step.action.verb, "target": step.action.target, "outcome": step.outcome.value, "why": step.why}
        for step in result.steps
    ]
