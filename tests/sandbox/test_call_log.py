"""The record of calls: off until asked for, names only, in every protocol, and it forgets the oldest first."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.request import Request, urlopen

import pytest
from botocore.exceptions import ClientError

from paybot_ops.sandbox.call_log import Call, CallLog
from paybot_ops.sandbox.control_client import call
from paybot_ops.sandbox.faults import Rule
from paybot_ops.sandbox.server import Sandbox
from tests.sandbox.aws_world import client, says
from tests.sandbox.iam_calls import begin_recording, recorded_calls

SECRET = "canary-3f9a"


def last(sandbox: Sandbox) -> tuple[str, str, dict[str, str]]:
    found = sandbox.call_log.listed()[-1]
    return found.service, found.operation, dict(found.names)


def test_nothing_is_kept_before_it_is_asked_for_and_after_it_is_stopped(sandbox: Sandbox) -> None:
    client(sandbox, "sts").get_caller_identity()
    assert call(sandbox.endpoint, "GET", "/_paybot/calls") == {"recording": False, "forgotten": 0, "calls": []}
    begin_recording(sandbox.endpoint)
    client(sandbox, "sts").get_caller_identity()
    assert call(sandbox.endpoint, "DELETE", "/_paybot/calls")["recording"] is False
    client(sandbox, "sts").get_caller_identity()
    assert recorded_calls(sandbox.endpoint) == [Call("test", "sts", "us-east-1", "GetCallerIdentity", ())]
    begin_recording(sandbox.endpoint)
    assert recorded_calls(sandbox.endpoint) == []


def test_what_is_not_a_signed_call_is_not_one(sandbox: Sandbox) -> None:
    begin_recording(sandbox.endpoint)
    call(sandbox.endpoint, "GET", "/_paybot/health")
    with pytest.raises(OSError, match="40"):
        urlopen(f"{sandbox.endpoint}/_aws/execute-api/none/dev/chat")
    assert recorded_calls(sandbox.endpoint) == []


def test_a_browser_s_page_learns_nothing(sandbox: Sandbox) -> None:
    asked = Request(f"{sandbox.endpoint}/_paybot/calls", headers={"Origin": "https://evil.example"})
    with pytest.raises(OSError, match="403"):
        urlopen(asked)
    assert call(sandbox.endpoint, "PUT", "/_paybot/calls") == {"message": "GET, POST or DELETE."}


def test_names_are_kept_in_every_protocol_and_nothing_else(sandbox: Sandbox) -> None:
    sandbox.call_log.start()
    tables: Any = client(sandbox, "dynamodb")
    with pytest.raises(ClientError):
        tables.put_item(TableName="sessions", Item={"id": {"S": SECRET}})
    assert last(sandbox) == ("dynamodb", "PutItem", {"TableName": "sessions"})
    client(sandbox, "s3").create_bucket(Bucket="states")
    client(sandbox, "s3").put_object(Bucket="states", Key="shop/a b", Body=SECRET.encode(), Metadata={"x": SECRET})
    assert last(sandbox) == ("s3", "PutObject", {"Bucket": "states", "Key": "shop/a b"})
    alarms = {"AlarmNames": ["one", "two"]}
    client(sandbox, "cloudwatch").describe_alarms(**alarms)
    assert {("AlarmNames", "one"), ("AlarmNames", "two")} == set(sandbox.call_log.listed()[-1].names)
    topic = client(sandbox, "sns").create_topic(Name="alerts", Tags=[{"Key": "k", "Value": SECRET}])["TopicArn"]
    assert last(sandbox) == ("sns", "CreateTopic", {"Name": "alerts"})
    client(sandbox, "sns").publish(TopicArn=topic, Message=SECRET, Subject=SECRET)
    assert last(sandbox) == ("sns", "Publish", {"TopicArn": topic})
    key = client(sandbox, "kms").create_key(Description=SECRET)["KeyMetadata"]["Arn"]
    client(sandbox, "kms").encrypt(KeyId=key, Plaintext=SECRET.encode(), EncryptionContext={"purpose": "card"})
    assert last(sandbox) == ("kms", "Encrypt", {"KeyId": key, "EncryptionContext:purpose": "card"})
    client(sandbox, "secretsmanager").create_secret(Name="stripe", SecretString=SECRET)
    assert last(sandbox) == ("secretsmanager", "CreateSecret", {"Name": "stripe"})
    model = "us.amazon.nova-micro-v1:0"
    client(sandbox, "bedrock-runtime").converse(modelId=model, messages=says(SECRET))
    assert last(sandbox) == ("bedrock", "Converse", {"modelId": model})
    client(sandbox, "apigateway").create_rest_api(name=SECRET, description=SECRET)
    assert last(sandbox) == ("apigateway", "CreateRestApi", {"Method": "POST", "Path": "/restapis"})
    assert SECRET not in repr(sandbox.call_log.listed())


def test_a_call_that_is_refused_is_one(sandbox: Sandbox) -> None:
    sandbox.call_log.start()
    sandbox.faults.replace([Rule("s3", "ListBuckets", status=403, code="AccessDenied")])
    with pytest.raises(ClientError):
        client(sandbox, "s3").list_buckets()
    sandbox.faults.replace([])
    assert last(sandbox) == ("s3", "ListBuckets", {})


def test_a_version_is_named(sandbox: Sandbox) -> None:
    sandbox.call_log.start()
    with pytest.raises(ClientError):
        client(sandbox, "s3").get_object(Bucket="none", Key="k", VersionId="v1")
    assert last(sandbox) == ("s3", "GetObject", {"Bucket": "none", "Key": "k", "VersionId": "v1"})


def test_eight_at_once_lose_none(sandbox: Sandbox) -> None:
    sandbox.call_log.start()
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _number: client(sandbox, "sts").get_caller_identity(), range(40)))
    assert len(sandbox.call_log.listed()) == 40


def test_the_oldest_are_forgotten_and_counted() -> None:
    log = CallLog(kept=2)
    log.start()
    for name in ("a", "b", "c"):
        log.keep(Call("k", "s3", "us-east-1", name, ()))
    assert [each.operation for each in log.listed()] == ["b", "c"]
    assert log.forgotten == 1
