"""What the demo answers."""

from __future__ import annotations

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from paybot_ops.core.reports import DemoReport


def report_table(report: DemoReport) -> RenderableType:
    """Each step with its time, the bot's answer, and, where it was kept, how to go on."""
    table = Table(box=None, pad_edge=False, show_header=False)
    table.add_column(no_wrap=True)
    table.add_column(justify="right", no_wrap=True)
    for step in report.steps:
        table.add_row(f"{'ok  ' if step.ok else 'FAIL'}  {step.name}", f"{step.seconds:.1f} s")
    table.add_row("      all of it", f"{report.seconds:.1f} s")
    parts: list[RenderableType] = [table]
    if report.answer is not None:
        parts.append(Text(f"you: {report.question}\nbot: {report.answer.response}"))
    if report.workspace is not None:
        parts.append(Text("\n".join(_how_to_go_on(report))))
    return Group(*parts)


def _how_to_go_on(report: DemoReport) -> list[str]:
    return [
        "the sandbox is still running; go on with:",
        f"  cd {report.workspace}",
        "  paybot outputs --sandbox",
        f"  curl -s {report.chat_url} -H 'Content-Type: application/json' -d '{{\"message\": \"Hello\"}}'",
        "  paybot destroy --sandbox",
        "  paybot sandbox stop",
        f"and when you are done: rm -r {report.workspace}",
    ]
