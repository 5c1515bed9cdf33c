"""What a failed run means, and what to type next."""

from __future__ import annotations

import pytest

from paybot_ops.core.terraform_errors import explain, needs_init
from paybot_ops.core.terraform_events import Diagnostic
from paybot_ops.errors import (
    AccessDeniedError,
    CredentialsError,
    MissingToolError,
    PaybotError,
    StateLockedError,
    TerraformError,
    UsageError,
)


def error(summary: str, detail: str = "") -> Diagnostic:
    return Diagnostic("error", summary, detail)


@pytest.mark.parametrize(
    ("diagnostic", "kind", "said"),
    [
        (error("Failed to query available provider packages"), MissingToolError, "PAYBOT_TF_MIRROR"),
        (error("Error writing state", "write: no space left on device"), TerraformError, "free some space"),
        (error("AWS account ID not allowed: 1"), CredentialsError, "AWS_PROFILE"),
        (error("No valid credential sources found"), CredentialsError, "--sandbox"),
        (error("Invalid value for variable", "a number is required"), UsageError, "tfvars"),
        (
            error(
                "Instance cannot be destroyed",
                "Resource terraform_data.data_guard[0] has lifecycle.prevent_destroy set, but the plan calls for this "
                "resource to be destroyed.",
            ),
            UsageError,
            "protect_data = false in the tfvars, then in the Terraform directory terraform state rm "
            "'terraform_data.data_guard[0]'",
        ),
        (error("Failed to persist state", "open x: permission denied"), TerraformError, "writable"),
        (
            error("creating role", "x is not authorized to perform: iam:CreateRole on y"),
            AccessDeniedError,
            "iam:CreateRole",
        ),
    ],
)
def test_a_known_failure_names_its_cure(diagnostic: Diagnostic, kind: type[PaybotError], said: str) -> None:
    found = explain("apply", 1, [diagnostic])
    assert isinstance(found, kind)
    assert said in found.hint


def test_a_held_lock_says_who_since_when_and_how_to_unlock() -> None:
    lines = ("Lock Info:", "  ID:        6f-1", "  Operation: OperationTypePlan", "  Who:       ann@ci")
    detail = "\n".join([*lines, "  Created:   2026-11-24 06:00", ""])
    found = explain("plan", 1, [error("Error acquiring the state lock", detail)])
    assert isinstance(found, StateLockedError)
    assert "ann@ci" in found.what
    assert "2026-11-24 06:00" in found.why
    assert found.hint.endswith("paybot state unlock")


def test_a_killed_terraform_says_that_the_same_command_goes_on() -> None:
    found = explain("apply", -9, [])
    assert "killed by signal 9" in found.what
    assert "same command" in found.hint


def test_an_unknown_failure_shows_every_diagnostic() -> None:
    found = explain("apply", 1, [error("a"), error("b", "c")])
    assert found.details == ("a", "b: c")


def test_only_an_uninitialized_directory_needs_init() -> None:
    assert needs_init([error("Inconsistent dependency lock file")])
    assert needs_init([error('Backend initialization required, please run "terraform init"')])
    assert not needs_init([error("Invalid value for variable")])
