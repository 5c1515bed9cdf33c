"""One paybot at a time on the state of a data directory, its Terraform included."""

from __future__ import annotations

import contextlib
import fcntl
import getpass
import os
import signal
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
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


@dataclass(frozen=True, slots=True)
class RunLock:
    """The lock while it is held. A Terraform that inherits `descriptor` holds it for as long as it runs.

    So do the providers that Terraform starts, and one of those may outlive a Terraform that was killed, for ever.
    Hence the note in the file of who leads them: whoever waits can tell them from a run, and end them.
    """

    descriptor: int

    def began(self, leader: int) -> None:
        """Note the process group of a Terraform that was just started."""
        # The lock holds without the note too: a full disk must not leave a Terraform that nobody waits for.
        with contextlib.suppress(OSError):
            os.ftruncate(self.descriptor, 0)
            os.pwrite(self.descriptor, f"{leader}\n".encode(), 0)

    def ended(self) -> None:
        """Forget it: its number may become somebody else's."""
        os.ftruncate(self.descriptor, 0)


@contextmanager
def run_lock(data_dir: Path, waiting: Callable[[], None], *, patience_seconds: float = 60) -> Iterator[RunLock]:
    """Hold the lock.

    Raises:
        StateLockedError: another run holds it for longer than the patience.
    """
    data_dir.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(data_dir / "paybot.lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        _wait(descriptor, waiting, time.monotonic() + patience_seconds)
        yield RunLock(descriptor)
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
            _end_orphans(descriptor)
            time.sleep(_POLL_SECONDS)
        else:
            # What a run before noted is over: its number may be somebody else's by now.
            os.ftruncate(descriptor, 0)
            return


def _end_orphans(descriptor: int) -> None:
    """End what a killed Terraform has left running, where the run that started it is gone too."""
    noted = os.pread(descriptor, 20, 0).strip()
    # A group's number stays taken for as long as anybody is in it, so this one is nobody else's.
    if noted.isdigit() and not _is_alive(int(noted)):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(int(noted), signal.SIGTERM)


def _is_alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except (PermissionError, OverflowError):  # somebody else's; or nothing that we have written
        pass
    return True
