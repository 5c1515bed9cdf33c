"""`paybot alarms set-threshold`: the value's place in the files, what it costs, the edit, and the deploy."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

from paybot_ops.apply import value_files
from paybot_ops.core.alarm_threshold import DOLLARS, OUTPUT_TOKENS, TOKENS, Place, ThresholdPlan, Wish, plan_threshold
from paybot_ops.core.prices import known_prices, with_variables
from paybot_ops.core.reports import DeployReport
from paybot_ops.errors import ExitCode, PaybotError
from paybot_ops.operations.gate import Gate
from paybot_ops.operations.settings import read_layers
from paybot_ops.operations.target import Target
from paybot_ops.operations.value_edits import place_of, plan_values, read_values


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
    """Edit the one value in its file, which is made where there is none; `apply` then deploys it.

    With the embedded AWS it is a file of its own: the user's hold what is meant for the real account.

    Raises:
        UsageError: the wish cannot be met by an edit of a file of values.
        FileError: the file cannot be written.
    """
    settings, screen = target.settings, target.screen
    model = settings.bedrock_model_id
    price = with_variables(known_prices(target.region), model, settings.model_prices).find_model(model)
    layers = read_layers(target.source)
    names = (TOKENS, OUTPUT_TOKENS, DOLLARS)
    current = {name: _decimal(found.value) for name, found in read_values(target, names, layers).items()}
    places = {name: Place(str(place_of(target.source, name, layers)), current.get(name)) for name in names}
    report = ThresholdReport(plan_threshold(wish, target.variables, places, model, price))
    wanted = {action.variable: _number(action.after) for action in report.plan.actions}
    edits = plan_values(target, wanted, layers, creates=True)
    if gate.dry_run or (report.plan.is_empty and apply is None):
        return report
    for action in report.plan.actions:
        screen.note(f"{action.file}: {action.variable} {action.reason}", style="bold")
        screen.confirm("write this?", yes=gate.yes)
    for file in edits.files:
        value_files.write(file)
        report.written = True
    if apply is not None:
        report.deployed = apply()
        report.code, report.error = report.deployed.code, report.deployed.error
    return report


def _number(value: Decimal) -> int | Decimal:
    return int(value) if value == value.to_integral_value() else value


def _decimal(value: object) -> Decimal | None:
    try:
        return Decimal(str(value)) if isinstance(value, int | float | Decimal | str) else None
    except ArithmeticError:
        return None
