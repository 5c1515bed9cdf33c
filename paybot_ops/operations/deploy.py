"""`paybot deploy`: check, package, plan, show, confirm, apply, outputs, one message to the bot."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime

from paybot_ops.adapters.chat import send_message
from paybot_ops.adapters.git import find_commit
from paybot_ops.adapters.packaging import BundleReport, build_bundle
from paybot_ops.core.chat import ChatReply, reachable_outputs
from paybot_ops.core.reports import DeployReport
from paybot_ops.errors import ExitCode, PaybotError
from paybot_ops.operations.change import Planner, carry_out, guard_data
from paybot_ops.operations.gate import Gate
from paybot_ops.operations.preflight import check_before_plan, check_logging_role
from paybot_ops.operations.state_recovery import recover_cut_off_state
from paybot_ops.operations.target import Target
from paybot_ops.render import changes
from paybot_ops.sandbox.workspace import copy_bundle

SMOKE_MESSAGE = "Hello"
_SMOKE_TRIES = 3
# Lambda cuts nothing: a description over 256 characters is refused (AWS Lambda: CreateFunction).
_LONGEST_DESCRIPTION = 256


def deploy(
    target: Target,
    gate: Gate,
    *,
    smoke: bool = True,
    values: Mapping[str, str] | None = None,
    on_confirmed: Callable[[], None] | None = None,
) -> DeployReport:
    """Bring the deployment to what the files say.

    `values` are planned with as if the files said so already; `on_confirmed`, called between the yes and the apply,
    writes them there.

    Raises:
        PaybotError: a check failed, nothing was applied. A failed apply is in the report instead.
    """
    screen = target.screen
    recover_cut_off_state(target, gate)
    check_before_plan(target)
    screen.note(target.header(), style="bold")
    prepare_bundle(target)
    planner = Planner(target, target.terraform_variables({**(values or {}), "deployed_by": _deployed_by(target)}), gate)
    with planner.planned() as (plan, plan_file):
        report = DeployReport(plan)
        if plan.is_empty:
            screen.note("no changes: the deployment is what the files say; nothing was applied")
            return report
        if gate.looks_only:
            report.code = ExitCode.FINDING if gate.check else ExitCode.OK
            return report
        screen.draw_aside(changes.plan_table(plan))
        guard_data(plan, gate)
        check_logging_role(target, plan)
        screen.confirm(f"apply this to {target.header()}?", yes=gate.yes)
        if on_confirmed is not None:
            on_confirmed()
        report.result, run, report.error = carry_out(target, plan, plan_file)
    if report.error is not None:
        report.code = report.error.code
        return report
    report.applied = True
    report.outputs = reachable_outputs(run.outputs, target.endpoint)
    if smoke and report.outputs.get("chat_url"):
        try:
            report.smoke = ask_bot(target, str(report.outputs["chat_url"]), SMOKE_MESSAGE)
        except PaybotError as error:
            report.error, report.code = error, error.code
    return report


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


def ask_bot(target: Target, chat_url: str, message: str) -> ChatReply:
    """One message through the deployed API; a stage that was just made may need a moment.

    Raises:
        PaybotError: the bot did not answer.
    """
    with target.screen.step("one message to the bot"):
        for attempt in range(1, _SMOKE_TRIES + 1):
            try:
                return send_message(chat_url, message)
            except PaybotError:
                if attempt == _SMOKE_TRIES:
                    raise
                time.sleep(attempt)
    raise AssertionError("unreachable")


def _deployed_by(target: Target) -> str:
    """Who deploys what, and when: what the published version of the function says of itself."""
    commit = find_commit(target.source.root)
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    text = f"commit {commit[:12] if commit else 'unknown'} by {target.identity.arn} at {now}"
    return text[:_LONGEST_DESCRIPTION]
