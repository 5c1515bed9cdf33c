"""`paybot rollback`: an earlier version for customers, within a second."""

from __future__ import annotations

from typing import Annotated

import typer

from paybot_ops import options
from paybot_ops.errors import ExitCode, UsageError
from paybot_ops.render.envelope import Answer, DocumentFormat

Version = Annotated[
    str | None,
    typer.Argument(help="The version to make live (default: the one before the live one).", metavar="VERSION"),
]
Newest = Annotated[
    bool, typer.Option("--latest", help="The version that was published last, and later deploys promote theirs again.")
]


def rollback(
    ctx: typer.Context,
    version: Version = None,
    newest: Newest = False,
    directory: options.Directory = None,
    env: options.Environment = None,
    region: options.Region = None,
    sandbox: options.Sandbox = False,
    dry_run: options.DryRun = False,
    check: options.Check = False,
    yes: options.Yes = False,
    output: options.DocumentOutput = DocumentFormat.TABLE,
) -> ExitCode:
    """Make an earlier published version live at once, and keep it live through the next deploys.

    Example: paybot rollback 12 --env prod
    """
    from paybot_ops.operations.gate import Gate
    from paybot_ops.operations.rollback import rollback as operation
    from paybot_ops.operations.target import Choice, find_target
    from paybot_ops.render import rollback as render
    from paybot_ops.render import show

    if newest and version is not None:
        raise UsageError("a VERSION and --latest are two wishes", hint="leave one of them out")
    screen = options.screen_of(ctx)
    target = find_target(screen, Choice(directory, env, region, sandbox))
    report = operation(target, Gate(dry_run, check, yes), version, newest=newest)
    answer = Answer(
        command="rollback",
        data=render.rollback_data(report),
        code=report.code,
        warnings=tuple(screen.warnings),
        error=report.error,
    )
    return show(screen, output, answer, lambda: render.rollback_answer(report))
