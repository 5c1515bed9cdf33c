"""`paybot deploy`, `paybot destroy` and `paybot outputs`."""

from __future__ import annotations

from typing import Annotated

import typer

from paybot_ops import options
from paybot_ops.render.envelope import Answer, DocumentFormat, Format

DataLoss = Annotated[
    bool, typer.Option("--allow-data-loss", help="Allow a table, key, secret or bucket to be destroyed.")
]
AutoRollback = Annotated[
    bool,
    typer.Option("--auto-rollback", help="When the bot does not answer then, make the earlier version live again."),
]


def deploy(
    ctx: typer.Context,
    directory: options.Directory = None,
    env: options.Environment = None,
    region: options.Region = None,
    sandbox: options.Sandbox = False,
    dry_run: options.DryRun = False,
    check: options.Check = False,
    yes: options.Yes = False,
    allow_data_loss: DataLoss = False,
    auto_rollback: AutoRollback = False,
    verbose: options.Verbose = False,
    output: options.DocumentOutput = DocumentFormat.TABLE,
) -> int:
    """Package, plan, show, confirm and apply; then say hello to the bot.

    Example: paybot deploy --env prod --check
    """
    from paybot_ops.operations.deploy import deploy as operation
    from paybot_ops.operations.gate import Gate
    from paybot_ops.operations.target import Choice, find_target
    from paybot_ops.render import deployment, show

    screen = options.screen_of(ctx)
    target = find_target(screen, Choice(directory, env, region, sandbox, verbose))
    report = operation(target, Gate(dry_run, check, yes, allow_data_loss), auto_rollback=auto_rollback)
    answer = deployment.answer("deploy", report, tuple(screen.warnings))
    return show(screen, output, answer, lambda: deployment.deployed(report))


def destroy(
    ctx: typer.Context,
    directory: options.Directory = None,
    env: options.Environment = None,
    region: options.Region = None,
    sandbox: options.Sandbox = False,
    dry_run: options.DryRun = False,
    yes: options.Yes = False,
    allow_data_loss: DataLoss = False,
    verbose: options.Verbose = False,
    output: options.DocumentOutput = DocumentFormat.TABLE,
) -> int:
    """Destroy the deployment, after its name was typed in full.

    Example: paybot destroy --dry-run
    """
    from paybot_ops.operations.destroy import destroy as operation
    from paybot_ops.operations.gate import Gate
    from paybot_ops.operations.target import Choice, find_target
    from paybot_ops.render import deployment, show

    screen = options.screen_of(ctx)
    target = find_target(screen, Choice(directory, env, region, sandbox, verbose))
    report = operation(target, Gate(dry_run, False, yes, allow_data_loss))
    answer = deployment.answer("destroy", report, tuple(screen.warnings))
    return show(screen, output, answer, lambda: deployment.destroyed(report))


def outputs(
    ctx: typer.Context,
    directory: options.Directory = None,
    env: options.Environment = None,
    region: options.Region = None,
    sandbox: options.Sandbox = False,
    output: options.Output = Format.TABLE,
) -> int:
    """Show what the deployment says of itself: addresses, names, ARNs.

    Example: paybot outputs --output json | jq -r .data.chat_url
    """
    from paybot_ops.operations.outputs import read_outputs
    from paybot_ops.operations.target import Choice, find_target
    from paybot_ops.render import deployment, show

    screen = options.screen_of(ctx)
    values = read_outputs(find_target(screen, Choice(directory, env, region, sandbox)))
    rows = tuple({"name": name, "value": value} for name, value in sorted(values.items()))
    answer = Answer(command="outputs", data=values, rows=rows, warnings=tuple(screen.warnings))
    return show(screen, output, answer, lambda: deployment.outputs_text(values))
