"""`paybot secrets`: the Stripe key of a deployment."""

from __future__ import annotations

from typing import Annotated

import typer

from paybot_ops import options
from paybot_ops.errors import ExitCode
from paybot_ops.render.envelope import Answer, DocumentFormat, Format

app = typer.Typer(help="Set the Stripe key of a deployment, and say which one is set.", no_args_is_help=True)


@app.command("set-stripe-key")
def set_stripe_key(
    ctx: typer.Context,
    directory: options.Directory = None,
    env: options.Environment = None,
    region: options.Region = None,
    sandbox: options.Sandbox = False,
    offline: Annotated[bool, typer.Option("--offline", help="Do not ask Stripe whether it knows the key.")] = False,
    test_key: Annotated[
        bool, typer.Option("--test-key", help="Embedded AWS only: have its stand-in of Stripe make a key.")
    ] = False,
    dry_run: options.DryRun = False,
    yes: options.Yes = False,
    output: options.DocumentOutput = DocumentFormat.TABLE,
) -> int:
    """Write the Stripe key into Secrets Manager: typed at a hidden prompt, or from stdin, never an argument.

    Its form and mode are checked, and Stripe is asked whether it knows it. The running bot picks it up by itself.

    Example: paybot secrets set-stripe-key --yes < key.txt
    """
    from paybot_ops.operations import secrets as operation
    from paybot_ops.operations.gate import Gate
    from paybot_ops.operations.target import Choice, find_target
    from paybot_ops.render import secrets as text
    from paybot_ops.render import show

    screen = options.screen_of(ctx)
    target = find_target(screen, Choice(directory, env, region, sandbox))

    def read() -> str:
        return operation.make_test_key(target) if test_key else screen.read_secret("Stripe key (it is not shown)")

    report = operation.set_stripe_key(target, Gate(dry_run=dry_run, yes=yes), read, offline=offline)
    answer = Answer(
        command="secrets set-stripe-key",
        data=text.report_data(report),
        code=report.code,
        error=report.error,
        warnings=tuple(screen.warnings),
    )
    return show(screen, output, answer, lambda: text.report_text(report))


@app.command()
def status(
    ctx: typer.Context,
    directory: options.Directory = None,
    env: options.Environment = None,
    region: options.Region = None,
    sandbox: options.Sandbox = False,
    check: Annotated[bool, typer.Option("--check", help="Exit 3 when no good key is set, or an old one.")] = False,
    output: options.Output = Format.TABLE,
) -> int:
    """Show mode, age and last four characters of the key that is set, and where it is. Never more of it.

    Example: paybot secrets status --check --output json | jq -r .data.age_days
    """
    from paybot_ops.operations import secrets as operation
    from paybot_ops.operations.target import Choice, find_target
    from paybot_ops.render import secrets as text
    from paybot_ops.render import show

    screen = options.screen_of(ctx)
    found = operation.status(find_target(screen, Choice(directory, env, region, sandbox)))
    row = text.status_row(found)
    code = ExitCode.FINDING if check and found.problem else ExitCode.OK
    answer = Answer(command="secrets status", data=row, rows=(row,), code=code, warnings=tuple(screen.warnings))
    return show(screen, output, answer, lambda: text.status_table(found))
