"""The options that several commands share, each declared once."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from paybot_ops.render.envelope import DocumentFormat, Format
from paybot_ops.screen import Screen


def complete_environment(ctx: typer.Context, incomplete: str) -> list[str]:
    """The environments of the directory that the command line is about; the shell's Tab asks for them."""
    from paybot_ops.adapters.workspace import find_workspace
    from paybot_ops.errors import PaybotError

    try:
        directory = ctx.params.get("directory")
        found = find_workspace(Path.cwd(), Path(directory) if directory else None, None).environments()
    except (PaybotError, OSError):
        return []
    return [name for name in found if name.startswith(incomplete)]


Directory = Annotated[
    Path | None,
    typer.Option("--dir", help="The Terraform directory (default: here, or ./terraform).", envvar="PAYBOT_DIR"),
]
Environment = Annotated[
    str | None,
    typer.Option(
        "--env",
        help="The environment: reads <env>.tfvars, whose `environment` it must be.",
        envvar="PAYBOT_ENV",
        autocompletion=complete_environment,
    ),
]
Region = Annotated[
    str | None, typer.Option("--region", help="AWS region (default: the deployment's own).", envvar="PAYBOT_REGION")
]
Sandbox = Annotated[bool, typer.Option("--sandbox", help="Use the embedded AWS, on a copy of the Terraform directory.")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask; for CI.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Show what would change, change nothing.")]
Check = Annotated[bool, typer.Option("--check", help="Change nothing; exit 3 when anything would change.")]
Verbose = Annotated[bool, typer.Option("--verbose", "-v", help="Show Terraform's own messages too.")]
Output = Annotated[Format, typer.Option("--output", "-o", help="How to answer.")]
DocumentOutput = Annotated[DocumentFormat, typer.Option("--output", "-o", help="How to answer.")]


def screen_of(ctx: typer.Context) -> Screen:
    """The screen that the entry point made for this run."""
    screen = ctx.find_root().obj
    assert isinstance(screen, Screen)
    return screen
