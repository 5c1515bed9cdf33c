"""What `verify` answers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rich.console import Group, RenderableType
from rich.text import Text

from paybot_ops.core.drills import Drilled, DrillPlan, Verdict

_STYLES = {Verdict.PASSED: "green", Verdict.FAILED: "bold red", Verdict.SKIPPED: "dim"}


def drills_text(rows: Sequence[Drilled], plan: DrillPlan) -> RenderableType:
    """A block for each drill: its verdict, what was seen, and, where it failed, what to type next."""
    held = {item.drill for item in rows}
    ahead = [Text(f"would drill  {each.drill.value}: {each.reason}") for each in plan.actions if each.drill not in held]
    return Group(*ahead, *(_block(item) for item in rows))


def drill_rows(rows: Sequence[Drilled]) -> tuple[dict[str, Any], ...]:
    """The same for machines."""
    return tuple(
        {
            "drill": item.drill,
            "verdict": item.verdict,
            "seen": list(item.seen),
            "why": item.why,
            "cure": item.hint,
            "seconds": item.seconds,
        }
        for item in rows
    )


def _block(item: Drilled) -> Text:
    text = Text()
    time = f"  {item.seconds:.1f} s" if item.verdict is not Verdict.SKIPPED else ""
    text.append(f"{item.verdict.value:<7}  ", style=_STYLES[item.verdict])
    text.append(f"{item.drill.value}{time}", style="bold")
    for line in item.seen:
        text.append(f"\n         {line}")
    if item.why:
        text.append(f"\n         {item.why}")
    if item.hint:
        text.append(f"\n         next: {item.hint}", style="cyan")
    return text
