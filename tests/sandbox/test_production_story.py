"""Production with everything on, with the real terraform and provider: up, unchanged, protected, let go, gone."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from paybot_ops.sandbox import process
from tests.cli.paybot_world import Paybot
from tests.sandbox.chat_world import post

# Each part of it is deployed in every run too: tests/sandbox/test_deploy_story.py, tests/sandbox/test_examples.py.
pytestmark = [pytest.mark.terraform, pytest.mark.faults]

VALUES = """\
environment               = "prod"
alert_emails              = ["oncall@example.com"]
api_authorization         = "AWS_IAM"
enable_bedrock_guardrails = true
manage_api_logging_role   = true
require_api_key           = true
"""


@pytest.fixture(scope="module")
def paybot(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Paybot]:
    """A new user's workspace, with an embedded AWS of its own. The tests of this file are its one story, in order."""
    command = Paybot(tmp_path_factory.mktemp("production"))
    assert command("init").code == 0
    (command.folder / "terraform/terraform.tfvars").write_text(VALUES)
    assert command("sandbox", "start").code == 0
    yield command
    assert command("sandbox", "stop").code == 0


def test_it_deploys_and_only_known_callers_get_an_answer(paybot: Paybot) -> None:
    ran = paybot("deploy", "--sandbox", "--yes", "-o", "json")
    assert ran.code == 0, ran.err
    # paybot's own message was signed and carried the key.
    assert ran.document["data"]["smoke"]["response"]
    outputs = ran.document["data"]["outputs"]
    assert outputs["api_authorization"] == "AWS_IAM"
    assert post(outputs["chat_url"]) == (403, "forbidden")
    state = json.loads((paybot.folder / ".paybot/sandbox/terraform/terraform.tfstate").read_text())
    keys = [item for item in state["resources"] if item["type"] == "aws_api_gateway_api_key"]
    value = keys[0]["instances"][0]["attributes"]["value"]
    assert value
    assert value not in ran.out + ran.err


def test_a_second_plan_is_empty(paybot: Paybot) -> None:
    ran = paybot("deploy", "--sandbox", "--check", "-o", "json")
    assert (ran.code, ran.document["data"]["plan"]["changes"]) == (0, []), ran.err


def test_it_cannot_be_destroyed_in_passing(paybot: Paybot) -> None:
    ran = paybot("destroy", "--sandbox", "--yes", "--allow-data-loss")
    assert ran.code == 2
    assert "data that is protected" in ran.err
    assert "terraform state rm 'terraform_data.data_guard[0]'" in ran.err


def test_who_says_so_twice_may_destroy_it(paybot: Paybot) -> None:
    module = Path(paybot.folder / ".paybot/sandbox/terraform")
    (paybot.folder / "terraform/terraform.tfvars").write_text(VALUES + "protect_data = false\n")
    forget = ["terraform", "state", "rm", "terraform_data.data_guard[0]"]
    done = subprocess.run(forget, cwd=module, env=paybot.environ, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    ran = paybot("deploy", "--sandbox", "--yes", "-o", "json")
    assert ran.code == 0, ran.err
    [change] = ran.document["data"]["plan"]["changes"]
    assert (change["address"], change["verb"]) == ("aws_dynamodb_table.sessions", "change")
    gone = paybot("destroy", "--sandbox", "--yes", "--allow-data-loss")
    assert gone.code == 0, gone.err
    assert process.find(paybot.folder) is not None
