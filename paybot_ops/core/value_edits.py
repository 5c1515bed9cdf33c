"""Which variables of which file a wish sets, and the file's text afterwards."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from difflib import unified_diff
from pathlib import Path

from paybot_ops.core.hcl.edit import set_value
from paybot_ops.core.hcl.paths import HclEditError
from paybot_ops.core.hcl.paths import Path as Argument
from paybot_ops.core.hcl.render import render_value
from paybot_ops.core.hcl.values import Literal, Value
from paybot_ops.errors import UsageError
from paybot_ops.plan import Action, Plan

# The first line of a file that is made for the embedded AWS.
OVERRIDES_HEAD = "# Values that hold for the embedded AWS only; `paybot sandbox stop` removes them.\n"


@dataclass(frozen=True, slots=True)
class InForce:
    """The value of a variable that counts, and what sets it: a file's name, the environment, or its default."""

    value: Value
    origin: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SetValue(Action):
    """Set one variable in a file of values; `target` is the variable."""

    file: Path
    value: Literal

    @property
    def line(self) -> str:
        """The line that says the same, for a person to add."""
        return f"{self.target} = {render_value(self.value)}"


@dataclass(frozen=True, slots=True)
class ValueFile:
    """A file of values before and after; `before` is None where there is none yet."""

    path: Path
    before: str | None = field(repr=False)
    after: str = field(repr=False)

    @property
    def diff(self) -> tuple[str, ...]:
        """The lines that go and come, and no other line of the file: it may hold anything."""
        lines = unified_diff((self.before or "").splitlines(), self.after.splitlines(), n=0, lineterm="")
        return tuple(line for line in lines if not line.startswith(("---", "+++", "@@")))


@dataclass(frozen=True, slots=True, kw_only=True)
class EditPlan(Plan):
    """The variables that a wish sets, and the files that hold them; empty when all of it is set already."""

    actions: tuple[SetValue, ...] = ()
    files: tuple[ValueFile, ...] = ()

    def as_arguments(self) -> dict[str, str]:
        """The same values as Terraform's `-var` takes them: a string as it is, everything else as an expression."""
        return {
            action.target: action.value if isinstance(action.value, str) else render_value(action.value)
            for action in self.actions
        }

    def file_of(self, action: SetValue) -> ValueFile:
        """The file that an action of this plan changes."""
        return next(file for file in self.files if file.path == action.file)


def differing(current: Mapping[str, Value], wanted: Mapping[str, Literal]) -> dict[str, Literal]:
    """What is wanted otherwise than it is; the order of a list says nothing here."""
    return {
        name: value for name, value in wanted.items() if name not in current or _loose(current[name]) != _loose(value)
    }


def check_declared(wanted: Collection[str], declared: Collection[str]) -> None:
    """Refuse to set what the module does not know. Raises `UsageError`."""
    unknown = sorted(set(wanted) - set(declared))
    if unknown:
        raise UsageError(
            f"the module declares no variable {unknown[0]}",
            why="so it has no effect to set it",
            hint="paybot init copies a module that has it; its variables*.tf say what each does",
        )


def plan_edits(
    wanted: Mapping[str, Literal],
    places: Mapping[str, Path],
    texts: Mapping[Path, str | None],
    *,
    head: str = OVERRIDES_HEAD,
) -> EditPlan:
    """The edits that set the wanted values, each in its own file; one that is not there yet begins with `head`.

    Raises:
        HclSyntaxError, HclEditError: a file that Terraform would refuse, or a value that cannot be set alone.
    """
    after: dict[Path, str] = {}
    for name, value in wanted.items():
        path = places[name]
        text = after.get(path, texts[path])
        try:
            after[path] = set_value(head if text is None else text, Argument(name), value)
        except HclEditError as error:
            raise HclEditError(f"{path.name}: {error.what}", why=error.why, hint=error.hint) from None
    actions = tuple(
        SetValue(verb="set", target=name, reason=f"in {places[name].name}", file=places[name], value=value)
        for name, value in wanted.items()
    )
    return EditPlan(actions=actions, files=tuple(ValueFile(path, texts[path], text) for path, text in after.items()))


def _loose(value: Value) -> object:
    return sorted(map(str, value)) if isinstance(value, list) else value
