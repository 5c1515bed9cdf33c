"""`paybot pause` and `paybot resume`: serve nobody at once, and through every deploy until it is taken back."""

from __future__ import annotations

from paybot_ops.adapters import lambda_
from paybot_ops.apply import apply_live
from paybot_ops.core.live_function import LiveFunction
from paybot_ops.core.pause import (
    PAUSED,
    RESERVED,
    PausePlan,
    PauseReport,
    is_paused,
    plan_pause,
    plan_resume,
    wanted_reservation,
)
from paybot_ops.core.value_edits import SetValue
from paybot_ops.errors import ExitCode, PaybotError
from paybot_ops.operations.gate import Gate
from paybot_ops.operations.live_function import live_function
from paybot_ops.operations.smoke import ask_bot
from paybot_ops.operations.target import Target
from paybot_ops.operations.value_edits import not_written, read_values, try_plan_values
from paybot_ops.plan import Outcome, StepResult
from paybot_ops.render import pause as shown

_PAUSE_UNSAID = f"the function is paused, and {PAUSED} does not say so: the next deploy lets it serve again"
_RESUME_UNSAID = f"the function serves, and {PAUSED} still says that it must not: the next deploy pauses it again"


def pause(target: Target, gate: Gate) -> PauseReport:
    """Refuse every turn from now on; the file that says so comes after, and its trouble does not stand in the way.

    Raises:
        PaybotError: nothing is deployed, or AWS does not say; nothing was changed.
    """
    found = live_function(target)
    reserved = lambda_.get_concurrency(target.session, found.function)
    setting = is_paused(read_values(target, (PAUSED,)).get(PAUSED))
    wanted = {PAUSED: True} if setting is False else {}
    edits, unwritable = try_plan_values(target, wanted, _PAUSE_UNSAID)
    plan = plan_pause(found.function, reserved, setting, edits, unwritable)
    return _change(target, gate, found, plan)


def resume(target: Target, gate: Gate) -> PauseReport:
    """Serve again, as many turns at once as the settings say, and ask the bot whether it answers.

    Raises:
        PaybotError: as for `pause`; a setting is not usable.
    """
    found = live_function(target)
    reserved = lambda_.get_concurrency(target.session, found.function)
    values = read_values(target, (PAUSED, RESERVED))
    wanted = {PAUSED: False} if is_paused(values.get(PAUSED)) else {}
    edits, unwritable = try_plan_values(target, wanted, _RESUME_UNSAID)
    runs = wanted_reservation(values.get(RESERVED), found.reserved)
    return _change(target, gate, found, plan_resume(found.function, reserved, runs, edits, unwritable))


def _change(target: Target, gate: Gate, found: LiveFunction, plan: PausePlan) -> PauseReport:
    screen = target.screen
    screen.note(target.header(), style="bold")
    report = PauseReport(plan)
    if plan.is_empty:
        return _ended(report, plan.unwritable)
    for note in plan.notes:
        screen.warn(note)
    if plan.unwritable is not None:
        screen.warn(f"{plan.unwritable.why}; {plan.unwritable.hint}")
    if gate.looks_only:
        report.code = ExitCode.FINDING if gate.check else ExitCode.OK
        return report
    screen.draw_aside(shown.announced(plan))
    verb = "stop serving" if plan.pauses else "serve again"
    screen.confirm(f"{verb} for {target.header()}?", yes=gate.yes)
    report.result, error = apply_live(plan, target.session, lambda step: _tell(target, step))
    if error is not None and _only_the_file_failed(report):
        values = {action.target: action.value for action in plan.edits.actions}
        error = not_written(target, values, _PAUSE_UNSAID if plan.pauses else _RESUME_UNSAID, error)
    if report.switched and plan.switches and not plan.pauses:
        error = _asked(target, found, report) or error
    return _ended(report, error or plan.unwritable)


def _asked(target: Target, found: LiveFunction, report: PauseReport) -> PaybotError | None:
    if not found.outputs.get("chat_url"):
        return None
    try:
        report.smoke = ask_bot(target, found.outputs)
    except PaybotError as error:
        return PaybotError(
            "the function serves again, and the bot does not answer",
            why=": ".join(filter(None, (error.what, error.why))),
            hint="paybot versions, then paybot rollback VERSION; or stop again: paybot pause",
        )
    return None


def _only_the_file_failed(report: PauseReport) -> bool:
    failed = [step.action for step in report.result.steps if step.outcome is Outcome.FAILED]
    return report.switched and all(isinstance(action, SetValue) for action in failed)


def _tell(target: Target, step: StepResult) -> None:
    target.screen.note(f"  {step.action.target}: {step.action.reason} ({step.outcome})")


def _ended(report: PauseReport, error: PaybotError | None) -> PauseReport:
    report.error = error
    report.code = error.code if error is not None else ExitCode.OK
    return report
