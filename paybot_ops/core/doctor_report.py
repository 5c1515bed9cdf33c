"""All verdicts of a run of `paybot doctor`, and the harmless changes that `--fix` makes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from paybot_ops.core.bootstrap import BootstrapAction
from paybot_ops.core.doctor import Checked, Status
from paybot_ops.errors import ExitCode, PaybotError
from paybot_ops.plan import Action, Plan, Result


@dataclass(frozen=True, slots=True, kw_only=True)
class CloseFile(Action):
    """Take permissions of the group and of others away: the bits of `mask`."""

    path: str
    mask: int


@dataclass(frozen=True, slots=True, kw_only=True)
class InitTerraform(Action):
    """Run `terraform init`."""


FixAction = CloseFile | InitTerraform | BootstrapAction


@dataclass(frozen=True, slots=True, kw_only=True)
class FixPlan(Plan):
    """The harmless changes of all checks, each once."""

    actions: tuple[FixAction, ...] = ()

    @property
    def is_local(self) -> bool:
        """Whether nothing but this machine's files changes."""
        return all(isinstance(action, CloseFile | InitTerraform) for action in self.actions)


@dataclass(frozen=True, slots=True)
class DoctorReport:
    """All verdicts in the table's order; with `--fix`, what was to be done and what was."""

    checks: tuple[Checked, ...]
    plan: FixPlan = field(default_factory=FixPlan)
    result: Result = field(default_factory=Result)
    error: PaybotError | None = None

    def count(self, status: Status) -> int:
        """How many checks ended so."""
        return sum(item.verdict.status is status for item in self.checks)

    @property
    def code(self) -> ExitCode:
        """3 where a check failed; the error's own where a fix went wrong."""
        if self.error is not None:
            return self.error.code
        return ExitCode.FINDING if self.count(Status.FAIL) else ExitCode.OK


def plan_fixes(checks: Iterable[Checked]) -> FixPlan:
    """The harmless changes that the verdicts name, in the order of the checks."""
    named = dict.fromkeys(action for item in checks for action in item.verdict.fixes)
    return FixPlan(actions=tuple(action for action in named if isinstance(action, FixAction)))
