"""What a rollback, a pause and a resume have in common: the API first, and the file's trouble comes after it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from paybot_ops.apply import apply_live
from paybot_ops.core.live_function import LiveFunction
from paybot_ops.core.pause import PauseReport
from paybot_ops.core.rollback import RollbackReport
from paybot_ops.core.value_edits import SetValue
from paybot_ops.errors import ExitCode, PaybotError
from paybot_ops.operations.gate import Gate
from paybot_ops.operations.smoke import try_bot
from paybot_ops.operations.target import Target
from paybot_ops.operations.value_edits import not_written
from paybot_ops.plan import Outcome

LiveReport: TypeAlias = PauseReport | RollbackReport


def may_begin(target: Target, gate: Gate, report: LiveReport, draw: Callable[[], None], question: str) -> bool:
    """Show the plan and ask; False where it ends here, and the report says how.

    Raises:
        ConfirmationError: it was declined.
    """
    screen, plan = target.screen, report.plan
    screen.note(target.header(), style="bold")
    if plan.is_empty:
        end(report, plan.unwritable)
        return False
    for note in plan.notes:
        screen.warn(note)
    if plan.unwritable is not None:
        screen.warn(f"{plan.unwritable.why}; {plan.unwritable.hint}")
    if gate.looks_only:
        report.code = ExitCode.FINDING if gate.check else ExitCode.OK
        return False
    draw()
    screen.confirm(f"{question} for {target.header()}?", yes=gate.yes)
    return True


def carry_out(target: Target, report: LiveReport, consequence: str) -> PaybotError | None:
    """Carry out a plan that was confirmed; `consequence` says what holds when only its file could not be written."""
    plan, screen = report.plan, target.screen
    report.result, error = apply_live(
        plan,
        target.session,
        lambda step: screen.note(f"  {step.action.target}: {step.action.reason} ({step.outcome})"),
    )
    failed = [step.action for step in report.result.steps if step.outcome is Outcome.FAILED]
    if error is not None and all(isinstance(action, SetValue) for action in failed):
        values = {action.target: action.value for action in plan.edits.actions}
        return not_written(target, values, consequence, error)
    return error


def ask(target: Target, found: LiveFunction, report: LiveReport, silent: str, hint: str) -> PaybotError | None:
    """One message to the bot, whose answer the report keeps; else the error, which begins with `silent`."""
    report.smoke, error = try_bot(target, found.outputs, silent, hint)
    return error


def end(report: LiveReport, error: PaybotError | None) -> None:
    """What it came to."""
    report.error = error
    report.code = error.code if error is not None else ExitCode.OK
