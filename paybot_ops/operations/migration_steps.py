"""The steps of a migration, made one after the other: each may be made again after a crash and does no harm."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import assert_never

from paybot_ops.adapters.files import create_text_file, find_text_file, replace_text_file
from paybot_ops.adapters.local_states import read_bytes, write_private
from paybot_ops.adapters.migration_journal import Journal, restore_file
from paybot_ops.apply.state import apply_state_change
from paybot_ops.core.direction import Direction
from paybot_ops.core.migration import MigrationObserved, fingerprint_differences, plan_fingerprint
from paybot_ops.core.migration_actions import (
    BackUp,
    ChangeFile,
    FileEdit,
    MigrationStep,
    PlaceLocal,
    RetireLocal,
    SwitchBackend,
    VerifyMove,
)
from paybot_ops.core.moving_state import Arrival, verify_arrival
from paybot_ops.core.state_changes import PlaceState
from paybot_ops.core.state_document import StateDocument, parse_state_document
from paybot_ops.core.terraform_errors import explain
from paybot_ops.errors import PaybotError, StoppedError
from paybot_ops.operations.initialize import note_initialized
from paybot_ops.operations.state_place import Remote
from paybot_ops.operations.target import Target


@dataclass
class Mover:
    """One migration under way. `plan_before` is what the plan said before, None where that is not compared."""

    target: Target
    seen: MigrationObserved
    remote: Remote
    journal: Journal
    plan_before: list[str] | None
    plans_compared: bool = False

    def act(self, step: MigrationStep) -> None:
        """Make one step.

        Raises:
            PaybotError: it failed; what was made so far is to be put back.
        """
        folder = self.target.workspace.directory
        match step:
            case BackUp():
                if read_bytes(folder / step.name) != step.content:
                    write_private(folder / step.name, step.content)
            case PlaceState():
                apply_state_change(step, self.remote.store)
            case PlaceLocal():
                if read_bytes(folder / step.path) != step.content:
                    write_private(folder / step.path, step.content)
            case ChangeFile():
                _change_file(self.target, step.edit)
            case SwitchBackend():
                self._switch()
            case VerifyMove():
                self._verify()
            case RetireLocal():
                self._retire(step)
            case _:
                assert_never(step)

    def _switch(self) -> None:
        self._mend_record()
        with self.target.screen.step("terraform init -migrate-state"):
            run = self.target.terraform.migrate(self.target.backend_options)
        if run.interrupted:
            raise StoppedError("interrupted")
        if run.code != 0:
            raise explain("init -migrate-state", run.code, run.errors)
        note_initialized(self.target)

    def _mend_record(self) -> None:
        """Terraform notes its backend in a file that it does not write whole: one that it died over is put back."""
        record = self.target.workspace.data_dir / "terraform.tfstate"
        try:
            found = read_bytes(record)
            json.loads(found if found is not None else b"{}")
        except ValueError:
            for saved in self.journal.files:
                if saved.path == record:
                    restore_file(saved)

    def _verify(self) -> None:
        differences = [line for moving in self.seen.states for line in self._differences(moving.workspace)]
        if not differences and self.plan_before is not None and self._untouched:
            after = preview(self.target)
            differences += fingerprint_differences(self.plan_before, after)
            self.plans_compared = True
        if differences:
            raise PaybotError(
                "what has arrived is not what left",
                details=tuple(differences),
                why="a moved state must be the same to the last resource",
                hint="if the plan alone differs because the world moves by itself: --no-plan",
            )

    @property
    def _untouched(self) -> bool:
        """False when an interrupted run had moved a state that somebody has worked on since."""
        return all(moving.arrival is not Arrival.NEWER for moving in self.seen.states)

    def _differences(self, workspace: str) -> list[str]:
        moving = next(item for item in self.seen.states if item.workspace == workspace)
        where = self.seen.destination.shown(workspace)
        if self.seen.to is Direction.LOCAL:
            content = read_bytes(self.target.workspace.directory / where) or b""
            return list(verify_arrival(moving, parse_state_document(content), where))
        found = self.remote.store.objects.find(self.remote.place.key_of(workspace))
        arrived = parse_state_document(found.content) if found is not None else None
        differences = list(verify_arrival(moving, arrived, where))
        if found is not None and found.version_id in ("", "null"):
            differences.append(f"{where}: the bucket keeps no version of it")
        if self.remote.store.rows is not None and arrived is not None:
            differences += self._digest_differences(workspace, arrived)
        return differences

    def _digest_differences(self, workspace: str, arrived: StateDocument) -> list[str]:
        place, rows = self.remote.place, self.remote.store.rows
        assert rows is not None
        digest = rows.find_digest(place.digest_id_of(workspace))
        return [] if digest == arrived.md5 else [f"{place.shown(workspace)}: the digest in {place.lock_table} differs"]

    def _retire(self, step: RetireLocal) -> None:
        """Terraform has emptied the file, or found nothing to do and left it: the copy is what stays."""
        path = self.target.workspace.directory / step.path
        moving = next(item for item in self.seen.states if item.workspace == step.workspace)
        note = path.with_name(f"{path.name}{step.backup.removeprefix(step.path)}.txt")
        write_private(note, f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC: {step.line}".encode())
        content = read_bytes(path)
        if content is not None and content.strip() and content != moving.state.content:
            self.target.screen.warn(f"{step.path} was written by somebody else in the meantime and stays")
        else:
            path.unlink(missing_ok=True)
        # Terraform has kept a second copy under this name, over what was there.
        for saved in self.journal.files:
            if saved.path == path.with_name(f"{path.name}.backup"):
                restore_file(saved)


def preview(target: Target) -> list[str]:
    """What Terraform's plan would do now.

    Raises:
        PaybotError: it cannot plan.
    """
    with target.screen.step("terraform plan"):
        run = target.terraform.preview(target.terraform_variables({}))
    if run.interrupted:
        raise StoppedError("interrupted")
    if run.code not in (0, 2):
        raise explain("plan", run.code, run.errors)
    return plan_fingerprint(run.events)


def _change_file(target: Target, edit: FileEdit) -> None:
    path = target.workspace.directory / edit.name
    file = find_text_file(path)
    if (file.text if file is not None else None) == edit.after:
        return  # an interrupted run got as far as this
    if file is None:
        create_text_file(path, edit.after or "")
    elif file.text != edit.before:
        raise PaybotError(
            f"{edit.name} was changed by somebody else in the meantime", hint="run the same command again"
        )
    elif edit.after is None:
        file.target.unlink()
    else:
        replace_text_file(file, edit.after)
