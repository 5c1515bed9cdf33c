"""What a customer says, line by line, and what must come of it: the form of the bot's own transcripts.

    customer: Hello
    bot: payment assistant
    state: name

`customer:` is said; `bot:` must stand in the answer, `state:` begins with the status after it. Before the first of them
stands a title. `#` begins a comment. A file without any such word is taken line by line as what the customer says.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from paybot_ops.errors import UsageError

SAYS, ANSWERS, STANDS, HAPPENS = "customer: ", "bot: ", "state: ", "* "
# What a transcript shows in place of a digit.
_MASK = "•"
_FORM = re.compile(r"^customer:", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Say:
    """A message of the customer; its text is in no repr, and so in no traceback."""

    line: int
    text: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class ExpectAnswer:
    """A text that must stand in the answer before."""

    line: int
    text: str


@dataclass(frozen=True, slots=True)
class ExpectStatus:
    """Where the bot must stand after the answer before."""

    line: int
    status: str


Step = Say | ExpectAnswer | ExpectStatus


@dataclass(frozen=True, slots=True)
class Broken:
    """An expectation that was not met."""

    line: int
    what: str


def parse_script(text: str) -> tuple[Step, ...]:
    """The steps of a file.

    Raises:
        UsageError: a line that cannot be played, by its number; its text is not quoted.
    """
    lines = list(enumerate(text.removeprefix("\ufeff").splitlines(), start=1))
    if not _FORM.search(text):
        steps = [step for number, line in lines if (step := parse_line(line, number)) is not None]
    else:
        steps = list(_transcript(lines))
    if not any(isinstance(step, Say) for step in steps):
        raise UsageError(
            "the script says nothing", why="no line of it is a customer's", hint="write for instance: customer: Hello"
        )
    if not isinstance(steps[0], Say):
        raise UsageError(f"line {steps[0].line} expects an answer before anything was said")
    return tuple(steps)


def parse_line(line: str, number: int) -> Step | None:
    """One line of what is piped in; None for an empty one and for a comment. Raises as `parse_script` does."""
    if not line.strip() or line.startswith("#"):
        return None
    return _step(line, number) or _say(line.strip(), number)


def check(step: ExpectAnswer | ExpectStatus, answer: str, status: str) -> Broken | None:
    """Whether an answer is as expected; the words are compared, not how they are laid out."""
    if isinstance(step, ExpectStatus):
        if status == step.status:
            return None
        return Broken(step.line, f"the bot stands at {status!r} and should stand at {step.status!r}")
    if _words(step.text) in _words(answer):
        return None
    return Broken(step.line, f"the answer does not hold {step.text!r}")


def _transcript(lines: Iterable[tuple[int, str]]) -> Iterable[Step]:
    begun = False
    for number, line in lines:
        step = _step(line, number)
        begun = begun or step is not None
        if step is not None:
            yield step
        elif begun and line.strip() and not line.startswith("#"):
            raise UsageError(
                f"line {number} of the script cannot be played",
                why=f"it begins neither with {SAYS.strip()} nor with {ANSWERS.strip()} or {STANDS.strip()}",
            )


def _step(line: str, number: int) -> Step | None:
    if line.startswith(SAYS):
        return _say(line.removeprefix(SAYS).replace("\\n", "\n"), number)
    if line.startswith(ANSWERS):
        return ExpectAnswer(number, line.removeprefix(ANSWERS).strip())
    if line.startswith(STANDS):
        # More of the state than the status is the bot's own affair.
        return ExpectStatus(number, line.removeprefix(STANDS).split("·")[0].strip())
    if line.startswith(HAPPENS):
        raise UsageError(f"line {number} of the script cannot be played", why="paybot cannot make anything happen")
    return None


def _say(text: str, number: int) -> Say:
    if _MASK in text:
        raise UsageError(
            f"line {number} of the script holds masked digits",
            why="a transcript keeps no card number",
            hint="write a test card's number there, such as 4242 4242 4242 4242",
        )
    return Say(number, text)


def _words(text: str) -> str:
    return " ".join(text.split())
