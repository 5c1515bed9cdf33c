"""checkov itself, from its own environment: our checks fire on what is bad alone, and nothing goes out."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from scan.__main__ import INTERPRETER, ask_checkov, checkov_findings
from tests.conftest import ROOT

EXAMPLES = Path(__file__).with_name("examples")

Verdict = dict[str, Any]


@pytest.fixture(scope="module")
def scanner() -> None:
    """The scanner's environment, which `make scan` makes and `.ci/run` has made before."""
    if not INTERPRETER.exists():
        assert os.environ.get("PAYBOT_REQUIRE_TERRAFORM") != "1", "run `make scan` first"
        pytest.skip("checkov is not installed: run `make scan`")


@pytest.fixture(scope="module")
def verdict(scanner: None, tmp_path_factory: pytest.TempPathFactory) -> Verdict:
    """The examples, and a plan in which one alarm of theirs lost its action."""
    plan = tmp_path_factory.mktemp("plan") / "plan.json"
    alarm = {
        "address": "aws_cloudwatch_metric_alarm.heard",
        "mode": "managed",
        "type": "aws_cloudwatch_metric_alarm",
        "name": "heard",
        "values": {"alarm_name": "heard", "alarm_actions": None},
    }
    document = {"terraform_version": "1.11", "planned_values": {"root_module": {"resources": [alarm]}}}
    plan.write_text(json.dumps(document | {"resource_changes": []}), encoding="utf-8")
    return ask_checkov(EXAMPLES, {"planned": plan})


def failed(verdict: Verdict, check: str, run: str = "source") -> dict[str, list[str]]:
    return {one["resource"]: one["details"] for one in verdict["runs"][run]["failed"] if one["id"] == check}


def test_an_alarm_without_an_action_is_found(verdict: Verdict) -> None:
    assert set(failed(verdict, "CKV_PAYBOT_1")) == {
        "aws_cloudwatch_metric_alarm.unheard",
        "aws_cloudwatch_metric_alarm.emptied",
    }


def test_it_is_found_in_a_plan_too(verdict: Verdict) -> None:
    assert set(failed(verdict, "CKV_PAYBOT_1", "planned")) == {"aws_cloudwatch_metric_alarm.heard"}


def test_an_action_that_does_not_exist_is_found_and_named(verdict: Verdict) -> None:
    assert failed(verdict, "CKV_PAYBOT_2") == {"aws_iam_role_policy.invented": ["bedrock:Converse", "iam:Fooo"]}


def test_a_finding_is_accepted_by_a_comment_and_known_to_be_needed(verdict: Verdict) -> None:
    assert verdict["runs"]["source"]["skipped"] == ["CKV_AWS_7"]
    assert failed(verdict, "CKV_AWS_7") == {}
    assert "CKV_AWS_7" in verdict["needed"]


def test_findings_say_where(verdict: Verdict) -> None:
    found = {str(one) for one in checkov_findings(verdict) if one.check.startswith("CKV_PAYBOT")}
    assert (
        "main.tf:40: CKV_PAYBOT_2: aws_iam_role_policy.invented: Ensure every action of a policy exists "
        "(bedrock:Converse, iam:Fooo)" in found
    )


def test_the_scanner_may_not_open_a_socket(scanner: None) -> None:
    code = (
        "import sys, socket; from scan.judge import refuse_network; sys.addaudithook(refuse_network);"
        "socket.create_connection(('127.0.0.1', 9))"
    )
    done = subprocess.run(
        [str(INTERPRETER), "-c", code], capture_output=True, text=True, env={"PYTHONPATH": str(ROOT)}, check=False
    )
    assert "PermissionError: the scan runs offline" in done.stderr
