"""A report as stacked columns, and those as a chart in the terminal."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from rich.console import Group, RenderableType
from rich.text import Text

from paybot_ops.core.money import money_text
from paybot_ops.core.token_report import TokenReport
from paybot_ops.render.figures import count
from paybot_ops.render.metrics import row_label

_HEIGHT = 12
_WIDTH = 96
_IN, _OUT = "█", "▒"


@dataclass(frozen=True, slots=True)
class Column:
    """One column: what it stands for, and tokens in and out; `known` is False outside what CloudWatch keeps."""

    label: str
    tokens_in: Decimal
    tokens_out: Decimal
    known: bool = True

    @property
    def tokens(self) -> Decimal:
        """Both together: the column's height."""
        return self.tokens_in + self.tokens_out


def columns(report: TokenReport, *, local: bool, most: int) -> tuple[list[Column], int]:
    """At most so many columns, and how many rows each of them adds up."""
    rows = report.rows
    size = max(1, -(-len(rows) // most))
    found = []
    for first in range(0, len(rows), size):
        group = rows[first : first + size]
        usages = [row.usage for row in group if row.usage is not None]
        found.append(
            Column(
                label=row_label(report, group[0], local=local),
                tokens_in=sum((usage.input_tokens for usage in usages), Decimal(0)),
                tokens_out=sum((usage.output_tokens for usage in usages), Decimal(0)),
                known=bool(usages),
            )
        )
    return found, size


def terminal_chart(report: TokenReport, *, local: bool) -> RenderableType:
    """Columns of blocks under a scale, with the first and the last label below."""
    found, size = columns(report, local=local, most=_WIDTH)
    top = max((column.tokens for column in found), default=Decimal(0))
    wide = max(1, min(8, _WIDTH // max(len(found), 1)))
    gap = " " if wide > 2 else ""
    lines = []
    for level in range(_HEIGHT, 0, -1):
        scale = {_HEIGHT: count(top), _HEIGHT // 2: count(top / 2)}.get(level, "")
        cells = (_block(column, top, level) * (wide - len(gap)) + gap for column in found)
        lines.append(f"{scale:>12} ┤{''.join(cells)}".rstrip())
    lines.append(f"{'0':>12} └{'─' * (wide * len(found))}")
    first, last = (found[0].label, found[-1].label) if found else ("", "")
    between = max(2, wide * len(found) - len(first) - len(last))
    lines.append(" " * 14 + (first if len(found) < 2 else first + " " * between + last))
    legend = f"{_IN} tokens in  {_OUT} tokens out  ? not kept any more"
    grouped = f"  each column is {size} rows" if size > 1 else ""
    return Group(*(Text(line, no_wrap=True) for line in [*lines, "", legend + grouped, caption(report)]))


def _block(column: Column, top: Decimal, level: int) -> str:
    if not column.known:
        return "?" if level == 1 else " "
    if not top:
        return " "
    both = column.tokens / top * _HEIGHT
    if both < level and not (level == 1 and both):
        return " "
    return _IN if column.tokens_in / top * _HEIGHT >= level - Decimal("0.5") else _OUT


def caption(report: TokenReport) -> str:
    """The totals in a line."""
    usage = report.total.usage
    tokens = count(usage.tokens if usage else None)
    return f"{tokens} tokens, {count(usage.calls if usage else None)} calls, {money_text(report.total.cost)}"
