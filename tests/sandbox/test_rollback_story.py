"""Versions, rollback and pause with the real terraform: what paybot moves at once, the next deploys keep."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import boto3
import pytest

from paybot_ops.sandbox.server import Sandbox
from tests.cli.paybot_world import Paybot, Ran

pytestmark = pytest.mark.terraform


@pytest.fixture(scope="module")
def paybot(tmp_path_factory: pytest.TempPathFactory, sandbox: Sandbox) -> Iterator[Paybot]:
    """A workspace with two published versions. The tests of this file are its one story, in order."""
    command = Paybot(tmp_path_factory.mktemp("rollback"))
    assert command("init").code == 0
    command.environ["AWS_ENDPOINT_URL"] = sandbox.endpoint
    for memory in (512, 1024):
        set_memory(command, memory)
        ran = deploy(command)
        assert ran.code == 0, ran.err
    yield command


@pytest.fixture
def lambda_(sandbox: Sandbox) -> Any:
    return boto3.client(
        "lambda",
        endpoint_url=sandbox.endpoint,
        region_name="us-east-1",
        aws_access_key_id="x",
        aws_secret_access_key="x",
    )


def set_memory(paybot: Paybot, memory: int) -> None:
    (paybot.folder / "terraform/terraform.tfvars").write_text(f"lambda_memory_mb = {memory}\n")


def deploy(paybot: Paybot, *more: str) -> Ran:
    return paybot("deploy", "--yes", "--output", "json", *more)


def live(paybot: Paybot) -> tuple[str, str | None, list[str]]:
    """The live version, the pinned one, and all of them."""
    data = paybot("versions", "-o", "json").document["data"]
    return data["live"], data["pinned"], [item["version"] for item in data["versions"]]


def addresses(ran: Ran) -> set[str]:
    return {change["address"] for change in ran.document["data"]["plan"]["changes"]}


def say_hello(paybot: Paybot) -> tuple[int, Any]:
    """The status and the document that a customer gets."""
    url = paybot("outputs", "-o", "json").document["data"]["chat_url"]
    body = json.dumps({"message": "Hello"}).encode()
    try:
        with urlopen(Request(url, body, {"Content-Type": "application/json"})) as answer:
            return answer.status, json.load(answer)
    except HTTPError as error:
        return error.code, json.load(error)


def test_a_rollback_is_live_at_once(paybot: Paybot) -> None:
    assert live(paybot) == ("2", None, ["2", "1"])
    ran = paybot("rollback", "--yes", "-o", "json")
    assert ran.code == 0, ran.err
    assert ran.document["data"]["smoke"]["response"]
    assert {"what": "memory", "before": "1024 MB", "after": "512 MB"} in ran.document["data"]["differences"]
    assert live(paybot) == ("1", "1", ["2", "1"])


def test_a_deploy_keeps_it_publishes_and_says_so(paybot: Paybot) -> None:
    set_memory(paybot, 768)
    ran = deploy(paybot)
    assert ran.code == 0, ran.err
    assert "aws_lambda_alias.live" not in addresses(ran)
    assert live(paybot) == ("1", "1", ["3", "2", "1"])
    assert ran.document["data"]["live"] == {"pinned": "1", "version": "1", "newest": "3", "paused": False}
    assert any("pins version 1" in warning for warning in ran.document["warnings"])


def test_the_newest_again(paybot: Paybot) -> None:
    ran = paybot("rollback", "--latest", "--yes")
    assert ran.code == 0, ran.err
    assert live(paybot) == ("3", None, ["3", "2", "1"])


def test_paused_nobody_is_served_and_no_deploy_changes_that(paybot: Paybot, lambda_: Any) -> None:
    assert say_hello(paybot)[0] == 200
    ran = paybot("pause", "--yes", "-o", "json")
    assert ran.code == 0, ran.err
    name = ran.document["data"]["function"]
    status, document = say_hello(paybot)
    assert (status, document["error"]["code"]) == (500, "unavailable")
    deployed = deploy(paybot)
    assert deployed.code == 0, deployed.err
    # What rollback and pause did is what the files say: Terraform's state learns of it, and nothing changes.
    assert addresses(deployed) == set()
    assert deployed.document["data"]["live"]["paused"] is True
    assert deployed.document["data"]["smoke"] is None
    assert lambda_.get_function_concurrency(FunctionName=name)["ReservedConcurrentExecutions"] == 0
    resumed = paybot("resume", "--yes", "-o", "json")
    assert resumed.code == 0, resumed.err
    assert resumed.document["data"]["smoke"]["response"]
    assert lambda_.get_function_concurrency(FunctionName=name)["ReservedConcurrentExecutions"] == 20


@pytest.mark.faults
def test_a_bot_that_does_not_answer_is_rolled_back(paybot: Paybot) -> None:
    before, _pin, versions = live(paybot)
    with (paybot.folder / "lambda/payment_bot/handler.py").open("a") as handler:
        handler.write("\n\ndef handler(event, context):\n    raise RuntimeError\n")
    ran = deploy(paybot, "--auto-rollback")
    assert ran.code == 1
    data = ran.document["data"]
    assert (data["applied"], data["smoke"]) == (True, None)
    assert data["rollback"]["live"] == before
    assert data["rollback"]["smoke"]["response"]
    assert f"version {before} is live again, and answers" in ran.document["error"]["what"]
    assert live(paybot) == (before, before, [str(int(versions[0]) + 1), *versions])
    assert say_hello(paybot)[0] == 200
