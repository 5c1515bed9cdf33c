"""A deployment's status as a machine reads it; nothing is drawn, so nothing that draws is loaded."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from paybot_ops.core.status import DEPLOY, Line, Mark, StatusReport


def status_data(report: StatusReport) -> dict[str, Any]:
    """The report for machines: each line under its name, and beside them what needs attention or is unknown."""
    return {
        "name": report.name,
        "environment": report.environment,
        "account": report.account or None,
        "region": report.region,
        "embedded_aws": report.endpoint or None,
        "at": report.at,
        "deployed": report.deployed,
        "in_order": report.in_order,
        "cure": "" if report.deployed else DEPLOY,
        "lines": {_key(line): _line_data(line) for line in report.lines},
        "attention": [_key(line) for line in report.marked(Mark.ATTENTION)],
        "unknown": [_key(line) for line in report.marked(Mark.UNKNOWN)],
    }


def status_rows(report: StatusReport) -> tuple[Mapping[str, Any], ...]:
    """One CSV row per line."""
    return tuple({"line": _key(line), "mark": line.mark, "text": line.text, "cure": line.cure} for line in report.lines)


def _key(line: Line) -> str:
    return line.name.replace(" ", "_")


def _line_data(line: Line) -> dict[str, Any]:
    return {"mark": line.mark, "text": line.text, "cure": line.cure, **line.data}
