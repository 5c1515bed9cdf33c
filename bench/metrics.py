"""Reading metrics: against the command line that it replaces, and against the bare calls to CloudWatch."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import boto3

from bench.measure import Ratio, compare, seconds
from paybot_ops.sandbox import process

_PAYBOT = str(Path(sys.executable).with_name("paybot"))
_MODEL = "us.amazon.nova-micro-v1:0"
_METRICS = ("Invocations", "InputTokenCount", "OutputTokenCount", "InvocationLatency")
_MODELS = tuple(f"bench.model-{number}-v1:0" for number in range(25))
_KEPT_DAYS = 455
_LONG_MODELS = 20


def figures() -> Iterator[Ratio]:
    """The figures of `metrics tokens`, in an embedded AWS that holds a past."""
    aws = _real_aws()
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([_PAYBOT, "init", folder], check=True, capture_output=True)
        running = process.start(Path(folder), exit_with_parent=True)
        try:
            cloudwatch = _client(running.endpoint)
            _fill(cloudwatch, _MODEL, days=7)
            week = _statistics(aws, _MODEL, "InputTokenCount")
            yield compare(
                "`metrics tokens --days 7` / one `aws get-metric-statistics`",
                0.9,
                lambda: _paybot(folder, "--days", "7"),
                lambda: _run(week, _environment(running.endpoint)),
                rounds=9,
            )
            yield _many_models(folder, running.endpoint, cloudwatch, aws)
            yield _a_year_by_hour(folder, cloudwatch)
        finally:
            process.stop(Path(folder))


def _many_models(folder: str, endpoint: str, cloudwatch: Any, aws: str) -> Ratio:
    """Every one of the hundred command lines is run: nothing is scaled up."""
    for model in _MODELS:
        _fill(cloudwatch, model, days=7)
    lines = [_statistics(aws, model, metric) for model in _MODELS for metric in _METRICS]
    chosen = [word for model in _MODELS for word in ("--model", model)]
    ours = sorted(seconds(lambda: _paybot(folder, "--by", "model", *chosen)) for _ in range(5))[2]
    theirs = sum(seconds(lambda line=line: _run(line, _environment(endpoint))) for line in lines)  # type: ignore[misc]
    return Ratio("25 models × 4 metrics / one `aws` command line each", ours, theirs, 0.05)


def _a_year_by_hour(folder: str, cloudwatch: Any) -> Ratio:
    """All that CloudWatch keeps, hour by hour; the bare calls ask for the same series, eight at a time as well."""
    models = _MODELS[:_LONG_MODELS]
    for model in models:
        _fill(cloudwatch, model, days=_KEPT_DAYS, from_day=7)
    chosen = [word for model in models for word in ("--model", model)]
    return compare(
        "455 days by hour × 20 models / the bare GetMetricData calls",
        3,
        lambda: _paybot(folder, "--days", str(_KEPT_DAYS), "--by", "hour", *chosen),
        lambda: _bare_calls(cloudwatch, models),
        rounds=3,
    )


def _bare_calls(cloudwatch: Any, models: Sequence[str]) -> None:
    """As few calls as the limits allow (nine series of 10,920 points each), pages followed, nothing made of them."""
    statistics = [*((metric, "Sum") for metric in _METRICS), ("InvocationLatency", "SampleCount")]
    statistics += [(f"Invocation{word}", "Sum") for word in ("Throttles", "ClientErrors", "ServerErrors")]
    queries = [_query(model, metric, stat) for model in models for metric, stat in statistics]
    end = datetime.now(UTC)
    start = end - timedelta(days=_KEPT_DAYS)

    def read(first: int) -> None:
        batch = [{**query, "Id": f"q{number}"} for number, query in enumerate(queries[first : first + 9])]
        pages = cloudwatch.get_paginator("get_metric_data")
        for _page in pages.paginate(MetricDataQueries=batch, StartTime=start, EndTime=end):
            pass

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(read, range(0, len(queries), 9)))


def _query(model: str, metric: str, stat: str) -> dict[str, Any]:
    dimensions = [{"Name": "ModelId", "Value": model}]
    named = {"Namespace": "AWS/Bedrock", "MetricName": metric, "Dimensions": dimensions}
    return {"MetricStat": {"Metric": named, "Period": 3600, "Stat": stat}}


def _fill(cloudwatch: Any, model: str, *, days: int, from_day: int = 0) -> None:
    """Four metrics, every six hours, through the service's own PutMetricData."""
    now = datetime.now(UTC)
    data = [
        {
            "MetricName": metric,
            "Timestamp": now - timedelta(hours=hours),
            "Value": 100.0 + hours,
            "Dimensions": [{"Name": "ModelId", "Value": model}],
        }
        for hours in range(from_day * 24, days * 24, 6)
        for metric in _METRICS
    ]
    for first in range(0, len(data), 1000):
        cloudwatch.put_metric_data(Namespace="AWS/Bedrock", MetricData=data[first : first + 1000])


def _statistics(aws: str, model: str, metric: str) -> list[str]:
    end = datetime.now(UTC)
    times = [f"{moment:%Y-%m-%dT%H:%M:%S}" for moment in (end - timedelta(days=7), end)]
    return [
        *(aws, "cloudwatch", "get-metric-statistics", "--namespace", "AWS/Bedrock", "--metric-name", metric),
        *("--dimensions", f"Name=ModelId,Value={model}", "--start-time", times[0], "--end-time", times[1]),
        *("--period", "86400", "--statistics", "Sum"),
    ]


def _real_aws() -> str:
    """The binary itself: a version manager's shim would cost more than what is measured."""
    found = shutil.which("aws")
    if found is None:
        raise SystemExit("the AWS CLI is not on PATH")
    asked = subprocess.run(["pyenv", "which", "aws"], capture_output=True, text=True) if "shims" in found else None
    return asked.stdout.strip() if asked is not None and asked.returncode == 0 else found


def _environment(endpoint: str) -> dict[str, str]:
    return os.environ | {
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "bench",
        "AWS_SECRET_ACCESS_KEY": "bench",
        "AWS_PAGER": "",
    }


def _paybot(folder: str, *arguments: str) -> None:
    line = [_PAYBOT, "metrics", "tokens", "--sandbox", "--output", "json", *arguments]
    done = subprocess.run(line, cwd=folder, check=True, capture_output=True)
    json.loads(done.stdout)


def _run(line: Sequence[str], environ: dict[str, str]) -> None:
    subprocess.run(line, env=environ, check=True, capture_output=True)


def _client(endpoint: str) -> Any:
    return boto3.client(
        "cloudwatch",
        endpoint_url=endpoint,
        region_name="us-east-1",
        aws_access_key_id="bench",
        aws_secret_access_key="bench",
    )
