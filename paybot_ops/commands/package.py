"""`paybot package`: the bot as the zip that Lambda runs."""

from __future__ import annotations

from typing import Annotated

import typer

from paybot_ops import options
from paybot_ops.errors import ExitCode
from paybot_ops.render.envelope import Answer, DocumentFormat


def package(
    ctx: typer.Context,
    directory: options.Directory = None,
    env: options.Environment = None,
    region: options.Region = None,
    sandbox: options.Sandbox = False,
    check: Annotated[
        bool, typer.Option("--check", help="Build nothing; exit 3 when the deployed code differs.")
    ] = False,
    force: Annotated[bool, typer.Option("--force", help="Build even when nothing has changed.")] = False,
    output: options.DocumentOutput = DocumentFormat.TABLE,
) -> int:
    """Build build/lambda.zip: pruned, for arm64, the same bytes for the same sources.

    Example: paybot package --check
    """
    from paybot_ops.render import packaging, show

    screen = options.screen_of(ctx)
    if check:
        from paybot_ops.operations.package_check import check_package
        from paybot_ops.operations.target import Choice

        difference = check_package(screen, Choice(directory, env, region, sandbox))
        code = ExitCode.FINDING if difference.differs else ExitCode.OK
        answer = Answer(command="package", data=difference, code=code, warnings=tuple(screen.warnings))
        return show(screen, output, answer, lambda: packaging.difference_text(difference))
    from paybot_ops.operations.package import package as operation

    report = operation(screen, directory, force=force)
    answer = Answer(command="package", data=report, warnings=tuple(screen.warnings))
    return show(screen, output, answer, lambda: packaging.report_text(report))
