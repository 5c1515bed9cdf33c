"""The drills against a deployment that has everything, then against one in which each thing is broken."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from paybot_ops.sandbox.faults import Rule
from paybot_ops.sandbox.server import Sandbox
from tests.cli.paybot_world import Paybot, Ran
from tests.sandbox.aws_world import client

pytestmark = pytest.mark.terraform

CARD = "4242424242424242"


@pytest.fixture(scope="module")
def paybot(tmp_path_factory: pytest.TempPathFactory, sandbox: Sandbox) -> Paybot:
    """One deployment for the whole file: cards in the chat, a guardrail, a test key, a subscriber."""
    command = Paybot(tmp_path_factory.mktemp("verify"))
    assert command("init").code == 0
    command.environ["AWS_ENDPOINT_URL"] = sandbox.endpoint
    values = 'card_collection = "chat"\nenable_bedrock_guardrails = true\n'
    (command.folder / "terraform/terraform.tfvars").write_text(values)
    nothing = command("verify", "--yes", "-o", "json", "--only", "lock", "--only", "payment")
    assert nothing.code == 0, nothing.err
    assert {row["verdict"] for row in nothing.document["data"]["drills"]} == {"skipped"}
    assert "paybot deploy" in nothing.out
    deployed = command("deploy", "--yes")
    assert deployed.code == 0, deployed.err
    return command


@pytest.fixture(scope="module")
def ready(paybot: Paybot) -> Paybot:
    key = paybot("secrets", "set-stripe-key", "--test-key", "--yes")
    assert key.code == 0, key.err
    assert paybot("notifications", "subscribe", "on-call@example.com", "--yes").code == 0
    return paybot


@pytest.fixture
def faults(sandbox: Sandbox) -> Iterator[Any]:
    yield sandbox.faults
    sandbox.faults.replace([])


def verdicts(ran: Ran) -> dict[str, str]:
    return {row["drill"]: row["verdict"] for row in ran.document["data"]["drills"]}


def states(sandbox: Sandbox) -> dict[str, str]:
    listed = client(sandbox, "cloudwatch").describe_alarms()["MetricAlarms"]
    return {item["AlarmName"]: item["StateValue"] for item in listed}


def rows(sandbox: Sandbox) -> list[Any]:
    dynamodb = client(sandbox, "dynamodb")
    [table] = dynamodb.list_tables()["TableNames"]
    # The day's count of tokens is no conversation, and stays.
    return [row for row in dynamodb.scan(TableName=table)["Items"] if not row["session_id"]["S"].startswith("tokens#")]


def test_without_a_key_no_payment_is_tried(paybot: Paybot) -> None:
    ran = paybot("verify", "--dry-run", "-o", "json")
    assert ran.code == 0, ran.err
    assert verdicts(ran) == {"payment": "skipped"}
    assert "set-stripe-key" in ran.out
    assert [item["drill"] for item in ran.document["data"]["changes"]] == ["alarm", "guardrail", "lock"]


def test_a_look_changes_nothing_and_nobody_at_the_terminal_is_no_yes(ready: Paybot, sandbox: Sandbox) -> None:
    before = client(sandbox, "cloudwatch").describe_alarm_history(MaxRecords=100)["AlarmHistoryItems"]
    looked = ready("verify", "--dry-run")
    assert looked.code == 0, looked.err
    assert "would drill" in looked.out
    assert ready("verify").code == 4
    assert client(sandbox, "cloudwatch").describe_alarm_history(MaxRecords=100)["AlarmHistoryItems"] == before


def test_every_drill_passes_and_leaves_nothing_behind(ready: Paybot, sandbox: Sandbox) -> None:
    alarms = states(sandbox)
    kept = rows(sandbox)
    ran = ready("verify", "--yes", "-o", "json")
    assert ran.code == 0, ran.out + ran.err
    assert verdicts(ran) == dict.fromkeys(("alarm", "guardrail", "lock", "payment"), "passed")
    seen = json.dumps(ran.document["data"])
    assert "the message went out" in seen
    assert "a second plan was refused" in seen
    assert "the test card was accepted" in seen
    assert "lines searched" in seen
    assert CARD not in seen + ran.err
    assert states(sandbox) == alarms
    assert rows(sandbox) == kept
    assert ready("deploy", "--check").code == 0


def test_a_number_in_the_log_is_found(ready: Paybot, sandbox: Sandbox) -> None:
    logs = client(sandbox, "logs")
    group = ready("outputs", "-o", "json").document["data"]["lambda_log_group"]
    logs.create_log_stream(logGroupName=group, logStreamName="leak")
    soon = int((datetime.now(UTC) + timedelta(seconds=20)).timestamp() * 1000)
    line = {"timestamp": soon, "message": json.dumps({"said": "4242-4242-4242-4242"})}
    logs.put_log_events(logGroupName=group, logStreamName="leak", logEvents=[line])
    ran = ready("verify", "--yes", "--only", "payment", "-o", "json")
    assert ran.code == 3, ran.out + ran.err
    [row] = ran.document["data"]["drills"]
    assert row["verdict"] == "failed"
    assert group in row["why"]
    assert "paybot pause" in row["cure"]
    logs.delete_log_stream(logGroupName=group, logStreamName="leak")


def test_one_that_fails_does_not_keep_the_next_from_being_held(ready: Paybot, faults: Any) -> None:
    faults.replace([Rule(service="bedrock", operation="ApplyGuardrail", status=403, code="AccessDeniedException")])
    ran = ready("verify", "--yes", "--only", "guardrail", "--only", "lock", "-o", "json")
    assert ran.code == 3, ran.out + ran.err
    assert verdicts(ran) == {"guardrail": "failed", "lock": "passed"}
    assert "bedrock:ApplyGuardrail" in ran.out


def test_a_throttled_table_fails_the_payment_and_the_report_is_whole(ready: Paybot, faults: Any) -> None:
    slow_down = "ProvisionedThroughputExceededException"
    faults.replace([Rule(service="dynamodb", operation="Scan", status=400, code=slow_down)])
    ran = ready("verify", "--yes", "--only", "payment", "-o", "csv")
    assert ran.code == 3, ran.out + ran.err
    assert ran.out.splitlines()[0] == "drill,verdict,seen,why,cure,seconds"
    assert "payment,failed" in ran.out


def test_an_alarm_that_is_not_there_is_a_usage_error(ready: Paybot) -> None:
    ran = ready("verify", "--alarm", "nonsense", "--only", "alarm", "-o", "json")
    assert ran.code == 2
    assert ran.document["error"]["exit_code"] == 2


def test_a_mistyped_drill_is_a_usage_error(ready: Paybot) -> None:
    assert ready("verify", "--only", "guardrial").code == 2
