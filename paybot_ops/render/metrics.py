"""What `metrics tokens` answers: a table with a bar per row, and the same for machines."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from rich.console import Group, RenderableType
from rich.text import Text

from paybot_ops.core.metric_window import DAY, By
from paybot_ops.core.money import money_text
from paybot_ops.core.prices import ModelPrice
from paybot_ops.core.token_report import Row, TokenReport
from paybot_ops.render.figures import ABSENT, change, count, moment, number, percent

_BAR = 12
_EIGHTHS = " ▏▎▍▌▋▊▉"


def tokens_table(report: TokenReport, *, local: bool) -> RenderableType:
    """The table, and below it what the month comes to, how it compares, and the prices.

    Aligned here, because rich takes a second for each thousand rows; a narrow terminal cuts the bars first.
    """
    most = max((row.usage.tokens for row in report.rows if row.usage), default=Decimal(0))
    rows = [(_headings(report, local), "bold")]
    rows += [
        ([*_cells(report, row, row_label(report, row, local=local)), _bar(row, most)], _style(row))
        for row in report.rows
    ]
    rows.append((_cells(report, report.total, "total"), "bold"))
    if report.comparison is not None:
        rows.append((_cells(report, report.comparison.row, "before"), "dim"))
        rows.append((_changes(report, report.comparison.changes), ""))
    notes = (Text(line, style="dim") for line in _notes(report, local=local))
    return Group(*_aligned(rows), *notes)


def _aligned(rows: list[tuple[list[str], str]]) -> Iterator[Text]:
    """The first column to the left, figures to the right, the bar behind them as it is."""
    figures = len(rows[0][0])
    widths = [max(len(cells[column]) for cells, _style in rows) for column in range(figures)]
    for cells, style in rows:
        first, *others = (cells[column] for column in range(figures))
        parts = [first.ljust(widths[0]), *(text.rjust(width) for text, width in zip(others, widths[1:], strict=True))]
        line = "  ".join([*parts, *cells[figures:]]).rstrip()
        yield Text(line, style=style, no_wrap=True, overflow="crop")


def row_label(report: TokenReport, row: Row, *, local: bool) -> str:
    """A row's day, time or model; a bucket that is not over says so."""
    if not isinstance(row.label, datetime):
        return row.label
    text = moment(row.label, local=local, day=report.window.period == DAY)
    return f"{text} so far" if row.partial else text


def tokens_data(report: TokenReport) -> dict[str, Any]:
    """The report for machines."""
    comparison = report.comparison
    return {
        "start": report.window.start,
        "end": report.window.end,
        "now": report.window.now,
        "by": report.by,
        "period_seconds": report.window.period,
        "models": [{"model": model, "price": _price_data(price)} for model, price in report.prices.items()],
        "daily_threshold": number(report.threshold),
        "rows": [_row_data(row) for row in report.rows],
        "total": _row_data(report.total),
        "projection": _projection_data(report),
        "comparison": comparison
        and {
            "start": comparison.start,
            "end": comparison.end,
            "total": _row_data(comparison.row),
            "changes": {name: number(value) for name, value in comparison.changes.items()},
        },
        "incomplete": list(report.incomplete),
    }


def tokens_rows(report: TokenReport, *, local: bool) -> tuple[Mapping[str, Any], ...]:
    """One CSV row per row of the table; the total is left to the reader's tool."""
    rows = []
    for row in report.rows:
        data = _row_data(row)
        if local and isinstance(row.label, datetime):
            data["start"] = row.label.astimezone().isoformat()
        rows.append(data)
    return tuple(rows)


def _headings(report: TokenReport, local: bool) -> list[str]:
    first = "Model" if report.by is By.MODEL else "From" if local or report.window.period != DAY else "Day"
    zone = "" if report.by is By.MODEL else " (local)" if local else " (UTC)"
    figures = ["Calls", "Tokens in", "Out", "Total", "Throttled", "Errors", "Latency", "Cost"]
    return [first + zone, *figures, *(["Of limit"] if _limited(report) else [])]


def _limited(report: TokenReport) -> bool:
    return report.threshold is not None and report.window.period == DAY and report.by is not By.MODEL


def _cells(report: TokenReport, row: Row, label: str) -> list[str]:
    usage = row.usage
    if usage is None:
        return [label, *[ABSENT] * (9 if _limited(report) else 8)]
    latency = usage.average_latency
    cells = [label, *(count(value) for value in (usage.calls, usage.input_tokens, usage.output_tokens, usage.tokens))]
    cells += [count(usage.throttles), count(usage.errors), ABSENT if latency is None else f"{count(latency)} ms"]
    cells.append(money_text(row.cost))
    if _limited(report):
        over = " over" if row.share is not None and row.share > 1 else ""
        cells.append(percent(row.share) + over if row.share is not None else "")
    return cells


def _changes(report: TokenReport, changes: Mapping[str, Decimal | None]) -> list[str]:
    shown = [change(changes[name]) for name in ("calls", "input_tokens", "output_tokens", "tokens")]
    shown += [change(changes["throttles"]), change(changes["errors"]), "", change(changes["cost"])]
    return ["change", *shown, *([""] if _limited(report) else [])]


def _style(row: Row) -> str:
    return "red" if row.share is not None and row.share > 1 else ""


def _bar(row: Row, most: Decimal) -> str:
    if row.usage is None or not most:
        return ""
    eighths = int(row.usage.tokens / most * _BAR * 8)
    # Little is not nothing.
    eighths = max(eighths, 1) if row.usage.tokens else 0
    return "█" * (eighths // 8) + _EIGHTHS[eighths % 8].strip()


def _notes(report: TokenReport, *, local: bool) -> list[str]:
    notes = []
    if report.projection is not None:
        last = report.projection.until
        notes.append(
            f"this month, if it goes on like this until {moment(last, local=local)}: "
            f"{count(report.projection.tokens)} tokens, {count(report.projection.calls)} calls, "
            f"{money_text(report.projection.cost)}"
        )
    if report.comparison is not None and report.window.reaches_now:
        notes.append("the period before was longer: this one is not over")
    for model, price in report.prices.items():
        notes.append(f"{model}: {_price_text(price)}")
    return notes


def _price_text(price: ModelPrice | None) -> str:
    if price is None:
        return "no price is known, so its cost is unknown"
    read = f", {price.read}" if price.read else ""
    return f"${price.input_per_million} in, ${price.output_per_million} out per million tokens ({price.source}{read})"


def _price_data(price: ModelPrice | None) -> dict[str, Any] | None:
    if price is None:
        return None
    return {
        "input_per_million": price.input_per_million,
        "output_per_million": price.output_per_million,
        "source": price.source,
        "read": price.read,
    }


def _row_data(row: Row) -> dict[str, Any]:
    usage = row.usage
    key = {"start": row.label} if isinstance(row.label, datetime) else {"name": row.label}
    return {
        **key,
        "partial": row.partial,
        "calls": number(usage.calls) if usage else None,
        "input_tokens": number(usage.input_tokens) if usage else None,
        "output_tokens": number(usage.output_tokens) if usage else None,
        "total_tokens": number(usage.tokens) if usage else None,
        "throttles": number(usage.throttles) if usage else None,
        "client_errors": number(usage.client_errors) if usage else None,
        "server_errors": number(usage.server_errors) if usage else None,
        "average_latency_ms": number(usage.average_latency) if usage else None,
        "cost_usd": row.cost.dollars,
        "cost_complete": row.cost.complete,
        "share_of_daily_threshold": number(row.share),
    }


def _projection_data(report: TokenReport) -> dict[str, Any] | None:
    found = report.projection
    if found is None:
        return None
    return {
        "until": found.until,
        "total_tokens": number(found.tokens),
        "calls": number(found.calls),
        "cost_usd": found.cost.dollars,
        "cost_complete": found.cost.complete,
    }
