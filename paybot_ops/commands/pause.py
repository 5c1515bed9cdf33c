"""`paybot pause` and `paybot resume`: the kill switch."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from paybot_ops import options
from paybot_ops.errors import ExitCode
from paybot_ops.render.envelope import Answer, DocumentFormat

if TYPE_CHECKING:
    from paybot_ops.core.pause import PauseReport
    from paybot_ops.screen import Screen


def pause(
    ctx: typer.Context,
    directory: options.Directory = None,
    env: options.Environment = None,
    region: options.Region = None,
    sandbox: options.Sandbox = False,
    dry_run: options.DryRun = False,
    check: options.Check = False,
    yes: options.Yes = False,
    output: options.DocumentOutput = DocumentFormat.TABLE,
) -> ExitCode:
    """Stop serving at once: every turn is refused, through every deploy, until resume.

    Example: paybot pause --env prod --yes
    """
    from paybot_ops.operations.gate import Gate
    from paybot_ops.operations.pause import pause as operation
    from paybot_ops.operations.target import Choice, find_target

    screen = options.screen_of(ctx)
    target = find_target(screen, Choice(directory, env, region, sandbox))
    return _answered(screen, "pause", operation(target, Gate(dry_run, check, yes)), output)


def resume(
    ctx: typer.Context,
    directory: options.Directory = None,
    env: options.Environment = None,
    region: options.Region = None,
    sandbox: options.Sandbox = False,
    dry_run: options.DryRun = False,
    check: options.Check = False,
    yes: options.Yes = False,
    output: options.DocumentOutput = DocumentFormat.TABLE,
) -> ExitCode:
    """Serve again after a pause, as many turns at once as reserved_concurrency says, and ask the bot.

    Example: paybot resume --env prod
    """
    from paybot_ops.operations.gate import Gate
    from paybot_ops.operations.pause import resume as operation
    from paybot_ops.operations.target import Choice, find_target

    screen = options.screen_of(ctx)
    target = find_target(screen, Choice(directory, env, region, sandbox))
    return _answered(screen, "resume", operation(target, Gate(dry_run, check, yes)), output)


def _answered(screen: Screen, command: str, report: PauseReport, output: DocumentFormat) -> ExitCode:
    from paybot_ops.render import pause as render
    from paybot_ops.render import show

    answer = Answer(
        command=command,
        data=render.pause_data(report),
        code=report.code,
        warnings=tuple(screen.warnings),
        error=report.error,
    )
    return show(screen, output, answer, lambda: render.pause_answer(report))
