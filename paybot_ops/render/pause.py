"""What `pause` and `resume` show and answer."""

from __future__ import annotations

from typing import Any

from rich.console import Group, RenderableType
from rich.text import Text

from paybot_ops.core.pause import PausePlan, PauseReport, ReserveConcurrency
from paybot_ops.render.envelope import plain
from paybot_ops.render.value_edits import action_data, edit_lines, result_data

# What API Gateway makes of a function that Lambda throttles (AWS re:Post: Why did my API Gateway endpoint return an
# "Internal server error"?), in the words of the module's DEFAULT_5XX.
_WHAT_IT_MEANS = (
    "every message gets HTTP 500 from the API: the chat is not available",
    "turns that are running end by themselves, within the function's timeout",
    "the alarms on throttles and on the API's errors will fire while customers write",
    "not stopped: Stripe's pages that are open already can still be paid; stored sessions stay until they expire",
)


def announced(plan: PausePlan) -> RenderableType:
    """What is about to happen, what customers will see of it, and the lines of the file."""
    lines: list[RenderableType] = [
        Text(f"{action.target}: {action.reason}", style="bold")
        for action in plan.actions
        if isinstance(action, ReserveConcurrency)
    ]
    if plan.switches and plan.pauses:
        lines += [Text(f"  {line}") for line in _WHAT_IT_MEANS]
    return Group(*lines, *edit_lines(plan.edits))


def pause_data(report: PauseReport) -> dict[str, Any]:
    """A pause or resume for machines; `paused` is how it is now."""
    plan = report.plan
    done = bool(report.result.steps) or plan.is_empty
    switched = plan.switches and done and report.switched
    return {
        "function": plan.function,
        "paused": plan.pauses if switched or not plan.switches else not plan.pauses,
        "changes": [action_data(action) for action in plan.actions],
        "result": result_data(report.result),
        "smoke": plain(report.smoke),
    }


def pause_answer(report: PauseReport) -> RenderableType:
    """What it came to, and the way back; where nothing was done, the plan itself is the answer."""
    plan = report.plan
    state = "paused" if plan.pauses else "serving"
    if plan.is_empty:
        return f"nothing to do: {plan.function} is {state}" if report.error is None else f"{plan.function} is {state}"
    if not report.result.steps:
        return Group(announced(plan), Text("not done"))
    if not report.switched:
        return f"not done: {plan.function} is as it was"
    lines = [f"{plan.function} is {state}"]
    if report.result.ok and plan.edits.files:
        names = ", ".join(file.path.name for file in plan.edits.files)
        lines.append(f"{names} says so too: deploys keep it" if plan.pauses else f"{names} says so too")
    if report.smoke is not None:
        lines.append(f"the bot answered in {report.smoke.milliseconds:.0f} ms: {report.smoke.response}")
    if plan.pauses:
        lines.append("serve again: paybot resume")
    return "\n".join(lines)
