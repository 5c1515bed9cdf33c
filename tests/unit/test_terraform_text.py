"""Terraform's errors where it speaks no JSON."""

from __future__ import annotations

from paybot_ops.core.terraform_errors import explain
from paybot_ops.core.terraform_text import parse_text_errors
from paybot_ops.errors import AccessDeniedError

BOXED = """\
Initializing the backend...
╷
│ Warning: Deprecated Parameter
│
│   on backend.tf line 2, in terraform:
│    2:   backend "s3" {
╵
╷
│ Error: Invalid backend configuration argument
│
│   on main.tf line 7, in terraform:
│    7:     secret_key = "hush"
│
│ The backend configuration argument "x" given on the command line is not
│ expected for the selected backend type.
╵
"""


def test_an_error_with_its_place_and_without_the_line_of_the_file() -> None:
    (error,) = parse_text_errors(BOXED)
    assert (error.summary, error.file, error.line) == ("Invalid backend configuration argument", "main.tf", 7)
    assert error.detail.startswith('The backend configuration argument "x" given on the command line is not expected')
    assert "hush" not in str(error)


def test_several_errors_and_none() -> None:
    text = "Error: One\n\nbecause\nError: Two\n"
    assert [(item.summary, item.detail) for item in parse_text_errors(text)] == [("One", "because"), ("Two", "")]
    assert parse_text_errors("Initializing the backend...\n") == ()


def test_a_refusal_of_s3_names_the_right_that_is_missing() -> None:
    text = "Error: Error loading state:\n\noperation error S3: HeadObject, https response error StatusCode: 403, x\n"
    error = explain("init", 1, parse_text_errors(text))
    assert isinstance(error, AccessDeniedError)
    assert error.action == "s3:GetObject"
