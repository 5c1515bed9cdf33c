"""`paybot notifications` on a deployment that paybot did not make."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from paybot_ops.sandbox.server import Sandbox
from tests.cli.alarm_world import Deployment
from tests.cli.paybot_world import Paybot
from tests.sandbox.cloudwatch_world import described


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox() as running:
        yield running


@pytest.fixture
def deployment(sandbox: Sandbox, paybot: Paybot, request: pytest.FixtureRequest) -> Iterator[Deployment]:
    made = Deployment(sandbox, paybot, re.sub(r"[^a-z0-9]+", "-", request.node.name.lower())[-40:].strip("-"))
    yield made
    made.faults([])


def states(deployment: Deployment) -> list[tuple[str, str]]:
    (topic,) = deployment.paybot("notifications", "list", "-o", "json").document["data"]
    return [(item["endpoint"], item["state"]) for item in topic["subscriptions"]]


def test_from_nothing_to_a_reader_and_twice_is_once(deployment: Deployment) -> None:
    name = deployment.put("a", EvaluationPeriods=3, DatapointsToAlarm=2, AlarmDescription="kept")
    before = described(deployment.cloudwatch, name)
    create = ("notifications", "subscribe", "ops@example.com", "--create-topic")
    refused = deployment.paybot("notifications", "subscribe", "ops@example.com", "--yes")
    assert (refused.code, "--create-topic" in refused.err) == (1, True)
    dry = deployment.paybot(*create, "--dry-run", "-o", "json").document["data"]
    assert [item["verb"] for item in dry["changes"]] == ["create", "wire", "subscribe"]
    assert deployment.paybot(*create).code == 4
    configured = "AlarmConfigurationUpdatedTimestamp"
    assert described(deployment.cloudwatch, name)[configured] == before[configured]
    assert deployment.paybot(*create, "--yes").code == 0
    after = described(deployment.cloudwatch, name)
    assert [arn.rpartition(":")[2] for arn in after["AlarmActions"]] == [deployment.name("alerts")]
    assert (after["AlarmDescription"], after["DatapointsToAlarm"]) == ("kept", 2)
    again = deployment.paybot(*create, "--yes", "-o", "json").document["data"]
    assert (again["changes"], len(again["notes"])) == ([], 1)
    assert states(deployment) == [("ops@example.com", "pending")]


def test_terraforms_ignorance_of_wired_actions_is_said(deployment: Deployment) -> None:
    deployment.put("a")
    ran = deployment.paybot("notifications", "subscribe", "ops@example.com", "--create-topic", "--yes")
    assert "alarm_actions" in ran.err


def test_a_failure_in_the_middle_converges_when_run_again(deployment: Deployment) -> None:
    name = deployment.put("a")
    create = ("notifications", "subscribe", "ops@example.com", "--create-topic", "--yes", "-o", "json")
    for operation, service in (("CreateTopic", "sns"), ("PutMetricAlarm", "monitoring"), ("Subscribe", "sns")):
        deployment.faults([{"service": service, "operation": operation, "code": "AccessDenied", "status": 403}])
        ran = deployment.paybot(*create)
        assert ran.code == 1
        outcomes = [step["outcome"] for step in ran.document["data"]["result"]]
        assert outcomes.count("failed") == 1
        assert "done" not in outcomes[outcomes.index("failed") :]
        deployment.faults([])
    assert deployment.paybot(*create).code == 0
    assert described(deployment.cloudwatch, name)["AlarmActions"]
    assert states(deployment) == [("ops@example.com", "pending")]


def test_the_age_of_a_pending_one_is_known_where_it_was_asked_for(deployment: Deployment) -> None:
    topic = deployment.topic()
    deployment.put("a", topic)
    deployment.sns.subscribe(TopicArn=topic, Protocol="email", Endpoint="elsewhere@example.com")
    assert deployment.paybot("notifications", "subscribe", "mine@example.com", "--yes").code == 0
    lines = deployment.paybot("notifications", "list").out.splitlines()
    assert next(line for line in lines if "mine@" in line).rstrip().endswith(("ago", "now"))
    assert "unknown" in next(line for line in lines if "elsewhere@" in line)
    log = next((deployment.paybot.folder / ".paybot").glob("subscriptions.json")).read_text()
    assert "example.com" not in log


def test_resend_asks_again(deployment: Deployment) -> None:
    topic = deployment.topic()
    deployment.put("a", topic)
    for more in ((), (), ("--resend",)):
        assert deployment.paybot("notifications", "subscribe", "ops@example.com", "--yes", *more).code == 0
    assert len(deployment.letters(topic)) == 2


@pytest.mark.parametrize("endpoint", ["ops@example", "http://example.com", "0664123", "nobody"])
def test_endpoints_are_checked_before_anything_is_asked(deployment: Deployment, endpoint: str) -> None:
    deployment.count_calls(("sns", ""))
    assert deployment.paybot("notifications", "subscribe", endpoint, "--yes").code == 2
    assert deployment.calls() == {"": 0}


def test_unsubscribe_ends_confirmed_ones_only(deployment: Deployment) -> None:
    topic = deployment.topic("ops@example.com")
    deployment.put("a", topic)
    deployment.sns.subscribe(TopicArn=topic, Protocol="email", Endpoint="pending@example.com")
    waiting = deployment.paybot("notifications", "unsubscribe", "pending@example.com", "--yes")
    assert (waiting.code, "48 hours" in waiting.err) == (1, True)
    assert deployment.paybot("notifications", "unsubscribe", "OPS@example.com", "--dry-run").code == 0
    assert ("ops@example.com", "confirmed") in states(deployment)
    assert deployment.paybot("notifications", "unsubscribe", "OPS@example.com", "--yes").code == 0
    assert ("ops@example.com", "deleted") in states(deployment)
    again = deployment.paybot("notifications", "unsubscribe", "ops@example.com", "--yes")
    assert (again.code, "not subscribed" in again.out) == (0, True)


def test_a_test_message_is_marked(deployment: Deployment) -> None:
    topic = deployment.topic("ops@example.com")
    deployment.put("a", topic)
    assert deployment.paybot("notifications", "test").code == 4
    assert deployment.paybot("notifications", "test", "--dry-run").code == 0
    assert len(deployment.letters(topic)) == 1
    ran = deployment.paybot("notifications", "test", "--yes", "-o", "json")
    assert ran.document["data"]["subscribers"] == 1
    assert deployment.letters(topic)[-1]["subject"].startswith("[TEST]")


def test_a_test_that_nobody_hears_is_a_failure(deployment: Deployment) -> None:
    deployment.put("a", deployment.topic())
    ran = deployment.paybot("notifications", "test", "--yes")
    assert (ran.code, "nobody hears" in ran.err) == (1, True)


def test_a_policy_that_stops_alarms_is_found_by_reading_it(deployment: Deployment) -> None:
    topic = deployment.topic("ops@example.com")
    deployment.put("a", topic)
    deployment.sns.set_topic_attributes(
        TopicArn=topic, AttributeName="Policy", AttributeValue='{"Version": "2012-10-17", "Statement": []}'
    )
    (found,) = deployment.paybot("notifications", "list", "-o", "json").document["data"]
    assert "policy" in found["problems"][0]
    sent = deployment.paybot("notifications", "test", "--yes")
    assert "would not reach" in sent.err


def test_several_topics_need_a_choice(deployment: Deployment) -> None:
    first = deployment.topic("ops@example.com")
    second = deployment.sns.create_topic(Name=deployment.name("more"))["TopicArn"]
    deployment.put("a", first)
    deployment.put("b", second)
    assert deployment.paybot("notifications", "test", "--yes").code == 2
    assert deployment.paybot("notifications", "test", "--yes", "--topic", first).code == 0
    assert len(deployment.paybot("notifications", "list", "-o", "json").document["data"]) == 2


def test_a_deployment_without_a_topic_says_how_to_get_one(deployment: Deployment) -> None:
    deployment.put("a")
    ran = deployment.paybot("notifications", "list")
    assert (ran.code, "--create-topic" in ran.err) == (1, True)
