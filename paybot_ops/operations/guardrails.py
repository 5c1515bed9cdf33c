"""`paybot guardrails enable` and `disable`: the edit of the variables, what it costs, and the deploy."""

from __future__ import annotations

from dataclasses import dataclass

from paybot_ops.apply import value_files
from paybot_ops.core.guardrail_cost import GuardrailCost, per_thousand_messages
from paybot_ops.core.guardrail_policies import ENABLED, Choices, chosen
from paybot_ops.core.hcl.values import Literal
from paybot_ops.core.reports import DeployReport
from paybot_ops.core.value_edits import EditPlan
from paybot_ops.errors import ExitCode, PaybotError, UsageError
from paybot_ops.operations.deploy import deploy
from paybot_ops.operations.gate import Gate
from paybot_ops.operations.guardrail_wish import plan_wish, read_wish
from paybot_ops.operations.prices import deployment_prices
from paybot_ops.operations.target import Target
from paybot_ops.render import guardrails as render

_RESOURCE = "aws_bedrock_guardrail"


@dataclass(slots=True)
class ToggleReport:
    """What it came to: the edits, whether they were written, the cost where it is known, and the deploy."""

    enabled: bool
    plan: EditPlan
    cost: GuardrailCost | None = None
    written: bool = False
    deployed: DeployReport | None = None
    code: ExitCode = ExitCode.OK
    error: PaybotError | None = None


def enable(target: Target, gate: Gate, choices: Choices, *, deploys: bool = True) -> ToggleReport:
    """Want guardrails, with the chosen policies, and deploy that.

    Raises:
        PaybotError: a file, a choice or the deploy's checks refuse it; nothing was changed.
    """
    wish = read_wish(target)
    wanted: dict[str, Literal] = {ENABLED: True}
    cost = None
    if wish.policies is not None:
        policies = chosen(wish.policies, choices)
        wanted |= policies.variables()
        cost = per_thousand_messages(policies.charged, deployment_prices(target))
    elif choices != Choices():
        raise UsageError(
            "the module has no variables for a guardrail's policies",
            why="it only switches guardrails on and off",
            hint="leave the policies out, or copy a module that has them: paybot init",
        )
    _warn_of_empty_module(target)
    return _change(target, gate, ToggleReport(True, plan_wish(target, wish, wanted), cost), deploys=deploys)


def disable(target: Target, gate: Gate, *, deploys: bool = True) -> ToggleReport:
    """Want no guardrails, and deploy that; the policies stay as they are set, for the way back.

    Raises:
        PaybotError: as for `enable`.
    """
    wish = read_wish(target)
    plan = plan_wish(target, wish, {ENABLED: False})
    return _change(target, gate, ToggleReport(False, plan), deploys=deploys)


def _change(target: Target, gate: Gate, report: ToggleReport, *, deploys: bool) -> ToggleReport:
    """One plan of both, one question, and the files only just before the apply: a no leaves everything as it was."""
    screen = target.screen
    screen.draw_aside(render.announced(report.plan, report.cost, report.enabled))

    def write() -> None:
        for file in report.plan.files:
            value_files.write(file)
        report.written = not report.plan.is_empty

    if deploys:
        report.deployed = deploy(target, gate, values=report.plan.as_arguments(), on_confirmed=write)
        report.code, report.error = report.deployed.code, report.deployed.error
        if not report.deployed.plan.is_empty:
            return report
    if not report.plan.is_empty and not gate.dry_run:
        screen.confirm("write this?", yes=gate.yes)
        write()
    return report


def _warn_of_empty_module(target: Target) -> None:
    """A module may have the switch and the permission, and make no guardrail: then nothing is filtered."""
    texts = (path.read_text(encoding="utf-8", errors="replace") for path in target.source.module_files())
    if not any(f'"{_RESOURCE}"' in text for text in texts):
        target.screen.warn(
            f"the module makes no {_RESOURCE}: switched on it grants a permission and filters nothing; "
            "terraform/guardrail.tf of paybot init is one that does"
        )
