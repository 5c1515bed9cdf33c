"""What is read out of Terraform's files: assignments, variables and the backend."""

from __future__ import annotations

import subprocess
import sys
import time
from decimal import Decimal

import pytest

from paybot_ops.core.hcl.json_values import read_json_assignments
from paybot_ops.core.hcl.reading import Backend, find_backend, read_assignments, read_declarations, read_variables
from paybot_ops.core.hcl.values import HclSyntaxError, NotLiteral

VARIABLES = """\
variable "project_name" {
  description = "The name that everything carries."
  type        = string
  default     = "payment-smart-bot"

  validation {
    condition     = can(regex("^[a-z]+$", var.project_name))
    error_message = "Not ${var.project_name}."
  }
}

variable "token" {
  type      = map(object({ a = optional(string, "x") }))
  sensitive = true
}

variable "bare" {}
variable "computed" { default = var.x }
variable "maybe" {
  default   = null
  sensitive = var.x
}
"""

COMMENTED_BACKEND = """\
terraform {
  required_version = ">= 1.11"
  # backend "s3" {
  #   bucket = "mine"
  # }
  /* backend "gcs" {} */
}
"""


def test_the_hand_built_settings_are_read() -> None:
    text = (
        'project_name = "payment-smart-bot" # ours\nbedrock_token_threshold = 100000\n'
        'rate = 0.5\non = true\ntags = { a = "b" }\n'
    )
    assert read_assignments(text) == {
        "project_name": "payment-smart-bot",
        "bedrock_token_threshold": 100000,
        "rate": Decimal("0.5"),
        "on": True,
        "tags": {"a": "b"},
    }


def test_variables_are_read_with_default_type_and_line() -> None:
    variables = read_variables(VARIABLES)
    assert list(variables) == ["project_name", "token", "bare", "computed", "maybe"]
    project = variables["project_name"]
    assert (project.default, project.has_default, project.type_text) == ("payment-smart-bot", True, "string")
    assert (project.sensitive, project.line) == (False, 1)
    token = variables["token"]
    assert (token.has_default, token.default, token.sensitive) == (False, None, True)
    assert token.type_text == 'map(object({ a = optional(string, "x") }))'
    assert (variables["bare"].type_text, variables["bare"].line) == ("", 17)
    assert variables["computed"].default == NotLiteral("reference", 18, 33)
    assert (variables["maybe"].has_default, variables["maybe"].default) == (True, None)
    assert variables["maybe"].sensitive, "what is no literal counts as a secret"


def test_a_variable_declared_twice_is_refused() -> None:
    with pytest.raises(HclSyntaxError, match="2:1: this variable is already declared in line 1"):
        read_variables('variable "a" {}\nvariable "a" {}\n')


def test_a_backend_in_a_comment_is_not_active() -> None:
    assert find_backend(COMMENTED_BACKEND) is None
    assert find_backend('resource "x" "y" {\n  backend "s3" {}\n}\n') is None


def test_the_active_backend_is_found_with_its_arguments() -> None:
    text = COMMENTED_BACKEND + 'terraform {\n  backend "s3" {\n    bucket  = "b"\n    encrypt = true\n  }\n}\n'
    assert find_backend(text) == Backend("s3", {"bucket": "b", "encrypt": True}, 9)


def test_a_second_backend_is_refused() -> None:
    with pytest.raises(HclSyntaxError, match="5:3: a backend is already set in line 2"):
        find_backend('terraform {\n  backend "s3" {}\n}\nterraform {\n  backend "local" {}\n}\n')


def test_a_file_that_declares_neither_is_not_parsed() -> None:
    assert not read_declarations('resource "a" "b" { this is not even HCL').variables


def test_json_values_are_read() -> None:
    text = '{"//": "why", "a": 1, "b": 1.50, "c": {"d": [true, null]}, "e": "e\\u0301", "f": "${x}", "//": "so"}'
    assert read_json_assignments(text) == {
        "a": 1,
        "b": Decimal("1.5"),
        "c": {"d": [True, None]},
        "e": "\u00e9",
        "f": "${x}",
    }
    assert read_json_assignments('{"a": "\\ud800"}') == {"a": "\ufffd"}


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ('{"a": 1,\n "b": s3cret}', "2:7"),
        ('{"a": 1, "a": "s3cret"}', "1:1"),
        ('{"a": {"b": 1, "b": "s3cret"}}', "1:1"),
        ('{"a": NaN}', "1:1"),
        ("[1]", "1:1"),
        ("", "1:1"),
        ('\ufeff{"a": 1}', "1:1"),
        ('{"a": 01}', "1:8"),
        ('{"a": ' + "[" * 100_000 + "]" * 100_000 + "}", "1:1"),
    ],
)
def test_json_that_terraform_refuses_is_refused(text: str, place: str) -> None:
    with pytest.raises(HclSyntaxError) as refused:
        read_json_assignments(text)
    assert str(refused.value).startswith(f"{place}: ")
    assert "s3cret" not in str(refused.value)


def test_a_number_of_any_length_is_read() -> None:
    assert read_assignments(f"a = {'9' * 5000}\n")["a"] == Decimal("9" * 5000)


def test_python_hcl2_is_not_imported() -> None:
    program = "import sys, paybot_ops.core.hcl.edit; sys.exit(any(name in sys.modules for name in ('hcl2', 'lark')))"
    subprocess.run([sys.executable, "-c", program], check=True)


def test_a_large_file_is_read_at_once() -> None:
    text = VARIABLES + "".join(f'resource "a" "b{i}" {{\n  name = "${{var.x}}-{i}" # why\n}}\n' for i in range(2000))
    assert len(text) > 90_000
    fastest = min(_seconds(text) for _ in range(3))
    assert fastest < 0.6, "twice the figure that it must reach, for a busy machine"


def _seconds(text: str) -> float:
    started = time.process_time()
    read_variables(text)
    return time.process_time() - started
