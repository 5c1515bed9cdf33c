"""What the variables want of guardrails, and the file in which each of them is to be set."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from paybot_ops.adapters.files import check_writable, find_text_file
from paybot_ops.adapters.workspace import Workspace
from paybot_ops.core.guardrail_edits import EditPlan, check_declared, differing, plan_edits
from paybot_ops.core.guardrail_policies import ENABLED, VARIABLES, Policies
from paybot_ops.core.guardrail_variables import parse_policies
from paybot_ops.core.hcl.values import Literal, Value
from paybot_ops.core.settings import Layer
from paybot_ops.errors import UsageError
from paybot_ops.operations.settings import read_layers
from paybot_ops.operations.target import Target

_NAME = "terraform.tfvars"


@dataclass(frozen=True, slots=True)
class Wish:
    """Whether guardrails are wanted, what says so, and the policies; None where the module has no such variables."""

    enabled: bool
    origin: str
    policies: Policies | None
    layers: tuple[Layer, ...]

    def current(self) -> dict[str, Literal]:
        """The variables as they are in force."""
        return {ENABLED: self.enabled, **(self.policies.variables() if self.policies else {})}


def read_wish(target: Target) -> Wish:
    """The wish of a deployment, read from its files.

    Raises:
        UsageError: a file or a value that cannot be used; the module knows no guardrails.
    """
    check_declared([ENABLED], target.variables)
    layers = tuple(read_layers(target.source))
    values: dict[str, Value] = {
        name: variable.default for name, variable in target.variables.items() if name in VARIABLES
    }
    known = bool(values)
    origin = "its default"
    for layer in layers:
        values |= {name: value for name, value in layer.values.items() if name in values}
        origin = layer.origin if ENABLED in layer.values else origin
    policies = parse_policies(values) if known else None
    return Wish(target.settings.enable_bedrock_guardrails, origin, policies, layers)


def plan_wish(target: Target, wish: Wish, wanted: Mapping[str, Literal]) -> EditPlan:
    """The edits that make the files say what is wanted.

    Raises:
        UsageError: the module does not declare a variable, there is no file to set it in, or it is JSON.
        FileError: the file cannot be written.
    """
    changed = differing(wish.current(), wanted)
    check_declared(changed, target.variables)
    places = {name: _place(target.source, name, wish.layers) for name in changed}
    texts = {path: _text(target.source, path) for path in dict.fromkeys(places.values())}
    return plan_edits(changed, places, texts)


def _place(workspace: Workspace, name: str, layers: Iterable[Layer]) -> Path:
    """Where a value counts: the embedded AWS's overrides, the environment's file, the last file that sets it."""
    if workspace.overrides is not None:
        return workspace.overrides
    if workspace.env is not None:
        return workspace.environment_files()[0]
    files = {path.name: path for path in workspace.variable_files()}
    setting = [files[layer.origin] for layer in layers if layer.origin in files and name in layer.values]
    path = setting[-1] if setting else workspace.directory / _NAME
    if path.name.endswith(".json"):
        raise UsageError(
            f"{path.name} sets {name}, and paybot edits no JSON", hint=f"set it there by hand, or move it to {_NAME}"
        )
    return path


def _text(workspace: Workspace, path: Path) -> str | None:
    found = find_text_file(path)
    if found is not None:
        check_writable(found)
        return found.text
    if path == workspace.overrides:
        return None
    example = path.with_name(f"{_NAME}.example")
    raise UsageError(
        f"there is no {path.name} in {path.parent}",
        why="it is where the deployment's variables are set",
        hint=f"cp {example} {path}" if example.is_file() else f"create it: touch {path}",
    )
