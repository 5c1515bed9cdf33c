"""`paybot alarms` on a deployment that paybot did not make."""

from __future__ import annotations

import csv
import io
import re
import signal
from collections.abc import Iterator
from typing import Any

import pytest

from paybot_ops.sandbox.server import Sandbox
from tests.cli.alarm_world import Deployment
from tests.cli.paybot_world import Paybot, started, until
from tests.sandbox.aws_world import client
from tests.sandbox.cloudwatch_world import described, eventually, put, state_of

MODEL = "us.amazon.nova-micro-v1:0"
EVERY_CALL = (
    ("monitoring", "DescribeAlarms"),
    ("monitoring", "GetMetricData"),
    ("monitoring", "ListMetrics"),
    ("sns", ""),
    ("monitoring", ""),
    ("sts", ""),
)


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox() as running:
        yield running


@pytest.fixture
def deployment(sandbox: Sandbox, paybot: Paybot, request: pytest.FixtureRequest) -> Iterator[Deployment]:
    made = Deployment(sandbox, paybot, re.sub(r"[^a-z0-9]+", "-", request.node.name.lower())[-40:].strip("-"))
    yield made
    made.faults([])


# -- status ----------------------------------------------------------------------------------------------------------


def test_status_shows_states_values_and_readers_firing_first(deployment: Deployment) -> None:
    topic = deployment.topic("ops@example.com")
    deployment.put("calm", topic)
    tokens = deployment.put_tokens(topic)
    put(deployment.cloudwatch, "AWS/Bedrock", "InputTokenCount", 150000, ModelId=MODEL)
    eventually(lambda: state_of(deployment.cloudwatch, tokens) == "ALARM", "it fires")
    ran = deployment.paybot("alarms", "status")
    assert ran.code == 0
    lines = ran.out.splitlines()
    assert lines[1].startswith("ALARM")
    assert "tokens" in lines[1]
    assert "input tokens per day > 100,000" in lines[1]
    assert "150,000" in lines[1]
    assert "150%" in lines[1]
    assert "alerts → 1" in lines[1]
    assert "2 alarms in account 123456789012, us-east-1: 1 ALARM, 1 ok" in ran.out
    assert deployment.paybot("alarms", "status", "--check").code == 3
    rows = list(csv.DictReader(io.StringIO(deployment.paybot("alarms", "status", "-o", "csv").out)))
    assert [row["state"] for row in rows] == ["ALARM", "OK"]
    assert (rows[0]["share"], rows[0]["confirmed_subscribers"], rows[0]["flaws"]) == ("1.5", "1", "")


def test_check_is_content_when_nothing_fires(deployment: Deployment) -> None:
    deployment.put("calm", deployment.topic("ops@example.com"))
    assert deployment.paybot("alarms", "status", "--check").code == 0


def test_only_the_calls_that_the_answer_needs(deployment: Deployment) -> None:
    topic = deployment.topic("ops@example.com")
    for number in range(5):
        deployment.put(f"a{number}", topic)
    deployment.put_tokens(topic)
    put(deployment.cloudwatch, "AWS/Bedrock", "InputTokenCount", 1, ModelId=MODEL)
    deployment.count_calls(*EVERY_CALL)
    assert deployment.paybot("alarms", "status", "-o", "json").code == 0
    assert deployment.calls() == {"DescribeAlarms": 1, "GetMetricData": 1, "ListMetrics": 0, "": 0}
    with_sns = [{"service": "sns", "operation": "ListSubscriptionsByTopic"}, {"service": "sns", "operation": "Any"}]
    deployment.faults(with_sns)
    assert deployment.paybot("alarms", "status", "-o", "json").code == 0
    assert deployment.calls()["ListSubscriptionsByTopic"] == 1


def test_pages_are_followed(deployment: Deployment) -> None:
    for number in range(130):
        deployment.put(f"a{number:03}", "arn:aws:sns:us-east-1:123456789012:x")
    deployment.count_calls(("monitoring", "DescribeAlarms"))
    ran = deployment.paybot("alarms", "status", "-o", "json")
    assert len(ran.document["data"]["alarms"]) == 130
    assert deployment.calls() == {"DescribeAlarms": 2}


def test_other_environments_are_left_out_and_a_prefix_takes_all(deployment: Deployment) -> None:
    deployment.put("mine")
    deployment.cloudwatch.put_metric_alarm(
        **{**_settings(deployment, "mine"), "AlarmName": f"{deployment.project}-mine-prod"}
    )
    names = [item["name"] for item in _alarms(deployment, "alarms", "status")]
    assert names == [deployment.name("mine")]
    every = _alarms(deployment, "alarms", "status", "--prefix", deployment.project)
    assert len(every) == 2


def _alarms(deployment: Deployment, *arguments: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = deployment.paybot(*arguments, "-o", "json").document["data"]["alarms"]
    return found


def _settings(deployment: Deployment, short: str) -> dict[str, Any]:
    found = described(deployment.cloudwatch, deployment.name(short))
    kept = ("Namespace", "MetricName", "Statistic", "Period", "EvaluationPeriods", "Threshold", "ComparisonOperator")
    return {name: found[name] for name in kept}


def test_the_lint_says_what_mends_each_flaw(deployment: Deployment) -> None:
    put(deployment.cloudwatch, "AWS/Bedrock", "InputTokenCount", 5, ModelId="amazon.nova-pro-v1:0")
    pending = deployment.topic()
    deployment.sns.subscribe(TopicArn=pending, Protocol="email", Endpoint="ops@example.com")
    gone = pending.replace("alerts", "gone")
    deployment.put("nobody")
    deployment.put("off", pending, ActionsEnabled=False)
    deployment.put("lost", gone)
    deployment.put_tokens(pending, model=f"us.{deployment.project}-v1:0")
    findings = deployment.paybot("alarms", "status", "-o", "json").document["data"]["findings"]
    found = {item["flaw"]: item for item in findings}
    assert set(found) == {"no-action", "actions-off", "no-subscriber", "topic-gone", "wrong-dimension"}
    assert "--create-topic" in found["no-action"]["mend"]
    assert "enable-alarm-actions" in found["actions-off"]["mend"]
    assert "1 wait" in found["no-subscriber"]["what"]
    assert "amazon.nova-pro-v1:0" in found["wrong-dimension"]["mend"]
    table = deployment.paybot("alarms", "status").out
    assert "mend: paybot notifications subscribe" in table


def test_what_may_not_be_read_is_said_and_the_rest_is_shown(deployment: Deployment) -> None:
    deployment.put("a", deployment.topic())
    denied = {"code": "AccessDenied", "status": 403}
    deployment.faults(
        [
            {"service": "monitoring", "operation": "GetMetricData", **denied},
            {"service": "sns", "operation": "ListSubscriptionsByTopic", "code": "AuthorizationError", "status": 403},
        ]
    )
    ran = deployment.paybot("alarms", "status", "-o", "json")
    assert ran.code == 0
    assert ran.document["data"]["findings"] == []
    assert "cloudwatch:GetMetricData" in " ".join(ran.document["warnings"])
    assert "sns:ListSubscriptionsByTopic" in " ".join(ran.document["warnings"])
    deployment.faults([{"service": "monitoring", "operation": "DescribeAlarms", **denied}])
    refused = deployment.paybot("alarms", "status")
    assert refused.code == 1
    assert "cloudwatch:DescribeAlarms" in refused.err


def test_throttling_is_retried_and_then_said(deployment: Deployment) -> None:
    deployment.put("a")
    throttled = {"service": "monitoring", "operation": "DescribeAlarms", "code": "Throttling", "status": 400}
    deployment.faults([throttled | {"times": 2}])
    assert deployment.paybot("alarms", "status").code == 0
    deployment.faults([throttled])
    ran = deployment.paybot("alarms", "status")
    assert ran.code == 1
    assert "throttling" in ran.err
    assert deployment.calls()["DescribeAlarms"] == 4


def test_no_alarms_is_an_error_with_the_next_step(deployment: Deployment) -> None:
    ran = deployment.paybot("alarms", "status", "--check")
    assert ran.code == 1
    assert "no alarms" in ran.err
    assert "--prefix" in ran.err


def test_watch_draws_again_and_check_ends_it(deployment: Deployment) -> None:
    name = deployment.put("a", deployment.topic("ops@example.com"))
    process = started(deployment.paybot, "alarms", "status", "--watch", "--every", "1", "--check")
    assert process.stdout is not None
    assert process.stdout.readline().startswith("state")
    deployment.cloudwatch.set_alarm_state(AlarmName=name, StateValue="ALARM", StateReason="a test")
    out, _ = process.communicate(timeout=60)
    assert process.returncode == 3
    assert "ALARM" in out


def test_watch_ends_with_ctrl_c(deployment: Deployment) -> None:
    deployment.put("a")
    process = started(deployment.paybot, "alarms", "status", "--watch")
    assert process.stdout is not None
    process.stdout.readline()
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "Traceback" not in err


def test_watch_is_a_table(deployment: Deployment) -> None:
    assert deployment.paybot("alarms", "status", "--watch", "-o", "json").code == 2


# -- history ---------------------------------------------------------------------------------------------------------


def test_history_of_the_deployment_and_of_one_alarm(deployment: Deployment) -> None:
    name = deployment.put("first", deployment.topic())
    deployment.put("second")
    deployment.cloudwatch.set_alarm_state(AlarmName=name, StateValue="ALARM", StateReason="a test")
    items = deployment.paybot("alarms", "history", "-o", "json").document["data"]
    assert {item["alarm"] for item in items} == {name, deployment.name("second")}
    assert [item["time"] for item in items] == sorted((item["time"] for item in items), reverse=True)
    actions = deployment.paybot("alarms", "history", "first", "--type", "action", "-o", "json").document["data"]
    assert {(item["alarm"], item["kind"]) for item in actions} == {(name, "Action")}
    assert len(deployment.paybot("alarms", "history", "--most", "1", "-o", "csv").out.splitlines()) == 2


def test_an_alarm_that_is_none_or_several(deployment: Deployment) -> None:
    deployment.put("one-a")
    deployment.put("one-b")
    assert deployment.paybot("alarms", "history", "nothing").code == 2
    several = deployment.paybot("alarms", "history", "one")
    assert (several.code, deployment.name("one-b") in several.err) == (2, True)


# -- test ------------------------------------------------------------------------------------------------------------


def test_a_test_proves_the_way_and_puts_the_state_back(deployment: Deployment) -> None:
    topic = deployment.topic("ops@example.com")
    name = deployment.put("a", topic)
    eventually(lambda: state_of(deployment.cloudwatch, name) == "OK", "it is evaluated")
    before = described(deployment.cloudwatch, name)["StateReason"]
    ran = deployment.paybot("alarms", "test", "a", "--yes", "-o", "json")
    assert ran.code == 0
    assert ran.document["data"]["deliveries"] == [{"topic": topic, "sent": True, "error": None}]
    after = described(deployment.cloudwatch, name)
    assert (after["StateValue"], after["StateReason"]) == ("OK", before)
    assert any("ALARM:" in letter["subject"] for letter in deployment.letters(topic))


def test_a_dry_run_and_an_unconfirmed_one_change_nothing(deployment: Deployment) -> None:
    name = deployment.put("a", deployment.topic("ops@example.com"))
    deployment.count_calls(("monitoring", "SetAlarmState"))
    assert deployment.paybot("alarms", "test", "a", "--dry-run").code == 0
    assert deployment.paybot("alarms", "test", "a").code == 4
    assert deployment.calls() == {"SetAlarmState": 0}
    assert state_of(deployment.cloudwatch, name) != "ALARM"


def test_a_message_that_does_not_go_out_fails_the_test_and_the_state_is_put_back(deployment: Deployment) -> None:
    topic = deployment.topic("ops@example.com")
    name = deployment.put("a", topic)
    eventually(lambda: state_of(deployment.cloudwatch, name) == "OK", "it is evaluated")
    deployment.sns.set_topic_attributes(
        TopicArn=topic, AttributeName="Policy", AttributeValue='{"Version": "2012-10-17", "Statement": []}'
    )
    ran = deployment.paybot("alarms", "test", "a", "--yes")
    assert ran.code == 1
    assert "not authorized" in ran.err
    assert state_of(deployment.cloudwatch, name) == "OK"


def test_ctrl_c_puts_the_state_back(deployment: Deployment) -> None:
    topic = deployment.topic("ops@example.com")
    name = deployment.put("a", topic)
    eventually(lambda: state_of(deployment.cloudwatch, name) == "OK", "it is evaluated")
    # The record never comes: the test waits.
    deployment.faults([{"service": "monitoring", "operation": "DescribeAlarmHistory", "delay_seconds": 1.5}])
    process = started(deployment.paybot, "alarms", "test", "a", "--yes", "--wait", "60")
    until(lambda: state_of(deployment.cloudwatch, name) == "ALARM", "the state is set")
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=60)
    assert process.returncode == 130
    assert state_of(deployment.cloudwatch, name) == "OK"


def test_a_denied_test_sets_nothing_back(deployment: Deployment) -> None:
    deployment.put("a", deployment.topic("ops@example.com"))
    denied = {"service": "monitoring", "operation": "SetAlarmState", "code": "AccessDenied", "status": 403}
    deployment.faults([denied])
    ran = deployment.paybot("alarms", "test", "a", "--yes")
    assert ran.code == 1
    assert "cloudwatch:SetAlarmState" in ran.err
    assert deployment.calls() == {"SetAlarmState": 1}


# -- set-threshold ---------------------------------------------------------------------------------------------------

# The user's own files: those of the embedded AWS are others. Nothing here calls AWS.
OWN = {"AWS_ENDPOINT_URL": "", "AWS_REGION": "us-east-1"}


def test_one_value_is_edited_in_place_and_its_cost_told(deployment: Deployment) -> None:
    before = deployment.tfvars.read_text()
    ran = deployment.paybot("alarms", "set-threshold", "--tokens", "1,000,000", "--yes", environ=OWN)
    assert ran.code == 0
    assert "$0.0350" in ran.out
    assert deployment.tfvars.read_text() == before.replace("= 100000 ", "= 1000000 ")
    again = deployment.paybot("alarms", "set-threshold", "--tokens", "1000000", "-o", "json", environ=OWN)
    assert (again.code, again.document["data"]["changes"]) == (0, [])


def test_dollars_become_tokens_where_the_module_has_no_alarm_on_cost(deployment: Deployment) -> None:
    ran = deployment.paybot("alarms", "set-threshold", "--dollars", "3.50", "--yes", "-o", "json", environ=OWN)
    assert ran.document["data"]["value"] == "100000000"
    assert "= 100000000 " in deployment.tfvars.read_text()


def test_a_dry_run_writes_nothing_and_nobody_to_ask_is_exit_4(deployment: Deployment) -> None:
    before = deployment.tfvars.read_text()
    assert deployment.paybot("alarms", "set-threshold", "--tokens", "5", "--dry-run", environ=OWN).code == 0
    assert deployment.paybot("alarms", "set-threshold", "--tokens", "5", environ=OWN).code == 4
    assert deployment.tfvars.read_text() == before


@pytest.mark.parametrize(
    "arguments",
    [(), ("--tokens", "-5"), ("--tokens", "nan"), ("--tokens", "5", "--dollars", "5"), ("--output-tokens", "5")],
)
def test_thresholds_that_cannot_be_set(deployment: Deployment, arguments: tuple[str, ...]) -> None:
    before = deployment.tfvars.read_text()
    assert deployment.paybot("alarms", "set-threshold", *arguments, "--yes", environ=OWN).code == 2
    assert deployment.tfvars.read_text() == before


def test_an_unknown_price_is_unknown(deployment: Deployment) -> None:
    with deployment.tfvars.open("a") as stream:
        stream.write('bedrock_model_id = "acme.model-v1:0"\n')
    ran = deployment.paybot("alarms", "set-threshold", "--tokens", "5", "--yes")
    assert "unknown" in ran.out


def test_a_file_of_json_is_not_edited(deployment: Deployment) -> None:
    deployment.tfvars.rename(deployment.tfvars.with_suffix(".tfvars.bak"))
    values = deployment.paybot.folder / "terraform.tfvars.json"
    values.write_text(f'{{"project_name": "{deployment.project}", "bedrock_token_threshold": 5}}')
    ran = deployment.paybot("alarms", "set-threshold", "--tokens", "6", "--yes", environ=OWN)
    assert ran.code == 2
    assert "by hand" in ran.err


def test_for_the_embedded_aws_the_user_s_file_stays_as_it_is(deployment: Deployment) -> None:
    before = deployment.tfvars.read_text()
    assert deployment.paybot("alarms", "set-threshold", "--tokens", "6", "--yes").code == 0
    assert deployment.tfvars.read_text() == before
    overrides = deployment.paybot.folder / ".paybot/sandbox/overrides.tfvars"
    assert overrides.read_text().endswith("bedrock_token_threshold = 6\n")
    again = deployment.paybot("alarms", "set-threshold", "--tokens", "6", "-o", "json")
    assert (again.document["data"]["changes"], again.document["data"]["written"]) == ([], False)


def test_a_file_that_is_not_there_is_made(deployment: Deployment) -> None:
    deployment.tfvars.unlink()
    named = {**OWN, "TF_VAR_project_name": deployment.project}
    assert deployment.paybot("alarms", "set-threshold", "--tokens", "7", "--yes", environ=named).code == 0
    assert deployment.tfvars.read_text() == "bedrock_token_threshold = 7\n"


def test_the_region_of_the_command_line_counts(deployment: Deployment) -> None:
    elsewhere = client(deployment.sandbox, "cloudwatch", region="eu-central-1")
    elsewhere.put_metric_alarm(
        AlarmName=deployment.name("far"),
        Namespace="Shop",
        MetricName="x",
        Statistic="Sum",
        Period=60,
        EvaluationPeriods=1,
        Threshold=1,
        ComparisonOperator="GreaterThanThreshold",
    )
    data = deployment.paybot("alarms", "status", "--region", "eu-central-1", "-o", "json").document["data"]
    assert (data["region"], len(data["alarms"])) == ("eu-central-1", 1)
