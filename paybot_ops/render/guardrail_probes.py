"""What `guardrails test` answers. The texts stay out: a user's own case may hold anything."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from paybot_ops.core.guardrail_cost import GuardrailCost
from paybot_ops.core.guardrail_probes import Probed
from paybot_ops.core.money import money_text
from paybot_ops.render.figures import ABSENT
from paybot_ops.render.guardrails import cost_table


def probe_rows(probed: tuple[Probed, ...]) -> tuple[Mapping[str, Any], ...]:
    """One row per probe."""
    return tuple(
        {
            "probe": item.probe.name,
            "through": "bot" if item.through_bot else "guardrail",
            "expected": item.probe.expect,
            "actual": item.finding.act if item.finding else None,
            "by": ", ".join(item.finding.by) if item.finding else "",
            "result": "not covered" if item.probe.expect is None else "ok" if item.ok else "FAILED",
        }
        for item in probed
    )


def probe_table(probed: tuple[Probed, ...], cost: GuardrailCost) -> RenderableType:
    """Expected beside actual, the count of each, and what it cost."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in ("probe", "through", "expected", "actual", "by", "result"):
        table.add_column(heading)
    for row in probe_rows(probed):
        style = {"FAILED": "bold red", "not covered": "dim"}.get(str(row["result"]))
        # As text: a name of the user's own may look like markup.
        table.add_row(*(Text(str(value or ABSENT)) for value in row.values()), style=style)
    failed, uncovered = sum(not item.ok for item in probed), sum(item.probe.expect is None for item in probed)
    text = f"{len(probed) - failed - uncovered} as expected, {failed} failed, {uncovered} that no policy looks for"
    return Group(table, Text(text, style="bold"), Text(f"spent: {money_text(cost.total)}"), cost_table(cost))
