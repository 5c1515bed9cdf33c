"""`paybot logs`: the function's and the API's log lines as one stream."""

from __future__ import annotations

from typing import Annotated

import typer

from paybot_ops import options
from paybot_ops.render.envelope import Format


def logs(
    ctx: typer.Context,
    since: Annotated[
        str, typer.Option("--since", help="From when on: 30s, 15m, 2h, 1d, 1w ago, or an ISO time (UTC).")
    ] = "15m",
    until: Annotated[str | None, typer.Option("--until", help="Up to when, in the same forms (default: now).")] = None,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on with what comes, until Ctrl-C.")] = False,
    pattern: Annotated[
        str | None,
        typer.Option(
            "--filter", help='CloudWatch\'s own filter pattern, such as "timed out" or { $.level = "ERROR" }.'
        ),
    ] = None,
    errors: Annotated[
        bool, typer.Option("--errors", help="Errors and warnings, 5xx of the API, failures of the platform.")
    ] = False,
    session: Annotated[
        str | None, typer.Option("--session", help="Only the requests of this session (the bot's sessionId).")
    ] = None,
    limit: Annotated[int | None, typer.Option("--limit", min=1, help="Stop after so many lines.")] = None,
    tail: Annotated[int | None, typer.Option("--tail", min=0, help="Only so many of the newest lines.")] = None,
    directory: options.Directory = None,
    env: options.Environment = None,
    region: options.Region = None,
    sandbox: options.Sandbox = False,
    output: options.Output = Format.TABLE,
) -> int:
    """Show the log lines of the bot and of its API, merged by time; card numbers are masked.

    Example: paybot logs --since 2h --errors
    """
    from paybot_ops.errors import ExitCode
    from paybot_ops.operations.logs import LogWish, open_logs
    from paybot_ops.operations.target import Choice, find_target
    from paybot_ops.render.log_stream import LogStream

    screen = options.screen_of(ctx)
    wish = LogWish(since, until, follow, pattern, errors, session, limit, tail)
    reading = open_logs(find_target(screen, Choice(directory, env, region, sandbox)), wish)
    try:
        return LogStream(screen, output, follows=follow).show(reading.events(), reading.nothing)
    except KeyboardInterrupt:
        # It is how following ends: nobody needs to be told.
        return ExitCode.INTERRUPTED
