"""A Terraform process: its JSON stream as events, and a Ctrl-C that lets it finish and release its lock."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, Any, Protocol

from paybot_ops.core.terraform_events import Diagnostic, Event, Outputs, ResourceEvent, parse_event
from paybot_ops.errors import MissingToolError, StoppedError

_POLL_SECONDS = 0.05
_PRIVATE = 0o077

OnEvent = Callable[[Event], None]


class Lease(Protocol):
    """A lock on the directory that Terraform inherits, and that is told whose process group holds it."""

    @property
    def descriptor(self) -> int:
        """What Terraform inherits."""

    def began(self, leader: int) -> None:
        """Terraform runs; it leads a process group of its own."""

    def ended(self) -> None:
        """It has ended."""


@dataclass(frozen=True, slots=True)
class Run:
    """One finished Terraform process: its exit code (negative: the signal that killed it) and what it said."""

    code: int
    diagnostics: tuple[Diagnostic, ...] = ()
    resources: tuple[ResourceEvent, ...] = ()
    outputs: Mapping[str, Any] = field(default_factory=dict)
    interrupted: bool = False
    events: tuple[Event, ...] = field(default=(), repr=False)
    text: str = field(default="", repr=False)
    """The lines that were no events: all of them where the subcommand speaks no JSON."""

    @property
    def errors(self) -> tuple[Diagnostic, ...]:
        """The diagnostics that made it fail."""
        return tuple(item for item in self.diagnostics if item.severity == "error")

    @property
    def failed_checks(self) -> tuple[str, ...]:
        """What the module's own `check` blocks say is not as it should be; Terraform goes on all the same."""
        return tuple(item.detail for item in self.diagnostics if item.summary == "Check block assertion failed")


@dataclass(slots=True)
class TerraformProcess:
    """How Terraform is started: where, with what environment, and who hears its raw lines and a Ctrl-C."""

    directory: Path
    environ: Mapping[str, str]
    verbose: Callable[[str], None] | None = None
    on_interrupt: Callable[[], None] = lambda: None
    lease: Lease | None = None

    def captured(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run to the end and return both streams; on Ctrl-C it ends first, since it may be writing a state."""
        with TemporaryFile("w+b") as out, TemporaryFile("w+b") as err:
            with self._child(arguments, out, stderr=err) as child:
                interrupted = self._wait(child, lambda: None)
            if interrupted:
                raise StoppedError("interrupted", why=f"terraform {arguments[0]} was let finish")
            return subprocess.CompletedProcess(arguments, child.returncode, _read_back(out), _read_back(err))

    def streamed(self, arguments: Sequence[str], on_event: OnEvent) -> Run:
        """Run with `-json`, handing each event on as it comes. Files that it writes are its owner's alone."""
        heard = _Heard(on_event, self.verbose)
        with self._child(arguments, subprocess.PIPE, umask=_PRIVATE) as child:
            assert child.stdout is not None
            # A thread reads, so that Ctrl-C always lands in the wait below and never in the middle of a read.
            reader = _Reader(child.stdout, heard.line)
            reader.start()
            interrupted = self._wait(child, lambda: None)
            reader.join()
        reader.raise_again()
        return heard.run(child.returncode, interrupted)

    def journalled(self, arguments: Sequence[str], on_event: OnEvent, journal: Path) -> Run:
        """Run with the stream in a file, not a pipe: a Terraform whose reader is gone finishes instead of dying."""
        heard = _Heard(on_event, self.verbose)
        descriptor = os.open(journal, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as sink, journal.open(encoding="utf-8", errors="replace") as source:
            tail = _Tail(source, heard.line)
            with self._child(arguments, sink) as child:
                interrupted = self._wait(child, tail.read)
            tail.read()
        return heard.run(child.returncode, interrupted)

    def _binary(self) -> str:
        found = shutil.which("terraform", path=self.environ.get("PATH"))
        if found is None:
            raise MissingToolError(
                "terraform is not on PATH",
                why="paybot deploys with Terraform 1.11 or newer",
                hint="install it, then check with: terraform version",
            )
        return found

    @contextmanager
    def _child(
        self,
        arguments: Sequence[str],
        stdout: int | IO[bytes],
        *,
        stderr: int | IO[bytes] = subprocess.STDOUT,
        umask: int = -1,
    ) -> Iterator[subprocess.Popen[str]]:
        try:
            child = subprocess.Popen(
                [self._binary(), *arguments],
                cwd=self.directory,
                env=dict(self.environ),
                stdin=subprocess.DEVNULL,
                stdout=stdout,
                stderr=stderr,
                text=True,
                umask=umask,
                pass_fds=(self.lease.descriptor,) if self.lease else (),
                # Its own session: the terminal's Ctrl-C reaches paybot alone, which hands it on once.
                start_new_session=True,
            )
        except OSError as error:
            raise _cannot_run(error) from error
        try:
            if self.lease:
                self.lease.began(child.pid)
            yield child
        finally:
            child.wait()
            if child.returncode < 0:
                # Killed: its providers live on, wait for nobody, and hold what they inherited.
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(child.pid, signal.SIGTERM)
            if self.lease:
                self.lease.ended()

    def _wait(self, child: subprocess.Popen[str], meanwhile: Callable[[], None]) -> bool:
        """Wait for the child; a Ctrl-C is handed on and waited for. True when there was one."""
        interrupted = False
        while True:
            try:
                while child.poll() is None:
                    meanwhile()
                    time.sleep(_POLL_SECONDS)
                return interrupted
            except KeyboardInterrupt:
                interrupted = True
                child.send_signal(signal.SIGINT)
                self.on_interrupt()


@dataclass(slots=True)
class _Heard:
    on_event: OnEvent
    verbose: Callable[[str], None] | None
    events: list[Event] = field(default_factory=list)
    text: list[str] = field(default_factory=list)

    def line(self, line: str) -> None:
        if self.verbose:
            self.verbose(line.rstrip("\n"))
        event = parse_event(line)
        if event is not None:
            self.events.append(event)
            self.on_event(event)
        elif not line.startswith("{"):
            self.text.append(line)

    def run(self, code: int, interrupted: bool) -> Run:
        outputs = [event.values for event in self.events if isinstance(event, Outputs)]
        return Run(
            code=code,
            diagnostics=tuple(event for event in self.events if isinstance(event, Diagnostic)),
            resources=tuple(event for event in self.events if isinstance(event, ResourceEvent)),
            outputs=outputs[-1] if outputs else {},
            interrupted=interrupted,
            events=tuple(self.events),
            text="".join(self.text),
        )


@dataclass(slots=True)
class _Tail:
    """The complete lines of a file that is still being written."""

    source: IO[str]
    take: Callable[[str], None]
    rest: str = ""

    def read(self) -> None:
        self.rest += self.source.read()
        *lines, self.rest = self.rest.split("\n")
        for line in lines:
            self.take(line)


class _Reader(threading.Thread):
    """Reads to the end whatever happens: a pipe that nobody drains would stop Terraform for ever."""

    def __init__(self, stream: IO[str], take: Callable[[str], None]) -> None:
        super().__init__(daemon=True)
        self._stream = stream
        self._take = take
        self._failure: Exception | None = None

    def run(self) -> None:
        """Hand each line on until one cannot be, then only drain."""
        for line in self._stream:
            if self._failure is None:
                try:
                    self._take(line)
                except Exception as failure:  # told in the thread that waits
                    self._failure = failure

    def raise_again(self) -> None:
        """What went wrong with a line, in the caller's own thread."""
        if self._failure is not None:
            raise self._failure


def _read_back(stream: IO[bytes]) -> str:
    stream.seek(0)
    return stream.read().decode("utf-8", "replace")


def _cannot_run(error: OSError) -> MissingToolError:
    return MissingToolError("terraform cannot be run", why=error.strerror or str(error))
