"""What a worker writes, cut into log events: one per line, one per framed record of the runtime client."""

from __future__ import annotations

EVENT_LIMIT = 256 * 1024 - 26
"""Bytes of one log event's text: 256 KB with CloudWatch Logs' own 26 bytes; longer ones are split."""

# awslambdaric's frames: type (a5 5a 00 xx), length, timestamp in microseconds, all big-endian, then the message.
_FRAME = b"\xa5\x5a\x00"
_HEADER = 16
_LONGEST_FRAME = 1 << 26


class OutputSplitter:
    """Turns the bytes of a pipe, however they arrive, into messages; what is not UTF-8 is replaced, never lost."""

    def __init__(self) -> None:
        self._waiting = bytearray()

    def feed(self, data: bytes) -> list[str]:
        """The messages that are complete now; a half line or half frame waits for its rest."""
        self._waiting += data
        messages: list[str] = []
        while (end := self._end_of_first()) is not None:
            chunk = bytes(self._waiting[:end])
            del self._waiting[:end]
            messages += _split(chunk[_HEADER:] if chunk.startswith(_FRAME) else chunk)
        return messages

    def flush(self) -> list[str]:
        """What is left, complete or not: the worker has stopped writing."""
        rest, self._waiting = bytes(self._waiting), bytearray()
        return _split(rest) if rest else []

    def _end_of_first(self) -> int | None:
        waiting = self._waiting
        if waiting.startswith(_FRAME):
            if len(waiting) < _HEADER:
                return None
            length = int.from_bytes(waiting[4:8], "big")
            if length <= _LONGEST_FRAME:
                return _HEADER + length if len(waiting) >= _HEADER + length else None
            # Binary output that only looks like a frame: it is text up to its next line end.
        frame = waiting.find(_FRAME, 1)
        line = waiting.find(b"\n")
        if line >= 0 and (frame < 0 or line < frame):
            return line + 1
        if frame > 0:
            return frame
        return EVENT_LIMIT if len(waiting) >= EVENT_LIMIT else None


def _split(message: bytes) -> list[str]:
    """The message as events of at most EVENT_LIMIT bytes, never cut inside a character."""
    parts: list[str] = []
    while len(message) > EVENT_LIMIT:
        end = EVENT_LIMIT
        while end > EVENT_LIMIT - 4 and message[end] & 0xC0 == 0x80:
            end -= 1
        parts.append(message[:end].decode(errors="replace"))
        message = message[end:]
    return [*parts, message.decode(errors="replace")]
