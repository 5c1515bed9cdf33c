"""A file that a conversation is written to while it is held; nobody but its owner may read it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Self

from paybot_ops.core.printable import printable
from paybot_ops.errors import PaybotError, UsageError


class Transcript:
    """A new file with mode 0600; what is written is there at once, also when the conversation breaks off."""

    def __init__(self, path: Path) -> None:
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0)
        try:
            self._file = os.fdopen(os.open(path, flags, 0o600), "w", encoding="utf-8")
        except FileExistsError:
            raise UsageError(
                f"{path} is there already", why="a transcript replaces nothing", hint="choose another name"
            ) from None
        except OSError as refused:
            raise PaybotError(f"{path} cannot be written", why=refused.strerror or "") from refused
        self._path = path

    def write(self, text: str) -> None:
        """Add to it, controls shown as such: it is read on a terminal. Raises `PaybotError` when the disk is full."""
        try:
            self._file.write(printable(text))
            self._file.flush()
        except OSError as refused:
            raise PaybotError(f"{self._path} cannot be written", why=refused.strerror or "") from refused

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()
