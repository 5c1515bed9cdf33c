"""A deployment's status as a person reads it: one screen, each line with a mark that is read without colour too."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC
from decimal import Decimal

from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from paybot_ops.core.status import DEPLOY, Line, Mark, StatusReport

MARKS = {Mark.OK: "✓", Mark.INFO: "·", Mark.ATTENTION: "!", Mark.UNKNOWN: "?"}
_STYLES = {Mark.OK: "green", Mark.INFO: "dim", Mark.ATTENTION: "bold yellow", Mark.UNKNOWN: "magenta"}
# Columns: past the widest a rule is only long; from `_WIDE` on there is room for a long bar.
_WIDEST, _WIDE, _WIDE_BAR, _NARROW_BAR = 96, 76, 16, 6


class StatusTable:
    """The report, laid out for the width that it is drawn on."""

    def __init__(self, report: StatusReport, note: str = "") -> None:
        self._report = report
        self._note = note

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Title, lines, and what they come to."""
        report = self._report
        options = options.update(max_width=min(options.max_width, _WIDEST))
        yield from (
            segment for part in self._parts(report, options.max_width) for segment in console.render(part, options)
        )

    def _parts(self, report: StatusReport, width: int) -> Iterator[RenderableType]:
        yield Text.assemble((report.name, "bold"), (f" · {place(report)}", "dim"))
        if not report.deployed:
            yield Text("nothing is deployed")
            yield Text(f"next: {DEPLOY}", style="cyan")
            return
        yield Rule(style="dim", characters="─")
        yield _grid(report, _WIDE_BAR if width >= _WIDE else _NARROW_BAR)
        yield Rule(style="dim", characters="─")
        style = "bold green" if report.in_order else "bold"
        yield Text.assemble((summary(report), style), (f" · {self._note}" if self._note else "", "dim"))


def place(report: StatusReport) -> str:
    """Where the deployment is, and when it was looked at."""
    account = f"account {report.account}" if report.account else "an unknown account"
    where = "the embedded AWS" if report.endpoint else account
    return f"{where} · {report.region} · {report.at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def summary(report: StatusReport) -> str:
    """What all lines come to."""
    wrong, unknown = len(report.marked(Mark.ATTENTION)), len(report.marked(Mark.UNKNOWN))
    parts = [f"{wrong} need{'s' if wrong == 1 else ''} attention"] if wrong else []
    parts += [f"{unknown} {'is' if unknown == 1 else 'are'} unknown"] if unknown else []
    return ", ".join(parts) or "everything is in order"


def cures(report: StatusReport) -> Iterator[tuple[Line, str]]:
    """Each line with what mends it; where several have the same cure, the last of them."""
    last = {line.cure: line.name for line in report.lines if line.calls}
    for line in report.lines:
        yield line, line.cure if line.calls and last[line.cure] == line.name else ""


def bar(share: Decimal, width: int) -> tuple[int, str]:
    """How many cells of a bar are full, and the share in words; little is not nothing."""
    full = min(round(share * width), width)
    return max(full, 1 if share else 0), f"{share:.0%}" if share < 10 else ">999%"


def _grid(report: StatusReport, width: int) -> RenderableType:
    table = Table.grid(padding=(0, 1))
    table.add_column(no_wrap=True)
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for line, cure in cures(report):
        mark = Text(MARKS[line.mark], style=_STYLES[line.mark])
        name = Text(f"{line.name:<13}", style="bold" if line.mark is not Mark.INFO else "")
        table.add_row(mark, name, _words(line, width))
        if cure:
            table.add_row("", "", Text(f"→ {cure}", style="cyan"))
    return Group(table)


def _words(line: Line, width: int) -> Text:
    style = "dim" if line.mark is Mark.INFO else _STYLES[line.mark] if line.calls else ""
    if line.share is None:
        return Text(line.text, style=style)
    full, told = bar(line.share, width)
    drawn = Text("█" * full, style="yellow" if line.calls else "cyan")
    return drawn.append("░" * (width - full), style="dim").append(f" {told:>4}  ").append(line.text, style=style)
