"""What is mended around moto: bucket policies as over TLS, and the settings of a Lambda function that moto forgets."""

from __future__ import annotations

import io
import json
import zipfile
from typing import Any

import pytest
from botocore.exceptions import ClientError

from paybot_ops.sandbox.bucket_policy import MalformedPolicyError, Verdict, check, verdict
from paybot_ops.sandbox.server import Sandbox
from tests.sandbox.aws_world import client, code_of

ACCOUNT = "123456789012"


def statement(**changes: Any) -> dict[str, Any]:
    plain = {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": ["arn:aws:s3:::b", "arn:aws:s3:::b/*"]}
    return {name: value for name, value in (plain | changes).items() if value is not None}


def policy(*statements: dict[str, Any]) -> bytes:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)}).encode()


def tls_only(refused: str) -> str:
    """The policy text of a bucket `bkt` that refuses requests whose SecureTransport is so."""
    resources = ["arn:aws:s3:::bkt", "arn:aws:s3:::bkt/*"]
    return policy(statement(Resource=resources, Condition={"Bool": {"aws:SecureTransport": refused}})).decode()


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, Verdict.DENY),
        ({"Effect": "Allow"}, Verdict.ALLOW),
        ({"Condition": {"Bool": {"aws:SecureTransport": "false"}}}, Verdict.SILENT),
        ({"Condition": {"Bool": {"aws:SecureTransport": False}}}, Verdict.SILENT),
        ({"Condition": {"Bool": {"aws:SecureTransport": "true"}}}, Verdict.DENY),
        ({"Condition": {"BoolIfExists": {"AWS:securetransport": ["true"]}}}, Verdict.DENY),
        ({"Condition": {"NumericLessThan": {"s3:TlsVersion": "1.2"}}}, Verdict.SILENT),
        ({"Condition": {"NumericLessThan": {"s3:TlsVersion": 1.4}}}, Verdict.DENY),
        ({"Condition": {"StringEquals": {"aws:PrincipalAccount": ACCOUNT}}}, Verdict.DENY),
        ({"Condition": {"StringNotEquals": {"aws:PrincipalAccount": ACCOUNT}}}, Verdict.SILENT),
        ({"Condition": {"StringEquals": {"aws:SourceVpc": "vpc-1"}}}, Verdict.SILENT),
        ({"Condition": {"StringNotEquals": {"aws:SourceVpc": "vpc-1"}}}, Verdict.DENY),
        ({"Condition": {"StringEqualsIfExists": {"aws:SourceVpc": "vpc-1"}}}, Verdict.DENY),
        ({"Condition": {"Null": {"aws:SourceVpc": "true"}}}, Verdict.DENY),
        ({"Action": "s3:Get*"}, Verdict.DENY),
        ({"Action": ["s3:PutObject", "S3:GETOBJECT"]}, Verdict.DENY),
        ({"Action": "s3:PutObject"}, Verdict.SILENT),
        ({"Action": None, "NotAction": "s3:GetObject"}, Verdict.SILENT),
        ({"Action": None, "NotAction": "s3:PutObject"}, Verdict.DENY),
        ({"Resource": "arn:aws:s3:::b"}, Verdict.SILENT),
        ({"Resource": "arn:aws:s3:::b/?"}, Verdict.DENY),
        ({"Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}}, Verdict.DENY),
        ({"Principal": {"AWS": [ACCOUNT]}}, Verdict.DENY),
        ({"Principal": {"AWS": "arn:aws:iam::999999999999:root"}}, Verdict.SILENT),
        ({"Principal": {"Service": "logging.s3.amazonaws.com"}}, Verdict.SILENT),
        ({"Principal": None, "NotPrincipal": {"AWS": ACCOUNT}}, Verdict.SILENT),
    ],
)
def test_a_statement_says(changes: dict[str, Any], expected: Verdict) -> None:
    assert verdict(policy(statement(**changes)), "s3:GetObject", "arn:aws:s3:::b/k", ACCOUNT) is expected


def test_a_deny_wins_over_an_allow_and_no_policy_says_nothing() -> None:
    both = policy(statement(Effect="Allow"), statement())
    assert verdict(both, "s3:GetObject", "arn:aws:s3:::b/k", ACCOUNT) is Verdict.DENY
    assert verdict(None, "s3:GetObject", "arn:aws:s3:::b/k", ACCOUNT) is Verdict.SILENT


@pytest.mark.parametrize(
    "document",
    [
        b"{",
        b"[]",
        b'"text"',
        policy(),
        b'{"Statement": ["text"]}',
        policy(statement(Effect="Maybe")),
        policy(statement(Principal=None)),
        policy(statement(Action=None)),
        policy(statement(Resource=None)),
    ],
)
def test_a_malformed_policy_is_refused(document: bytes) -> None:
    with pytest.raises(MalformedPolicyError):
        check(document)


def test_a_bucket_that_demands_tls_works(sandbox: Sandbox) -> None:
    s3 = client(sandbox, "s3")
    s3.create_bucket(Bucket="bkt")
    s3.put_bucket_policy(Bucket="bkt", Policy=tls_only("false"))
    s3.put_object(Bucket="bkt", Key="k", Body=b"state")
    assert s3.get_object(Bucket="bkt", Key="k")["Body"].read() == b"state"
    assert s3.head_object(Bucket="bkt", Key="k")["ContentLength"] == 5
    s3.put_bucket_policy(Bucket="bkt", Policy=tls_only("true"))
    for refused in (s3.get_object, s3.head_object, s3.delete_object):
        with pytest.raises(ClientError) as caught:
            refused(Bucket="bkt", Key="k")
        assert code_of(caught.value)[1] == 403
    with pytest.raises(ClientError) as caught:
        s3.get_object(Bucket="bkt", Key="k")
    assert code_of(caught.value)[0] == "AccessDenied"


def test_a_malformed_policy_does_not_break_the_bucket(sandbox: Sandbox) -> None:
    s3 = client(sandbox, "s3")
    s3.create_bucket(Bucket="b-malformed")
    with pytest.raises(ClientError, match="Statement") as caught:
        s3.put_bucket_policy(Bucket="b-malformed", Policy='{"Version": "2012-10-17"}')
    assert code_of(caught.value) == ("MalformedPolicy", 400)
    s3.put_object(Bucket="b-malformed", Key="k", Body=b"")


def function(sandbox: Sandbox, name: str, **settings: Any) -> Any:
    """A client in whose account the function exists."""
    iam, functions = client(sandbox, "iam"), client(sandbox, "lambda")
    trust = json.dumps({"Version": "2012-10-17", "Statement": []})
    role = iam.create_role(RoleName=f"{name}-role", AssumeRolePolicyDocument=trust)["Role"]["Arn"]
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("handler.py", "def handler(event, context): return 1\n")
    made = {"Runtime": "python3.13", "Role": role, "Handler": "handler.handler", "Code": {"ZipFile": buffer.getvalue()}}
    functions.create_function(FunctionName=name, **made, **settings)
    return functions


JSON_LOGS = {"LogFormat": "JSON", "ApplicationLogLevel": "WARN", "SystemLogLevel": "WARN", "LogGroup": "/bot"}


def test_a_function_keeps_its_logging(sandbox: Sandbox) -> None:
    functions = function(sandbox, "kept", LoggingConfig=JSON_LOGS, Publish=True)
    functions.create_alias(FunctionName="kept", Name="live", FunctionVersion="1")
    for qualifier in ({}, {"Qualifier": "1"}, {"Qualifier": "live"}, {"Qualifier": "$LATEST"}):
        assert functions.get_function(FunctionName="kept", **qualifier)["Configuration"]["LoggingConfig"] == JSON_LOGS
        assert functions.get_function_configuration(FunctionName="kept", **qualifier)["LoggingConfig"] == JSON_LOGS
    assert functions.list_functions()["Functions"][0]["LoggingConfig"] == JSON_LOGS


def test_an_update_changes_the_latest_and_not_what_was_published(sandbox: Sandbox) -> None:
    functions = function(sandbox, "updated", LoggingConfig=JSON_LOGS, Publish=True)
    wanted = JSON_LOGS | {"ApplicationLogLevel": "DEBUG"}
    answer = functions.update_function_configuration(
        FunctionName="updated", LoggingConfig=wanted, TracingConfig={"Mode": "Active"}, EphemeralStorage={"Size": 1024}
    )
    assert (answer["LoggingConfig"], answer["TracingConfig"]) == (wanted, {"Mode": "Active"})
    functions.publish_version(FunctionName="updated")
    functions.update_function_configuration(FunctionName="updated", LoggingConfig=JSON_LOGS | {"LogGroup": "/other"})
    functions.update_function_configuration(FunctionName="updated", Timeout=9)
    configs = [
        functions.get_function_configuration(FunctionName="updated", **version)["LoggingConfig"]
        for version in ({"Qualifier": "1"}, {"Qualifier": "2"}, {})
    ]
    assert configs == [JSON_LOGS, wanted, JSON_LOGS | {"LogGroup": "/other"}]
    latest = functions.get_function_configuration(FunctionName="updated")
    assert (latest["Timeout"], latest["EphemeralStorage"], latest["TracingConfig"]) == (
        9,
        {"Size": 1024},
        {"Mode": "Active"},
    )


def test_a_function_that_says_nothing_of_logging_has_the_defaults(sandbox: Sandbox) -> None:
    functions = function(sandbox, "plain")
    config = functions.get_function_configuration(FunctionName="plain")["LoggingConfig"]
    assert config == {"LogFormat": "Text", "LogGroup": "/aws/lambda/plain"}
    functions.update_function_configuration(FunctionName="plain", LoggingConfig={"LogFormat": "JSON"})
    config = functions.get_function_configuration(FunctionName="plain")["LoggingConfig"]
    assert (config["ApplicationLogLevel"], config["SystemLogLevel"]) == ("INFO", "INFO")
