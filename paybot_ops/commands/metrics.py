"""`paybot metrics tokens`: what the model took, day by day."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from paybot_ops import options
from paybot_ops.core.metric_window import Asked, By
from paybot_ops.errors import ExitCode
from paybot_ops.render.envelope import Answer, Format

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None)

Days = Annotated[int | None, typer.Option("--days", help="Today (UTC, so far) and the days before it: 7 unless said.")]
Hours = Annotated[int | None, typer.Option("--hours", help="This hour and the hours before it, a row each.")]
From = Annotated[str | None, typer.Option("--from", help="A day or ISO 8601 time, UTC unless it says otherwise.")]
To = Annotated[str | None, typer.Option("--to", help="The same; a day counts as a whole. Default: now.")]
Period = Annotated[int | None, typer.Option("--period", help="Seconds of a row, such as 300.")]
ByWhat = Annotated[By | None, typer.Option("--by", help="A row for each day, hour or model.")]
Models = Annotated[
    list[str] | None, typer.Option("--model", help="Model or inference profile; repeatable. Default: the deployed one.")
]
AllModels = Annotated[bool, typer.Option("--all-models", help="Every model that was called within two weeks.")]
Compare = Annotated[bool, typer.Option("--compare", help="Compare with the period before.")]
Chart = Annotated[bool, typer.Option("--chart", help="Draw a chart in the terminal.")]
Export = Annotated[Path | None, typer.Option("--export", help="Write the chart to an .svg file.")]
Local = Annotated[bool, typer.Option("--local", help="Times in this machine's zone; days stay UTC days.")]


@app.callback()
def metrics() -> None:
    """What the deployment measured of itself."""


@app.command()
def tokens(
    ctx: typer.Context,
    days: Days = None,
    hours: Hours = None,
    start: From = None,
    end: To = None,
    period: Period = None,
    by: ByWhat = None,
    model: Models = None,
    all_models: AllModels = False,
    compare: Compare = False,
    chart: Chart = False,
    export: Export = None,
    local: Local = False,
    directory: options.Directory = None,
    env: options.Environment = None,
    region: options.Region = None,
    sandbox: options.Sandbox = False,
    output: options.Output = Format.TABLE,
) -> ExitCode:
    """Tokens, calls, failures, latency and cost of the bot's model, per UTC day.

    Example: paybot metrics tokens --days 30 --compare
    """
    from paybot_ops.operations.metrics import TokenWish, check_export, read_tokens, save_chart
    from paybot_ops.operations.target import Choice, find_target

    screen = options.screen_of(ctx)
    check_export(export)
    wish = TokenWish(
        asked=Asked(days, hours, start, end, period, by),
        models=tuple(model or ()),
        all_models=all_models,
        compare=compare,
        local=local,
    )
    report = read_tokens(find_target(screen, Choice(directory, env, region, sandbox)), wish)
    from paybot_ops.render import metrics as render
    from paybot_ops.render import show
    from paybot_ops.render.chart import terminal_chart
    from paybot_ops.render.svg import svg

    if export is not None:
        save_chart(export, svg(report, local=local))
        screen.note(f"written: {export}")
    answer = Answer(
        command="metrics tokens",
        data=render.tokens_data(report),
        rows=render.tokens_rows(report, local=local),
        warnings=tuple(screen.warnings),
    )
    drawn = terminal_chart if chart else render.tokens_table
    return show(screen, output, answer, lambda: drawn(report, local=local))
