"""`paybot migrate-state`: look, plan, show, confirm, move, verify; and put everything back when a step fails."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path
from typing import Any

from paybot_ops.adapters.migration_journal import Journal, begin_journal, end_journal, find_journal, sweep
from paybot_ops.adapters.run_lock import run_lock
from paybot_ops.adapters.workspace import ensure_writable
from paybot_ops.apply.steps import run_steps
from paybot_ops.core.backend import DEFAULT_WORKSPACE, LocalPlace, S3Place
from paybot_ops.core.direction import Direction
from paybot_ops.core.migration import MigrationObserved, MigrationReport, plan_migration
from paybot_ops.operations.gate import Gate
from paybot_ops.operations.initialize import ensure_initialized, stamp_of
from paybot_ops.operations.migration_back import put_back
from paybot_ops.operations.migration_steps import Mover, preview
from paybot_ops.operations.migration_view import observe
from paybot_ops.operations.state_place import remote_of
from paybot_ops.operations.target import Target
from paybot_ops.plan import StepResult
from paybot_ops.render import migration as text


def migrate_state(target: Target, gate: Gate, to: Direction, *, compare_plans: bool = True) -> MigrationReport:
    """Move the deployment's state to S3, or back beside the module; an interrupted move is gone on with.

    Raises:
        PaybotError: what stands against it, or it was not confirmed; nothing was changed. A move that failed half-way
            is in the report instead, put back.
    """
    data_dir = target.workspace.data_dir
    with ExitStack() as stack:
        if not gate.dry_run:
            ensure_writable(data_dir)
            target.terraform.lease = stack.enter_context(run_lock(data_dir, lambda: _waiting(target)))
            sweep(data_dir)
        journal = find_journal(data_dir)
        seen = observe(target, to, journal, compare_plans=compare_plans)
        report = MigrationReport(
            to,
            plan_migration(seen),
            source=seen.source.shown(DEFAULT_WORKSPACE),
            destination=seen.destination.shown(DEFAULT_WORKSPACE),
            states=seen.states,
        )
        if report.plan.is_empty:
            return report
        screen = target.screen
        screen.note(target.header(), style="bold")
        if seen.resumed:
            screen.note("an earlier run was interrupted: this one goes on from where it stood")
        screen.draw_aside(text.plan_table(report))
        if gate.dry_run:
            return report
        screen.confirm(f"move the state of {target.header()} to {report.destination}?", yes=gate.yes)
        _move(target, seen, journal, report)
    return report


def _move(target: Target, seen: MigrationObserved, journal: Journal | None, report: MigrationReport) -> None:
    plan_before = journal.record["fingerprint"] if journal is not None else _plan_before(target, seen)
    place = seen.destination if isinstance(seen.destination, S3Place) else seen.source
    assert isinstance(place, S3Place)
    if journal is None:
        journal = _begin(target, seen, place, plan_before)
    mover = Mover(target, seen, remote_of(target, place), journal, plan_before)

    def heard(step: StepResult) -> None:
        target.screen.note(text.step_line(step))

    report.result, report.error = run_steps(report.plan.actions, mover.act, heard)
    report.plans_compared = mover.plans_compared
    if report.error is None:
        end_journal(journal)
        report.applied = True
        return
    report.code = report.error.code
    target.screen.note("putting back what was written …")
    report.left = put_back(mover)
    report.put_back = not report.left


def _plan_before(target: Target, seen: MigrationObserved) -> list[str] | None:
    """What the plan says where the state is now. To leave S3, Terraform must first know that it is there."""
    if seen.compare_plans or seen.to is Direction.LOCAL:
        ensure_initialized(target)
    return preview(target) if seen.compare_plans else None


def _begin(target: Target, seen: MigrationObserved, place: S3Place, plan_before: list[str] | None) -> Journal:
    folder = target.workspace.directory
    local = seen.source if isinstance(seen.source, LocalPlace) else seen.destination
    assert isinstance(local, LocalPlace)
    blobs = [moving.state.content for moving in seen.states]
    states: list[dict[str, Any]] = []
    paths = [folder / edit.name for edit in seen.edits]
    for number, moving in enumerate(seen.states):
        path = folder / local.path_of(moving.workspace)
        there = None
        if moving.there is not None:
            there = len(blobs)
            blobs.append(moving.there.content)
        mode = path.stat().st_mode & 0o777 if path.is_file() else 0o600
        states.append({"workspace": moving.workspace, "source": number, "there": there, "mode": mode})
        paths.append(path.with_name(f"{path.name}.backup"))
    record = {
        "to": seen.to.value,
        "place": asdict(place),
        "local": asdict(local),
        "states": states,
        "edits": [asdict(edit) for edit in seen.edits],
        "fingerprint": plan_before,
    }
    return begin_journal(target.workspace.data_dir, record, (*paths, *_written_by_init(target)), tuple(blobs))


def _written_by_init(target: Target) -> tuple[Path, ...]:
    data_dir = target.workspace.data_dir
    return (
        data_dir / "terraform.tfstate",
        data_dir / "environment",
        stamp_of(target),
        target.workspace.directory / ".terraform.lock.hcl",
    )


def _waiting(target: Target) -> None:
    target.screen.note("an earlier run has not ended yet: waiting for it …")
