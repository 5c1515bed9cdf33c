"""Log lines for people, and for machines: as they come, so that nothing is held."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

from paybot_ops.core.card_masking import masked
from paybot_ops.core.log_lines import Level, LogEvent, Source, read_line
from paybot_ops.core.printable import printable
from paybot_ops.errors import PaybotError
from paybot_ops.render.envelope import SCHEMA_VERSION, Answer, error_data, json_text, plain, to_csv

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# Enough of a request's id to find it among its neighbours.
_SHORT = 8
_COLOURS = {Level.ERROR: "\x1b[31m", Level.WARNING: "\x1b[33m", Level.DEBUG: "\x1b[2m"}
_PLAIN = "\x1b[0m"


def line_of(event: LogEvent, *, colour: bool = False) -> str:
    """An event as a line, with what belongs to it indented below; nothing of it can be mistaken for another line."""
    line = read_line(event)
    level = f"{line.level.value:<5}"
    if colour and line.level in _COLOURS:
        level = f"{_COLOURS[line.level]}{level}{_PLAIN}"
    request = f"  ({printable(line.request_id)[:_SHORT]})" if line.request_id else ""
    head = f"{time_of(event.timestamp)}  {event.source.value:<7}  {level}  {_one_line(line.text)}{request}"
    if not line.more:
        return head
    # Masked as one text: a number may go on in the next line.
    return "\n".join((head, *(f"    {_one_line(part)}" for part in masked("\n".join(line.more)).splitlines())))


def event_data(event: LogEvent) -> dict[str, str]:
    """An event for machines: its message as CloudWatch has it, but for what is masked."""
    return {
        "timestamp": time_of(event.timestamp),
        "ingested": time_of(event.ingested),
        "source": event.source.value,
        "level": read_line(event).level.value,
        "log_group": event.group,
        "log_stream": event.stream,
        "event_id": event.event_id,
        "message": masked(event.message),
    }


def event_json(event: LogEvent) -> str:
    """An event as one line of JSON."""
    return json_text(event_data(event))


def document_start(command: str) -> str:
    """The envelope up to its data; the status comes after that, when it is known."""
    return f'{{\n  "schema_version": {SCHEMA_VERSION},\n  "command": {json.dumps(command)},\n  "data": ['


def document_end(status: str, warnings: list[str], error: PaybotError | None) -> str:
    """The rest of the envelope."""
    rest = {"status": status, "warnings": warnings, "error": plain(error_data(error)) if error else None}
    return "  ],\n" + ",\n".join(f"  {json.dumps(name)}: {json_text(value)}" for name, value in rest.items()) + "\n}"


def csv_line(event: LogEvent, *, header: bool = False) -> str:
    """An event as a record of CSV."""
    # JSON escapes what steers a terminal; CSV has no escapes.
    row = {name: printable(value) for name, value in event_data(event).items()}
    text = to_csv(Answer(command="logs", data=None, rows=(row,)))
    return text if header else text.partition("\r\n")[2]


def csv_header() -> str:
    """The names of the columns, for an answer without a line."""
    return csv_line(LogEvent(Source.BOT, "", "", "", 0, 0, ""), header=True).partition("\r\n")[0]


def time_of(milliseconds: int) -> str:
    """A time in UTC to the millisecond, ISO 8601; one that no calendar holds as the number that it is."""
    try:
        moment = _EPOCH + timedelta(milliseconds=milliseconds)
    except OverflowError:
        return str(milliseconds)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _one_line(text: str) -> str:
    return printable(masked(text)).replace("\n", " ")
