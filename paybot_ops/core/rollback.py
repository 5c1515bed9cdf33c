"""A rollback: which version becomes the live one, in what it differs, and what is to be known before it does."""

from __future__ import annotations

from dataclasses import dataclass, field

from paybot_ops.core.chat import ChatReply
from paybot_ops.core.value_edits import EditPlan, InForce, SetValue
from paybot_ops.core.version_differences import Difference, compare_versions
from paybot_ops.core.versions import Alias, Version, find_version
from paybot_ops.errors import ExitCode, PaybotError, UsageError
from paybot_ops.plan import Action, Outcome, Plan, Result

PIN = "live_version"
_LISTED = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class MoveAlias(Action):
    """Let the alias (`target`) of a function stand for another version, if its revision is still this one."""

    function: str
    before: str
    after: str
    revision: str


@dataclass(frozen=True, slots=True)
class Sighted:
    """What is observed: the function's alias and versions, and `pin`, None in a module without that variable."""

    function: str
    alias: Alias
    versions: tuple[Version, ...]
    pin: InForce | None

    @property
    def live(self) -> Version | None:
        """The version that customers talk to; None for `$LATEST`, and for one that is gone."""
        return find_version(self.versions, self.alias.version)

    @property
    def newest(self) -> Version:
        """The version that was published last."""
        return self.versions[0]

    @property
    def expected(self) -> str:
        """The version that the variables want to be live: the pinned one, else the newest."""
        return pinned_version(self.pin) or str(self.newest.number)


@dataclass(frozen=True, slots=True, kw_only=True)
class RollbackPlan(Plan):
    """The alias first, then the variable; `unwritable` is why no step can set that, where none can."""

    actions: tuple[MoveAlias | SetValue, ...] = ()
    function: str
    alias: str
    before: str
    wanted: Version
    newest: int
    differences: tuple[Difference, ...] = ()
    notes: tuple[str, ...] = ()
    edits: EditPlan = field(default_factory=EditPlan)
    unwritable: PaybotError | None = None

    @property
    def moves(self) -> bool:
        """Whether customers will talk to another version than now."""
        return any(isinstance(action, MoveAlias) for action in self.actions)

    @property
    def promotes(self) -> bool:
        """Whether it is the way forward, to the newest version."""
        return self.wanted.number == self.newest


@dataclass(slots=True)
class RollbackReport:
    """What it came to; `smoke` is the bot's answer afterwards."""

    plan: RollbackPlan
    result: Result = field(default_factory=Result)
    smoke: ChatReply | None = None
    code: ExitCode = ExitCode.OK
    error: PaybotError | None = None

    @property
    def moved(self) -> bool:
        """Whether the alias stands for the wanted version now, by this run or before it."""
        done = [step.action for step in self.result.steps if step.outcome is Outcome.DONE]
        return not self.plan.moves or any(isinstance(action, MoveAlias) for action in done)


def pinned_version(pin: InForce | None) -> str:
    """The version that the variable pins; "" for the newest.

    Raises:
        UsageError: the value is no version.
    """
    value = "" if pin is None or pin.value is None else pin.value
    if isinstance(value, bool | list | dict) or not (value == "" or _is_number(str(value))):
        origin = pin.origin if pin else ""
        raise UsageError(
            f"the variable {PIN} is no version",
            why=f"it is set by {origin}",
            hint="mend it: a number in quotes, or null",
        )
    return str(value)


def choose_version(seen: Sighted, asked: str | None, *, newest: bool) -> Version:
    """The version to make live: the one asked for, the newest, or the one before the live one.

    A rollback that was cut off after it had moved the alias is finished, not repeated one version further back.

    Raises:
        UsageError: there is no such version, or none before the live one.
    """
    if newest:
        return seen.newest
    if asked is not None:
        found = find_version(seen.versions, asked)
        if found is None:
            raise UsageError(f"{seen.function} has no version {asked}", why=_existing(seen), hint="paybot versions")
        return found
    live = seen.live
    if live is None:
        raise UsageError(
            f"no version of {seen.function} is before the live one",
            why=f"the alias {seen.alias.name} stands for {seen.alias.version}, which is no version that exists",
            hint="name one: paybot versions lists them",
        )
    if seen.pin is not None and seen.alias.version != seen.expected:
        return live
    earlier = [version for version in seen.versions if version.number < live.number]
    if not earlier:
        raise UsageError(
            f"version {live.number} of {seen.function} is the first that exists",
            why="there is none before it to go back to",
            hint="paybot versions lists them",
        )
    return earlier[0]


def wanted_pin(seen: Sighted, wanted: Version, *, newest: bool) -> dict[str, str | None]:
    """What the variable is to be set to; nothing where it says so already, or the module has none.

    From another pin to the newest version by its number pins that: only `newest` lets later deploys promote theirs.
    """
    if seen.pin is None:
        return {}
    if newest:
        return {PIN: None} if pinned_version(seen.pin) else {}
    number = str(wanted.number)
    return {} if seen.expected == number else {PIN: number}


def plan_rollback(
    seen: Sighted,
    wanted: Version,
    edits: EditPlan,
    *,
    guardrail_is_gone: bool = False,
    unwritable: PaybotError | None = None,
) -> RollbackPlan:
    """The alias's move and the variable's edit; empty when both say so already."""
    actions: list[MoveAlias | SetValue] = []
    before, after = seen.alias.version, str(wanted.number)
    if before != after or seen.alias.shares:
        reason = f"version {before} → {after}"
        actions.append(
            MoveAlias(
                verb="move",
                target=seen.alias.name,
                reason=reason,
                function=seen.function,
                before=before,
                after=after,
                revision=seen.alias.revision,
            )
        )
    return RollbackPlan(
        actions=(*actions, *edits.actions),
        function=seen.function,
        alias=seen.alias.name,
        before=before,
        wanted=wanted,
        newest=seen.newest.number,
        differences=compare_versions(seen.live, wanted) if seen.live is not None else (),
        notes=tuple(_notes(seen, wanted, guardrail_is_gone)),
        edits=edits,
        unwritable=unwritable,
    )


def _notes(seen: Sighted, wanted: Version, guardrail_is_gone: bool) -> list[str]:
    """What the versions do not hold, because it is not versioned: the role, the guardrail, the variables."""
    live, notes = seen.live, []
    if guardrail_is_gone:
        notes.append(
            f"version {wanted.number} asks for version {wanted.guardrail_version} of the guardrail "
            f"{wanted.guardrail_id}, which is gone: its model will not answer, payments go on without it"
        )
    if live is not None and live.guardrail_id and not wanted.guardrail_id and wanted.environment is not None:
        notes.append(
            f"version {wanted.number} asks for no guardrail, and the role of today refuses the model without it: "
            "its model will not answer until guardrails are disabled"
        )
    if live is not None and live.model_id != wanted.model_id and wanted.model_id:
        notes.append(f"the role is today's: it may not allow version {wanted.number} its model {wanted.model_id}")
    if seen.alias.shares:
        shares = ", ".join(f"{share:.0%} for version {number}" for number, share in sorted(seen.alias.shares.items()))
        notes.append(f"the alias shares its calls ({shares}): that ends")
    if seen.pin is None and wanted.number != seen.newest.number:
        notes.append(f"the module has no variable {PIN}: the next deploy makes the newest version live again")
    return notes


def _existing(seen: Sighted) -> str:
    numbers = [str(version.number) for version in seen.versions]
    more = f" and {len(numbers) - _LISTED} earlier" if len(numbers) > _LISTED else ""
    return f"there are {', '.join(numbers[:_LISTED])}{more}"


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and not text.startswith("0")
