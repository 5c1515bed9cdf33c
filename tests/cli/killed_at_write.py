"""Runs a command line and kills itself after the n-th change of a file under a folder: python -m … FOLDER N ARGUMENTS.

With N = 0 it runs to its end and writes the number of changes into FOLDER's sibling file `changes`. Changes are told by
the interpreter's own audit events, so that nothing of the program is replaced.
"""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

from paybot_ops.cli import run
from paybot_ops.screen import Screen

_CHANGES = {"os.link", "os.rename", "os.remove", "os.chmod", "os.mkdir"}
_WRITING = os.O_WRONLY | os.O_RDWR


class Counter:
    """Counts changes under a folder, and ends the process when the one after the last wanted begins."""

    def __init__(self, folder: str, last: int) -> None:
        self.folder = folder
        self.last = last
        self.seen = 0

    def __call__(self, event: str, arguments: tuple[object, ...]) -> None:
        if event != "open" and event not in _CHANGES:
            return
        if event == "open" and not (isinstance(arguments[2], int) and arguments[2] & _WRITING):
            return
        if self.folder not in str(arguments[0]):
            return
        if self.last and self.seen == self.last:
            os.kill(os.getpid(), signal.SIGKILL)
        self.seen += 1


def main() -> int:
    """Run, counting."""
    folder, last, *arguments = sys.argv[1:]
    counter = Counter(folder, int(last))
    sys.addaudithook(counter)
    code = run(arguments, Screen())
    if int(last) == 0:
        seen = counter.seen
        Path(folder).with_name("changes").write_text(str(seen))
    return code


if __name__ == "__main__":
    sys.exit(main())
