"""`paybot versions`: what was deployed, and which of it is live."""

from __future__ import annotations

from typing import Annotated

import typer

from paybot_ops import options
from paybot_ops.errors import ExitCode
from paybot_ops.render.envelope import Answer, Format


def versions(
    ctx: typer.Context,
    limit: Annotated[int, typer.Option("--limit", min=1, help="At most so many, the newest first.")] = 20,
    directory: options.Directory = None,
    env: options.Environment = None,
    region: options.Region = None,
    sandbox: options.Sandbox = False,
    output: options.Output = Format.TABLE,
) -> ExitCode:
    """List the published versions: commit, deployer, time, code, guardrail, and which one is live.

    Example: paybot versions --output json | jq -r '.data.versions[] | select(.live).version'
    """
    from paybot_ops.operations.target import Choice, find_target
    from paybot_ops.operations.versions import list_versions
    from paybot_ops.render import show
    from paybot_ops.render import versions as render

    screen = options.screen_of(ctx)
    found = list_versions(find_target(screen, Choice(directory, env, region, sandbox)), limit)
    rows = render.version_rows(found.versions, found.live, found.newest)
    data = {
        "function": found.function,
        "live": found.live.version if found.live else None,
        "pinned": found.pinned or None,
        "versions": rows,
    }
    answer = Answer(command="versions", data=data, rows=rows, warnings=tuple(screen.warnings))
    return show(
        screen, output, answer, lambda: render.versions_table(found.versions, found.live, found.newest, found.pinned)
    )
