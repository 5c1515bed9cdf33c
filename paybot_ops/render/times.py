"""Spans of time for people."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta


def ago(span: timedelta) -> str:
    """How long, in its largest unit: `4 min`, `3 h`, `12 d`; a clock that is a little behind shows `now`."""
    seconds = int(span.total_seconds())
    for unit, length in (("d", 86400), ("h", 3600), ("min", 60)):
        if seconds >= length:
            return f"{seconds // length} {unit}"
    return f"{seconds} s" if seconds > 0 else "now"


def second(value: datetime, *, local: bool) -> str:
    """A time to the second, in UTC, or in the reader's zone with its offset."""
    return f"{value.astimezone():%Y-%m-%d %H:%M:%S %z}" if local else f"{value.astimezone(UTC):%Y-%m-%d %H:%M:%S}"
