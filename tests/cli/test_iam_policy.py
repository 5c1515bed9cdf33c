"""`paybot iam-policy` as it is typed: the policy alone on stdout, its document, what it refuses."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from paybot_ops.core.iam_policy_commands import OWN, PROVIDER
from paybot_ops.core.iam_policy_life import Verb
from paybot_ops.sandbox.faults import Rule
from tests.cli import test_iam_policy_calls, test_iam_policy_state
from tests.cli.iam_world import Here, endpoints
from tests.cli.state_world import WatchedSandbox

MODULE = """
variable "project_name" { default = "shop" }
variable "environment" { default = "dev" }
variable "aws_region" { default = "eu-central-1" }
variable "allowed_account_ids" { default = [] }
"""
PINNED = 'allowed_account_ids = ["210987654321"]\n'
BACKEND = 'bucket = "states"\nkey = "k"\nregion = "eu-west-1"\nuse_lockfile = true\n'


@pytest.fixture(scope="module")
def sandbox() -> Iterator[WatchedSandbox]:
    with WatchedSandbox() as running:
        yield running


@pytest.fixture
def paybot(sandbox: WatchedSandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Here]:
    """The command line in a workspace of an account that the embedded AWS stands for."""
    for name, value in endpoints(sandbox.endpoint).items():
        monkeypatch.setenv(name, value)
    (tmp_path / "main.tf").write_text(MODULE)
    sandbox.calls.clear()
    yield Here(tmp_path)
    sandbox.faults.replace([])


def resources(text: str) -> set[str]:
    document: dict[str, Any] = json.loads(text)
    listed = [statement["Resource"] for statement in document["Statement"]]
    return {arn for each in listed for arn in (each if isinstance(each, list) else [each])}


def test_stdout_is_the_policy_and_nothing_else(paybot: Here, sandbox: WatchedSandbox) -> None:
    ran = paybot("iam-policy", "alarms", "status")
    assert (ran.code, ran.err) == (0, "")
    assert json.loads(ran.out) == {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "NoResourceLevel",
                "Effect": "Allow",
                "Action": ["cloudwatch:DescribeAlarms", "cloudwatch:GetMetricData", "cloudwatch:ListMetrics"],
                "Resource": "*",
            },
            {
                "Sid": "Topics",
                "Effect": "Allow",
                "Action": "sns:ListSubscriptionsByTopic",
                "Resource": "arn:aws:sns:eu-central-1:123456789012:shop-*-dev",
            },
        ],
    }
    # Who is calling is all that is asked.
    assert [(call.service, call.operation) for call in sandbox.calls] == [("sts", "GetCallerIdentity")]


def test_the_document_for_machines(paybot: Here) -> None:
    ran = paybot("iam-policy", "alarms", "status", "metrics", "-o", "json")
    document = ran.document
    assert (document["command"], document["status"], document["warnings"]) == ("iam-policy", "ok", [])
    data = document["data"]
    assert sorted(data) == ["characters", "commands", "parts", "policy"]
    assert data["commands"] == ["alarms status", "metrics tokens"]
    assert data["policy"] == json.loads(paybot("iam-policy", "alarms status", "metrics tokens").out)
    assert data["parts"] == [{"characters": data["characters"], "policy": data["policy"]}]


def test_a_pinned_account_needs_no_credentials(paybot: Here, sandbox: WatchedSandbox) -> None:
    (paybot.folder / "terraform.tfvars").write_text(PINNED)
    ran = paybot("iam-policy", "alarms", "test")
    assert ran.code == 0, ran.err
    assert "arn:aws:cloudwatch:eu-central-1:210987654321:alarm:shop-*-dev" in resources(ran.out)
    assert sandbox.calls == []


def test_the_state_s_place_is_where_it_is_or_is_to_be(paybot: Here) -> None:
    before = resources(paybot("iam-policy", "bootstrap-state").out)
    assert "arn:aws:s3:::shop-terraform-state-123456789012" in before
    assert "arn:aws:dynamodb:eu-central-1:123456789012:table/terraform-state-lock" in before
    nothing = paybot("iam-policy", "outputs", "init")
    assert (nothing.code, nothing.out) == (0, "")
    assert "no policy is needed" in nothing.err
    (paybot.folder / "dev.s3.tfbackend").write_text(BACKEND)
    assert "arn:aws:s3:::states" in resources(paybot("iam-policy", "bootstrap-state").out)
    (paybot.folder / "backend.tf").write_text('terraform {\n  backend "s3" {}\n}\n')
    assert resources(paybot("iam-policy", "outputs").out) == {
        "arn:aws:s3:::states",
        "arn:aws:s3:::states/k",
        "arn:aws:s3:::states/env:/*/k",
    }


def test_all_of_paybot_s_own_or_terraform_s_too(paybot: Here) -> None:
    own = paybot("iam-policy")
    assert own.code == 0
    assert "paybot iam-policy deploy" in own.err
    assert "lambda:CreateFunction" not in own.out and "cloudwatch:SetAlarmState" in own.out
    deploy = paybot("iam-policy", "deploy")
    assert "lambda:CreateFunction" in deploy.out
    destroy = paybot("iam-policy", "destroy")
    assert "lambda:DeleteFunction" in destroy.out and "lambda:CreateFunction" not in destroy.out
    assert "remove the deployment's resources" in destroy.err


def test_a_policy_that_is_too_long_comes_in_parts(paybot: Here) -> None:
    whole = paybot("iam-policy", "deploy")
    assert "--part 1 to --part 2" in whole.err
    parts = [paybot("iam-policy", "deploy", "--part", number) for number in ("1", "2")]
    assert [part.code for part in parts] == [0, 0]
    assert "characters" not in parts[0].err
    listed = [json.loads(part.out)["Statement"] for part in parts]
    assert [*listed[0], *listed[1]] == json.loads(whole.out)["Statement"]
    data = paybot("iam-policy", "deploy", "--part", "2", "-o", "json").document["data"]
    assert (data["policy"]["Statement"], data["characters"]) == (listed[1], data["parts"][1]["characters"])
    beyond = paybot("iam-policy", "deploy", "--part", "3")
    assert (beyond.code, beyond.out) == (2, "")
    assert "the last one is 2" in beyond.err


def test_what_is_no_command_is_refused_with_what_may_be_meant(paybot: Here, sandbox: WatchedSandbox) -> None:
    ran = paybot("iam-policy", "alarns", "-o", "json")
    assert (ran.code, ran.document["error"]["kind"]) == (2, "usage")
    assert "is it alarms?" in ran.err
    assert sandbox.calls == []


def test_a_deployment_without_a_name_is_refused(paybot: Here) -> None:
    (paybot.folder / "main.tf").write_text('variable "aws_region" { default = "eu-central-1" }\n')
    ran = paybot("iam-policy", "alarms")
    assert (ran.code, ran.out) == (2, "")
    assert "project_name" in ran.err


@pytest.mark.parametrize(
    ("code", "status", "kind"),
    [("InvalidClientTokenId", 403, "credentials"), ("ExpiredToken", 403, "credentials"), ("Throttling", 400, "aws")],
)
def test_who_calls_must_be_known(paybot: Here, sandbox: WatchedSandbox, code: str, status: int, kind: str) -> None:
    sandbox.faults.replace([Rule("sts", "GetCallerIdentity", status=status, code=code)])
    ran = paybot("iam-policy", "alarms", "-o", "json")
    assert (ran.code, ran.document["error"]["kind"]) == (1, kind)


def test_every_command_that_calls_anything_is_tried_against_its_policy() -> None:
    tried = {*test_iam_policy_calls.COMMANDS, *test_iam_policy_state.COMMANDS}
    # Those that change resources by Terraform are tried in the stories of a deployment, with the real provider.
    by_terraform = {command for command, verb in PROVIDER.items() if verb is not Verb.READ}
    assert tried.isdisjoint(by_terraform)
    assert tried | by_terraform == set(OWN)
