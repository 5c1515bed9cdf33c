"""The terminal: the answer on stdout, everything else on stderr; colour, questions and progress."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from typing import TYPE_CHECKING, TextIO

from paybot_ops.core.printable import printable
from paybot_ops.errors import ConfirmationError, PaybotError, UsageError

if TYPE_CHECKING:
    from rich.console import Console, RenderableType

# A message has 2,000 characters at most, and the bot says so; a mistaken pipe must not fill the memory.
_LONGEST_LINE = 100_000
# Nothing that is piped in as a secret is longer; a mistaken pipe must not fill the memory.
_LONGEST_SECRET = 10_000


class Screen:
    """Both consoles of one run. Tests pass their own streams; rich is imported when something is drawn."""

    def __init__(
        self, *, stdout: TextIO | None = None, stderr: TextIO | None = None, stdin: TextIO | None = None
    ) -> None:
        self._stdout = stdout or sys.stdout
        self._stderr = stderr or sys.stderr
        self._stdin = stdin or sys.stdin
        self.warnings: list[str] = []
        self.answered = False
        """Whether some of the answer was written."""

    @cached_property
    def out(self) -> Console:
        """The console of the answer."""
        self.answered = True
        return self._console(self._stdout)

    @cached_property
    def err(self) -> Console:
        """The console of progress, questions, warnings and errors."""
        return self._console(self._stderr)

    @property
    def interactive(self) -> bool:
        """True when a person can be asked: both the question and the answer reach a terminal."""
        return self._stdin.isatty() and self._stderr.isatty()

    @property
    def colours(self) -> bool:
        """True when what is written on stdout may be coloured: a terminal that is able to, and no NO_COLOR."""
        return self._stdout.isatty() and not self.out.no_color and not self.out.is_dumb_terminal

    def answer(self, renderable: RenderableType) -> None:
        """Draw the answer on stdout; a plain text needs no drawing."""
        if isinstance(renderable, str):
            self.answer_text(printable(renderable))
        else:
            self.out.print(renderable)

    def answer_text(self, text: str) -> None:
        """Write a document on stdout as it is: nothing wraps, colours or pads it."""
        self.answered = True
        print(text, file=self._stdout)

    def flush(self) -> None:
        """Hand on what was written of the answer, for whoever reads it while it grows."""
        print(end="", file=self._stdout, flush=True)

    def note(self, text: str, *, style: str = "") -> None:
        """One line of progress or explanation on stderr."""
        if self._stderr.isatty() or "FORCE_COLOR" in os.environ:
            self.err.print(text, style=style or None, soft_wrap=True)
        else:
            # Nothing to style: rich would only cost its import.
            print(printable(text), file=self._stderr)

    def draw_aside(self, renderable: RenderableType) -> None:
        """Draw something that is not the answer, such as a plan to be confirmed, on stderr."""
        self.err.print(renderable)

    def warn(self, text: str) -> None:
        """A warning: shown on stderr, and kept for the JSON document."""
        if text not in self.warnings:
            self.warnings.append(text)
            self.note(f"warning: {text}", style="yellow")

    def fail(self, error: PaybotError) -> None:
        """An error in its four parts: what failed, details, why, what to type next."""
        self.note(f"error: {error.what}", style="bold red")
        for detail in error.details:
            self.note(f"  {detail}")
        if error.why:
            self.note(f"  why: {error.why}")
        if error.hint:
            self.note(f"  next: {error.hint}", style="cyan")

    def confirm(self, question: str, *, yes: bool) -> None:
        """Ask for a yes; `--yes` skips.

        Raises:
            ConfirmationError: declined, or nobody is there to be asked.
        """
        if yes:
            return
        self._require_person(question, flag="--yes")
        if self._ask(f"{question} [y/N] ").lower() not in ("y", "yes"):
            raise ConfirmationError("declined; nothing was changed")

    def confirm_typed(self, question: str, word: str, *, yes: bool) -> None:
        """Ask for a word to be typed in full, for what cannot be undone.

        Raises:
            ConfirmationError: another word was typed, or nobody is there to be asked.
        """
        if yes:
            return
        self._require_person(question, flag="--yes")
        if self._ask(f"{question}\n  type {word} to go on: ") != word:
            raise ConfirmationError(f"{word} was not typed; nothing was changed")

    def ask(self, question: str) -> str:
        """Ask for something that no option may hold, such as a code that is good for seconds.

        Raises:
            ConfirmationError: nobody is there to be asked.
        """
        if not self.interactive:
            raise ConfirmationError(
                f"not asked: {question}", why="no terminal is attached to ask on", hint="run it at a terminal"
            )
        return self._ask(f"{question}: ")

    def read_line(self, prompt: str) -> str | None:
        """A line of a conversation: typed at the prompt, or, with no prompt, the next one of a pipe; None at the end.

        What is typed can be edited and called back, but for lines with digits: they may hold a card number. It is kept
        until the command ends, and in no file.

        Raises:
            UsageError: a line that no message can be; it is not read to its end.
        """
        if prompt and self._stdin is sys.stdin and sys.stdin.isatty() and sys.stdout.isatty():
            return _edited_line(prompt)
        if prompt:
            self.err.print(prompt, end="", soft_wrap=True)
        line = self._stdin.readline(_LONGEST_LINE + 1)
        if len(line) > _LONGEST_LINE and not line.endswith("\n"):
            raise UsageError(
                f"a line has more than {_LONGEST_LINE:,} characters",
                why="a line is a message, and the bot takes 2,000 characters at most",
                hint="check what is piped in",
            )
        return line.rstrip("\r\n") if line else None

    def read_secret(self, prompt: str) -> str:
        """A secret: typed at a prompt that shows nothing, or, where stdin is no terminal, all that it holds."""
        if not self._stdin.isatty():
            return self._stdin.read(_LONGEST_SECRET)
        from getpass import getpass

        return getpass(f"{prompt}: ", stream=self._stderr)

    @contextmanager
    def step(self, title: str) -> Iterator[None]:
        """A step with its time: a spinner on a terminal, one line when it is done."""
        started = time.monotonic()
        if self.err.is_terminal and not self.err.is_dumb_terminal:
            with self.err.status(title):
                yield
        else:
            yield
        self.note(f"  {title} … {time.monotonic() - started:.1f} s", style="dim")

    def _require_person(self, question: str, *, flag: str) -> None:
        if not self.interactive:
            raise ConfirmationError(
                f"not confirmed: {question}",
                why="no terminal is attached to ask on",
                hint=f"run it again with {flag}, or with --dry-run to only look",
            )

    def _ask(self, prompt: str) -> str:
        self.err.print(prompt, end="", soft_wrap=True)
        return self._stdin.readline().strip()

    def _console(self, stream: TextIO) -> Console:
        from paybot_ops.console import PlainConsole

        # rich assumes 80 columns where there is no terminal, which cuts a log in CI; it reads COLUMNS itself.
        width = 120 if not stream.isatty() and "COLUMNS" not in os.environ else None
        return PlainConsole(file=stream, width=width)


def _edited_line(prompt: str) -> str | None:
    """A line read with readline, where Python has it."""
    try:
        import readline
    except ImportError:
        readline = None  # type: ignore[assignment]
    if readline is not None:
        readline.set_auto_history(False)
    try:
        line = input(prompt)
    except EOFError:
        return None
    if readline is not None and line and not any(character.isdigit() for character in line):
        readline.add_history(line)
    return line
