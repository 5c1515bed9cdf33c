"""The settings of a workspace, read from its files: every command pays for this, so it imports little."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from paybot_ops.adapters.workspace import Workspace, read_texts
from paybot_ops.core.hcl.json_values import read_json_assignments
from paybot_ops.core.hcl.reading import Backend, Variable, read_assignments, read_variables
from paybot_ops.core.hcl.reading import find_backend as read_backend
from paybot_ops.core.hcl.values import HclSyntaxError
from paybot_ops.core.settings import Layer, Reading, parse_environment, resolve


@dataclass(frozen=True, slots=True)
class ActiveBackend:
    """The backend block that is in force, and the file that it stands in."""

    path: Path
    block: Backend


def find_backend(workspace: Workspace) -> ActiveBackend | None:
    """The active backend block of the module; one in an override file wins, as in Terraform (Override Files).

    Raises:
        HclSyntaxError: a file that Terraform would refuse.
    """
    found: dict[bool, ActiveBackend] = {}
    for path, text in read_texts(workspace.module_files()):
        if "backend" in text:
            try:
                block = read_backend(text)
            except HclSyntaxError as error:
                raise error.named(path.name) from None
            if block is not None:
                found[path.stem == "override" or path.stem.endswith("_override")] = ActiveBackend(path, block)
    return found.get(True) or found.get(False)


def read_settings(workspace: Workspace) -> tuple[Reading, Mapping[str, Variable]]:
    """The settings of a workspace and the variables that its module declares."""
    variables: dict[str, Variable] = {}
    for path, text in read_texts(workspace.module_files()):
        if "variable" in text:
            try:
                variables |= read_variables(text)
            except HclSyntaxError as error:
                raise error.named(path.name) from None
    return resolve(variables, read_layers(workspace), env=workspace.env), variables


def read_layers(workspace: Workspace) -> list[Layer]:
    """The values that each source assigns, lowest precedence first; a file's layer bears the file's name.

    Raises:
        HclSyntaxError: a file that Terraform would refuse.
    """
    layers = [parse_environment(os.environ)]
    for path, text in read_texts(workspace.variable_files()):
        read = read_json_assignments if path.name.endswith(".json") else read_assignments
        try:
            layers.append(Layer(path.name, read(text)))
        except HclSyntaxError as error:
            raise error.named(path.name) from None
    return layers
