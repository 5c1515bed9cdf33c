"""The chart of a report as an SVG document that needs nothing beside it: no script, no font, no picture."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from html import escape

from paybot_ops.core.token_report import TokenReport
from paybot_ops.render.chart import Column, caption, columns
from paybot_ops.render.figures import count

# Told apart with every common colour blindness (Okabe and Ito's palette).
_IN, _OUT, _INK, _FAINT, _LINE = "#0072b2", "#e69f00", "#1a1a1a", "#555555", "#dddddd"
# Where the plot is, in the document's own units.
_LEFT, _BOTTOM, _WIDTH, _HEIGHT = 90, 340, 840, 270
_MOST_COLUMNS, _MOST_LABELS = 120, 8


def svg(report: TokenReport, *, local: bool) -> str:
    """The whole document."""
    found, _rows_each = columns(report, local=local, most=_MOST_COLUMNS)
    top = max((column.tokens for column in found), default=Decimal(0)) or Decimal(1)
    models = ", ".join(report.models) or "no model"
    parts = [
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 960 420" font-family="sans-serif" font-size="12">',
        '<rect width="960" height="420" fill="#ffffff"/>',
        _text(_LEFT, 28, f"Tokens of {models}", _INK, size=16),
        _text(_LEFT, 48, caption(report), _FAINT),
        *_scale(top),
        *_plot(found, top),
        _rect(_LEFT, 380, 12, 12, _IN, "tokens in"),
        _text(_LEFT + 18, 391, "tokens in", _INK),
        _rect(_LEFT + 110, 380, 12, 12, _OUT, "tokens out"),
        _text(_LEFT + 128, 391, "tokens out", _INK),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def _scale(top: Decimal) -> Iterator[str]:
    for quarter in range(5):
        y = _BOTTOM - _HEIGHT * quarter / 4
        yield f'<line x1="{_LEFT}" x2="{_LEFT + _WIDTH}" y1="{y:.1f}" y2="{y:.1f}" stroke="{_LINE}"/>'
        yield _text(_LEFT - 8, y + 4, count(top * quarter / 4), _FAINT, anchor="end")


def _plot(found: list[Column], top: Decimal) -> Iterator[str]:
    step = _WIDTH / max(len(found), 1)
    labelled = -(-len(found) // _MOST_LABELS)
    for number, column in enumerate(found):
        x, width = _LEFT + number * step, max(step * 0.8, 0.5)
        low, high = (float(tokens / top) * _HEIGHT for tokens in (column.tokens_in, column.tokens_out))
        told = f"{count(column.tokens_in)} in, {count(column.tokens_out)} out" if column.known else "not kept any more"
        yield _rect(x, _BOTTOM - low, width, low, _IN, f"{column.label}: {told}")
        yield _rect(x, _BOTTOM - low - high, width, high, _OUT, f"{column.label}: {told}")
        if number % labelled == 0:
            yield _text(x, _BOTTOM + 18, column.label, _FAINT)


def _rect(x: float, y: float, width: float, height: float, colour: str, title: str) -> str:
    place = f'x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}"'
    return f'<rect {place} fill="{colour}"><title>{escape(title)}</title></rect>'


def _text(x: float, y: float, text: str, colour: str, *, size: int = 12, anchor: str = "start") -> str:
    place = f'x="{x:.1f}" y="{y:.1f}" font-size="{size}" text-anchor="{anchor}"'
    return f'<text {place} fill="{colour}">{escape(text)}</text>'
