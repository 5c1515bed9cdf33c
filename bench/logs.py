"""Reading logs: the first line against the AWS CLI's, and a hundred thousand lines in flat memory."""

from __future__ import annotations

import compileall
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import boto3

import paybot_ops
from bench.measure import Ratio, seconds
from bench.metrics import _environment, _real_aws, _run
from paybot_ops.sandbox import process

_PAYBOT = str(Path(sys.executable).with_name("paybot"))
_BOT, _API = "/aws/lambda/bench-bot-dev", "/aws/apigateway/bench-api-dev"
# Few is as many as fill every page that is held: below that, the pages themselves are fewer.
_FEW, _MANY = 30_000, 100_000


def figures() -> Iterator[Ratio]:
    """The figures of `logs`, in an embedded AWS whose bot has logged."""
    aws = _real_aws()
    # As in an installed paybot: its modules are compiled.
    compileall.compile_dir(paybot_ops.__path__[0], quiet=2)
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([_PAYBOT, "init", folder], check=True, capture_output=True)
        running = process.start(Path(folder), exit_with_parent=True)
        try:
            logs = _client(running.endpoint)
            _deploy(Path(folder), logs)
            yield _first_line(folder, aws, running.endpoint, logs)
            yield _memory(folder, logs)
        finally:
            process.stop(Path(folder))


def _first_line(folder: str, aws: str, endpoint: str, logs: Any) -> Ratio:
    """Both groups merged, until the first line, against one group listed: the CLI shows nothing before it has all."""
    for group in (_BOT, _API):
        _fill(logs, group, 100)
    ours = [_PAYBOT, "logs", "--sandbox", "--since", "1h"]
    hour_ago = str(int((time.time() - 3600) * 1000))
    theirs = [aws, "logs", "filter-log-events", "--log-group-name", _BOT, "--start-time", hour_ago, "--output", "text"]
    pairs = [
        (_until_first_line(ours, folder), seconds(lambda: _run(theirs, _environment(endpoint)))) for _ in range(11)
    ]
    return Ratio(
        "`logs`, the first line / one `aws logs filter-log-events`",
        statistics.median(a for a, _ in pairs),
        statistics.median(b for _, b in pairs),
        0.75,
    )


def _memory(folder: str, logs: Any) -> Ratio:
    """Peak memory of a whole run: it must not know how long the log is."""
    _fill(logs, _BOT, _FEW // 2)
    _fill(logs, _API, _FEW // 2)
    few = _peak_megabytes(folder, at_least=_FEW)
    _fill(logs, _BOT, (_MANY - _FEW) // 2)
    _fill(logs, _API, (_MANY - _FEW) // 2)
    many = _peak_megabytes(folder, at_least=_MANY)
    return Ratio(f"peak memory of {_MANY:,} log events / of {_FEW:,}", many, few, 1.15, "MB")


def _until_first_line(line: Sequence[str], folder: str) -> float:
    started = time.perf_counter()
    with subprocess.Popen(line, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as child:
        assert child.stdout is not None
        first = child.stdout.readline()
        took = time.perf_counter() - started
        child.stdout.read()
    assert first and child.returncode == 0, line
    return took


def _peak_megabytes(folder: str, *, at_least: int) -> float:
    line = [_PAYBOT, "logs", "--sandbox", "--since", "1h"]
    child = subprocess.Popen(line, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    assert child.stdout is not None
    count = sum(1 for _ in child.stdout)
    _, status, used = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    assert child.returncode == 0 and count >= at_least, (child.returncode, count)
    return used.ru_maxrss / 1024


def _deploy(folder: Path, logs: Any) -> None:
    """The state of a deployment, and its log groups, as a deploy leaves them."""
    outputs = {"lambda_log_group": _BOT, "api_access_log_group": _API}
    values = {name: {"value": value, "type": "string"} for name, value in outputs.items()}
    document = {"version": 4, "serial": 1, "lineage": "bench", "terraform_version": "1.11.4", "outputs": values}
    copy = folder / ".paybot/sandbox/terraform"
    copy.mkdir(parents=True, exist_ok=True)
    (copy / "terraform.tfstate").write_text(json.dumps({**document, "resources": []}))
    for group in (_BOT, _API):
        logs.create_log_group(logGroupName=group)
        logs.create_log_stream(logGroupName=group, logStreamName="bench")


def _fill(logs: Any, group: str, count: int) -> None:
    """Lines of the bot's and the API's own form, spread over the last half hour."""
    now = int(time.time() * 1000)
    for first in range(0, count, 5_000):
        events = [
            {"timestamp": now - 1_800_000 + (first + number) * 1_700_000 // count, "message": _line(group, number)}
            for number in range(min(5_000, count - first))
        ]
        logs.put_log_events(logGroupName=group, logStreamName="bench", logEvents=events)


def _line(group: str, number: int) -> str:
    request = f"7f0c1d2e-3a4b-4c5d-8e6f-{number:08x}b4c5"
    if group == _API:
        fields = {"httpMethod": "POST", "resourcePath": "/chat", "status": "200", "responseLatency": "123"}
        return json.dumps({"requestId": request, "requestTime": "24/Nov/2026:10:40:00 +0000", **fields})
    return json.dumps(
        {
            "level": "INFO",
            "message": "turn answered",
            "timestamp": "2026-11-24 10:40:00,123+0000",
            "service": "bench-dev",
            "correlation_id": request,
            "session": "0123456789ab",
            "turn": number,
            "step": "card",
        }
    )


def _client(endpoint: str) -> Any:
    return boto3.client(
        "logs",
        endpoint_url=endpoint,
        region_name="us-east-1",
        aws_access_key_id="bench",
        aws_secret_access_key="bench",
    )
