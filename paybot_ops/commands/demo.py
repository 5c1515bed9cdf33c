"""`paybot demo`: the whole story, without an account."""

from __future__ import annotations

from typing import Annotated

import typer

from paybot_ops import options
from paybot_ops.render.envelope import Answer, DocumentFormat


def demo(
    ctx: typer.Context,
    keep: Annotated[bool, typer.Option("--keep", help="Leave the sandbox and the deployment up.")] = False,
    verbose: options.Verbose = False,
    output: options.DocumentOutput = DocumentFormat.TABLE,
) -> int:
    """Deploy the bot into an embedded AWS with the real terraform, talk to it, and take everything down again.

    Example: paybot demo --output json
    """
    from paybot_ops.operations.demo import demo as operation
    from paybot_ops.render import demo as text
    from paybot_ops.render import show

    screen = options.screen_of(ctx)
    report = operation(screen, keep=keep, verbose=verbose)
    answer = Answer(
        command="demo",
        data=text.report_data(report),
        code=report.code,
        error=report.failure,
        warnings=tuple(screen.warnings),
    )
    return show(screen, output, answer, lambda: text.report_table(report))
