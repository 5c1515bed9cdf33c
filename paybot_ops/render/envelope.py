"""The one JSON document of a command, success or error, and the rows of its CSV."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, is_dataclass
from datetime import UTC, datetime
from decimal import Decimal
from enum import Enum, StrEnum
from pathlib import Path
from typing import Any

from paybot_ops.core.printable import escaped
from paybot_ops.errors import ExitCode, PaybotError

SCHEMA_VERSION = 1


class Format(StrEnum):
    """How a reading command answers; a pipe never switches it."""

    TABLE = "table"
    JSON = "json"
    CSV = "csv"


class DocumentFormat(StrEnum):
    """How a changing command answers: its result has no rows, so it has no CSV."""

    TABLE = "table"
    JSON = "json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a command found or did: `data` for machines, `rows` for CSV where the answer has rows."""

    command: str
    data: Any
    code: ExitCode = ExitCode.OK
    warnings: tuple[str, ...] = ()
    rows: tuple[Mapping[str, Any], ...] = field(default=())
    error: PaybotError | None = None

    @property
    def status(self) -> str:
        """`ok`, `finding` (exit 3) or `error`."""
        if self.code is ExitCode.OK:
            return "ok"
        return "finding" if self.code is ExitCode.FINDING else "error"


def plain(value: Any) -> Any:
    """A value as JSON types: UTC ISO-8601 times, decimals as strings, dataclasses as objects in field order."""
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    if isinstance(value, Decimal | Path):
        return str(value)
    if is_dataclass(value) and not isinstance(value, type):
        return {item.name: plain(getattr(value, item.name)) for item in fields(value)}
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [plain(item) for item in value]
    return value


def error_data(error: PaybotError) -> dict[str, Any]:
    """An error as its part of the document."""
    return {
        "kind": error.kind,
        "what": error.what,
        "why": error.why,
        "hint": error.hint,
        "details": list(error.details),
        "exit_code": int(error.code),
    }


def to_json(answer: Answer) -> str:
    """The whole answer as one JSON document."""
    document = {
        "schema_version": SCHEMA_VERSION,
        "command": answer.command,
        "status": answer.status,
        "data": plain(answer.data),
        "warnings": list(answer.warnings),
        "error": error_data(answer.error) if answer.error else None,
    }
    return json_text(document, indent=2)


def json_text(value: Any, *, indent: int | None = None) -> str:
    """A value of JSON types as its text, in which nothing steers a terminal."""
    try:
        text = json.dumps(value, indent=indent, ensure_ascii=False)
        text.encode()
    except UnicodeEncodeError:  # half of a surrogate pair: only an escape can hold it
        return json.dumps(value, indent=indent)
    return escaped(text)


def to_csv(answer: Answer) -> str:
    """The answer's rows with a header line, RFC 4180; a cell that a spreadsheet would run is quoted as text."""
    sink = io.StringIO()
    columns = list(answer.rows[0]) if answer.rows else []
    writer = csv.writer(sink)
    if columns:
        writer.writerow(columns)
    for row in answer.rows:
        writer.writerow([_cell(row[column]) for column in columns])
    return sink.getvalue().rstrip("\r\n")


def _cell(value: Any) -> Any:
    flat = plain(value)
    if isinstance(flat, str) and flat[:1] in ("=", "+", "@", "\t", "\r"):
        return "'" + flat
    return json.dumps(flat) if isinstance(flat, dict | list) else flat
