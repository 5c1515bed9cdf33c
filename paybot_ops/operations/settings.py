"""The settings of a workspace, read from its files: every command pays for this, so it imports little."""

from __future__ import annotations

import os
from collections.abc import Mapping

from paybot_ops.adapters.workspace import Workspace, read_texts
from paybot_ops.core.hcl.json_values import read_json_assignments
from paybot_ops.core.hcl.reading import Variable, read_assignments, read_variables
from paybot_ops.core.hcl.values import HclSyntaxError
from paybot_ops.core.settings import Layer, Reading, parse_environment, resolve


def read_settings(workspace: Workspace) -> tuple[Reading, Mapping[str, Variable]]:
    """The settings of a workspace and the variables that its module declares."""
    variables: dict[str, Variable] = {}
    for path, text in read_texts(workspace.module_files()):
        if "variable" in text:
            try:
                variables |= read_variables(text)
            except HclSyntaxError as error:
                raise error.named(path.name) from None
    layers = [parse_environment(os.environ)]
    for path, text in read_texts(workspace.variable_files()):
        read = read_json_assignments if path.name.endswith(".json") else read_assignments
        try:
            layers.append(Layer(path.name, read(text)))
        except HclSyntaxError as error:
            raise error.named(path.name) from None
    return resolve(variables, layers, env=workspace.env), variables
