"""Secrets are found by form and by name, wherever Terraform may have one, and none is quoted."""

from __future__ import annotations

import json

import pytest

from scan import secrets

# Made up in the forms of the real ones, and put together here so that no scanner of repositories takes them for real.
STRIPE = "rk_" + "live_" + "A1b2C3d4E5f6G7h8"
ACCESS = "AKIA" + "IOSFODNN7" + "EXAMPLE"
HOOK = "whsec_" + "A1b2C3d4E5f6G7h8"
ORGANIZATION = "sk_" + "org_" + "A1b2C3d4E5f6G7h8"
NUMBER = "4242 4242 4242 4242"
PEM = "-----BEGIN RSA " + "PRIVATE KEY-----"
AWS_SECRET = 'aws_secret_access_key = "' + "wJalrXUtnFEMI/K7MDENG/" + 'bPxRfiCYEXAMPLEKEY"'


@pytest.mark.parametrize(
    "secret",
    [
        STRIPE,
        STRIPE.replace("rk", "sk").replace("live", "test"),
        ACCESS,
        HOOK,
        ORGANIZATION,
        "\\n" + STRIPE,
        NUMBER,
        PEM,
        AWS_SECRET,
    ],
)
def test_a_secret_is_known_by_its_form(secret: str) -> None:
    line = secret if "=" in secret else f'  default = "{secret}"'
    for text in (f"# a comment\n{line}\n", f"# {secret}\n"):
        (finding,) = secrets.in_text("variables.tf", text)
        assert secret not in str(finding)


@pytest.mark.parametrize(
    "text",
    [
        "contains([1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557], 3)",
        "arn:aws:kms:us-east-1:123456789012:key/11111111-2222-3333-4444-555555555555",
        "4242 4242 4242 4243",
        "sk_test_ and rk_live_ are how a key begins",
        "disk_test_configuration = 1",
        "source_code_hash = filebase64sha256(local.bundle)",
    ],
)
def test_what_only_looks_like_one_is_none(text: str) -> None:
    assert list(secrets.in_text("a.tf", text)) == []


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ('variable "stripe_key" {\n  default = "hunter2"\n}\n', 1),
        ('variable "webhook_secret" {\n  default = "hunter2"\n}\n', 1),
        ('variable "other" {\n  default = "hunter2"\n  sensitive = true\n}\n', 1),
        ('variable "stripe_key" {\n  type = string\n}\n', 0),
        ('variable "stripe_key" {\n  default = ""\n}\n', 0),
        ('variable "stripe_key" {\n  default = null\n}\n', 0),
        ('variable "token_threshold" {\n  default = 100\n}\n', 0),
    ],
)
def test_a_secret_variable_has_no_default(text: str, found: int) -> None:
    findings = list(secrets.in_defaults("variables.tf", text))
    assert len(findings) == found
    assert "hunter2" not in str(findings)


def test_a_file_of_values_sets_no_secret() -> None:
    (finding,) = secrets.in_assignments("prod.tfvars", 'environment = "prod"\nstripe_api_key = "hunter2"\n')
    assert str(finding) == 'prod.tfvars: secret: sets "stripe_api_key", which belongs into Secrets Manager'


@pytest.mark.parametrize("value", [STRIPE, int(NUMBER.replace(" ", "")), f"key={ACCESS}"])
def test_a_state_holds_none(value: object) -> None:
    state = {"resources": [{"type": "aws_secretsmanager_secret_version", "instances": [{"attributes": {"x": value}}]}]}
    (finding,) = secrets.in_document("terraform.tfstate", json.dumps(state))
    assert "resources.0.instances.0.attributes.x holds" in finding.what
    assert str(value) not in str(finding)


def test_a_secret_key_of_aws_is_known_in_a_state_by_the_name_before_it() -> None:
    state = {"secret_access_key": "wJalrXUtnFEMI/K7MDENG/" + "bPxRfiCYEXAMPLEKEY"}
    (finding,) = secrets.in_document("terraform.tfstate", json.dumps(state))
    assert finding.what == "secret_access_key holds an AWS secret key"
