"""What deploy and destroy share: plan to a file, show, guard the data, confirm, apply that file, report."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from paybot_ops.adapters.run_lock import run_lock
from paybot_ops.adapters.terraform import Run, Variables
from paybot_ops.adapters.workspace import ensure_writable
from paybot_ops.apply import apply_plan
from paybot_ops.core.adoption import importable, nameless
from paybot_ops.core.state import parse_state
from paybot_ops.core.terraform_errors import explain, needs_init
from paybot_ops.core.terraform_events import Event, ResourceEvent
from paybot_ops.core.terraform_plan import TerraformPlan, parse_plan
from paybot_ops.errors import PaybotError, StoppedError, UsageError
from paybot_ops.operations.adoption import looked_up
from paybot_ops.operations.gate import Gate
from paybot_ops.operations.initialize import ensure_initialized
from paybot_ops.operations.preflight import check_state_owner
from paybot_ops.operations.target import Target
from paybot_ops.plan import Outcome, Result
from paybot_ops.render import changes


@dataclass(slots=True)
class Planner:
    """Plans one deployment into a file that exists only as long as it is needed, and is this run's alone."""

    target: Target
    variables: Variables
    gate: Gate
    destroy: bool = False

    @contextmanager
    def planned(self) -> Iterator[tuple[TerraformPlan, Path]]:
        """The plan and its file, which is gone afterwards: it holds every value in clear.

        A run that may apply holds the directory until it is done, so that nothing comes between the plan that is
        confirmed and its apply.

        Raises:
            PaybotError: Terraform cannot plan; the message says why and what to do.
        """
        target = self.target
        data_dir = target.workspace.data_dir
        ensure_writable(data_dir)
        with ExitStack() as stack:
            if not self.gate.looks_only:
                waiting = "another paybot works in this directory; waiting for it …"
                lock = run_lock(data_dir, lambda: target.screen.note(waiting))
                # The children inherit it: a Terraform that outlives a killed paybot still holds the directory.
                target.terraform.lease = stack.enter_context(lock)
            ensure_initialized(target)
            folder = Path(stack.enter_context(TemporaryDirectory(dir=data_dir, prefix="plan-")))
            plan_file = folder / "paybot.tfplan"
            yield self._plan(plan_file), plan_file

    def _plan(self, plan_file: Path) -> TerraformPlan:
        lost = self.target.terraform.lost_sight_of()
        if lost:
            # What is missing from the state is what a plan to create would create again.
            plan = self._plan_once(plan_file, destroy=False)
            if not self._adopt(plan, lost) and not self.destroy:
                return plan
        return self._plan_once(plan_file, destroy=self.destroy)

    def _plan_once(self, plan_file: Path, *, destroy: bool) -> TerraformPlan:
        terraform = self.target.terraform
        run, changed = self._run(plan_file, destroy)
        if run.code not in (0, 2) and needs_init(run.errors):
            ensure_initialized(self.target, force=True)
            run, changed = self._run(plan_file, destroy)
        if run.interrupted:
            raise StoppedError("interrupted", why="nothing was changed")
        if run.code not in (0, 2):
            raise explain("plan", run.code, run.errors)
        for said in () if destroy else run.failed_checks:
            self.target.screen.warn(said)
        if self.target.state_is_remote:
            check_state_owner(parse_state(terraform.state_pull()), self.target.identity.account)
        # An unchanged deployment needs no second Terraform process to say so.
        return parse_plan(terraform.show_plan(plan_file)) if changed else TerraformPlan()

    def _run(self, plan_file: Path, destroy: bool) -> tuple[Run, bool]:
        with self.target.screen.step("terraform plan"):
            return self.target.terraform.plan(plan_file, self.variables, _ignore, destroy=destroy)

    def _adopt(self, plan: TerraformPlan, lost: tuple[ResourceEvent, ...]) -> bool:
        """Take back what a killed apply had created without recording it; a look only says that it would.

        True when the state has changed, and with it the plan.
        """
        screen, terraform = self.target.screen, self.target.terraform
        found = importable(lost, plan) | looked_up(self.target.session, lost, plan)
        for address in (address for address in nameless(lost, plan) if address not in found):
            screen.warn(f"{address}: an earlier run was cut off while creating it; look for a stray one in the account")
        if not found:
            return False
        what = f"an earlier run was cut off while creating {', '.join(found)}"
        if self.gate.looks_only:
            screen.warn(f"{what}; what exists of it is taken into the state by the next run that applies")
            return False
        screen.confirm(f"{what}; take what exists of it into the state?", yes=self.gate.yes)
        taken = [
            address
            for address, identifier in found.items()
            if terraform.import_resource(address, identifier, self.variables)
        ]
        for address in taken:
            screen.note(f"  {address}: taken into the state")
        return bool(taken)


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

    shown = {change.target for change in plan.actions}

    def show(event: ResourceEvent) -> None:
        # Terraform's own bookkeeping was not in the plan that was confirmed, and is not worth a line now.
        line = changes.event_line(event) if event.address in shown else None
        if line is not None:
            screen.note(line)

    result, run = apply_plan(plan, target.terraform, plan_file, show)
    error: PaybotError | None = None
    if run.code != 0:
        error = explain("apply", run.code, run.errors)
        if run.interrupted:
            counts = ", ".join(f"{result.count(outcome)} {outcome.value}" for outcome in Outcome)
            error = StoppedError(
                "interrupted while applying",
                why=f"Terraform was let finish: {counts}",
                hint="run the same command again to go on",
                details=error.details,
            )
        screen.draw_aside(changes.unfinished(result))
    return result, run, error


def _ignore(_event: Event) -> None:
    """Planning has no line of its own per resource."""
