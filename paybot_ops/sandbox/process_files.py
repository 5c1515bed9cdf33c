"""The files by which a workspace's embedded AWS is found again, under its `.paybot/sandbox/`."""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from paybot_ops.errors import SandboxError


class ProcessFiles:
    """server.json (the record), server.log, `lock` (one start or stop at a time) and `alive`.

    The server holds a lock on `alive` for as long as it lives, whatever becomes of the record: so a process id is never
    taken for the server's after the system has given it to another program.
    """

    def __init__(self, workspace: Path) -> None:
        self.directory = workspace / ".paybot" / "sandbox"
        self.log = self.directory / "server.log"
        self._record = self.directory / "server.json"
        self._lock = self.directory / "lock"
        self._alive = self.directory / "alive"

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the workspace's lock; waits for another start or stop to end. Raises SandboxError."""
        while True:
            handle = self._open(self._lock)
            try:
                fcntl.flock(handle, fcntl.LOCK_EX)
                if self._is_current(handle):
                    yield
                    return
            finally:
                os.close(handle)

    def read_record(self) -> str:
        """The record's text, "" when there is none."""
        try:
            return self._record.read_text(encoding="utf-8")
        except OSError:
            return ""

    def write_record(self, text: str) -> None:
        """Replace the record at once, never leaving half of one."""
        partial = self._record.with_suffix(".tmp")
        partial.write_text(text, encoding="utf-8")
        partial.replace(self._record)

    @contextmanager
    def alive_for_child(self) -> Iterator[int]:
        """A descriptor that holds the lock on `alive`, for a child to inherit. Raises SandboxError."""
        handle = self._open(self._alive)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            os.ftruncate(handle, 0)
            yield handle
        except BlockingIOError:
            raise SandboxError(
                "Another embedded AWS of this workspace is still ending.",
                why=f"It holds {self._alive}.",
                hint="Wait a moment and try again.",
            ) from None
        finally:
            os.close(handle)

    def is_alive(self) -> bool:
        """Whether a server of this workspace lives, even one that does not answer."""
        try:
            handle = os.open(self._alive, os.O_RDWR)
        except FileNotFoundError:
            return False
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        finally:
            os.close(handle)
        return False

    def alive_pid(self) -> int | None:
        """The process id of the server that holds `alive`."""
        try:
            return int(self._alive.read_text(encoding="ascii"))
        except (OSError, ValueError):
            return None

    @contextmanager
    def open_log(self) -> Iterator[IO[bytes]]:
        """A fresh log that only the user may read."""
        with os.fdopen(os.open(self.log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            yield file

    def last_log_line(self) -> str:
        """The last line of the log: of a Python process that failed, the error."""
        try:
            lines = self.log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
        except OSError:
            return ""
        return lines[-1][:300] if lines else ""

    def remove_copy(self) -> None:
        """Remove what an earlier embedded AWS left: its copy of the workspace, its own values, and its record."""
        self._record.unlink(missing_ok=True)
        for values in self.directory.glob("*overrides.tfvars"):
            values.unlink()
        for name in ("terraform", "build"):
            shutil.rmtree(self.directory / name, ignore_errors=True)

    def remove_all(self) -> None:
        """Remove everything, and the workspace's `.paybot` when nothing else is in it."""
        shutil.rmtree(self.directory, ignore_errors=True)
        with suppress(OSError):
            self.directory.parent.rmdir()

    def _open(self, path: Path) -> int:
        try:
            self.directory.parent.mkdir(mode=0o700, exist_ok=True)
            self.directory.mkdir(mode=0o700, exist_ok=True)
            return os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        except FileNotFoundError as problem:
            if self.directory.parent.parent.is_dir():
                return self._open(path)  # a stop removed the directory in between
            raise self._unusable(problem) from None
        except OSError as problem:
            raise self._unusable(problem) from None

    def _unusable(self, problem: OSError) -> SandboxError:
        return SandboxError(
            f"The embedded AWS cannot keep its files in {self.directory}.",
            why=problem.strerror or type(problem).__name__,
            hint="Choose a workspace that you can write to with --dir.",
        )

    def _is_current(self, handle: int) -> bool:
        # A stop may have removed the file while this process waited for it.
        try:
            return os.fstat(handle).st_ino == self._lock.stat().st_ino
        except FileNotFoundError:
            return False
