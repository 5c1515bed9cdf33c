"""`paybot deploy`: check, package, plan, show, confirm, apply, outputs, one message to the bot."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from paybot_ops.adapters.git import find_commit
from paybot_ops.adapters.packaging import BundleReport, build_bundle
from paybot_ops.core.chat import reachable_outputs
from paybot_ops.core.pause import PAUSED, is_paused
from paybot_ops.core.reports import DeployReport
from paybot_ops.core.rollback import PIN, pinned_version
from paybot_ops.errors import ExitCode, PaybotError
from paybot_ops.operations.auto_rollback import live_before, roll_back
from paybot_ops.operations.change import Planner, carry_out, guard_data
from paybot_ops.operations.gate import Gate
from paybot_ops.operations.outputs import read_outputs
from paybot_ops.operations.preflight import check_before_plan, check_concurrency, check_logging_role
from paybot_ops.operations.smoke import note_answer, owes_answer, try_bot
from paybot_ops.operations.state_recovery import recover_cut_off_state
from paybot_ops.operations.target import Target
from paybot_ops.operations.value_edits import read_values
from paybot_ops.render import changes
from paybot_ops.sandbox.workspace import copy_bundle

# Lambda cuts nothing: a description over 256 characters is refused (AWS Lambda: CreateFunction).
_LONGEST_DESCRIPTION = 256
_AFTER_SILENCE = "paybot logs --errors says why; the next deploy asks it again, also one without changes"


def deploy(
    target: Target,
    gate: Gate,
    *,
    smoke: bool = True,
    auto_rollback: bool = False,
    values: Mapping[str, str] | None = None,
    on_confirmed: Callable[[], None] | None = None,
) -> DeployReport:
    """Bring the deployment to what the files say.

    `values` are planned with as if the files said so already; `on_confirmed`, called between the yes and the apply,
    writes them there. `auto_rollback` makes the earlier version live again when the bot does not answer afterwards.

    Raises:
        PaybotError: a check failed, nothing was applied. A failed apply is in the report instead.
    """
    screen = target.screen
    recover_cut_off_state(target, gate)
    check_before_plan(target)
    screen.note(target.header(), style="bold")
    pinned, paused = _standing(target)
    before = live_before(target) if auto_rollback and not gate.looks_only else None
    prepare_bundle(target)
    planner = Planner(target, target.terraform_variables({**(values or {}), "deployed_by": _deployed_by(target)}), gate)
    with planner.planned() as (plan, plan_file):
        report = DeployReport(plan, pinned=pinned, paused=paused)
        if plan.is_empty:
            screen.note("no changes: the deployment is what the files say; nothing was applied")
            if smoke and not gate.looks_only and owes_answer(target):
                _ask(target, report, read_outputs(target))
            return report
        if gate.looks_only:
            report.code = ExitCode.FINDING if gate.check else ExitCode.OK
            return report
        screen.draw_aside(changes.plan_table(plan))
        guard_data(plan, gate)
        check_logging_role(target, plan)
        check_concurrency(target, plan)
        screen.confirm(f"apply this to {target.header()}?", yes=gate.yes)
        if on_confirmed is not None:
            on_confirmed()
        report.result, run, report.error = carry_out(target, plan, plan_file)
    if report.error is not None:
        report.code = report.error.code
        return report
    report.applied = True
    report.outputs = reachable_outputs(run.outputs, target.endpoint)
    if smoke:
        _ask(target, report, report.outputs)
        if auto_rollback and report.error is not None:
            _undo(target, report, before, report.error)
    return report


def _ask(target: Target, report: DeployReport, outputs: Mapping[str, Any]) -> None:
    """One message to the bot, where it serves at all; a bot that does not answer is the report's error."""
    if not outputs.get("chat_url") or report.paused:
        return
    report.smoke, report.error = try_bot(target, outputs, "deployed, and the bot does not answer", _AFTER_SILENCE)
    if report.error is not None:
        report.code = report.error.code
    note_answer(target, answered=report.error is None)


def _undo(target: Target, report: DeployReport, before: str | None, failure: PaybotError) -> None:
    report.rollback, report.error = roll_back(target, before, failure)
    if report.rollback is not None and report.rollback.smoke is not None:
        note_answer(target, answered=True)


def _standing(target: Target) -> tuple[str, bool]:
    """The version that is pinned, "" for none, and whether the function is paused; each is told before anything else.

    Raises:
        UsageError: a variable has a value that Terraform would refuse.
    """
    values = read_values(target, (PIN, PAUSED))
    pinned, paused = pinned_version(values.get(PIN)), bool(is_paused(values.get(PAUSED)))
    if pinned:
        target.screen.warn(
            f"{PIN} pins version {pinned}: customers stay on it, and what a deploy publishes is not promoted; "
            "to promote the newest: paybot rollback --latest"
        )
    if paused:
        target.screen.warn("the function is paused: it serves nobody, and stays so; to serve again: paybot resume")
    return pinned, paused


def prepare_bundle(target: Target) -> BundleReport | None:
    """Build the bundle where the workspace has a bot, and hand it to the embedded AWS's copy."""
    bot = target.source.bot
    if bot is None:
        return None
    report = build_bundle(bot, target.source.build, progress=lambda text: target.screen.note(f"  {text}"))
    for warning in report.warnings:
        target.screen.warn(warning)
    if target.workspace != target.source:
        copy_bundle(target.source.build, target.workspace.build)
    return report


def _deployed_by(target: Target) -> str:
    """Who deploys what, and when: what the published version of the function says of itself."""
    commit = find_commit(target.source.root)
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    text = f"commit {commit[:12] if commit else 'unknown'} by {target.identity.arn} at {now}"
    return text[:_LONGEST_DESCRIPTION]
