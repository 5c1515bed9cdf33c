"""Which value of a variable counts."""

from __future__ import annotations

from decimal import Decimal

import pytest

from paybot_ops.core.hcl.reading import read_assignments, read_variables
from paybot_ops.core.settings import Layer, Reading, parse_environment, resolve
from paybot_ops.errors import UsageError

MODULE = read_variables(
    """
variable "project_name" { default = "bot" }
variable "environment" { default = "dev" }
variable "aws_region" { default = "us-east-1" }
variable "bedrock_model_id" { default = "us.amazon.nova-micro-v1:0" }
variable "bedrock_token_threshold" { default = 100000 }
variable "enable_bedrock_guardrails" { default = false }
variable "allowed_account_ids" { default = [] }
variable "needed" {}
"""
)


def read(*texts: str, env: str | None = None, environ: dict[str, str] | None = None) -> Reading:
    layers = [Layer(f"file{number}.tfvars", read_assignments(text)) for number, text in enumerate(texts)]
    return resolve(MODULE, [parse_environment(environ or {}), *layers], env=env)


def test_defaults_then_the_environment_then_files_in_order() -> None:
    assert read().settings.project_name == "bot"
    environ = {"TF_VAR_project_name": "from-env"}
    assert read(environ=environ).settings.project_name == "from-env"
    assert read('project_name = "a"', environ=environ).settings.project_name == "a"
    assert read('project_name = "a"', 'project_name = "b"').settings.project_name == "b"


def test_types_as_terraform_converts_them() -> None:
    found = read(
        'bedrock_token_threshold = "5"\nenable_bedrock_guardrails = "true"\nallowed_account_ids = ["1"]'
    ).settings
    assert found.bedrock_token_threshold == Decimal(5)
    assert found.enable_bedrock_guardrails is True
    assert found.allowed_account_ids == ("1",)
    environ = {"TF_VAR_allowed_account_ids": '["2", "3"]', "TF_VAR_enable_bedrock_guardrails": "false"}
    assert read(environ=environ).settings.allowed_account_ids == ("2", "3")


@pytest.mark.parametrize(
    "text",
    [
        "project_name = [1]",
        "project_name = true",
        'bedrock_token_threshold = "many"',
        "bedrock_token_threshold = []",
        'enable_bedrock_guardrails = "yes"',
        "enable_bedrock_guardrails = 1",
        'allowed_account_ids = "1"',
        "project_name = upper(var.x)",
    ],
)
def test_a_wrong_type_names_the_variable_and_never_the_value(text: str) -> None:
    name, _, value = text.partition(" = ")
    with pytest.raises(UsageError) as raised:
        read(text)
    assert name in raised.value.what
    assert value.strip('"') not in raised.value.what.replace(name, "")


def test_what_has_no_value_is_missing() -> None:
    assert read().missing == ("needed",)
    assert read("needed = 1").missing == ()
    assert read(environ={"TF_VAR_needed": "1"}).missing == ()


def test_an_undeclared_key_is_a_warning_in_a_file_and_nobody_s_business_in_the_environment() -> None:
    assert read("other = 1", environ={"TF_VAR_another": "1"}).warnings == (
        "file0.tfvars sets other, which no variable declares; it has no effect",
    )


def test_the_environment_asked_for_must_be_the_one_described() -> None:
    assert read('environment = "prod"', env="prod").settings.environment == "prod"
    with pytest.raises(UsageError, match="--env prod does not fit"):
        read(env="prod")


def test_a_module_of_somebody_else_has_paybots_own_defaults() -> None:
    found = resolve({}, [Layer("x", {})], env=None).settings
    assert (found.project_name, found.aws_region, found.enable_bedrock_guardrails) == ("", "", False)
