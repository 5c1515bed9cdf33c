"""`paybot init`: a new workspace."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from paybot_ops import options
from paybot_ops.render.envelope import Answer, DocumentFormat


def init(
    ctx: typer.Context,
    directory: Annotated[Path, typer.Argument(metavar="[DIR]", help="Where (default: here).")] = Path(),
    output: options.DocumentOutput = DocumentFormat.TABLE,
) -> None:
    """Copy the Terraform module and the bot into a folder; nothing that is there is overwritten.

    Example: paybot init my-bot && cd my-bot && paybot deploy
    """
    from paybot_ops.adapters.bundled import copy_workspace
    from paybot_ops.render import show

    screen = options.screen_of(ctx)
    copied = copy_workspace(directory)
    for name in copied.differing:
        screen.warn(f"{name} is there already and differs from the bundled one; it was left as it is")
    place = "" if directory == Path() else f"cd {directory} && "
    text = f"{len(copied.written)} files written to {directory.resolve()}\nnext: {place}paybot deploy"
    if not copied.written:
        text = f"nothing to do: {directory.resolve()} is a workspace already"
    show(screen, output, Answer(command="init", data=copied, warnings=tuple(screen.warnings)), lambda: text)
