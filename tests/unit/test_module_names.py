"""What the CLI asks of the Terraform module by name, the module declares: outputs, variables, guardrail policies."""

from __future__ import annotations

import re
from dataclasses import asdict
from typing import Any

from paybot_ops.adapters.workspace import Workspace
from paybot_ops.core.guardrail_policies import ENABLED, VARIABLES, Policies
from paybot_ops.core.guardrail_variables import parse_policies
from paybot_ops.core.hcl.reading import Variable, read_variables
from paybot_ops.core.hcl.values import Value
from paybot_ops.core.settings import Layer, resolve
from paybot_ops.operations.target import Choice, Target
from paybot_ops.sandbox import DEFAULT_REGION
from paybot_ops.screen import Screen
from tests.conftest import ROOT
from tests.unit.names_in_code import outputs_read, variables_named

MODULE = [path.read_text() for path in sorted((ROOT / "terraform").glob("*.tf"))]
OUTPUTS = {name for text in MODULE for name in re.findall(r'^output "(\w+)" \{$', text, re.MULTILINE)}
VARIABLES_OF_MODULE: dict[str, Variable] = {}
for _text in MODULE:
    VARIABLES_OF_MODULE |= read_variables(_text)


class Asked(dict[str, Any]):
    """A mapping that remembers what it was asked for."""

    def __init__(self) -> None:
        super().__init__()
        self.names: set[str] = set()

    def get(self, key: str, default: Any = None) -> Any:
        self.names.add(key)
        return default

    def __contains__(self, key: object) -> bool:
        self.names.add(str(key))
        return False


def test_every_output_that_the_code_reads_is_declared() -> None:
    read = outputs_read()
    assert {"chat_url", "stripe_secret_arn"} <= read.keys()  # it does find them
    assert {name: where for name, where in read.items() if name not in OUTPUTS} == {}


def test_every_variable_that_the_code_names_is_declared() -> None:
    named = variables_named()
    assert {"deployed_by", "live_version", "paused"} <= named.keys()  # it does find them
    assert {name: where for name, where in named.items() if name not in VARIABLES_OF_MODULE} == {}


def test_every_setting_is_a_variable_s() -> None:
    settings = leaves(asdict(resolve(VARIABLES_OF_MODULE, [], env=None).settings))
    moved = set()
    for name, variable in VARIABLES_OF_MODULE.items():
        layer = Layer("other.tfvars", {name: another(variable.default)})
        changed = leaves(asdict(resolve(VARIABLES_OF_MODULE, [layer], env=None).settings))
        moved |= {field for field in settings if changed[field] != settings[field]}
    assert moved == settings.keys()


def test_every_guardrail_policy_is_a_variable_s() -> None:
    asked = Asked()
    parse_policies(asked)
    written = Policies(blocked_message="No.").variables()
    assert asked.names == written.keys() == set(VARIABLES)
    assert {*VARIABLES, ENABLED} <= VARIABLES_OF_MODULE.keys()


def test_what_the_command_line_pins_is_a_variable_s() -> None:
    reading = resolve(VARIABLES_OF_MODULE, [], env=None)
    asked, folder = Asked(), Workspace(ROOT / "terraform")
    choice = Choice(region="eu-west-1")
    target = Target(Screen(), choice, folder, folder, reading, asked, DEFAULT_REGION, "http://127.0.0.1:1")
    assert target.terraform_variables({}).values == {}
    assert {"stripe_api_base", "aws_region"} <= asked.names <= VARIABLES_OF_MODULE.keys()


def leaves(value: Any, name: str = "") -> dict[str, Any]:
    """The fields of nested mappings by their dotted names."""
    if not isinstance(value, dict):
        return {name: value}
    return {key: leaf for below, item in value.items() for key, leaf in leaves(item, f"{name}.{below}").items()}


def another(value: Value) -> Value:
    """A value of the same type that is not this one."""
    match value:
        case bool():
            return not value
        case str() | None:
            return "another"
        case list():
            return [*value, "another"]
        case dict():
            return {**value, "another": "another"}
    return value + 1  # type: ignore[operator]
