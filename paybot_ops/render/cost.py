"""What `cost` answers: the bill, line by line."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from paybot_ops.core.cost import CostReport, Kind, Line
from paybot_ops.core.money import money_text
from paybot_ops.core.prices import MILLION, UnitPrice
from paybot_ops.render.figures import ABSENT, count


def cost_table(report: CostReport, *, not_in_it: str) -> RenderableType:
    """The bill; below it where the prices are from, and what is not in it."""
    table = Table(box=None, pad_edge=False)
    table.add_column("What", overflow="fold")
    table.add_column("Quantity", justify="right", no_wrap=True)
    table.add_column("Unit price", justify="right", overflow="fold")
    table.add_column("This month", justify="right", no_wrap=True)
    table.add_column("A month", justify="right", no_wrap=True)
    sources = _sources(report)
    table.add_column("Source", justify="right", no_wrap=True)
    area = ""
    for line in report.lines:
        if line.area != area:
            area = line.area
            table.add_row(area, style="bold")
        mark = f"[{sources.index(_source(line.price)) + 1}]" if line.price else ABSENT
        table.add_row(
            f"  {line.item}", _quantity(line), _price(line), money_text(line.so_far), money_text(line.month), mark
        )
    table.add_row("total", "", "", money_text(report.so_far), money_text(report.month), "", style="bold")
    notes = [f"  [{number}] {source}" for number, source in enumerate(sources, start=1)]
    notes += [f"  {line.item}: {line.note}" for line in report.lines if line.note]
    whole = "" if report.so_far.complete else "a line is unknown, so the sum is at least this much; "
    notes.append(
        f"{whole}{report.start:%Y-%m-%d} to {report.now:%Y-%m-%d %H:%M} UTC; a month: use at the same rate, "
        "and what stands all month"
    )
    notes.append(f"not in it: {not_in_it}")
    return Group(table, *(Text(note, style="dim") for note in notes))


def cost_data(report: CostReport, *, not_in_it: str) -> dict[str, Any]:
    """The bill for machines; money as decimal strings."""
    return {
        "start": report.start,
        "now": report.now,
        "end": report.end,
        "currency": "USD",
        "lines": list(cost_rows(report)),
        "so_far_usd": report.so_far.dollars,
        "month_usd": report.month.dollars,
        "complete": report.so_far.complete,
        "not_in_it": not_in_it,
    }


def cost_rows(report: CostReport) -> tuple[Mapping[str, Any], ...]:
    """One row per line."""
    return tuple(
        {
            "area": line.area,
            "item": line.item,
            "kind": line.kind,
            "quantity": line.quantity,
            "billed": line.billed,
            "unit": line.unit,
            "price_usd": line.price.price if line.price else None,
            "price_per": line.price.per if line.price else None,
            "so_far_usd": line.so_far.dollars,
            "month_usd": line.month.dollars,
            "source": line.price.source if line.price else None,
            "read": line.price.read if line.price else None,
            "note": line.note,
        }
        for line in report.lines
    )


def _quantity(line: Line) -> str:
    if line.quantity is None:
        return "unknown"
    free = line.quantity - (line.billed if line.billed is not None else line.quantity)
    shown = f"{_figure(line.quantity)} {line.unit}".strip()
    return f"{shown} ({_figure(free)} free)" if free else shown


def _figure(value: Decimal) -> str:
    if value == value.to_integral_value() or value >= 1000:
        return count(value)
    return f"{value:.2f}" if value >= Decimal("0.01") else "<0.01"


def _price(line: Line) -> str:
    price = line.price
    if price is None:
        return "unknown"
    amount = f"${price.price.normalize():f}"
    if price.per == MILLION:
        return f"{amount} per million {price.unit}"
    if price.per != 1:
        return f"{amount} per {count(price.per)} {price.unit}"
    if line.kind is Kind.STANDING and not price.unit.startswith("GB"):
        return f"{amount} a month each"
    return f"{amount} per {price.unit.removesuffix('s')}"


def _source(price: UnitPrice | None) -> str:
    if price is None:
        return ""
    return f"{price.source}, {price.read}" if price.read else price.source


def _sources(report: CostReport) -> list[str]:
    return list(dict.fromkeys(_source(line.price) for line in report.lines if line.price))
