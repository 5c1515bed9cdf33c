"""`paybot destroy`: the road of deploy, backwards, with the deployment's name typed in full."""

from __future__ import annotations

from paybot_ops.core.reports import DeployReport
from paybot_ops.core.terraform_plan import TerraformPlan
from paybot_ops.errors import ExitCode, UsageError
from paybot_ops.operations.change import Planner, carry_out
from paybot_ops.operations.deploy import prepare_bundle
from paybot_ops.operations.gate import Gate
from paybot_ops.operations.preflight import check_before_plan
from paybot_ops.operations.state_recovery import recover_cut_off_state
from paybot_ops.operations.target import Target
from paybot_ops.render import changes


def destroy(target: Target, gate: Gate) -> DeployReport:
    """Destroy everything that the deployment's state holds.

    Raises:
        PaybotError: a check failed, or the name was not typed; nothing was destroyed.
    """
    screen = target.screen
    recover_cut_off_state(target, gate)
    check_before_plan(target, model_must_serve=False)
    screen.note(target.header(), style="bold")
    if not (target.workspace.build / "lambda.zip").is_file():
        prepare_bundle(target)  # the module reads the bundle's digest even to destroy
    planner = Planner(target, target.terraform_variables({}), gate, destroy=True)
    with planner.planned() as (plan, plan_file):
        report = DeployReport(plan)
        if plan.is_empty or not plan.actions:
            screen.note("nothing to destroy: the state holds no resource")
            return report
        if gate.dry_run:
            return report
        screen.draw_aside(changes.plan_table(plan))
        _confirm(target, plan, gate)
        report.result, _run, report.error = carry_out(target, plan, plan_file)
    report.applied = report.error is None
    report.code = report.error.code if report.error else ExitCode.OK
    return report


def _confirm(target: Target, plan: TerraformPlan, gate: Gate) -> None:
    if gate.yes and plan.data_losses and not gate.allow_data_loss:
        raise UsageError(
            "--yes alone does not destroy data",
            why=f"it would go with {', '.join(change.target for change in plan.data_losses)}",
            hint="add --allow-data-loss, or run it at a terminal and type the deployment's name",
        )
    screen = target.screen
    screen.confirm_typed(f"this destroys {target.header()}", target.settings.name, yes=gate.yes)
