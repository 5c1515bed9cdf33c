"""`paybot migrate-state`."""

from __future__ import annotations

from typing import Annotated

import typer

from paybot_ops import options
from paybot_ops.core.direction import Direction
from paybot_ops.render.envelope import Answer, DocumentFormat


def migrate_state(
    ctx: typer.Context,
    directory: options.Directory = None,
    env: options.Environment = None,
    region: options.Region = None,
    sandbox: options.Sandbox = False,
    to: Annotated[Direction, typer.Option("--to", help="Where the state goes; local is the way back.")] = Direction.S3,
    plan: Annotated[
        bool, typer.Option("--plan/--no-plan", help="Prove that `terraform plan` says the same as before.")
    ] = True,
    dry_run: options.DryRun = False,
    yes: options.Yes = False,
    verbose: options.Verbose = False,
    output: options.DocumentOutput = DocumentFormat.TABLE,
) -> int:
    """Move the Terraform state into the bucket of bootstrap-state, or back, and prove that it is the same.

    Example: paybot migrate-state --dry-run
    """
    from paybot_ops.operations.gate import Gate
    from paybot_ops.operations.migrate_state import migrate_state as operation
    from paybot_ops.operations.target import Choice, find_target
    from paybot_ops.render import migration, show

    screen = options.screen_of(ctx)
    target = find_target(screen, Choice(directory, env, region, sandbox, verbose))
    report = operation(target, Gate(dry_run, False, yes), to, compare_plans=plan)
    answer = Answer(
        command="migrate-state",
        data=migration.report_data(report),
        code=report.code,
        warnings=tuple(screen.warnings),
        error=report.error,
    )
    return show(screen, output, answer, lambda: migration.report_text(report))
