"""The values of variables as the files say, and the edit of one in the file where it counts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from paybot_ops.adapters.files import check_creatable, check_writable, find_text_file
from paybot_ops.adapters.workspace import Workspace
from paybot_ops.core.hcl.render import render_value
from paybot_ops.core.hcl.values import Literal
from paybot_ops.core.settings import Layer
from paybot_ops.core.value_edits import OVERRIDES_HEAD, EditPlan, InForce, check_declared, plan_edits
from paybot_ops.errors import PaybotError, UsageError
from paybot_ops.operations.settings import read_layers
from paybot_ops.operations.target import Target

_NAME = "terraform.tfvars"


def read_values(target: Target, names: Iterable[str], layers: Sequence[Layer] | None = None) -> dict[str, InForce]:
    """The values in force of those variables that the module declares and something sets, with what sets them.

    Raises:
        HclSyntaxError: a file that Terraform would refuse.
    """
    layers = read_layers(target.source) if layers is None else layers
    found: dict[str, InForce] = {}
    for name in names:
        variable = target.variables.get(name)
        if variable is None:
            continue
        if variable.has_default:
            found[name] = InForce(variable.default, "its default")
        for layer in layers:
            if name in layer.values:
                found[name] = InForce(layer.values[name], layer.origin)
    return found


def plan_values(
    target: Target, wanted: Mapping[str, Literal], layers: Sequence[Layer] | None = None, *, creates: bool = False
) -> EditPlan:
    """The edits that make the files say what is wanted; `creates` makes a file where there is none to set it in.

    Raises:
        UsageError: the module does not declare a variable, there is no file to set it in, or it is JSON.
        FileError: the file cannot be written.
    """
    check_declared(wanted, target.variables)
    workspace = target.source
    layers = read_layers(workspace) if layers is None else layers
    places = {name: place_of(workspace, name, layers) for name in wanted}
    for name, path in places.items():
        _refuse_json(name, path)
    texts = {path: _text(workspace, path, creates=creates) for path in dict.fromkeys(places.values())}
    return plan_edits(wanted, places, texts, head=OVERRIDES_HEAD if workspace.overrides is not None else "")


def try_plan_values(
    target: Target, wanted: Mapping[str, Literal], consequence: str
) -> tuple[EditPlan, PaybotError | None]:
    """The same for a change that must not wait for a file: what cannot be written is told, with the line to add.

    `consequence` says what holds when the rest was done without it.
    """
    try:
        return plan_values(target, wanted, creates=True), None
    except PaybotError as problem:
        return EditPlan(), not_written(target, wanted, consequence, problem)


def not_written(target: Target, wanted: Mapping[str, Literal], consequence: str, problem: PaybotError) -> PaybotError:
    """The error of values that did not get into their file, with what to add to it by hand."""
    layers = read_layers(target.source)
    lines = [
        f"{name} = {render_value(value)} in {place_of(target.source, name, layers)}" for name, value in wanted.items()
    ]
    why = problem.brief
    return PaybotError(consequence, why=why, hint=f"add by hand: {'; '.join(lines)}")


def place_of(workspace: Workspace, name: str, layers: Sequence[Layer]) -> Path:
    """Where a value counts: the embedded AWS's overrides, the environment's file, the last file that sets it."""
    if workspace.overrides is not None:
        return workspace.overrides
    if workspace.env is not None:
        return workspace.environment_files()[0]
    files = {path.name: path for path in workspace.variable_files()}
    setting = [files[layer.origin] for layer in layers if layer.origin in files and name in layer.values]
    return setting[-1] if setting else workspace.directory / _NAME


def _refuse_json(name: str, path: Path) -> None:
    if path.name.endswith(".json"):
        raise UsageError(
            f"{path.name} sets {name}, and paybot edits no JSON", hint=f"set it there by hand, or move it to {_NAME}"
        )


def _text(workspace: Workspace, path: Path, *, creates: bool) -> str | None:
    found = find_text_file(path)
    if found is not None:
        check_writable(found)
        return found.text
    if path == workspace.overrides:
        return None
    if creates:
        check_creatable(path)
        return None
    example = path.with_name(f"{_NAME}.example")
    raise UsageError(
        f"there is no {path.name} in {path.parent}",
        why="it is where the deployment's variables are set",
        hint=f"cp {example} {path}" if example.is_file() else f"create it: touch {path}",
    )
