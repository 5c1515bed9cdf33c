"""`paybot alarms`: their state, their history, a test of the way to the reader, and the thresholds."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from paybot_ops import options
from paybot_ops.core.alarm_threshold import Per
from paybot_ops.errors import ExitCode, UsageError
from paybot_ops.render.envelope import Answer, DocumentFormat, Format

if TYPE_CHECKING:
    from paybot_ops.core.alarm_status import StatusReport
    from paybot_ops.core.alarms import HistoryItem
    from paybot_ops.core.reports import DeployReport
    from paybot_ops.screen import Screen

app = typer.Typer(help="See the deployment's alarms, test them, set their thresholds.", no_args_is_help=True)

Prefix = Annotated[
    str | None,
    typer.Option("--prefix", help="What the alarms' names begin with (default: <project>-)."),
]
Local = Annotated[bool, typer.Option("--local", help="Show times in your own zone instead of UTC.")]
Firing = Annotated[bool, typer.Option("--check", help="Exit 3 when an alarm fires; with --watch, as soon as one does.")]
Watch = Annotated[bool, typer.Option("--watch", "-w", help="Refresh in place until Ctrl-C.")]
Every = Annotated[int, typer.Option("--every", min=1, max=3600, help="Seconds between two looks with --watch.")]
_LONGEST_DAYS = 30


class HistoryKind(StrEnum):
    """The kinds of events; `aws` is CloudWatch's own name."""

    ALL = "all"
    STATE = "state"
    ACTION = "action"
    SETTINGS = "settings"

    @property
    def aws(self) -> str:
        """Its HistoryItemType; "" for all."""
        names = {"state": "StateUpdate", "action": "Action", "settings": "ConfigurationUpdate"}
        return names.get(self.value, "")


@app.command()
def status(
    ctx: typer.Context,
    prefix: Prefix = None,
    watch: Watch = False,
    every: Every = 10,
    check: Firing = False,
    local: Local = False,
    directory: options.Directory = None,
    env: options.Environment = None,
    region: options.Region = None,
    sandbox: options.Sandbox = False,
    output: options.Output = Format.TABLE,
) -> int:
    """Show every alarm: state, latest value, where it notifies; below, what is wrong and what mends it.

    Example: paybot alarms status --env prod --check
    """
    from paybot_ops.operations.alarms import status as operation
    from paybot_ops.operations.target import Choice, find_target
    from paybot_ops.render import show

    screen = options.screen_of(ctx)
    target = find_target(screen, Choice(directory, env, region, sandbox))
    if watch:
        if output is not Format.TABLE:
            raise UsageError(f"--watch draws a table, --output {output} is one document", hint="leave one of them out")
        return _watch(screen, lambda: operation(target, prefix), every, check=check, local=local)
    report = operation(target, prefix)
    from paybot_ops.render import alarm_data as data

    answer = Answer(
        command="alarms status",
        data=data.status_data(report) if output is Format.JSON else None,
        rows=data.status_rows(report) if output is Format.CSV else (),
        code=ExitCode.FINDING if check and report.firing else ExitCode.OK,
        warnings=tuple(screen.warnings),
    )
    return show(screen, output, answer, lambda: _status_table(report, local))


@app.command()
def history(
    ctx: typer.Context,
    name: Annotated[str, typer.Argument(help="One alarm, or a part of its name (default: all of them).")] = "",
    days: Annotated[int, typer.Option("--days", min=1, max=_LONGEST_DAYS, help="How far back; AWS keeps 30 days.")] = 7,
    kind: Annotated[HistoryKind, typer.Option("--type", help="Which kind of event.")] = HistoryKind.ALL,
    most: Annotated[int, typer.Option("--most", min=1, max=10_000, help="At most so many, newest first.")] = 50,
    prefix: Prefix = None,
    local: Local = False,
    directory: options.Directory = None,
    env: options.Environment = None,
    region: options.Region = None,
    sandbox: options.Sandbox = False,
    output: options.Output = Format.TABLE,
) -> int:
    """Show what happened to the alarms: changes of state, of settings, and notifications sent.

    Example: paybot alarms history token-usage --type state
    """
    from paybot_ops.operations.alarms import history as operation
    from paybot_ops.operations.target import Choice, find_target
    from paybot_ops.render import alarm_data, show

    screen = options.screen_of(ctx)
    target = find_target(screen, Choice(directory, env, region, sandbox))
    since = datetime.now(UTC) - timedelta(days=days)
    items = operation(target, prefix, name, since=since, kind=kind.aws, most=most)
    data = alarm_data.history_data(items)
    answer = Answer(command="alarms history", data=data, rows=tuple(data), warnings=tuple(screen.warnings))
    return show(screen, output, answer, lambda: _history_table(items, local))


@app.command()
def test(
    ctx: typer.Context,
    name: Annotated[str, typer.Argument(help="The alarm, or a part of its name.")],
    wait: Annotated[int, typer.Option("--wait", min=1, max=600, help="Seconds to wait for the record.")] = 60,
    prefix: Prefix = None,
    directory: options.Directory = None,
    env: options.Environment = None,
    region: options.Region = None,
    sandbox: options.Sandbox = False,
    dry_run: options.DryRun = False,
    yes: options.Yes = False,
    output: options.DocumentOutput = DocumentFormat.TABLE,
) -> int:
    """Set an alarm to ALARM by hand, wait for the record of its message, and put it back; Ctrl-C puts it back too.

    Example: paybot alarms test token-usage
    """
    from paybot_ops.operations.alarm_test import test_alarm
    from paybot_ops.operations.gate import Gate
    from paybot_ops.operations.target import Choice, find_target
    from paybot_ops.render import alarm_changes, show

    screen = options.screen_of(ctx)
    target = find_target(screen, Choice(directory, env, region, sandbox))
    report = test_alarm(target, Gate(dry_run, False, yes), prefix, name, seconds=wait)
    answer = Answer(
        command="alarms test",
        data=alarm_changes.test_data(report),
        code=report.code,
        warnings=tuple(screen.warnings),
        error=report.error,
    )
    return show(screen, output, answer, lambda: alarm_changes.test_text(report))


@app.command()
def set_threshold(
    ctx: typer.Context,
    tokens: Annotated[str | None, typer.Option("--tokens", help="Input tokens.")] = None,
    output_tokens: Annotated[str | None, typer.Option("--output-tokens", help="Output tokens.")] = None,
    dollars: Annotated[str | None, typer.Option("--dollars", help="US dollars of model cost.")] = None,
    per: Annotated[Per, typer.Option("--per", help="What that is meant for; the alarm counts a day.")] = Per.DAY,
    apply: Annotated[bool, typer.Option("--apply", help="Deploy it then.")] = False,
    directory: options.Directory = None,
    env: options.Environment = None,
    region: options.Region = None,
    sandbox: options.Sandbox = False,
    dry_run: options.DryRun = False,
    yes: options.Yes = False,
    output: options.DocumentOutput = DocumentFormat.TABLE,
) -> int:
    """Set the threshold of an alarm in the tfvars, in place, and say what it costs at the model's price.

    Example: paybot alarms set-threshold --dollars 5 --per day --apply
    """
    from paybot_ops.core.alarm_threshold import Wish, parse_number
    from paybot_ops.operations.alarm_threshold import set_threshold as operation
    from paybot_ops.operations.gate import Gate
    from paybot_ops.operations.target import Choice, find_target
    from paybot_ops.render import alarm_changes, show

    screen = options.screen_of(ctx)
    wish = Wish(
        parse_number(tokens, "--tokens"),
        parse_number(output_tokens, "--output-tokens"),
        parse_number(dollars, "--dollars"),
        per,
    )
    choice, gate = Choice(directory, env, region, sandbox), Gate(dry_run, False, yes)

    def deployed() -> DeployReport:
        from paybot_ops.operations.deploy import deploy

        # Read anew: the embedded AWS has a copy of the files, and it must be that of the edited ones.
        return deploy(find_target(screen, choice), gate)

    report = operation(find_target(screen, choice), gate, wish, deployed if apply else None)
    answer = Answer(
        command="alarms set-threshold",
        data=alarm_changes.threshold_data(report.plan, written=report.written),
        code=report.code,
        warnings=tuple(screen.warnings),
        error=report.error,
    )
    return show(screen, output, answer, lambda: alarm_changes.threshold_text(report.plan, written=report.written))


def _status_table(report: StatusReport, local: bool) -> Any:
    from paybot_ops.render import alarms as render

    return render.status_table(report, datetime.now(UTC), local=local)


def _history_table(items: tuple[HistoryItem, ...], local: bool) -> Any:
    from paybot_ops.render import alarms as render

    return render.history_table(items, local=local)


def _watch(screen: Screen, look: Callable[[], StatusReport], every: int, *, check: bool, local: bool) -> ExitCode:
    from paybot_ops.render.watch import watch

    def drawn() -> tuple[Any, bool]:
        report = look()
        return _status_table(report, local), check and report.firing > 0

    return ExitCode.FINDING if watch(screen, drawn, every) else ExitCode.INTERRUPTED
