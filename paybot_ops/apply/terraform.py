"""Changes that Terraform makes: exactly the plan file that was confirmed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from paybot_ops.adapters.terraform import Run, Terraform
from paybot_ops.core.terraform_events import Event, Phase, ResourceEvent
from paybot_ops.core.terraform_plan import ResourceChange, TerraformPlan
from paybot_ops.plan import Outcome, Result, StepResult


def apply(
    plan: TerraformPlan, terraform: Terraform, plan_file: Path, on_event: Callable[[ResourceEvent], None]
) -> tuple[Result, Run]:
    """Apply the plan file; each resource of the plan ends as done, failed or not run."""

    def heard(event: Event) -> None:
        if isinstance(event, ResourceEvent):
            on_event(event)

    run = terraform.apply(plan_file, heard)
    return Result(steps=tuple(_step(change, run) for change in plan.actions)), run


def _step(change: ResourceChange, run: Run) -> StepResult:
    events = [event for event in run.resources if event.address == change.target]
    why = "; ".join(item.summary for item in run.errors if item.address == change.target)
    seconds = sum(event.seconds for event in events)
    if why or any(event.phase is Phase.FAILED for event in events):
        return StepResult(action=change, outcome=Outcome.FAILED, seconds=seconds, why=why)
    # A replacement is two operations; a run that succeeded did both, whatever their order.
    ended = sum(event.phase is Phase.DONE for event in events)
    needed = 2 if change.verb == "replace" else 1
    done = run.code == 0 or ended >= needed
    if not done and any(event.phase is Phase.STARTED for event in events):
        return StepResult(
            action=change, outcome=Outcome.FAILED, seconds=seconds, why="begun, and not ended when Terraform stopped"
        )
    return StepResult(action=change, outcome=Outcome.DONE if done else Outcome.NOT_RUN, seconds=seconds)
