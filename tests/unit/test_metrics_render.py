"""How figures are written: money, enormous numbers, shares, and charts of any length."""

from __future__ import annotations

import io
import xml.etree.ElementTree as ElementTree
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from paybot_ops.core.metric_window import Asked, By, choose_window
from paybot_ops.core.money import UNKNOWN, Money, known, money_text, total
from paybot_ops.core.token_metrics import ModelUsage, Usage
from paybot_ops.core.token_report import Reckoning, TokenReport, token_report
from paybot_ops.render import figures
from paybot_ops.render.chart import columns, terminal_chart
from paybot_ops.render.metrics import tokens_data, tokens_table
from paybot_ops.render.svg import svg
from paybot_ops.screen import Screen

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)


def report(asked: Asked, tokens: str = "1000", model: str = "m") -> TokenReport:
    window = choose_window(asked, NOW)
    usage = Usage(calls=Decimal(1), input_tokens=Decimal(tokens))
    models = (ModelUsage(model, {window.buckets[-1]: usage}),)
    by = asked.by or By.DAY
    return token_report(Reckoning(models, lambda _model: None, Decimal(10)), window, by, compare=False)


def drawn(renderable: object) -> str:
    stream = io.StringIO()
    Screen(stdout=stream).answer(renderable)  # type: ignore[arg-type]
    return stream.getvalue()


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (UNKNOWN, "unknown"),
        (Money(Decimal(0)), "$0.00"),
        (Money(Decimal("0.035")), "$0.0350"),
        (Money(Decimal("0.00000001")), "<$0.0001"),
        (Money(Decimal("1234.567")), "$1,234.57"),
        (Money(Decimal(2), complete=False), "≥ $2.00"),
        (Money(Decimal("1e300")), "$1.000E+300"),
        (known(None), "unknown"),
        (total([known(Decimal(1)), UNKNOWN]), "≥ $1.00"),
    ],
)
def test_money(value: Money, text: str) -> None:
    assert money_text(value) == text


def test_other_figures() -> None:
    assert figures.count(Decimal("1234567")) == "1,234,567"
    assert figures.count(Decimal("1e300")) == "1.000E+300"
    assert figures.count(None) == "–"
    assert figures.percent(Decimal("1.234")) == "123 %"
    assert figures.change(Decimal("-0.5")) == "-50 %"
    assert figures.number(Decimal("2.50000001")) == 2.5
    assert figures.number(Decimal(3)) == 3


def test_enormous_values_are_shown_by_their_size_and_given_whole() -> None:
    found = report(Asked(days=2), tokens="1e300")
    assert "1.000E+300" in drawn(tokens_table(found, local=False))
    assert tokens_data(found)["total"]["input_tokens"] == 10**300
    ElementTree.fromstring(svg(found, local=False))
    assert drawn(terminal_chart(found, local=False))


def test_days_that_are_not_kept_are_dashes_and_question_marks() -> None:
    found = report(Asked(start="2025-08-20", end="2025-08-30"))
    assert "–" in drawn(tokens_table(found, local=False))
    assert "?" in drawn(terminal_chart(found, local=False)).splitlines()[11]
    assert "not kept any more" in svg(found, local=False)


@pytest.mark.parametrize("days", [1, 2, 96, 97, 455])
def test_a_chart_of_any_length_fits_and_loses_nothing(days: int) -> None:
    found = report(Asked(days=days))
    drawn_columns, size = columns(found, local=False, most=96)
    assert len(drawn_columns) <= 96
    assert size * len(drawn_columns) >= days
    assert sum(column.tokens for column in drawn_columns) == 1000
    lines = drawn(terminal_chart(found, local=False)).splitlines()
    assert max(map(len, lines)) <= 120
    assert any("█" in line for line in lines)


def test_a_chart_without_any_tokens() -> None:
    found = report(Asked(days=3), tokens="0")
    assert "█" not in drawn(terminal_chart(found, local=False)).replace("█ tokens in", "")
    ElementTree.fromstring(svg(found, local=False))


def test_names_are_escaped_in_the_svg() -> None:
    text = svg(report(Asked(days=1), model="<script>&"), local=False)
    assert "<script>" not in text
    ElementTree.fromstring(text)


def test_a_narrow_terminal_loses_the_bar_first(monkeypatch: pytest.MonkeyPatch) -> None:
    found = report(Asked(days=2))
    wide = drawn(tokens_table(found, local=False))
    assert "█" in wide
    monkeypatch.setenv("COLUMNS", str(max(map(len, wide.splitlines())) - 12))
    narrow = drawn(tokens_table(found, local=False))
    assert "1,000" in narrow
    assert "10,000 % over" in narrow


def test_the_label_of_a_day_is_its_date() -> None:
    day = datetime(2026, 2, 28, tzinfo=UTC)
    assert figures.moment(day, local=False, day=True) == "2026-02-28"
    assert figures.moment(day + timedelta(hours=3), local=False) == "2026-02-28 03:00"
