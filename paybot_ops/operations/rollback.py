"""`paybot rollback`: customers talk to an earlier published version at once, and through the next deploys."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from paybot_ops.adapters import guardrails, lambda_
from paybot_ops.core.live_function import LiveFunction
from paybot_ops.core.rollback import (
    PIN,
    RollbackPlan,
    RollbackReport,
    Sighted,
    choose_version,
    plan_rollback,
    wanted_pin,
)
from paybot_ops.core.versions import Version
from paybot_ops.errors import AccessDeniedError, PaybotError
from paybot_ops.operations import live_change
from paybot_ops.operations.gate import Gate
from paybot_ops.operations.live_function import aliased_function
from paybot_ops.operations.target import Target
from paybot_ops.operations.value_edits import read_values, try_plan_values
from paybot_ops.render import rollback as shown

_AFTER_SILENCE = "go further back: paybot versions, then paybot rollback VERSION"


def rollback(target: Target, gate: Gate, asked: str | None, *, newest: bool = False) -> RollbackReport:
    """Show what would change for customers, ask, move the alias, pin the version, and ask the bot whether it answers.

    Raises:
        PaybotError: there is no such version or no alias; nothing was changed.
    """
    found = aliased_function(target)
    seen = observe(target, found)
    plan = plan_for(target, seen, choose_version(seen, asked, newest=newest), newest=newest)
    report = RollbackReport(plan)
    question = f"make version {plan.wanted.number} the live one"
    if live_change.may_begin(target, gate, report, lambda: target.screen.draw_aside(shown.announced(plan)), question):
        return carry_out(target, found, report)
    return report


def observe(target: Target, found: LiveFunction) -> Sighted:
    """The alias and the versions as Lambda has them, and the variable as the files have it.

    Raises:
        PaybotError: the alias or every version is gone, or AWS does not say.
    """
    session = target.session
    with ThreadPoolExecutor(max_workers=2) as pool:
        listing = pool.submit(lambda_.list_versions, session, found.function)
        alias = lambda_.find_alias(session, found.function, found.alias)
        versions = listing.result()
    if alias is None or not versions:
        gone = f"the alias {found.alias}" if versions else "every published version"
        raise PaybotError(
            f"{gone} of the function {found.function} is gone",
            why="the Terraform state records it, and Lambda has none",
            hint="paybot deploy makes it again",
        )
    return Sighted(found.function, alias, versions, read_values(target, (PIN,)).get(PIN))


def plan_for(target: Target, seen: Sighted, wanted: Version, *, newest: bool = False) -> RollbackPlan:
    """The plan that makes a version live and keeps it so; a file that cannot be edited does not stand in the way."""
    pin = wanted_pin(seen, wanted, newest=newest)
    edits, unwritable = try_plan_values(target, pin, _consequence(wanted))
    gone = _guardrail_is_gone(target, wanted)
    return plan_rollback(seen, wanted, edits, guardrail_is_gone=gone, unwritable=unwritable)


def carry_out(target: Target, found: LiveFunction, report: RollbackReport) -> RollbackReport:
    """Carry out a plan that was confirmed, and ask the bot. A failure is in the report, with what was done."""
    plan = report.plan
    error = live_change.carry_out(target, report, _consequence(plan.wanted))
    if report.moved and plan.moves and not _is_paused(target, found):
        silent = f"version {plan.wanted.number} is live and does not answer"
        error = live_change.ask(target, found, report, silent, _AFTER_SILENCE) or error
    live_change.end(report, error or plan.unwritable)
    return report


def _is_paused(target: Target, found: LiveFunction) -> bool:
    try:
        paused = lambda_.get_concurrency(target.session, found.function) == 0
    except PaybotError:  # only whether it is worth asking the bot
        return False
    if paused:
        target.screen.warn("the function is paused and was not asked whether it answers; serve again: paybot resume")
    return paused


def _guardrail_is_gone(target: Target, wanted: Version) -> bool:
    if not wanted.guardrail_id:
        return False
    try:
        return guardrails.find_guardrail(target.session, wanted.guardrail_id, wanted.guardrail_version) is None
    except AccessDeniedError as error:
        target.screen.warn(f"whether the guardrail of version {wanted.number} exists cannot be seen ({error.action})")
        return False


def _consequence(wanted: Version) -> str:
    return f"version {wanted.number} is live, and {PIN} does not say so: the next deploy undoes it"
