"""`paybot status`: the whole deployment on one screen."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from paybot_ops import options
from paybot_ops.errors import CredentialsError, ExitCode, PaybotError, UsageError
from paybot_ops.render.envelope import Answer, Format

if TYPE_CHECKING:
    from paybot_ops.core.status import StatusReport
    from paybot_ops.operations.target import Target

_EVERY = 10

Seconds = Annotated[
    int | None,
    typer.Argument(metavar="[SECONDS]", min=1, max=3600, help=f"With --watch: between two looks (default: {_EVERY})."),
]
Watch = Annotated[bool, typer.Option("--watch", "-w", help="Look again and again, on the whole screen, until Ctrl-C.")]
Drift = Annotated[bool, typer.Option("--drift", help="Run `terraform plan` too: what differs from the files. Slow.")]
Attention = Annotated[
    bool, typer.Option("--check", help="Exit 3 when a line needs attention or is unknown, or nothing is deployed.")
]
Export = Annotated[Path | None, typer.Option("--export", help="Write the screen to an .svg file.")]
Timeout = Annotated[
    int, typer.Option("--timeout", min=1, max=300, help="Seconds after which what has not answered is unknown.")
]


def status(
    ctx: typer.Context,
    seconds: Seconds = None,
    watch: Watch = False,
    drift: Drift = False,
    check: Attention = False,
    export: Export = None,
    timeout: Timeout = 20,
    directory: options.Directory = None,
    env: options.Environment = None,
    region: options.Region = None,
    sandbox: options.Sandbox = False,
    output: options.Output = Format.TABLE,
) -> int:
    """Show the whole deployment on one screen: version, health, alarms, tokens, guardrail, state, key.

    What may not be read is a line of its own, with the IAM action that is missing. The API is asked for a preflight,
    which it answers itself: no model runs and no card is touched.

    Example: paybot status --env prod --check
    """
    from paybot_ops.operations.status import read_status
    from paybot_ops.operations.target import Choice, find_target
    from paybot_ops.render import show
    from paybot_ops.render import status_data as data

    _check(seconds, watch=watch, drift=drift, export=export, output=output)
    screen = options.screen_of(ctx)
    target = find_target(screen, Choice(directory, env, region, sandbox))
    if watch:
        return _watch(target, seconds or _EVERY, timeout, check=check)
    report = read_status(target, drift=drift, seconds=timeout)
    for warning in report.warnings:
        screen.warn(warning)
    if export is not None:
        _export(target, report, export)
    answer = Answer(
        command="status",
        data=data.status_data(report),
        rows=data.status_rows(report),
        code=report.code(check=check),
        warnings=tuple(screen.warnings),
    )
    return show(screen, output, answer, lambda: _table(report))


def _check(seconds: int | None, *, watch: bool, drift: bool, export: Path | None, output: Format) -> None:
    from paybot_ops.operations.metrics import check_export

    check_export(export)
    if seconds is not None and not watch:
        raise UsageError("seconds are for --watch alone", hint=f"paybot status --watch {seconds}")
    if not watch:
        return
    if output is not Format.TABLE:
        raise UsageError(f"--watch draws a table, --output {output} is one document", hint="leave one of them out")
    if drift or export is not None:
        raise UsageError(
            f"--watch and {'--drift' if drift else '--export'} exclude each other", hint="leave one of them out"
        )


def _table(report: StatusReport, note: str = "") -> Any:
    from paybot_ops.render.status import StatusTable

    return StatusTable(report, note)


def _export(target: Target, report: StatusReport, path: Path) -> None:
    from paybot_ops.operations.metrics import save_chart
    from paybot_ops.render.status_svg import svg

    save_chart(path, svg(report))
    target.screen.note(f"written: {path}")


def _watch(target: Target, every: int, timeout: int, *, check: bool) -> ExitCode:
    from paybot_ops.operations.status import read_status
    from paybot_ops.render.watch import watch

    seen = False

    def look() -> tuple[Any, bool]:
        nonlocal seen
        try:
            report = read_status(target, seconds=timeout)
        except CredentialsError:
            raise
        except PaybotError as error:
            if not seen:
                raise
            return f"{datetime.now(UTC):%H:%M:%S} UTC: {error.what}: {error.why}", False
        seen = True
        note = f"{report.at:%H:%M:%S} UTC, every {every} s"
        return _table(report, note), check and not report.in_order

    finding = watch(target.screen, look, every, full_screen=True)
    return ExitCode.FINDING if finding else ExitCode.INTERRUPTED
