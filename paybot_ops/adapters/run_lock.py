"""One paybot at a time on the state of a data directory, its Terraform included."""

from __future__ import annotations

import fcntl
import getpass
import os
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from paybot_ops.errors import StateLockedError

_POLL_SECONDS = 0.1


def caller() -> str:
    """Who runs this, as Terraform writes it into a lock."""
    try:
        user = getpass.getuser()
    except (KeyError, OSError):
        user = str(os.getuid())  # a container may know its user by number only
    return f"{user}@{socket.gethostname()}"


@contextmanager
def run_lock(data_dir: Path, waiting: Callable[[], None], *, patience_seconds: float = 60) -> Iterator[int]:
    """Hold the lock; gives its descriptor, which a child inherits so that the lock lasts until that has ended too.

    Raises:
        StateLockedError: another run holds it for longer than the patience.
    """
    data_dir.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(data_dir / "paybot.lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        _wait(descriptor, waiting, time.monotonic() + patience_seconds)
        yield descriptor
    finally:
        os.close(descriptor)


def _wait(descriptor: int, waiting: Callable[[], None], deadline: float) -> None:
    told = False
    while True:
        try:
            # flock and not lockf: a child that inherits the descriptor holds it too.
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > deadline:
                raise StateLockedError(
                    "another paybot works on this state",
                    why="it, or a Terraform that it started, is still running in this directory",
                    hint="wait for it, then run the same command again",
                ) from None
            if not told:
                waiting()
                told = True
            time.sleep(_POLL_SECONDS)
        else:
            return
