"""A Terraform process: its JSON stream as events, and a Ctrl-C that lets it finish and release its lock."""

from __future__ import annotations

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
from typing import IO, Any

from paybot_ops.core.terraform_events import Diagnostic, Event, Outputs, ResourceEvent, parse_event
from paybot_ops.errors import MissingToolError

_POLL_SECONDS = 0.05
_PRIVATE = 0o077

OnEvent = Callable[[Event], None]


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


@dataclass(slots=True)
class TerraformProcess:
    """How Terraform is started: where, with what environment, and who hears its raw lines and a Ctrl-C."""

    directory: Path
    environ: Mapping[str, str]
    verbose: Callable[[str], None] | None = None
    on_interrupt: Callable[[], None] = lambda: None
    kept_open: tuple[int, ...] = ()

    def captured(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run to the end and return both streams."""
        try:
            return subprocess.run(
                [self._binary(), *arguments],
                cwd=self.directory,
                env=dict(self.environ),
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                start_new_session=True,
                pass_fds=self.kept_open,
            )
        except OSError as error:
            raise _cannot_run(error) from error

    def streamed(self, arguments: Sequence[str], on_event: OnEvent) -> Run:
        """Run with `-json`, handing each event on as it comes. Files that it writes are its owner's alone."""
        heard = _Heard(on_event, self.verbose)
        with self._child(arguments, subprocess.PIPE, umask=_PRIVATE) as child:
            assert child.stdout is not None
            # A thread reads, so that Ctrl-C always lands in the wait below and never in the middle of a read.
            reader = threading.Thread(target=_read_lines, args=(child.stdout, heard.line), daemon=True)
            reader.start()
            interrupted = self._wait(child, lambda: None)
            reader.join()
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
        self, arguments: Sequence[str], stdout: int | IO[bytes], umask: int = -1
    ) -> Iterator[subprocess.Popen[str]]:
        try:
            child = subprocess.Popen(
                [self._binary(), *arguments],
                cwd=self.directory,
                env=dict(self.environ),
                stdin=subprocess.DEVNULL,
                stdout=stdout,
                stderr=subprocess.STDOUT,
                text=True,
                umask=umask,
                pass_fds=self.kept_open,
                # Its own session: the terminal's Ctrl-C reaches paybot alone, which hands it on once.
                start_new_session=True,
            )
        except OSError as error:
            raise _cannot_run(error) from error
        try:
            yield child
        finally:
            child.wait()

    def _wait(self, child: subprocess.Popen[str], meanwhile: Callable[[], None]) -> bool:
        """Wait for the child; a Ctrl-C or SIGTERM is handed on and waited for. True when there was one."""
        interrupted = False
        with _sigterm_as_interrupt():
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


def _read_lines(stream: IO[str], take: Callable[[str], None]) -> None:
    for line in stream:
        take(line)


def _cannot_run(error: OSError) -> MissingToolError:
    return MissingToolError("terraform cannot be run", why=error.strerror or str(error))


@contextmanager
def _sigterm_as_interrupt() -> Iterator[None]:
    """A CI that cancels a job sends SIGTERM: it deserves the same clean end as Ctrl-C."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def stop(_signal: int, _frame: object) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
