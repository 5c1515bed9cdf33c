"""One document for success and error."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from paybot_ops.errors import ExitCode, UsageError
from paybot_ops.render.envelope import Answer, to_csv, to_json


@dataclass
class Item:
    price: Decimal
    when: datetime


def test_money_is_a_string_and_time_is_utc() -> None:
    when = datetime(2026, 11, 24, 9, tzinfo=timezone(timedelta(hours=2)))
    document = json.loads(to_json(Answer(command="x", data=Item(Decimal("0.10"), when))))
    assert document == {
        "schema_version": 1,
        "command": "x",
        "status": "ok",
        "data": {"price": "0.10", "when": "2026-11-24T07:00:00Z"},
        "warnings": [],
        "error": None,
    }
    assert when.astimezone(UTC).hour == 7


def test_an_error_is_a_part_of_the_document() -> None:
    error = UsageError("what", why="why", hint="hint", details=("d",))
    document = json.loads(to_json(Answer(command="x", data=None, code=error.code, error=error)))
    assert document["status"] == "error"
    assert document["error"] == {
        "kind": "usage",
        "what": "what",
        "why": "why",
        "hint": "hint",
        "details": ["d"],
        "exit_code": 2,
    }
    assert json.loads(to_json(Answer(command="x", data=None, code=ExitCode.FINDING)))["status"] == "finding"


def test_a_cell_that_a_spreadsheet_would_run_is_text() -> None:
    text = to_csv(Answer(command="x", data=None, rows=({"name": "a", "value": "=1+1"}, {"name": "b", "value": [1]})))
    assert list(csv.reader(io.StringIO(text))) == [["name", "value"], ["a", "'=1+1"], ["b", "[1]"]]


@given(
    st.lists(st.fixed_dictionaries({"a": st.text().filter(lambda t: "\0" not in t), "b": st.integers()}), min_size=1)
)
def test_any_rows_come_back_from_csv(rows: list[dict[str, object]]) -> None:
    text = to_csv(Answer(command="x", data=None, rows=tuple(rows)))
    back = list(csv.DictReader(io.StringIO(text + "\r\n", newline="")))
    assert [row["b"] for row in back] == [str(row["b"]) for row in rows]
    assert [row["a"].removeprefix("'") for row in back] == [str(row["a"]).removeprefix("'") for row in rows]
