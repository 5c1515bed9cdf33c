"""What the variables want of guardrails, and the edits that make them want something else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from paybot_ops.core.guardrail_policies import ENABLED, VARIABLES, Policies
from paybot_ops.core.guardrail_variables import parse_policies
from paybot_ops.core.hcl.values import Literal, Value
from paybot_ops.core.settings import Layer
from paybot_ops.core.value_edits import EditPlan, check_declared, differing
from paybot_ops.operations.settings import read_layers
from paybot_ops.operations.target import Target
from paybot_ops.operations.value_edits import plan_values


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
    return plan_values(target, differing(wish.current(), wanted), wish.layers)
