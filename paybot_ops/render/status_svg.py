"""A deployment's status as an SVG document that needs nothing beside it: no script, no font, no picture."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from html import escape
from textwrap import wrap

from paybot_ops.core.printable import printable
from paybot_ops.core.status import DEPLOY, Line, Mark, StatusReport
from paybot_ops.render.status import MARKS, bar, cures, place, summary

# Told apart with every common colour blindness (Okabe and Ito's palette).
_COLOURS = {Mark.OK: "#009e73", Mark.INFO: "#767676", Mark.ATTENTION: "#b35900", Mark.UNKNOWN: "#8f4a7a"}
_INK, _FAINT, _LINE, _FILL, _EMPTY, _CURE = "#1a1a1a", "#666666", "#e1e4e8", "#0072b2", "#e8edf1", "#0072b2"
_FONT = "ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace"
# In the document's own units: the columns, the bar, and a row's height.
_WIDTH, _MARGIN, _NAME, _TEXT, _BAR, _SHARE, _ROW = 860, 28, 54, 176, 132, 48, 24
_MOST_LETTERS, _CELLS = 82, 1000


def svg(report: StatusReport) -> str:
    """The whole document."""
    rows = list(_rows(report)) if report.deployed else [_text(_MARGIN, 0, "nothing is deployed", _INK)]
    rows += [] if report.deployed else [_text(_MARGIN, 0, f"next: {DEPLOY}", _CURE)]
    top = 74
    bottom = top + len(rows) * _ROW
    height = bottom + 52
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" font-family="{_FONT}">',
        f"<title>{escape(f'paybot status of {report.name}: {summary(report)}')}</title>",
        f'<rect x="0.5" y="0.5" width="{_WIDTH - 1}" height="{height - 1}" rx="8" fill="#ffffff" stroke="{_LINE}"/>',
        _text(_MARGIN, 38, report.name, _INK, weight="bold", size=16),
        _text(_WIDTH - _MARGIN, 38, place(report), _FAINT, anchor="end", size=12),
        _rule(top - 18),
        *(f'<g transform="translate(0 {top + number * _ROW + 8})">{row}</g>' for number, row in enumerate(rows)),
        _rule(bottom + 4),
        _text(_MARGIN, bottom + 32, _closing(report), _closing_colour(report), weight="bold"),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def _rows(report: StatusReport) -> Iterator[str]:
    for line, cure in cures(report):
        colour = _COLOURS[line.mark]
        head = _text(_MARGIN + 2, 0, MARKS[line.mark], colour, weight="bold") + _text(
            _NAME, 0, line.name, _INK if line.mark is not Mark.INFO else _FAINT, weight="bold"
        )
        start, letters = (_TEXT + _BAR + _SHARE + 16, 58) if line.share is not None else (_TEXT, _MOST_LETTERS)
        words = wrap(printable(line.text), letters) or [""]
        drawn = _bar(line.share, line) if line.share is not None else ""
        yield head + drawn + _text(start, 0, words[0], colour if line.calls else _ink(line))
        for more in words[1:]:
            yield _text(start, 0, more, colour if line.calls else _ink(line))
        for number, more in enumerate(wrap(printable(cure), _MOST_LETTERS - 2)):
            yield _text(_TEXT, 0, f"{'→' if not number else ' '} {more}", _CURE)


def _bar(share: Decimal, line: Line) -> str:
    full, told = bar(share, _CELLS)
    colour = _COLOURS[line.mark] if line.calls else _FILL
    return (
        f'<rect x="{_TEXT}" y="-9" width="{_BAR}" height="10" rx="2" fill="{_EMPTY}"/>'
        f'<rect x="{_TEXT}" y="-9" width="{max(_BAR * full / _CELLS, 1.5):.1f}" height="10" rx="2" fill="{colour}"/>'
        + _text(_TEXT + _BAR + _SHARE, 0, told, _INK, anchor="end")
    )


def _ink(line: Line) -> str:
    return _FAINT if line.mark is Mark.INFO else _INK


def _closing(report: StatusReport) -> str:
    return summary(report) if report.deployed else ""


def _closing_colour(report: StatusReport) -> str:
    return _COLOURS[Mark.OK] if report.in_order else _COLOURS[Mark.ATTENTION]


def _rule(y: float) -> str:
    return f'<line x1="{_MARGIN}" x2="{_WIDTH - _MARGIN}" y1="{y}" y2="{y}" stroke="{_LINE}"/>'


def _text(
    x: float, y: float, text: str, colour: str, *, anchor: str = "start", weight: str = "normal", size: int = 13
) -> str:
    where = f'x="{x}" y="{y}" font-size="{size}" font-weight="{weight}" text-anchor="{anchor}"'
    return f'<text {where} fill="{colour}" xml:space="preserve">{escape(printable(text))}</text>'
