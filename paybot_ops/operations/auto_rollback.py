"""`paybot deploy --auto-rollback`: back to the version that was live before, when the new one does not answer."""

from __future__ import annotations

from paybot_ops.adapters import lambda_
from paybot_ops.core.rollback import RollbackReport
from paybot_ops.core.versions import find_version
from paybot_ops.errors import PaybotError
from paybot_ops.operations.live_function import aliased_function, find_live
from paybot_ops.operations.rollback import carry_out, observe, plan_for
from paybot_ops.operations.target import Target


def live_before(target: Target) -> str | None:
    """The version that is live before a deploy; None before the first one.

    Raises:
        UsageError: the module makes no alias, so that nothing could be rolled back.
    """
    if find_live(target) is None:
        target.screen.warn("--auto-rollback: nothing is deployed yet, so there is no version to go back to")
        return None
    found = aliased_function(target)
    alias = lambda_.find_alias(target.session, found.function, found.alias)
    return alias.version if alias is not None else None


def roll_back(target: Target, before: str | None, failure: PaybotError) -> tuple[RollbackReport | None, PaybotError]:
    """Make the earlier version live again and ask it too; what was done comes with the error that ends the deploy."""
    if before is None:
        return None, _not_done(failure, "there is no earlier version to go back to")
    target.screen.note(f"the bot does not answer; going back to version {before}", style="bold red")
    try:
        found = aliased_function(target)
        seen = observe(target, found)
        if seen.alias.version == before:
            return None, _not_done(failure, f"this deploy left version {before} live, so there is nothing to undo")
        wanted = find_version(seen.versions, before)
        if wanted is None:
            return None, _not_done(failure, f"version {before}, which was live before, is gone")
        plan = plan_for(target, seen, wanted)
        for note in plan.notes:
            target.screen.warn(note)
        report = carry_out(target, found, RollbackReport(plan))
    except PaybotError as error:
        return None, _not_done(failure, error.brief)
    return report, _undone(failure, report, seen.alias.version)


def _undone(failure: PaybotError, report: RollbackReport, new: str) -> PaybotError:
    before = report.plan.wanted.number
    if report.error is not None:
        trouble = report.error.brief
        what = f"version {before} is {'live again' if report.moved else 'not live again'}"
        return PaybotError(f"{failure.what}; {what}", why=failure.why, hint=report.error.hint, details=(trouble,))
    answered = ", and answers" if report.smoke is not None else ""
    return PaybotError(
        f"{failure.what}; rolled back: version {before} is live again{answered}",
        why=failure.why,
        details=(
            f"version {new} stays published; what else the deploy changed stays as it is now",
            f"the next deploy publishes, and leaves version {before} live",
        ),
        hint="when it is mended: paybot deploy, then paybot rollback --latest",
    )


def _not_done(failure: PaybotError, why: str) -> PaybotError:
    return PaybotError(
        f"{failure.what}; not rolled back: {why}", why=failure.why, hint=failure.hint, details=failure.details
    )
