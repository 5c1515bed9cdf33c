"""The steps of a migration, as typed actions."""

from __future__ import annotations

from dataclasses import dataclass, field

from paybot_ops.core.state_changes import PlaceState
from paybot_ops.plan import Action, Plan


@dataclass(frozen=True, slots=True)
class FileEdit:
    """A file of the module to be created, edited or removed: its text before and after, None where there is none."""

    name: str
    before: str | None = field(repr=False)
    after: str | None = field(repr=False)

    @property
    def verb(self) -> str:
        """What happens to it."""
        return "create" if self.before is None else "remove" if self.after is None else "edit"


@dataclass(frozen=True, slots=True, kw_only=True)
class BackUp(Action):
    """Copy a local state beside itself, under the name that it keeps for good."""

    workspace: str
    name: str
    content: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceLocal(Action):
    """Write a state into the module's folder."""

    workspace: str
    path: str
    content: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeFile(Action):
    """Create, edit or remove one file of the module."""

    edit: FileEdit


@dataclass(frozen=True, slots=True, kw_only=True)
class SwitchBackend(Action):
    """`terraform init -migrate-state`: Terraform finds the states in place and works there from now on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifyMove(Action):
    """Compare what arrived with what left."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RetireLocal(Action):
    """Leave of the local state only the copy that is named in the reason, with a line that says where it went."""

    workspace: str
    path: str
    backup: str
    line: str


MigrationStep = BackUp | PlaceState | PlaceLocal | ChangeFile | SwitchBackend | VerifyMove | RetireLocal


@dataclass(frozen=True, slots=True, kw_only=True)
class MigrationPlan(Plan):
    """The steps of a migration, in order."""

    actions: tuple[MigrationStep, ...] = ()
