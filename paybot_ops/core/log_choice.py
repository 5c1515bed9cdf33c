"""Which events of a log are shown, where CloudWatch's filter patterns cannot say it."""

from __future__ import annotations

from collections.abc import Callable

from paybot_ops.core.log_lines import LogEvent, read_line

Keep = Callable[[LogEvent], bool]
"""Whether an event is shown."""


def is_trouble(event: LogEvent) -> bool:
    """Errors and warnings of the function, 5xx of the API, failures of the platform."""
    return read_line(event).level.is_trouble


def mentions(words: frozenset[str]) -> Keep:
    """Keeps the events that hold one of the words."""
    return lambda event: any(word in event.message for word in words)


def all_of(*keeps: Keep | None) -> Keep | None:
    """Keeps what each of them keeps."""
    wanted = [keep for keep in keeps if keep is not None]
    if len(wanted) < 2:
        return wanted[0] if wanted else None
    return lambda event: all(keep(event) for keep in wanted)
