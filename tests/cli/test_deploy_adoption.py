"""A terraform killed while AWS was creating a resource: the next deploy finds it instead of failing on it."""

from __future__ import annotations

import json
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest

from paybot_ops.sandbox.faults import Rule
from paybot_ops.sandbox.server import Sandbox
from tests.cli.paybot_world import Paybot, started, until

pytestmark = pytest.mark.terraform

ROLE = """
terraform {
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.100, < 6"
    }
  }
}

resource "aws_iam_role" "made" {
  name               = "made-by-hand"
  assume_role_policy = jsonencode({ Version = "2012-10-17", Statement = [] })
}
"""


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox() as running:
        yield running


@pytest.fixture
def workspace(paybot: Paybot, sandbox: Sandbox) -> Paybot:
    (paybot.folder / "terraform").mkdir()
    (paybot.folder / "terraform/main.tf").write_text(ROLE)
    paybot.environ["AWS_ENDPOINT_URL"] = sandbox.endpoint
    return paybot


def roles(sandbox: Sandbox) -> list[str]:
    iam = boto3.client(
        "iam",
        endpoint_url=sandbox.endpoint,
        region_name="us-east-1",
        aws_access_key_id="x",
        aws_secret_access_key="x",
    )
    return [role["RoleName"] for role in iam.list_roles()["Roles"]]


def kill_while_creating(workspace: Paybot, sandbox: Sandbox) -> None:
    sandbox.faults.replace([Rule(service="iam", operation="CreateRole", delay_seconds=2, times=1)])
    running = started(workspace, "deploy", "--yes")
    until(lambda: bool(sandbox.faults.listed()[0]["hits"]), "the creation is under way")
    child = subprocess.run(["pgrep", "-P", str(running.pid), "terraform"], capture_output=True, text=True, check=True)
    subprocess.run(["kill", f"-{signal.SIGKILL.value}", child.stdout.split()[0]], check=True)
    _out, err = running.communicate(timeout=60)
    assert running.returncode == 1
    assert "killed by signal 9" in err
    until(lambda: "made-by-hand" in roles(sandbox), "AWS ends the creation that nobody waits for")


def test_what_was_created_out_of_sight_is_taken_into_the_state(workspace: Paybot, sandbox: Sandbox) -> None:
    kill_while_creating(workspace, sandbox)
    state = workspace.folder / ".paybot/sandbox/terraform/terraform.tfstate"
    assert not state.exists() or "made-by-hand" not in state.read_text()
    ran = workspace("deploy", "--yes")
    assert ran.code == 0, ran.err
    assert "taken into the state" in ran.err
    assert json.loads(state.read_text())["resources"][0]["instances"][0]["attributes"]["name"] == "made-by-hand"
    assert workspace("deploy", "--check").code == 0
    assert roles(sandbox).count("made-by-hand") == 1


@pytest.mark.faults
def test_a_creation_that_ctrl_c_cut_off_is_found_again(workspace: Paybot, sandbox: Sandbox) -> None:
    sandbox.faults.replace([Rule(service="iam", operation="CreateRole", delay_seconds=2, times=1)])
    running = started(workspace, "deploy", "--yes")
    until(lambda: bool(sandbox.faults.listed()[0]["hits"]), "the creation is under way")
    running.send_signal(signal.SIGINT)
    _out, err = running.communicate(timeout=90)
    assert running.returncode == 130
    assert "1 failed" in err
    until(lambda: "made-by-hand" in roles(sandbox), "AWS ends the creation that nobody waits for")
    looked = workspace("deploy", "--check")
    assert looked.code == 3
    assert "taken into the state by the next run" in looked.err
    assert (
        not (workspace.folder / ".paybot/sandbox/terraform/terraform.tfstate").exists()
        or "made-by-hand" not in (workspace.folder / ".paybot/sandbox/terraform/terraform.tfstate").read_text()
    )
    assert workspace("deploy", "--yes").code == 0
    assert workspace("deploy", "--check").code == 0


GROUP = """
resource "aws_cloudwatch_log_group" "made_later" {
  name = "made-later"
}

resource "aws_cloudwatch_log_group" "made_last" {
  depends_on = [aws_cloudwatch_log_group.made_later]
  name       = "made-last"
}
"""


@pytest.mark.faults
@pytest.mark.parametrize("left", ["", '{"version": 4, "ser'], ids=["empty", "half-written"])
def test_a_state_that_was_killed_while_it_was_written_comes_back(
    workspace: Paybot, sandbox: Sandbox, left: str
) -> None:
    assert workspace("deploy", "--yes").code == 0
    (workspace.folder / "terraform/more.tf").write_text(GROUP)
    # The second group's creation hangs; the first one's has ended and is recorded by then.
    sandbox.faults.replace([Rule(service="logs", operation="CreateLogGroup", times=1, delay_seconds=0.1)])
    running = started(workspace, "deploy", "--yes")
    until(lambda: bool(sandbox.faults.listed()[0]["hits"]), "the first group is under way")
    sandbox.faults.replace([Rule(service="logs", operation="CreateLogGroup", times=1, delay_seconds=3)])
    until(lambda: bool(sandbox.faults.listed()[0]["hits"]), "the second group is under way")
    child = subprocess.run(["pgrep", "-P", str(running.pid), "terraform"], capture_output=True, text=True, check=True)
    subprocess.run(["kill", f"-{signal.SIGKILL.value}", child.stdout.split()[0]], check=True)
    assert running.wait(timeout=60) == 1
    # What a kill between Terraform's emptying and its writing leaves: hitting that moment by chance takes many tries.
    state = workspace.folder / ".paybot/sandbox/terraform/terraform.tfstate"
    state.write_text(left)
    looked = workspace("deploy", "--check")
    assert looked.code == 1
    assert "killed while Terraform wrote" in looked.err
    assert state.read_text() == left
    ran = workspace("deploy", "--yes")
    assert ran.code == 0, ran.err
    assert "terraform.tfstate.backup was put back" in ran.err
    assert "aws_cloudwatch_log_group.made_later: taken into the state" in ran.err
    assert roles(sandbox).count("made-by-hand") == 1
    assert workspace("deploy", "--check").code == 0


@pytest.mark.faults
def test_destroy_finds_it_too(workspace: Paybot, sandbox: Sandbox) -> None:
    kill_while_creating(workspace, sandbox)
    assert workspace("destroy", "--yes").code == 0
    assert roles(sandbox) == []


def test_a_role_that_was_there_before_is_never_taken(workspace: Paybot, sandbox: Sandbox, tmp_path: Path) -> None:
    iam = boto3.client(
        "iam",
        endpoint_url=sandbox.endpoint,
        region_name="us-east-1",
        aws_access_key_id="x",
        aws_secret_access_key="x",
    )
    iam.create_role(RoleName="made-by-hand", AssumeRolePolicyDocument="{}")
    for _ in range(2):
        ran = workspace("deploy", "--yes")
        assert ran.code == 1
        assert "aws_iam_role.made" in ran.err
        assert "main.tf:" in ran.err
        assert "taken into the state" not in ran.err
