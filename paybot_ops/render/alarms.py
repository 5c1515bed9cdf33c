"""Alarms as a person reads them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from paybot_ops.core.alarm_lint import Destination, Finding
from paybot_ops.core.alarm_status import Row, StatusReport
from paybot_ops.core.alarm_words import amount, watches
from paybot_ops.core.alarms import HistoryItem, State, topic_name
from paybot_ops.render.figures import moment
from paybot_ops.render.times import ago, second

_STYLES = {State.ALARM: "bold red", State.INSUFFICIENT_DATA: "yellow", State.OK: "green"}
_WORDS = {State.ALARM: "ALARM", State.INSUFFICIENT_DATA: "no data", State.OK: "ok"}
_BAR = 10


def status_table(report: StatusReport, now: datetime, *, local: bool = False) -> RenderableType:
    """A row per alarm, and below them what is wrong and the command that mends it."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name, options in _COLUMNS.items():
        table.add_column(f"{name} (UTC)" if name == "since" and not local else name, **options)
    for row in report.rows:
        table.add_row(*_cells(report, row, now, local=local))
    drawn: list[RenderableType] = [table, Text(summary(report), style="bold")]
    for finding in report.findings:
        drawn.append(_finding(finding))
    return Group(*drawn)


def summary(report: StatusReport) -> str:
    """The state of things in one line."""
    states = [row.alarm.state for row in report.rows]
    parts = [f"{states.count(state)} {_WORDS[state]}" for state in State if state in states]
    found = f"; {len(report.findings)} to mend" if report.findings else ""
    place = f" in account {report.account}, {report.region}" if report.account else f" in {report.region}"
    return f"{len(states)} alarms{place}: {', '.join(parts)}{found}"


def history_table(items: tuple[HistoryItem, ...], *, local: bool = False) -> RenderableType:
    """What happened, newest first."""
    if not items:
        return "nothing happened in that time"
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("time" if local else "time (UTC)", no_wrap=True)
    table.add_column("alarm", overflow="fold")
    table.add_column("what", overflow="fold")
    for item in items:
        table.add_row(second(item.at, local=local), item.alarm, Text(item.summary))
    return table


_COLUMNS: Mapping[str, dict[str, Any]] = {
    "state": {"no_wrap": True},
    "since": {"no_wrap": True},
    "alarm": {"overflow": "fold"},
    "fires on": {"overflow": "fold"},
    "latest": {"justify": "right", "no_wrap": True},
    "of the threshold": {"no_wrap": True},
    "notifies": {"overflow": "fold"},
}


def _cells(report: StatusReport, row: Row, now: datetime, *, local: bool) -> tuple[RenderableType, ...]:
    alarm = row.alarm
    state = Text(_WORDS[alarm.state], style=_STYLES[alarm.state])
    latest = "–"
    if row.value is not None and alarm.watch is not None:
        latest = amount(alarm.watch, row.value.value)
    since = f"{moment(alarm.since, local=local)} ({ago(now - alarm.since)})"
    return (
        state,
        since,
        report.short(alarm.name),
        Text(_watched(report, row)),
        latest,
        _bar(row),
        _notifies(report, row),
    )


def _bar(row: Row) -> Text:
    share = row.share
    if share is None:
        return Text("–", style="dim")
    filled = round(min(max(share, 0), 1) * _BAR)
    firing = row.alarm.state is State.ALARM
    percent = f"{share:.0%}" if share < 10 else ">999%"
    bar = Text("█" * filled + "░" * (_BAR - filled), style="red" if firing else "cyan")
    return bar.append(f" {percent:>5}", style="default")


def _watched(report: StatusReport, row: Row) -> str:
    text = watches(row.alarm)
    for other in report.rows if row.alarm.rule else ():
        text = text.replace(f'"{other.alarm.name}"', report.short(other.alarm.name))
    return text


def _notifies(report: StatusReport, row: Row) -> Text:
    alarm = row.alarm
    if not alarm.alarm_actions:
        return Text("nobody", style="yellow")
    parts = [_destination(report, each) for each in row.destinations]
    others = len(alarm.alarm_actions) - len(alarm.topics)
    parts += [f"{others} other action{'' if others == 1 else 's'}"] if others else []
    shown = ", ".join(parts) or ", ".join(topic_name(arn) for arn in alarm.alarm_actions)
    return Text(shown) if alarm.actions_enabled else Text(f"OFF: {shown}", style="yellow")


def _destination(report: StatusReport, each: Destination) -> str:
    name = report.short(topic_name(each.arn))
    if not each.exists:
        return f"{name} (gone)"
    if not each.readable:
        return name
    pending = f", {each.pending} pending" if each.pending else ""
    return f"{name} → {each.confirmed}{pending}"


def _finding(finding: Finding) -> Text:
    text = Text("! ", style="yellow").append(f"{finding.target}: ", style="bold").append(finding.what, style="default")
    return text.append(f"\n    mend: {finding.mend}", style="cyan")
