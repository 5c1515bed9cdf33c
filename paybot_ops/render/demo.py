"""What the demo answers."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from paybot_ops.core.dialogues import ModelBill
from paybot_ops.core.reports import DemoReport
from paybot_ops.render.envelope import plain


def report_table(report: DemoReport) -> RenderableType:
    """Each step with its time, what the model took and cost, and, where it was kept, how to go on."""
    table = Table(box=None, pad_edge=False, show_header=False)
    table.add_column(no_wrap=True)
    table.add_column(justify="right", no_wrap=True)
    for step in report.steps:
        table.add_row(f"{'ok  ' if step.ok else 'FAIL'}  {step.name}", f"{step.seconds:.1f} s")
    table.add_row("      all of it", f"{report.seconds:.1f} s")
    parts: list[RenderableType] = [table]
    if report.answer is not None:
        parts.append(Text(f"you: {report.question}\nbot: {report.answer.response}"))
    if report.bill is not None:
        parts.append(Text(bill_text(report.bill)))
    if report.workspace is not None:
        parts.append(Text("\n".join(_how_to_go_on(report))))
    return Group(*parts)


def report_data(report: DemoReport) -> dict[str, Any]:
    """The report for machines; a failure is the document's own error."""
    data: dict[str, Any] = plain(replace(report, failure=None))
    del data["failure"]
    return data


def bill_text(bill: ModelBill) -> str:
    """What the model took, in a line; a fraction of a cent is written out."""
    cost = "at an unknown price" if bill.dollars is None else f"which costs ${bill.dollars.normalize():f} on AWS"
    return (
        f"the model took {bill.input_tokens:,} tokens in and {bill.output_tokens:,} out in {bill.calls} calls, {cost} "
        f"({bill.model})"
    )


def _how_to_go_on(report: DemoReport) -> list[str]:
    return [
        "the sandbox is still running; go on with:",
        f"  cd {report.workspace}",
        "  paybot outputs --sandbox",
        "  paybot secrets status --sandbox",
        f"  curl -s {report.chat_url} -H 'Content-Type: application/json' -d '{{\"message\": \"Hello\"}}'",
        "  paybot metrics tokens --sandbox",
        "  paybot destroy --sandbox",
        "  paybot sandbox stop",
        f"and when you are done: rm -r {report.workspace}",
    ]
