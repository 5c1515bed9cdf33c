"""`paybot state`: where the Terraform state is, its history, its locks."""

from __future__ import annotations

from typing import Annotated

import typer

from paybot_ops import options
from paybot_ops.render.envelope import Answer, DocumentFormat, Format

app = typer.Typer(help="Look at the Terraform state, bring a version back, see to its locks.", no_args_is_help=True)

Workspace = Annotated[
    str | None, typer.Option("--workspace", help="The Terraform workspace (default: the one that is selected).")
]


@app.command()
def status(
    ctx: typer.Context,
    directory: options.Directory = None,
    env: options.Environment = None,
    region: options.Region = None,
    sandbox: options.Sandbox = False,
    output: options.Output = Format.TABLE,
) -> int:
    """Show where the state is, its serial, size and last change, and who holds its locks.

    Example: paybot state status --output json | jq '.data[].locks'
    """
    from paybot_ops.operations.state import status as operation
    from paybot_ops.operations.target import Choice, find_target
    from paybot_ops.render import show
    from paybot_ops.render import state as text

    screen = options.screen_of(ctx)
    found = operation(find_target(screen, Choice(directory, env, region, sandbox)))
    rows = text.status_rows(found)
    answer = Answer(command="state status", data=rows, rows=rows, warnings=tuple(screen.warnings))
    return show(screen, output, answer, lambda: text.status_table(found))


@app.command()
def versions(
    ctx: typer.Context,
    directory: options.Directory = None,
    env: options.Environment = None,
    region: options.Region = None,
    sandbox: options.Sandbox = False,
    workspace: Workspace = None,
    limit: Annotated[int, typer.Option("--limit", min=1, help="At most so many, the newest first.")] = 20,
    output: options.Output = Format.TABLE,
) -> int:
    """List the versions of the state with serial and date.

    Example: paybot state versions --output csv
    """
    from paybot_ops.operations.state import versions as operation
    from paybot_ops.operations.state_place import chosen_workspace
    from paybot_ops.operations.target import Choice, find_target
    from paybot_ops.render import show
    from paybot_ops.render import state as text

    screen = options.screen_of(ctx)
    target = find_target(screen, Choice(directory, env, region, sandbox))
    found = operation(target, chosen_workspace(target, workspace), limit)
    rows = text.version_rows(found)
    answer = Answer(command="state versions", data=rows, rows=rows, warnings=tuple(screen.warnings))
    return show(screen, output, answer, lambda: text.versions_table(found))


@app.command()
def restore(
    ctx: typer.Context,
    version: Annotated[str, typer.Argument(help="The version's ID, or its first letters.")],
    directory: options.Directory = None,
    env: options.Environment = None,
    region: options.Region = None,
    sandbox: options.Sandbox = False,
    workspace: Workspace = None,
    dry_run: options.DryRun = False,
    yes: options.Yes = False,
    output: options.DocumentOutput = DocumentFormat.TABLE,
) -> int:
    """Make an earlier version the state again; the current one stays as a version.

    Example: paybot state restore 3sL4kqtJlcpXroDTDmJ --dry-run
    """
    from paybot_ops.operations.gate import Gate
    from paybot_ops.operations.state_place import chosen_workspace
    from paybot_ops.operations.state_restore import restore as operation
    from paybot_ops.operations.target import Choice, find_target
    from paybot_ops.render import show
    from paybot_ops.render import state as text

    screen = options.screen_of(ctx)
    target = find_target(screen, Choice(directory, env, region, sandbox))
    report = operation(target, Gate(dry_run, False, yes), chosen_workspace(target, workspace), version)
    answer = Answer(
        command="state restore",
        data=text.restore_data(report),
        code=report.code,
        warnings=tuple(screen.warnings),
        error=report.error,
    )
    return show(screen, output, answer, lambda: text.restore_text(report))


@app.command()
def unlock(
    ctx: typer.Context,
    directory: options.Directory = None,
    env: options.Environment = None,
    region: options.Region = None,
    sandbox: options.Sandbox = False,
    workspace: Workspace = None,
    dry_run: options.DryRun = False,
    yes: options.Yes = False,
    output: options.DocumentOutput = DocumentFormat.TABLE,
) -> int:
    """Break the lock of a Terraform that is certainly dead, after its holder and age were shown.

    Example: paybot state unlock
    """
    from paybot_ops.operations.gate import Gate
    from paybot_ops.operations.state_locks import unlock as operation
    from paybot_ops.operations.state_place import chosen_workspace
    from paybot_ops.operations.target import Choice, find_target
    from paybot_ops.render import show
    from paybot_ops.render import state as text

    screen = options.screen_of(ctx)
    target = find_target(screen, Choice(directory, env, region, sandbox))
    report = operation(target, Gate(dry_run, False, yes), chosen_workspace(target, workspace))
    answer = Answer(command="state unlock", data=text.unlock_data(report), warnings=tuple(screen.warnings))
    return show(screen, output, answer, lambda: text.unlock_text(report))


@app.command()
def verify(
    ctx: typer.Context,
    directory: options.Directory = None,
    env: options.Environment = None,
    region: options.Region = None,
    sandbox: options.Sandbox = False,
    verbose: options.Verbose = False,
    output: options.Output = Format.TABLE,
) -> int:
    """Hold each lock and prove that a second `terraform plan` is refused; exit 3 when it is not.

    Example: paybot state verify
    """
    from paybot_ops.errors import ExitCode
    from paybot_ops.operations.state_locks import verify as operation
    from paybot_ops.operations.state_place import chosen_workspace
    from paybot_ops.operations.target import Choice, find_target
    from paybot_ops.render import show
    from paybot_ops.render import state as text

    screen = options.screen_of(ctx)
    target = find_target(screen, Choice(directory, env, region, sandbox, verbose))
    report = operation(target, chosen_workspace(target, None))
    rows = text.verify_rows(report)
    code = ExitCode.OK if report.ok else ExitCode.FINDING
    data = {"where": report.where, "locks": rows}
    answer = Answer(command="state verify", data=data, rows=rows, code=code, warnings=tuple(screen.warnings))
    return show(screen, output, answer, lambda: text.verify_table(report))
