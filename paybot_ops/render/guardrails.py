"""What the `guardrails` commands show and answer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from paybot_ops.core.guardrail_cost import MESSAGES, GuardrailCost
from paybot_ops.core.guardrails import Disagreement, Filters, View, strength_of
from paybot_ops.core.money import dollars_text, money_text
from paybot_ops.core.reports import DeployReport
from paybot_ops.core.value_edits import EditPlan
from paybot_ops.render import deployment
from paybot_ops.render.figures import ABSENT

_NAMES = {"content": "harmful content", "topic": "denied topics", "pii": "personal data", "word": "words"}


def announced(plan: EditPlan, cost: GuardrailCost | None, enabled: bool) -> RenderableType:
    """What is about to be set, as a difference of each file, and what it will cost."""
    lines: list[RenderableType] = []
    for file in plan.files:
        lines.append(Text(str(file.path), style="bold"))
        lines += [Text(f"  {line}", style="green" if line.startswith("+") else "red") for line in file.diff]
    if plan.is_empty:
        lines.append(Text(f"the variables say so already: guardrails are {'on' if enabled else 'off'}"))
    if cost is not None:
        lines.append(Text(f"{MESSAGES:,} messages of up to 1,000 characters each way cost {money_text(cost.total)}:"))
        lines.append(cost_table(cost))
    return Group(*lines)


def cost_table(cost: GuardrailCost) -> RenderableType:
    """Text units and dollars by policy."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), show_header=False)
    for _ in range(4):
        table.add_column()
    for item in cost.policies:
        price = "price unknown" if item.price is None else f"at {dollars_text(item.price)} per 1,000"
        table.add_row(f"  {_NAMES[item.policy]}", f"{item.units:,} units", price, money_text(item.cost))
    return table


def cost_data(cost: GuardrailCost | None) -> dict[str, Any] | None:
    """The same for machines; dollars are decimal strings, None where a price is unknown."""
    if cost is None:
        return None
    return {
        "policies": [
            {"policy": item.policy, "text_units": item.units, "dollars": item.cost.dollars} for item in cost.policies
        ],
        "dollars": cost.total.dollars,
        "complete": cost.total.complete,
    }


def toggled(plan: EditPlan, written: bool, deployed: DeployReport | None) -> RenderableType:
    """What came of it: the files, and the deploy where there was one."""
    names = ", ".join(dict.fromkeys(file.path.name for file in plan.files))
    text = f"{'written' if written else 'not written'}: {names}" if names else "the variables were so already"
    if deployed is None:
        return text if not written else f"{text}; deploy it with: paybot deploy"
    drawn = deployment.deployed(deployed)
    # A text stays one: it is written as it is, so that a value can be copied.
    return f"{drawn}\n{text}" if isinstance(drawn, str) else Group(drawn, Text(text))


def edits_data(plan: EditPlan) -> list[dict[str, Any]]:
    """The variables that are set, for machines."""
    return [{"file": str(item.file), "variable": item.target, "value": item.value} for item in plan.actions]


def status_rows(view: View) -> tuple[Mapping[str, Any], ...]:
    """One row per aspect, one column per view; None where a view knows nothing of it."""
    wanted, deployed, live, used = view.wanted, view.deployed, view.live, view.used
    aspects: list[tuple[str, Any, Any, Any, Any]] = [
        (
            "guardrail",
            "on" if wanted.enabled else "off",
            deployed.guardrail_id or None,
            live and live.status,
            (used.guardrail_id or "none") if used else None,
        ),
        (
            "version",
            None,
            deployed.version or None,
            live and live.version,
            (used.guardrail_version or None) if used else None,
        ),
    ]
    policies = wanted.policies if wanted.enabled else None
    asked = dict(_described_wish(view)) if policies is not None else {}
    found = dict(_described(live.filters)) if live else {}
    aspects += [
        (name, asked.get(name), None, found.get(name), None) for name in ("personal data", "content", "topics", "words")
    ]
    if used is not None and deployed.guardrail_id:
        aspects.append(("role", None, None, None, "flawed" if used.flaws else "only with it"))
    names = ("aspect", "wanted", "deployed", "live", "used")
    return tuple(dict(zip(names, aspect, strict=True)) for aspect in aspects)


def status_table(view: View, found: tuple[Disagreement, ...]) -> RenderableType:
    """The views side by side, and below them what disagrees, each with its cure."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in ("", "wanted", "deployed", "live", "used"):
        table.add_column(heading, overflow="fold")
    for row in status_rows(view):
        table.add_row(*(Text(ABSENT if value is None else str(value)) for value in row.values()))
    lines = [Text(f"! {item.what}\n  next: {item.cure}", style="yellow") for item in found]
    return Group(table, *(lines or [Text("all agree", style="green")]))


def status_data(view: View, found: tuple[Disagreement, ...]) -> dict[str, Any]:
    """The same for machines."""
    return {
        "enabled": view.wanted.enabled,
        "set_by": view.wanted.origin,
        "guardrail_id": view.deployed.guardrail_id or None,
        "version": view.deployed.version or None,
        "rows": [dict(row) for row in status_rows(view)],
        "disagreements": [{"what": item.what, "cure": item.cure} for item in found],
    }


def _described_wish(view: View) -> Iterator[tuple[str, str]]:
    policies = view.wanted.policies
    assert policies is not None
    yield "personal data", f"{len(policies.pii_entities)} kinds, {policies.pii}" if policies.pii_entities else "off"
    yield "content", policies.content.value
    own = f"{len(policies.topics)} of yours" if policies.topics else ""
    yield "topics", " + ".join(filter(None, ["payments only" if policies.keep_to_payments else "", own])) or "off"
    yield "words", _words(len(policies.words), policies.profanity)


def _described(filters: Filters) -> Iterator[tuple[str, str]]:
    actions = sorted({"mask" if action == "ANONYMIZE" else action.lower() for action in filters.pii.values()})
    yield "personal data", f"{len(filters.pii)} kinds, {', '.join(actions)}" if filters.pii else "off"
    yield "content", strength_of(filters).value
    yield "topics", f"{len(filters.topics)} denied" if filters.topics else "off"
    yield "words", _words(len(filters.words), filters.profanity)


def _words(own: int, profanity: bool) -> str:
    return " + ".join(filter(None, ["profanity" if profanity else "", f"{own} of yours" if own else ""])) or "off"
