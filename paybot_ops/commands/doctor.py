"""`paybot doctor`."""

from __future__ import annotations

from typing import Annotated

import typer

from paybot_ops import options
from paybot_ops.errors import UsageError
from paybot_ops.render.envelope import Answer, Format

Only = Annotated[list[str] | None, typer.Option("--only", metavar="CHECK", help="Only this check; repeatable.")]
Listed = Annotated[bool, typer.Option("--list", help="List the checks, and run none.")]
Fix = Annotated[bool, typer.Option("--fix", help="Make the harmless changes that checks name, after asking.")]
Timeout = Annotated[int, typer.Option("--timeout", min=1, max=300, help="Seconds that a check may take.")]


def doctor(
    ctx: typer.Context,
    only: Only = None,
    listed: Listed = False,
    fix: Fix = False,
    timeout: Timeout = 20,
    directory: options.Directory = None,
    env: options.Environment = None,
    region: options.Region = None,
    sandbox: options.Sandbox = False,
    dry_run: options.DryRun = False,
    yes: options.Yes = False,
    output: options.Output = Format.TABLE,
) -> int:
    """Check the machine, the account and the deployment; say what mends each fault. Exits 3 when a check fails.

    A check that may not look is a warning that names the IAM action. With --fix it makes the harmless changes: file
    modes, terraform init, and settings that only add a protection to the state's bucket and lock.

    Example: paybot doctor --env prod --output json | jq '.data.checks[] | select(.status == "fail")'
    """
    from paybot_ops.operations.doctor import Wanted
    from paybot_ops.operations.doctor import doctor as operation
    from paybot_ops.operations.doctor.table import CHECKS
    from paybot_ops.operations.gate import Gate
    from paybot_ops.operations.target import Choice
    from paybot_ops.render import doctor as text
    from paybot_ops.render import show

    screen = options.screen_of(ctx)
    if listed:
        rows = tuple({"check": check.name, "asks": check.asks} for check in CHECKS)
        pairs = [(check.name, check.asks) for check in CHECKS]
        return show(screen, output, Answer(command="doctor", data=rows, rows=rows), lambda: text.checks_table(pairs))
    if dry_run and not fix:
        raise UsageError("--dry-run shows what --fix would do", hint="paybot doctor --fix --dry-run")
    wanted = Wanted(tuple(only or ()), timeout, fix)
    report = operation(screen, Choice(directory, env, region, sandbox), Gate(dry_run, False, yes), wanted)
    answer = Answer(
        command="doctor",
        data=text.report_data(report),
        rows=text.report_rows(report),
        code=report.code,
        warnings=tuple(screen.warnings),
        error=report.error,
    )
    return show(screen, output, answer, lambda: text.answer_text(report, dry_run=dry_run))
