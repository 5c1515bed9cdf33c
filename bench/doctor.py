"""`doctor` against its own checks one after the other, on a deployment in the embedded AWS, near and far."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from urllib.request import Request, urlopen

import boto3

from bench.measure import Ratio, compare
from paybot_ops.sandbox import process

_PAYBOT = str(Path(sys.executable).with_name("paybot"))
_PROJECT = "payment-smart-bot"
_SERVICES = (
    *("apigateway", "bedrock", "dynamodb", "lambda", "monitoring"),
    *("s3", "secretsmanager", "servicequotas", "sns", "sts"),
)
# What a call to AWS takes from an office: a connection that is kept, and a few milliseconds of AWS's own.
_FAR = 0.1
_ROUNDS = 5


def figures() -> Iterator[Ratio]:
    """All checks at once: against each as a command of its own, and in one process where a call takes its time."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        subprocess.run([_PAYBOT, "init", str(folder)], check=True, capture_output=True)
        running = process.start(folder, exit_with_parent=True)
        environ = {"AWS_ENDPOINT_URL": running.endpoint, "AWS_DEFAULT_REGION": "us-east-1"}
        try:
            subprocess.run(
                [_PAYBOT, "bootstrap-state", "--dir", str(folder), "--yes"],
                env=os.environ | environ,
                check=True,
                capture_output=True,
            )
            _deploy(folder, running.endpoint)
            yield _as_commands(folder, environ)
            yield _in_one_process(folder, running.endpoint)
        finally:
            process.stop(folder)


def _deploy(folder: Path, endpoint: str) -> None:
    """A state, a key, and an alarm that somebody hears: so that each check has something to ask."""
    session = boto3.Session(aws_access_key_id="bench", aws_secret_access_key="bench", region_name="us-east-1")
    key = "rk_test_" + "B" * 24
    secret = session.client("secretsmanager", endpoint_url=endpoint).create_secret(Name="stripe", SecretString=key)
    sns = session.client("sns", endpoint_url=endpoint)
    topic = sns.create_topic(Name=f"{_PROJECT}-alerts-dev")["TopicArn"]
    sns.subscribe(TopicArn=topic, Protocol="sms", Endpoint="+15550100999")
    session.client("cloudwatch", endpoint_url=endpoint).put_metric_alarm(
        AlarmName=f"{_PROJECT}-errors-dev",
        Namespace="AWS/Lambda",
        MetricName="Errors",
        Statistic="Sum",
        Period=300,
        EvaluationPeriods=1,
        Threshold=1,
        ComparisonOperator="GreaterThanThreshold",
        AlarmActions=[topic],
    )
    function = {"type": "aws_lambda_function", "mode": "managed", "name": "bot", "instances": [{"attributes": {}}]}
    outputs = {"stripe_secret_arn": {"value": secret["ARN"], "type": "string"}}
    state = {"version": 4, "serial": 1, "lineage": "bench", "outputs": outputs, "resources": [function]}
    (folder / ".paybot/sandbox/terraform/terraform.tfstate").write_text(json.dumps(state))


def _as_commands(folder: Path, environ: dict[str, str]) -> Ratio:
    from paybot_ops.operations.doctor.table import CHECKS

    def run(*only: str) -> None:
        command = [_PAYBOT, "doctor", "--dir", str(folder), *only]
        done = subprocess.run(command, env=os.environ | environ, capture_output=True, check=False)
        assert done.returncode in (0, 3), done.stderr

    def one_by_one() -> None:
        for check in CHECKS:
            run("--only", check.name)

    return compare("`doctor` / each check as a command of its own", 0.5, run, one_by_one, rounds=2)


def _in_one_process(folder: Path, endpoint: str) -> Ratio:
    """Clients are made anew in each round, as in a command of its own."""
    from paybot_ops.operations.doctor import examine, examine_one
    from paybot_ops.operations.doctor.ground import find_ground
    from paybot_ops.operations.doctor.table import CHECKS
    from paybot_ops.operations.target import Choice
    from paybot_ops.screen import Screen

    choice, seconds = Choice(folder), 60.0

    def together() -> None:
        examine(Screen(stderr=io.StringIO()), find_ground(choice, seconds), CHECKS, seconds)

    def one_by_one() -> None:
        ground = find_ground(choice, seconds)
        for check in CHECKS:
            examine_one(check, ground)

    before = os.environ.get("AWS_ENDPOINT_URL")
    os.environ["AWS_ENDPOINT_URL"] = endpoint
    rules = [{"service": service, "delay_seconds": _FAR} for service in _SERVICES]
    urlopen(Request(f"{endpoint}/_paybot/faults", json.dumps(rules).encode(), method="POST")).close()
    try:
        what = f"`doctor` / its checks one by one, {_FAR * 1000:.0f} ms a call"
        return compare(what, 0.5, together, one_by_one, rounds=_ROUNDS)
    finally:
        if before is None:
            del os.environ["AWS_ENDPOINT_URL"]
        else:
            os.environ["AWS_ENDPOINT_URL"] = before
