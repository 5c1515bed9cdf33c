"""`paybot verify`: the drills."""

from __future__ import annotations

from typing import Annotated

import typer

from paybot_ops import options
from paybot_ops.core.drills import Drill
from paybot_ops.render.envelope import Answer, Format


def verify(
    ctx: typer.Context,
    only: Annotated[list[Drill] | None, typer.Option("--only", help="Only this drill; repeatable.")] = None,
    alarm: Annotated[str, typer.Option("--alarm", help="The alarm to set off (default: the one on tokens).")] = "",
    wait: Annotated[int, typer.Option("--wait", min=1, max=600, help="Seconds to wait for the alarm's message.")] = 60,
    directory: options.Directory = None,
    env: options.Environment = None,
    region: options.Region = None,
    sandbox: options.Sandbox = False,
    dry_run: options.DryRun = False,
    yes: options.Yes = False,
    output: options.Output = Format.TABLE,
) -> int:
    """Drill the deployment: an alarm, the guardrail, the state lock, a test payment. Exits 3 when one fails.

    Each drill puts back what it changes. The payment is held with a test key only, and its card number is searched for
    in the session table and the logs. A drill that the deployment cannot be put through is skipped, with the reason.

    Example: paybot verify --env staging --only lock --only payment
    """
    from paybot_ops.operations.gate import Gate
    from paybot_ops.operations.target import Choice, find_target
    from paybot_ops.operations.verify import verify as operation
    from paybot_ops.render import drills, show

    screen = options.screen_of(ctx)
    target = find_target(screen, Choice(directory, env, region, sandbox))
    report = operation(target, Gate(dry_run, False, yes), only=tuple(only or ()), alarm=alarm, seconds=wait)
    rows = drills.drill_rows(report.rows)
    data = {
        "changes": [{"drill": item.drill, "target": item.target, "does": item.reason} for item in report.plan.actions],
        "drills": rows,
    }
    answer = Answer(command="verify", data=data, rows=rows, code=report.code, warnings=tuple(screen.warnings))
    return show(screen, output, answer, lambda: drills.drills_text(report.rows, report.plan))
