"""`python -m tests.faults.killed_run NUMBER FOLDER REPORT ARGUMENT…`: paybot, killed before its NUMBERth file event.

An event is whatever Python's own audit hooks tell of a change below the folder: a file opened for writing, renamed,
linked, removed, a folder made. NUMBER 0 kills never; REPORT then holds how many there were.
"""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path
from typing import Any

from paybot_ops.cli import run
from paybot_ops.screen import Screen

_EVENTS = {"os.rename", "os.remove", "os.link", "os.mkdir", "os.rmdir"}
_WRITING = os.O_WRONLY | os.O_RDWR


class Watch:
    """Counts the changes below a folder, and ends this process before one of them."""

    def __init__(self, folder: str, number: int) -> None:
        self.folder = folder
        self.number = number
        self.seen = 0

    def __call__(self, event: str, arguments: tuple[Any, ...]) -> None:
        """One audit event."""
        if event == "open":
            path, _mode, flags = arguments
            changes = isinstance(flags, int) and bool(flags & _WRITING)
        elif event in _EVENTS:
            path, changes = arguments[0], True
        else:
            return
        if not changes or not isinstance(path, str | os.PathLike) or not str(path).startswith(self.folder):
            return
        self.seen += 1
        if self.seen == self.number:
            os.kill(os.getpid(), signal.SIGKILL)


def main(number: str, folder: str, report: str, *arguments: str) -> int:
    """Run, watched."""
    watch = Watch(folder, int(number))
    sys.addaudithook(watch)
    code = run(arguments, Screen())
    if not watch.number:
        Path(report).write_text(str(watch.seen))
    return code


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
