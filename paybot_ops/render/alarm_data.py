"""Alarms as a machine reads them; nothing is drawn, so nothing that draws is loaded."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from paybot_ops.core.alarm_status import Row, StatusReport
from paybot_ops.core.alarm_words import watches
from paybot_ops.core.alarms import HistoryItem, topic_name


def status_data(report: StatusReport) -> dict[str, Any]:
    """The report for machines."""
    return {
        "account": report.account,
        "region": report.region,
        "firing": report.firing,
        "alarms": [_row_data(row) for row in report.rows],
        "findings": [
            {"flaw": item.flaw, "target": item.target, "what": item.what, "mend": item.mend} for item in report.findings
        ],
    }


def status_rows(report: StatusReport) -> tuple[Mapping[str, Any], ...]:
    """The rows of the CSV."""
    flaws: dict[str, list[str]] = {}
    for finding in report.findings:
        flaws.setdefault(finding.target, []).append(finding.flaw.value)
    rows = []
    for row in report.rows:
        data = _row_data(row)
        flat = {name: data[name] for name in data if name not in ("notifies", "reason", "description")}
        flat["notifies"] = " ".join(each.arn for each in row.destinations)
        flat["confirmed_subscribers"] = sum(each.confirmed for each in row.destinations)
        targets = (row.alarm.name, *map(topic_name, row.alarm.topics))
        flat["flaws"] = " ".join(dict.fromkeys(flaw for target in targets for flaw in flaws.get(target, ())))
        rows.append(flat)
    return tuple(rows)


def history_data(items: tuple[HistoryItem, ...]) -> list[dict[str, Any]]:
    """The same for machines."""
    return [{"time": item.at, "alarm": item.alarm, "kind": item.kind, "summary": item.summary} for item in items]


def _row_data(row: Row) -> dict[str, Any]:
    alarm, watch = row.alarm, row.alarm.watch
    return {
        "name": alarm.name,
        "kind": alarm.kind,
        "state": alarm.state,
        "since": alarm.since,
        "watches": watches(alarm),
        "value": row.value.value if row.value else None,
        "value_at": row.value.at if row.value else None,
        "threshold": watch.threshold if watch else None,
        "share": None if row.share is None else round(row.share, 4),
        "period_seconds": watch.period if watch else None,
        "actions_enabled": alarm.actions_enabled,
        "notifies": [
            {"topic": each.arn, "confirmed": each.confirmed, "pending": each.pending, "exists": each.exists}
            for each in row.destinations
        ],
        "reason": alarm.reason,
        "description": alarm.description,
    }
