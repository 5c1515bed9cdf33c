"""What deploy, destroy and outputs answer."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from rich.console import Group, RenderableType
from rich.text import Text

from paybot_ops.core.reports import DeployReport
from paybot_ops.plan import Outcome
from paybot_ops.render.changes import plan_data, plan_table, result_data, summary
from paybot_ops.render.envelope import Answer, plain
from paybot_ops.render.rollback import rollback_data


def answer(command: str, report: DeployReport, warnings: tuple[str, ...]) -> Answer:
    """The report as the one document of its command."""
    data = report_data(report)
    return Answer(command=command, data=data, code=report.code, warnings=warnings, error=report.error)


def report_data(report: DeployReport) -> dict[str, Any]:
    """The report for machines."""
    return {
        "plan": plan_data(report.plan),
        "applied": report.applied,
        "result": result_data(report.result),
        "outputs": dict(report.outputs),
        "smoke": plain(report.smoke),
        "live": {
            "pinned": report.pinned or None,
            "version": report.outputs.get("live_version"),
            "newest": report.outputs.get("lambda_version"),
            "paused": report.paused,
        },
        "rollback": rollback_data(report.rollback) if report.rollback else None,
    }


def deployed(report: DeployReport) -> RenderableType:
    """What a deploy came to: how much changed, the outputs, and the bot's first words."""
    if not report.applied:
        # Where nothing was to be applied, the plan itself is the answer.
        looked = not report.plan.is_empty and not report.result.steps
        return Group(plan_table(report.plan), Text(_not_applied(report))) if looked else _not_applied(report)
    lines = [f"deployed: {report.result.count(Outcome.DONE)} resources changed"]
    lines += [*_answered(report), *_kept(report)]
    return "\n".join([outputs_text(report.outputs), *lines])


def _answered(report: DeployReport) -> list[str]:
    if report.smoke is None:
        return []
    return [f"the bot answered in {report.smoke.milliseconds:.0f} ms: {report.smoke.response}"]


def _kept(report: DeployReport) -> list[str]:
    """What a deploy left as it was on purpose."""
    lines = []
    newest = report.outputs.get("lambda_version")
    if report.pinned and report.pinned != newest:
        published = f"version {newest} is published and not promoted; " if newest else ""
        lines.append(f"{published}customers stay on version {report.pinned}; to promote: paybot rollback --latest")
    if report.paused:
        lines.append("paused: the bot was not asked, and serves nobody until: paybot resume")
    return lines


def destroyed(report: DeployReport) -> RenderableType:
    """What a destroy came to."""
    if not report.applied:
        return deployed(report)
    return f"destroyed: {report.result.count(Outcome.DONE)} resources"


def outputs_text(values: Mapping[str, Any]) -> str:
    """The outputs, one a line; nothing is wrapped or cut, so that a value can be copied."""
    width = max((len(name) for name in values), default=0)
    return "\n".join(f"{name:<{width}}  {_shown(value)}" for name, value in sorted(values.items()))


def _not_applied(report: DeployReport) -> str:
    if report.plan.is_empty:
        return "\n".join(["no changes", *_answered(report), *_kept(report)])
    done = report.result.count(Outcome.DONE)
    if report.result.steps:
        return f"not finished: {done} of {len(report.result.steps)} resources changed"
    return f"not applied: {summary(report.plan)}"


def _shown(value: Any) -> str:
    if value is None:
        return "–"
    return value if isinstance(value, str) else json.dumps(value)
