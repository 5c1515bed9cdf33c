"""What deploy and destroy share: plan to a file, show, guard the data, confirm, apply that file, report."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from paybot_ops.adapters.terraform import Run, Variables
from paybot_ops.apply import apply_plan
from paybot_ops.core.adoption import importable, nameless
from paybot_ops.core.state import parse_state
from paybot_ops.core.terraform_errors import explain, needs_init
from paybot_ops.core.terraform_events import Event, ResourceEvent
from paybot_ops.core.terraform_plan import TerraformPlan, parse_plan
from paybot_ops.errors import PaybotError, StoppedError, UsageError
from paybot_ops.operations.gate import Gate as Gate
from paybot_ops.operations.guardrail_adoption import lost_guardrails
from paybot_ops.operations.initialize import ensure_initialized
from paybot_ops.operations.preflight import check_state_owner
from paybot_ops.operations.target import Target
from paybot_ops.plan import Outcome, Result
from paybot_ops.render import changes


@dataclass(slots=True)
class Planner:
    """Plans one deployment into a file that exists only as long as it is needed."""

    target: Target
    variables: Variables
    destroy: bool = False

    @contextmanager
    def planned(self) -> Iterator[tuple[TerraformPlan, Path]]:
        """The plan and its file, which is gone afterwards: it holds every value in clear.

        Raises:
            PaybotError: Terraform cannot plan; the message says why and what to do.
        """
        plan_file = self.target.workspace.data_dir / "paybot.tfplan"
        ensure_initialized(self.target)
        try:
            yield self._plan(plan_file), plan_file
        finally:
            plan_file.unlink(missing_ok=True)

    def _plan(self, plan_file: Path) -> TerraformPlan:
        plan = self._plan_once(plan_file)
        lost = self.target.terraform.lost_sight_of()
        if lost and not self.destroy:
            plan = self._adopt(plan, lost, plan_file)
        return plan

    def _plan_once(self, plan_file: Path) -> TerraformPlan:
        terraform = self.target.terraform
        run, changed = self._run(plan_file)
        if run.code not in (0, 2) and needs_init(run.errors):
            ensure_initialized(self.target, force=True)
            run, changed = self._run(plan_file)
        if run.interrupted:
            raise StoppedError("interrupted", why="nothing was changed")
        if run.code not in (0, 2):
            raise explain("plan", run.code, run.errors)
        if self.target.state_is_remote:
            check_state_owner(parse_state(terraform.state_pull()), self.target.identity.account)
        # An unchanged deployment needs no second Terraform process to say so.
        return parse_plan(terraform.show_plan(plan_file)) if changed else TerraformPlan()

    def _run(self, plan_file: Path) -> tuple[Run, bool]:
        with self.target.screen.step("terraform plan"):
            return self.target.terraform.plan(plan_file, self.variables, _ignore, destroy=self.destroy)

    def _adopt(self, plan: TerraformPlan, lost: tuple[ResourceEvent, ...], plan_file: Path) -> TerraformPlan:
        """Take back what a killed apply had created without recording it, and plan again if there was any."""
        screen, terraform = self.target.screen, self.target.terraform
        taken = 0
        found = importable(lost, plan) | lost_guardrails(self.target.session, lost, plan)
        for address, identifier in found.items():
            if terraform.import_resource(address, identifier, self.variables):
                screen.note(f"  {address}: an earlier run was killed while creating it; taken into the state")
                taken += 1
        for address in (address for address in nameless(lost, plan) if address not in found):
            screen.warn(f"{address}: an earlier run was killed while creating it; look for a stray one in the account")
        return self._plan_once(plan_file) if taken else plan


def guard_data(plan: TerraformPlan, gate: Gate) -> None:
    """Refuse to destroy a table, key, secret or bucket unless that was allowed by name.

    Raises:
        UsageError: the plan loses data, and `--allow-data-loss` was not given.
    """
    if plan.data_losses and not gate.allow_data_loss:
        raise UsageError(
            f"the plan destroys data: {', '.join(change.target for change in plan.data_losses)}",
            why="what is in it cannot be brought back by another apply",
            hint="if that is meant, run it again with --allow-data-loss",
        )


def carry_out(target: Target, plan: TerraformPlan, plan_file: Path) -> tuple[Result, Run, PaybotError | None]:
    """Apply with a live line per resource; the error, where there is one, comes back with the partial result."""
    screen = target.screen

    def show(event: ResourceEvent) -> None:
        line = changes.event_line(event)
        if line is not None:
            screen.note(line)

    result, run = apply_plan(plan, target.terraform, plan_file, show)
    error: PaybotError | None = None
    if run.code != 0:
        error = explain("apply", run.code, run.errors)
        if run.interrupted:
            error = StoppedError(
                "interrupted while applying",
                why=f"Terraform finished what it had begun: {result.count(Outcome.DONE)} done, "
                f"{result.count(Outcome.NOT_RUN)} not run; the lock is released",
                hint="run the same command again to go on",
            )
        screen.draw_aside(changes.unfinished(result))
    return result, run, error


def _ignore(_event: Event) -> None:
    """Planning has no line of its own per resource."""
