"""`paybot sandbox`: the embedded AWS of a workspace."""

from __future__ import annotations

from typing import Annotated

import typer

from paybot_ops import options
from paybot_ops.render.envelope import Answer, DocumentFormat

app = typer.Typer(help="Run the embedded AWS: deploy and try everything without an account.", no_args_is_help=True)


@app.command()
def start(
    ctx: typer.Context,
    directory: options.Directory = None,
    port: Annotated[int, typer.Option("--port", min=0, max=65535, help="Port on loopback (default: a free one).")] = 0,
    output: options.DocumentOutput = DocumentFormat.TABLE,
) -> int:
    """Start it, or say where it is running already.

    Example: paybot sandbox start && paybot deploy --sandbox
    """
    from paybot_ops.operations import sandbox as operation
    from paybot_ops.render import sandbox as text
    from paybot_ops.render import show

    screen = options.screen_of(ctx)
    running = operation.start(screen, directory, port)
    return show(screen, output, Answer(command="sandbox start", data=running), lambda: text.started_text(running))


@app.command()
def stop(
    ctx: typer.Context,
    directory: options.Directory = None,
    output: options.DocumentOutput = DocumentFormat.TABLE,
) -> int:
    """Stop it; what was deployed in it is gone, its copy of the workspace too.

    Example: paybot sandbox stop
    """
    from paybot_ops.operations import sandbox as operation
    from paybot_ops.render import show

    screen = options.screen_of(ctx)
    stopped = operation.stop(directory)
    answer = Answer(command="sandbox stop", data={"stopped": stopped})
    return show(screen, output, answer, lambda: "stopped" if stopped else "not running")


@app.command()
def status(
    ctx: typer.Context,
    directory: options.Directory = None,
    output: options.DocumentOutput = DocumentFormat.TABLE,
) -> int:
    """Say whether it is running, and where.

    Example: paybot sandbox status --output json
    """
    from paybot_ops.operations import sandbox as operation
    from paybot_ops.render import sandbox as text
    from paybot_ops.render import show

    screen = options.screen_of(ctx)
    running = operation.status(directory)
    data = {"running": running is not None, "sandbox": running}
    return show(screen, output, Answer(command="sandbox status", data=data), lambda: text.status_text(running))
