"""The bot's role: nothing that the bot calls is not allowed, and nothing is allowed that is never called.

The policies are those that Terraform plans for the real module; the calls are those of the real bundle in the embedded
AWS, told apart by the credentials that a function has there. One role serves every version of the function, and a
rollback may bring back one that takes cards in the chat: so what any of them calls may be allowed.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from paybot_ops.adapters import mirror
from paybot_ops.adapters.packaging import build_bundle
from paybot_ops.core.dialogues import demo_dialogues, drill_dialogue
from paybot_ops.sandbox.server import Sandbox
from tests.conftest import ROOT
from tests.sandbox.iam_calls import Need
from tests.sandbox.iam_evaluation import Document, Permission, on_behalf, permissions
from tests.sandbox.role_world import Planned, World

pytestmark = pytest.mark.terraform

RUN = """
mock_provider "aws" {
  source          = "./tests/mocks"
  override_during = plan
}

run "role" {
  command = plan

  variables {
    bundle_dir                = "tests/bundles/first"
    enable_bedrock_guardrails = true
  }
}
"""
# What the embedded AWS sees no call of, with the argument.
BY_AWS = {
    "logs:CreateLogStream": "Lambda writes the function's lines, with the function's role",
    "logs:PutLogEvents": "Lambda writes the function's lines, with the function's role",
    "xray:PutTelemetryRecords": "Lambda's daemon sends the segments, with the function's role",
    "xray:PutTraceSegments": "Lambda's daemon sends the segments, with the function's role",
}
LAMBDA_STARTS = "kms:EncryptionContext:aws:lambda:FunctionArn"


@pytest.fixture(scope="module")
def planned(tmp_path_factory: pytest.TempPathFactory) -> Planned:
    """The module's plan with guardrails on; AWS's answers are the mocks of the module's own tests."""
    folder = tmp_path_factory.mktemp("module") / "terraform"
    shutil.copytree(
        ROOT / "terraform", folder, ignore=shutil.ignore_patterns(".terraform*", "*.tfstate*", "*.tftest.hcl")
    )
    (folder / "tests/role.tftest.hcl").write_text(RUN)
    environ = {**os.environ, "CHECKPOINT_DISABLE": "1"}
    found = mirror.find_mirror(environ)
    if found is not None:
        environ["TF_CLI_CONFIG_FILE"] = str(mirror.write_configuration(found, folder.parent))
    for arguments in (("init", "-backend=false", "-input=false"), ("test", "-json", "-verbose")):
        done = subprocess.run(["terraform", *arguments], cwd=folder, env=environ, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout[-2000:] + done.stderr
    events = (json.loads(line) for line in done.stdout.splitlines())
    changes = next(event["test_plan"]["resource_changes"] for event in events if event["type"] == "test_plan")
    after = {change["address"]: change["change"]["after"] for change in changes}
    policies = [item["policy"] for address, item in after.items() if address.startswith("aws_iam_role_policy.lambda")]
    (environment,) = after["aws_lambda_function.bot"]["environment"]
    return Planned(tuple(json.loads(policy) for policy in policies), environment["variables"])


@pytest.fixture(scope="module")
def world(planned: Planned, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """After every kind of conversation: cards in the chat, on Stripe's page, a new Stripe key, a spent budget."""
    build = tmp_path_factory.mktemp("bundle")
    build_bundle(ROOT / "lambda", build)
    today = datetime.now(UTC).date()
    with Sandbox() as sandbox:
        made = World(sandbox, planned, (build / "lambda.zip").read_bytes())
        sandbox.call_log.start()
        chat = made.deploy("chat", CARD_COLLECTION="chat")
        accepted, *others = demo_dialogues(today)
        for dialogue in (accepted, *others):
            made.hold(chat, dialogue)
        made.rotate_key()
        made.hold(chat, accepted)
        made.hold(made.deploy("hosted", CARD_COLLECTION="hosted_link"), drill_dialogue(today, takes_cards=False))
        made.hold(made.deploy("budget", BEDROCK_DAILY_TOKEN_BUDGET="1"), drill_dialogue(today, takes_cards=False))
        yield made


def missing(policies: Sequence[Document], needs: Sequence[Need]) -> list[str]:
    """What is needed and not allowed, or denied."""
    allowed, denied = permissions(policies), permissions(policies, "Deny")
    return [
        str(need)
        for need in needs
        if not any(each.allows(need) for each in allowed) or any(each.allows(need) for each in denied)
    ]


def unused(policies: Sequence[Document], needs: Sequence[Need]) -> list[str]:
    """What is allowed and was not called, but for what AWS does in the bot's name."""
    services = {need.action.partition(":")[0] for need in needs}
    return [
        str(each)
        for each in permissions(policies)
        if not any(each.allows(need) for need in needs) and not by_aws(each, services)
    ]


def by_aws(permission: Permission, called: set[str]) -> bool:
    """Whether AWS makes the call: a service on the bot's behalf, or Lambda before the bot runs."""
    keys = {key for conditions in permission.condition.values() for key in conditions}
    return permission.action in BY_AWS or on_behalf(permission, called) or LAMBDA_STARTS in keys


def test_the_bot_calls_nothing_that_its_role_may_not_do(world: World) -> None:
    assert missing(world.policies, world.calls()) == []


def test_the_role_may_do_nothing_that_the_bot_never_calls(world: World) -> None:
    assert unused(world.policies, world.calls()) == []


def test_each_conversation_was_worth_something(world: World) -> None:
    actions = {need.action for need in world.calls()}
    assert {"bedrock:InvokeModel", "bedrock:ApplyGuardrail", "kms:Encrypt", "kms:Decrypt"} <= actions
    assert {"dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem"} <= actions


def test_a_missing_and_a_needless_permission_are_found(world: World) -> None:
    needs = world.calls()
    table = [policy for policy in world.policies if "dynamodb:PutItem" not in json.dumps(policy)]
    assert any("dynamodb:PutItem" in found for found in missing(table, needs))
    statement = {"Effect": "Allow", "Action": "dynamodb:Scan", "Resource": "*"}
    more: tuple[Any, ...] = (*world.policies, {"Statement": [statement]})
    assert unused(more, needs) == ["dynamodb:Scan on *"]
    elsewhere = [replace(need, resource=f"{need.resource}-2") for need in needs if need.action == "dynamodb:GetItem"]
    assert len(missing(world.policies, elsewhere)) == len(elsewhere) == 1


def test_the_model_without_the_guardrail_is_denied(world: World) -> None:
    asked = [need for need in world.calls() if need.action == "bedrock:InvokeModel"]
    without = [replace(need, context=()) for need in asked]
    assert missing(world.policies, asked) == []
    assert len(missing(world.policies, without)) == len(without)
