"""`paybot pause` and `paybot resume`: serve nobody at once, and through every deploy until it is taken back."""

from __future__ import annotations

from paybot_ops.adapters import lambda_
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
from paybot_ops.errors import UsageError
from paybot_ops.operations.gate import Gate
from paybot_ops.operations.live_change import ask, carry_out, end, may_begin
from paybot_ops.operations.live_function import live_function
from paybot_ops.operations.target import Target
from paybot_ops.operations.value_edits import read_values, try_plan_values
from paybot_ops.render import pause as shown

_PAUSE_UNSAID = f"the function is paused, and {PAUSED} does not say so: the next deploy lets it serve again"
_RESUME_UNSAID = f"the function serves, and {PAUSED} still says that it must not: the next deploy pauses it again"
_SILENT = "the function serves again, and the bot does not answer"
_AFTER_SILENCE = "paybot versions, then paybot rollback VERSION; or stop again: paybot pause"


def pause(target: Target, gate: Gate) -> PauseReport:
    """Refuse every turn from now on; the file that says so comes after, and its trouble does not stand in the way.

    Raises:
        PaybotError: nothing is deployed, or AWS does not say; nothing was changed.
    """
    found = live_function(target)
    reserved = lambda_.get_concurrency(target.session, found.function)
    setting = _setting(target)
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
    report = PauseReport(plan)
    verb = "stop serving" if plan.pauses else "serve again"
    if not may_begin(target, gate, report, lambda: target.screen.draw_aside(shown.announced(plan)), verb):
        return report
    error = carry_out(target, report, _PAUSE_UNSAID if plan.pauses else _RESUME_UNSAID)
    if report.switched and plan.switches and not plan.pauses:
        error = ask(target, found, report, _SILENT, _AFTER_SILENCE) or error
    end(report, error or plan.unwritable)
    return report


def _setting(target: Target) -> bool | None:
    """What the variable says; of a value that Terraform would refuse the function is not kept serving."""
    try:
        return is_paused(read_values(target, (PAUSED,)).get(PAUSED))
    except UsageError as problem:
        target.screen.warn(f"{problem.what}; {problem.why}")
        return False
