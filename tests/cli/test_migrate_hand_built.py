"""A hand-built deployment of real AWS resources, worked on in place: its state goes to S3 and comes back."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from paybot_ops.adapters import mirror
from tests.cli.migration_world import Deployment, endpoints
from tests.cli.state_world import WatchedSandbox

pytestmark = pytest.mark.terraform

# A hand-written module: not formatted, comments at the ends of lines, and a backend for "later".
MAIN = """\
terraform {
  required_version = ">= 1.0"
  required_providers {
    aws = { source = "hashicorp/aws" }
  }

  # Optional: Use S3 backend for state management
  # backend "s3" {
  #   bucket = "your-terraform-state-bucket"
  #   key    = "payment-smart-bot/terraform.tfstate"
  #   region = "us-east-1"
  # }
}

provider "aws" {
  region = var.aws_region
}

variable "project_name" {}
variable "environment" {}
variable "aws_region" { default = "us-east-1" }
variable "bedrock_token_threshold" { default = 100000 }
variable "bedrock_model_id" { default = "us.amazon.nova-micro-v1:0" }

resource "aws_iam_role" "lambda" {
  name = "${var.project_name}-lambda-role-${var.environment}"
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "lambda.amazonaws.com" } }]
  })
}

resource "aws_cloudwatch_metric_alarm" "bedrock_token_usage" {
  alarm_name          = "${var.project_name}-bedrock-token-usage-${var.environment}"
  comparison_operator = "GreaterThanThreshold"
  evaluation_periods  = "1"
  metric_name         = "InputTokenCount"
  namespace           = "AWS/Bedrock"
  period              = "86400"  # Daily (24 hours)
  statistic           = "Sum"
  threshold           = var.bedrock_token_threshold
  treat_missing_data  = "notBreaching"
\x20\x20
  dimensions = {
    ModelId = var.bedrock_model_id
  }
\x20\x20
  alarm_actions = []  # Add SNS topic ARN here for notifications
}
"""
VALUES = """\
project_name = "payment-smart-bot"
environment  = "dev"
# In terraform.tfvars
bedrock_token_threshold = {threshold}  # Alert at that many tokens/day
"""
KEY = "payment-smart-bot/dev/terraform.tfstate"
# The one pending change, in Terraform's word and in paybot's.
ALARM = "aws_cloudwatch_metric_alarm.bedrock_token_usage"
PLAIN, OURS = [("update", ALARM)], [("change", ALARM)]
SERVICES = ("IAM", "CLOUDWATCH", "BEDROCK")


@pytest.fixture
def deployment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Deployment]:
    """Applied by hand with plain terraform; since then somebody has changed a value and not applied it."""
    with WatchedSandbox() as sandbox:
        environ = endpoints(sandbox.endpoint)
        environ |= {f"AWS_ENDPOINT_URL_{service}": sandbox.endpoint for service in SERVICES}
        if not mirror.has_own_configuration(os.environ) and (found := mirror.find_mirror(os.environ)):
            environ["TF_CLI_CONFIG_FILE"] = str(mirror.write_configuration(found, tmp_path))
        for name, value in environ.items():
            monkeypatch.setenv(name, value)
        made = Deployment(sandbox, tmp_path / "payment-smart-bot", "hand-built", MAIN)
        (made.folder / "terraform.tfvars").write_text(VALUES.format(threshold=100000))
        made.terraform("init", "-input=false")
        made.terraform("apply", "-auto-approve", "-input=false")
        (made.folder / "terraform.tfvars").write_text(VALUES.format(threshold=250000))
        yield made


def plain_plan(deployment: Deployment) -> list[tuple[str, str]]:
    """What plain terraform would do: (verb, address)."""
    lines = [json.loads(line) for line in deployment.terraform("plan", "-input=false", "-json").splitlines()]
    changes = [line["change"] for line in lines if line["type"] == "planned_change"]
    return [(change["action"], change["resource"]["addr"]) for change in changes]


def check(deployment: Deployment) -> tuple[int, list[tuple[str, str]]]:
    """What `deploy --check` says: its exit code, (verb, address)."""
    code, document = deployment.json("deploy", "--check")
    return code, [(item["verb"], item["address"]) for item in document["data"]["plan"]["changes"]]


def test_the_state_of_real_resources_goes_to_s3_and_comes_back(deployment: Deployment) -> None:
    by_hand = deployment.files()
    state = deployment.local.read_bytes()
    assert {item["type"] for item in json.loads(state)["resources"]} == {"aws_iam_role", "aws_cloudwatch_metric_alarm"}
    deployment.bootstrap()
    code, document = deployment.json("migrate-state", "--yes")
    assert (code, document["data"]["plans_compared"]) == (0, True), document
    assert not [call for call in deployment.sandbox.calls if call.service in ("iam", "cloudwatch") and call.writes]
    assert deployment.remote(KEY) == state
    assert not deployment.local.exists()
    for name in ("main.tf", "terraform.tfvars"):
        assert deployment.files()[name] == by_hand[name]
    # Plain terraform and paybot see the same deployment there, with the drift that it had before.
    assert plain_plan(deployment) == PLAIN
    assert check(deployment) == (3, OURS)

    # Terraform's own plan stands here for the comparison that is left out.
    assert deployment.migrate("--to", "local", "--no-plan").code == 0
    assert deployment.local.read_bytes() == state
    assert deployment.lock_files() == []
    assert plain_plan(deployment) == PLAIN
    added = set(deployment.files()) - set(by_hand)
    assert {re.sub(r"\.local-.*", ".local-…", name) for name in added} == {
        "dev.s3.tfbackend",
        "terraform.tfstate.local-…",
    }
    assert {name: deployment.files()[name] for name in by_hand} == by_hand
