"""Writing log lines while they are read: the first at once, none held back, in the format asked for."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

from paybot_ops.core.log_lines import LogEvent
from paybot_ops.errors import ExitCode, PaybotError, StoppedError
from paybot_ops.render import logs
from paybot_ops.render.envelope import Format
from paybot_ops.screen import Screen

_FLUSH_SECONDS = 0.2


class LogStream:
    """One answer of `paybot logs`. JSON is one document, but when it is followed: then one object a line."""

    def __init__(self, screen: Screen, output: Format, *, follows: bool) -> None:
        self._screen, self._output, self._follows = screen, output, follows
        self._count = 0
        self._held = ""
        self._flushed = 0.0
        self._colour = output is Format.TABLE and screen.colours

    def show(self, events: Iterator[LogEvent], nothing: Callable[[], str]) -> ExitCode:
        """Write every line; `nothing` words the note for when there is none.

        Raises:
            PaybotError: reading failed; a JSON document that was begun is closed with the error instead.
        """
        if self._output is not Format.JSON or self._follows:
            self._write(events)
            if not self._count:
                self._without(nothing())
            return ExitCode.OK
        return self._document(events, nothing)

    def _document(self, events: Iterator[LogEvent], nothing: Callable[[], str]) -> ExitCode:
        error: PaybotError | None = None
        try:
            self._write(events)
            if not self._count:
                self._screen.answer_text(logs.document_start("logs"))
                self._screen.note(nothing())
        except (PaybotError, KeyboardInterrupt) as failed:
            error = failed if isinstance(failed, PaybotError) else StoppedError("interrupted")
            if not self._count:
                raise
        if self._held:
            self._screen.answer_text(self._held)
        status = "error" if error else "ok"
        self._screen.answer_text(logs.document_end(status, self._screen.warnings, error))
        if isinstance(error, PaybotError) and not isinstance(error, StoppedError):
            self._screen.fail(error)
        return error.code if error else ExitCode.OK

    def _without(self, nothing: str) -> None:
        if self._output is Format.CSV:
            self._screen.answer_text(logs.csv_header())
        self._screen.note(nothing)

    def _write(self, events: Iterator[LogEvent]) -> None:
        for event in events:
            if self._output is Format.JSON and not self._follows:
                self._element(event)
            else:
                self._screen.answer_text(self._text(event))
            self._count += 1
            self._flush()
        self._screen.flush()

    def _text(self, event: LogEvent) -> str:
        if self._output is Format.TABLE:
            return logs.line_of(event, colour=self._colour)
        if self._output is Format.CSV:
            return logs.csv_line(event, header=not self._count)
        return logs.event_json(event)

    def _element(self, event: LogEvent) -> None:
        """Write the element before: whether a comma follows it is known only now."""
        self._screen.answer_text(f"{self._held}," if self._count else logs.document_start("logs"))
        self._held = f"    {logs.event_json(event)}"

    def _flush(self) -> None:
        """Often enough for a person who watches through a pipe, seldom enough for a hundred thousand lines."""
        now = time.monotonic()
        if self._follows or now - self._flushed > _FLUSH_SECONDS:
            self._flushed = now
            self._screen.flush()
