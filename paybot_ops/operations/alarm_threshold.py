"""`paybot alarms set-threshold`: the value's place in the files, what it costs, the edit, and the deploy."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from paybot_ops.adapters.workspace import read_texts
from paybot_ops.apply.variables import set_variable
from paybot_ops.core.alarm_threshold import DOLLARS, OUTPUT_TOKENS, TOKENS, Place, ThresholdPlan, Wish, plan_threshold
from paybot_ops.core.hcl.json_values import read_json_assignments
from paybot_ops.core.hcl.reading import read_assignments
from paybot_ops.core.prices import known_prices, with_variables
from paybot_ops.core.reports import DeployReport
from paybot_ops.errors import ExitCode, PaybotError, UsageError
from paybot_ops.operations.gate import Gate
from paybot_ops.operations.target import Target


@dataclass(slots=True)
class ThresholdReport:
    """What it came to: the plan, whether the file was written, and the deploy where one was asked for."""

    plan: ThresholdPlan
    written: bool = False
    deployed: DeployReport | None = None
    code: ExitCode = ExitCode.OK
    error: PaybotError | None = None


def set_threshold(
    target: Target, gate: Gate, wish: Wish, apply: Callable[[], DeployReport] | None = None
) -> ThresholdReport:
    """Edit the one value in the user's own file; `apply` then deploys it.

    Raises:
        UsageError: the wish cannot be met by an edit of a file of values.
    """
    settings, screen = target.settings, target.screen
    model = settings.bedrock_model_id
    price = with_variables(known_prices(target.region), model, settings.model_prices).find_model(model)
    places = {name: _place(target, name) for name in (TOKENS, OUTPUT_TOKENS, DOLLARS)}
    report = ThresholdReport(plan_threshold(wish, target.variables, places, model, price))
    _check_editable(report.plan)
    if gate.dry_run or (report.plan.is_empty and apply is None):
        return report
    for action in report.plan.actions:
        screen.note(f"{action.file}: {action.variable} {action.reason}", style="bold")
        screen.confirm("write this?", yes=gate.yes)
        set_variable(action)
        report.written = True
    if apply is not None:
        report.deployed = apply()
        report.code, report.error = report.deployed.code, report.deployed.error
    return report


def _place(target: Target, variable: str) -> Place:
    """The file whose value is in force, else the one that Terraform would look into last; and the value."""
    workspace = target.source
    found: Place | None = None
    for path, text in read_texts(workspace.variable_files()):
        read = read_json_assignments if path.name.endswith(".json") else read_assignments
        values = read(text)
        if variable in values:
            value = values[variable]
            found = Place(str(path), _decimal(value))
    if found is not None:
        return found
    declared = target.variables.get(variable)
    default = _decimal(declared.default) if declared is not None and declared.has_default else None
    own = workspace.environment_files()
    path = own[0] if own else workspace.directory / "terraform.tfvars"
    return Place(str(path), default)


def _decimal(value: object) -> Decimal | None:
    try:
        return Decimal(str(value)) if isinstance(value, int | float | Decimal | str) else None
    except ArithmeticError:
        return None


def _check_editable(plan: ThresholdPlan) -> None:
    """Refuse a file that cannot be edited here before anything is asked.

    Raises:
        UsageError: it is JSON.
    """
    for action in plan.actions:
        if Path(action.file).name.endswith(".json"):
            raise UsageError(
                f"{action.file} sets {action.variable}, and JSON is not edited here",
                hint=f"write {action.after} there by hand, or move the value into terraform.tfvars",
            )
