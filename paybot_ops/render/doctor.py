"""What `paybot doctor` answers, and how far it is."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from paybot_ops.core.doctor import Status, Verdict
from paybot_ops.core.doctor_report import DoctorReport, FixPlan
from paybot_ops.plan import Outcome, StepResult
from paybot_ops.render.value_edits import action_data, result_data
from paybot_ops.screen import Screen

_MARKS = {Status.PASS: "ok", Status.WARN: "WARN", Status.FAIL: "FAIL", Status.SKIPPED: "–"}
_STYLES = {Status.PASS: "green", Status.WARN: "yellow", Status.FAIL: "bold red", Status.SKIPPED: "dim"}
_INDENT = 6


def report_table(report: DoctorReport) -> RenderableType:
    """A line per check; below those that are not as they should be, why, and the command that mends it."""
    width = max((len(item.name) for item in report.checks), default=0)
    lines: list[RenderableType] = []
    told: set[tuple[str, str]] = set()
    for item in report.checks:
        verdict = item.verdict
        lines.append(_line(item.name, verdict, width))
        said = (verdict.what, verdict.cure)
        if verdict.cure and said in told:
            continue  # what is wrong with all of them is told once
        told.add(said)
        lines += [Padding(Text(each, style="dim"), (0, 0, 0, _INDENT), expand=False) for each in _details(verdict)]
        if verdict.cure:
            lines.append(Padding(Text(f"→ {verdict.cure}", style="cyan"), (0, 0, 0, _INDENT), expand=False))
    return Group(*lines, Text(summary(report), style="bold"))


def summary(report: DoctorReport) -> str:
    """The counts in one line."""
    words = ((Status.PASS, "ok"), (Status.WARN, "to weigh"), (Status.FAIL, "failed"), (Status.SKIPPED, "skipped"))
    counts = ", ".join(f"{report.count(status)} {word}" for status, word in words if report.count(status))
    done = report.result.count(Outcome.DONE)
    return f"{len(report.checks)} checks: {counts}" + (f"; {done} mended" if done else "")


def report_rows(report: DoctorReport) -> tuple[dict[str, Any], ...]:
    """Each check for machines."""
    return tuple(
        {
            "check": item.name,
            "status": item.verdict.status,
            "what": item.verdict.what,
            "details": list(item.verdict.details),
            "cure": item.verdict.cure,
            "missing_iam_action": item.verdict.action or None,
        }
        for item in report.checks
    )


def report_data(report: DoctorReport) -> dict[str, Any]:
    """The whole report for machines."""
    return {
        "checks": report_rows(report),
        "counts": {status.value: report.count(status) for status in Status},
        "changes": [action_data(action) for action in report.plan.actions],
        "result": result_data(report.result),
    }


def answer_text(report: DoctorReport, *, dry_run: bool) -> RenderableType:
    """The answer: the table, and what `--fix --dry-run` would do."""
    if dry_run and not report.plan.is_empty:
        return Group(report_table(report), fixes_text(report.plan))
    return report_table(report)


def fixes_text(plan: FixPlan) -> RenderableType:
    """The changes that `--fix` makes, a line each."""
    lines = [Text(f"  {action.verb} {action.target}: {action.reason}".rstrip(": ")) for action in plan.actions]
    return Group(Text("harmless changes:", style="bold"), *lines)


def step_line(step: StepResult) -> str:
    """The line of one change that was made, or failed."""
    outcome = "done" if step.outcome is Outcome.DONE else f"FAILED: {step.why}"
    return f"  {step.action.verb} {step.action.target}: {outcome} ({step.seconds:.1f} s)"


def checks_table(checks: Sequence[tuple[str, str]]) -> RenderableType:
    """The checks that there are."""
    table = Table(box=None, pad_edge=False, show_header=False)
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for name, asks in checks:
        table.add_row(name, asks)
    return table


@contextmanager
def progress(screen: Screen, names: Sequence[str]) -> Iterator[Callable[[str], None]]:
    """How many checks have ended, on stderr: in place on a terminal, else a line for each; gives what to call then."""
    started, waiting, lock = time.monotonic(), list(names), threading.Lock()
    live = screen.err.is_terminal and not screen.err.is_dumb_terminal
    status = screen.err.status(_waiting(names, names)) if live else None

    def ended(name: str) -> None:
        with lock:
            if name not in waiting:
                return  # it was given up
            waiting.remove(name)
            if status is not None:
                status.update(_waiting(names, waiting))
            else:
                screen.note(f"  {name} … {time.monotonic() - started:.1f} s", style="dim")

    if status is None:
        yield ended
    else:
        with status:
            yield ended
    with lock:
        waiting.clear()  # a check that was given up says nothing later


def _waiting(names: Sequence[str], waiting: Sequence[str]) -> str:
    shown = ", ".join(waiting[:3]) + (", …" if len(waiting) > 3 else "")
    return f"{len(names) - len(waiting)} of {len(names)} checks; {shown}"


def _line(name: str, verdict: Verdict, width: int) -> RenderableType:
    table = Table(box=None, pad_edge=False, show_header=False)
    table.add_column(no_wrap=True, width=4)
    table.add_column(no_wrap=True, width=width)
    table.add_column(overflow="fold")
    table.add_row(Text(_MARKS[verdict.status], style=_STYLES[verdict.status]), name, Text(verdict.what))
    return table


def _details(verdict: Verdict) -> tuple[str, ...]:
    """A check that is as it should be needs no second line."""
    return () if verdict.status is Status.PASS else verdict.details
