"""The kill switch: no turn may run while the function's reserved concurrency is 0."""

from __future__ import annotations

from dataclasses import dataclass, field

from paybot_ops.core.chat import ChatReply
from paybot_ops.core.hcl.values import Value
from paybot_ops.core.value_edits import EditPlan, InForce, SetValue
from paybot_ops.errors import ExitCode, PaybotError, UsageError
from paybot_ops.plan import Action, Outcome, Plan, Result

PAUSED, RESERVED = "paused", "reserved_concurrency"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReserveConcurrency(Action):
    """Reserve so many runs of a function (`target`) and limit it to them; None reserves and limits nothing."""

    before: int | None
    after: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PausePlan(Plan):
    """The reservation first, then the variable; `unwritable` is why no step can set that, where none can."""

    actions: tuple[ReserveConcurrency | SetValue, ...] = ()
    function: str
    pauses: bool
    notes: tuple[str, ...] = ()
    edits: EditPlan = field(default_factory=EditPlan)
    unwritable: PaybotError | None = None

    @property
    def switches(self) -> bool:
        """Whether customers notice."""
        return any(isinstance(action, ReserveConcurrency) for action in self.actions)


@dataclass(slots=True)
class PauseReport:
    """What it came to; `smoke` is the bot's answer after a resume."""

    plan: PausePlan
    result: Result = field(default_factory=Result)
    smoke: ChatReply | None = None
    code: ExitCode = ExitCode.OK
    error: PaybotError | None = None

    @property
    def switched(self) -> bool:
        """Whether the function serves, or serves no more, as was wanted."""
        done = [step.action for step in self.result.steps if step.outcome is Outcome.DONE]
        return not self.plan.switches or any(isinstance(action, ReserveConcurrency) for action in done)


def is_paused(setting: InForce | None) -> bool | None:
    """What the variable says; None in a module that has none.

    Raises:
        UsageError: the value is neither true nor false.
    """
    if setting is None:
        return None
    if setting.value in (True, "true"):
        return True
    if setting.value in (False, "false"):
        return False
    raise _wrong(PAUSED, setting, "true or false")


def wanted_reservation(setting: InForce | None, recorded: int | None) -> int | None:
    """How many runs to reserve when serving again: what the variable says, else what Terraform last saw; None is none.

    Raises:
        UsageError: the variable is no number of runs.
    """
    number = recorded if setting is None else _whole(setting.value)
    if number is None and setting is not None:
        raise _wrong(RESERVED, setting, "a whole number from 1, or -1")
    # 0 is a pause that was recorded, and no reservation to go back to.
    return None if number is None or number < 1 else number


def plan_pause(
    function: str, reserved: int | None, setting: bool | None, edits: EditPlan, unwritable: PaybotError | None = None
) -> PausePlan:
    """Refuse every call, and let the variable say so; empty when both is so already."""
    notes = () if setting is not None else (_released(),)
    return PausePlan(
        actions=(*_reserve(function, reserved, 0), *edits.actions),
        function=function,
        pauses=True,
        notes=notes,
        edits=edits,
        unwritable=unwritable,
    )


def plan_resume(
    function: str,
    reserved: int | None,
    wanted: int | None,
    edits: EditPlan,
    unwritable: PaybotError | None = None,
) -> PausePlan:
    """Let calls run again, as many as the settings say; a function that is not paused keeps what it has."""
    actions = _reserve(function, reserved, wanted) if reserved == 0 else ()
    return PausePlan(
        actions=(*actions, *edits.actions), function=function, pauses=False, edits=edits, unwritable=unwritable
    )


def shown_reservation(reserved: int | None) -> str:
    """A reservation in words."""
    if reserved is None:
        return "no limit of its own"
    return "nothing runs" if reserved == 0 else f"{reserved} at once"


def _reserve(function: str, before: int | None, after: int | None) -> tuple[ReserveConcurrency, ...]:
    if before == after:
        return ()
    reason = f"{shown_reservation(before)} → {shown_reservation(after)}"
    return (ReserveConcurrency(verb="reserve", target=function, reason=reason, before=before, after=after),)


def _released() -> str:
    return f"the module has no variable {PAUSED}: the next terraform apply may let the function serve again"


def _whole(value: Value) -> int | None:
    try:
        return int(str(value)) if not isinstance(value, bool) else None
    except ValueError:
        return None


def _wrong(name: str, setting: InForce, wanted: str) -> UsageError:
    return UsageError(
        f"the variable {name} must be {wanted}", why=f"it is set by {setting.origin}", hint="mend the value"
    )
