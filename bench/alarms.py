"""`alarms status`, lint and latest values included, against one bare DescribeAlarms of the same alarms."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import boto3

from bench.measure import Ratio, compare
from paybot_ops.sandbox import process

_PAYBOT = str(Path(sys.executable).with_name("paybot"))
_PREFIX = "payment-smart-bot-"
_MODEL = "us.amazon.nova-micro-v1:0"
_MANY = 5000
_BARE = f"""
import boto3, json
print(json.dumps(boto3.client("cloudwatch").describe_alarms(AlarmNamePrefix="{_PREFIX}"), default=str))
"""
_PAGINATED = f"""
import boto3
pages = boto3.client("cloudwatch").get_paginator("describe_alarms").paginate(AlarmNamePrefix="{_PREFIX}")
print(sum(len(page["MetricAlarms"]) for page in pages))
"""


def figures() -> Iterator[Ratio]:
    """The figures of alarms: a deployment's, and five thousand."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        subprocess.run([_PAYBOT, "init", str(folder)], check=True, capture_output=True)
        running = process.start(folder, exit_with_parent=True)
        try:
            environ = _environment(running.endpoint)
            cloudwatch, topic = _clients(running.endpoint)
            _deployment(cloudwatch, topic)
            yield from _one_deployment(folder, environ)
            yield _many(folder, environ, cloudwatch, topic)
        finally:
            process.stop(folder)


def _one_deployment(folder: Path, environ: Mapping[str, str]) -> Iterator[Ratio]:
    def status() -> None:
        _run(folder, environ, _PAYBOT, "alarms", "status")

    if aws := _real_aws():
        yield compare(
            "`alarms status` / `aws cloudwatch describe-alarms`",
            0.9,
            status,
            lambda: _run(folder, environ, aws, "cloudwatch", "describe-alarms", "--alarm-name-prefix", _PREFIX),
            rounds=15,
        )
    yield compare(
        "`alarms status` / a bare boto3 script of that call",
        1.5,
        status,
        lambda: _run(folder, environ, sys.executable, "-c", _BARE),
        rounds=15,
    )


def _many(folder: Path, environ: Mapping[str, str], cloudwatch: Any, topic: str) -> Ratio:
    for number in range(_MANY):
        _put(cloudwatch, f"many-{number:04}", topic, "AWS/Lambda", "Errors", FunctionName=f"{_PREFIX}{number}")
    return compare(
        f"`alarms status` of {_MANY:,} alarms / boto3's pagination",
        1.2,
        lambda: _run(folder, environ, _PAYBOT, "alarms", "status", "--output", "csv"),
        lambda: _run(folder, environ, sys.executable, "-c", _PAGINATED),
        rounds=5,
    )


def _deployment(cloudwatch: Any, topic: str) -> None:
    """What the module deploys, with data for the model's two alarms."""
    for name in ("InputTokenCount", "OutputTokenCount"):
        _put(cloudwatch, name, topic, "AWS/Bedrock", name, period=86400, ModelId=_MODEL)
        datum = {"MetricName": name, "Dimensions": [{"Name": "ModelId", "Value": _MODEL}], "Value": 5}
        cloudwatch.put_metric_data(Namespace="AWS/Bedrock", MetricData=[datum])
    for number, name in enumerate(("Errors", "Throttles", "Duration", "Invocations", "DeadLetterErrors")):
        _put(cloudwatch, f"lambda-{number}", topic, "AWS/Lambda", name, FunctionName=f"{_PREFIX}bot-dev")
    _put(cloudwatch, "api", topic, "AWS/ApiGateway", "5XXError", ApiName=f"{_PREFIX}api-dev", Stage="dev")


def _put(
    cloudwatch: Any, name: str, topic: str, namespace: str, metric: str, period: int = 300, **dimensions: str
) -> None:
    cloudwatch.put_metric_alarm(
        AlarmName=f"{_PREFIX}{name}-dev",
        Namespace=namespace,
        MetricName=metric,
        Dimensions=[{"Name": key, "Value": value} for key, value in dimensions.items()],
        Statistic="Sum",
        Period=period,
        EvaluationPeriods=1,
        Threshold=100,
        ComparisonOperator="GreaterThanThreshold",
        TreatMissingData="notBreaching",
        AlarmActions=[topic],
        OKActions=[topic],
    )


def _clients(endpoint: str) -> tuple[Any, str]:
    """CloudWatch, and a topic with a reader."""
    session = boto3.Session(aws_access_key_id="bench", aws_secret_access_key="bench", region_name="us-east-1")
    sns = session.client("sns", endpoint_url=endpoint)
    topic = sns.create_topic(Name=f"{_PREFIX}alerts-dev")["TopicArn"]
    sns.subscribe(TopicArn=topic, Protocol="sms", Endpoint="+15550100999")
    return session.client("cloudwatch", endpoint_url=endpoint), str(topic)


def _environment(endpoint: str) -> dict[str, str]:
    return dict(os.environ) | {
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_ACCESS_KEY_ID": "bench",
        "AWS_SECRET_ACCESS_KEY": "bench",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_PAGER": "",
    }


def _real_aws() -> str | None:
    """The AWS CLI itself: a version manager's shim, a script of the shell, would be slower than what it starts."""
    for folder in os.get_exec_path():
        found = shutil.which("aws", path=folder)
        if found and not _is_shim(Path(found)):
            return found
    for found in (str(path) for root in _version_managers() for path in sorted(root.glob("*/bin/aws"))):
        return found
    return None


def _is_shim(path: Path) -> bool:
    with path.open("rb") as stream:
        first = stream.readline(200)
    return first.startswith(b"#!") and b"python" not in first


def _version_managers() -> tuple[Path, ...]:
    root = os.environ.get("PYENV_ROOT") or str(Path.home() / ".pyenv")
    return (Path(root) / "versions",)


def _run(folder: Path, environ: Mapping[str, str], *command: str) -> None:
    subprocess.run(command, cwd=folder, env=environ, check=True, capture_output=True)
