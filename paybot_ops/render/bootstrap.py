"""The home of a state as a person and as a machine read it: setting, now, wanted, why."""

from __future__ import annotations

from itertools import groupby
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from paybot_ops.core.bootstrap import BootstrapPlan, BootstrapReport
from paybot_ops.core.state_settings import UNSET, Setting
from paybot_ops.plan import Outcome, Result, StepResult

# Each group of settings is a table of its own; common widths keep their columns below each other.
_COLUMNS = {"": 2, "setting": 22, "now": 12, "wanted": 24, "why": 24}


def settings_table(plan: BootstrapPlan) -> RenderableType:
    """Every setting on a line, those that are as they should be too: the mark says which is which, not the colour."""
    drawn: list[RenderableType] = []
    for target, settings in groupby(plan.settings, key=lambda item: item.target):
        table = Table(box=None, pad_edge=False, header_style="bold")
        for name, width in _COLUMNS.items():
            table.add_column(name, min_width=width, overflow="fold", no_wrap=name in ("", "setting"))
        for item in settings:
            table.add_row(_mark(item), *map(Text, (item.name, item.now, item.wanted, item.why)))
        drawn += [Text(target, style="bold"), table, Text("")]
    return Group(*drawn, Text(summary(plan), style="bold"))


def summary(plan: BootstrapPlan) -> str:
    """The plan in one line."""
    if plan.is_empty:
        return "everything is as it should be"
    differing = sum(not item.ok for item in plan.settings)
    return f"{differing} of {len(plan.settings)} settings differ: {len(plan.actions)} changes to make"


def step_line(step: StepResult) -> str:
    """The line of one change that was made, or failed."""
    outcome = "done" if step.outcome is Outcome.DONE else "FAILED"
    return f"  {step.action.verb} {step.action.target}: {outcome} ({step.seconds:.1f} s)"


def unfinished(result: Result) -> RenderableType:
    """After a partial apply: what was done, what failed and why, what was not run."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("outcome", "change", "why"):
        table.add_column(column, overflow="fold")
    for step in result.steps:
        table.add_row(step.outcome.value, Text(f"{step.action.verb} {step.action.target}"), Text(step.why))
    return table


def report_text(report: BootstrapReport) -> RenderableType:
    """What the run came to; without changes made, the audit itself is the answer."""
    if not report.result.steps:
        return settings_table(report.plan)
    done, all_of_them = report.result.count(Outcome.DONE), len(report.result.steps)
    if not report.applied:
        return f"not finished: {done} of {all_of_them} changes made"
    backend = report.wanted.backend
    return (
        f"the state has a home: {done} changes made\n"
        f"bucket: {backend.bucket}\nkey: {backend.key}\nlock: {backend.lock}, needs {backend.lock.needs}\n"
        f"values: {backend.path}\nnext: paybot migrate-state"
    )


def report_data(report: BootstrapReport) -> dict[str, Any]:
    """The report for machines."""
    wanted = report.wanted
    return {
        "account": wanted.bucket.account,
        "region": wanted.bucket.region,
        "bucket": wanted.bucket.name,
        "key": wanted.backend.key,
        "lock": wanted.backend.lock,
        "lock_table": wanted.table.name if wanted.table else None,
        "backend_file": wanted.backend.path,
        "settings": [
            {
                "target": item.target,
                "name": item.name,
                "now": item.now,
                "wanted": item.wanted,
                "why": item.why,
                "ok": item.ok,
            }
            for item in report.plan.settings
        ],
        "changes": [
            {"verb": action.verb, "target": action.target, "reason": action.reason} for action in report.plan.actions
        ],
        "applied": report.applied,
        "result": [
            {
                "target": step.action.target,
                "verb": step.action.verb,
                "outcome": step.outcome,
                "seconds": round(step.seconds, 3),
                "why": step.why,
            }
            for step in report.result.steps
        ],
    }


def _mark(item: Setting) -> Text:
    if item.ok:
        return Text("ok", style="green")
    return Text("+", style="green") if item.now in (UNSET, "absent") else Text("~", style="yellow")
