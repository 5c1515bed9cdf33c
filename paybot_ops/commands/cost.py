"""`paybot cost`: what the deployment costs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from paybot_ops import options
from paybot_ops.errors import ExitCode
from paybot_ops.render.envelope import Answer, Format


def cost(
    ctx: typer.Context,
    prices: Annotated[
        Path | None, typer.Option("--prices", help="A file of prices that count before the known ones.")
    ] = None,
    directory: options.Directory = None,
    env: options.Environment = None,
    region: options.Region = None,
    sandbox: options.Sandbox = False,
    output: options.Output = Format.TABLE,
) -> ExitCode:
    """What the deployment costs, line by line: this month so far, and a month.

    Example: paybot cost --output json | jq -r .data.month_usd
    """
    from paybot_ops.operations.cost import NOT_IN_IT, read_cost
    from paybot_ops.operations.target import Choice, find_target
    from paybot_ops.render import cost as render
    from paybot_ops.render import show

    screen = options.screen_of(ctx)
    report = read_cost(find_target(screen, Choice(directory, env, region, sandbox)), prices)
    answer = Answer(
        command="cost",
        data=render.cost_data(report, not_in_it=NOT_IN_IT),
        rows=render.cost_rows(report),
        warnings=tuple(screen.warnings),
    )
    return show(screen, output, answer, lambda: render.cost_table(report, not_in_it=NOT_IN_IT))
