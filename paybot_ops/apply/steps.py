"""Carrying out actions one after the other: each ends as done or failed, and after a failure nothing more is run."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import TypeVar

from paybot_ops.errors import PaybotError, StoppedError
from paybot_ops.plan import Action, Outcome, Result, StepResult

A = TypeVar("A", bound=Action)


def run_steps(
    actions: Sequence[A], act: Callable[[A], None], on_step: Callable[[StepResult], None]
) -> tuple[Result, PaybotError | None]:
    """What became of each action, and the error that stopped them, if one did; Ctrl-C stops them too."""
    steps: list[StepResult] = []
    problem: PaybotError | None = None
    for action in actions:
        if problem is not None:
            steps.append(StepResult(action=action, outcome=Outcome.NOT_RUN))
            continue
        started = time.monotonic()
        try:
            act(action)
        except PaybotError as error:
            problem = error
        except KeyboardInterrupt:
            problem = StoppedError(
                f"interrupted at {action.target}",
                why="it may have been done or not; what comes after it was not begun",
                hint="run the same command again to go on",
            )
        seconds = time.monotonic() - started
        outcome = Outcome.FAILED if problem else Outcome.DONE
        steps.append(StepResult(action=action, outcome=outcome, seconds=seconds, why=_reason(problem)))
        on_step(steps[-1])
    return Result(steps=tuple(steps)), problem


def _reason(problem: PaybotError | None) -> str:
    return "" if problem is None else problem.brief
