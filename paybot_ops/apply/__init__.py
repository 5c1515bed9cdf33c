"""Every change that paybot can make to an account: one typed match here, one file per area behind it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import assert_never

from paybot_ops.adapters.terraform import Run, Terraform
from paybot_ops.apply import terraform as terraform_area
from paybot_ops.core.terraform_events import ResourceEvent
from paybot_ops.core.terraform_plan import TerraformPlan
from paybot_ops.plan import Result

Change = TerraformPlan


def apply_plan(
    plan: Change, terraform: Terraform, plan_file: Path, on_event: Callable[[ResourceEvent], None]
) -> tuple[Result, Run]:
    """Carry out a plan that was shown and confirmed; what was done, what failed and what was not run."""
    match plan:
        case TerraformPlan():
            return terraform_area.apply(plan, terraform, plan_file, on_event)
        case _:
            assert_never(plan)
