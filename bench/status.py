"""`status` against the slowest of its own calls: whatever is not chained must cost nothing more."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3

from bench.measure import Ratio, seconds
from paybot_ops.sandbox import process

_PAYBOT = str(Path(sys.executable).with_name("paybot"))
_ROUNDS = 5
_LIMIT = 1.5
# Signing names, by which the embedded AWS tells services apart.
_SERVICES = ("sts", "s3", "dynamodb", "lambda", "monitoring", "sns", "secretsmanager", "bedrock", "iam")
_EACH, _OTHERS, _SLOWEST = 2.0, 0.3, 3.0


def figures() -> Iterator[Ratio]:
    """A state beside the module, and one in a bucket; the process's start and its imports count."""
    with tempfile.TemporaryDirectory() as folder:
        _paybot(folder, "init", folder)
        running = process.start(Path(folder), exit_with_parent=True)
        try:
            _paybot(folder, "deploy", "--sandbox", "--yes")
            # Without a key a second call asks whether there is a secret at all.
            _paybot(folder, "secrets", "set-stripe-key", "--test-key", "--sandbox", "--yes")
            every = [{"service": name, "delay_seconds": _EACH} for name in _SERVICES]
            yield _figure(folder, running.endpoint, f"`status`, every call {_EACH:g} s / its slowest call", every)
            _paybot(folder, "bootstrap-state", "--sandbox", "--yes")
            _paybot(folder, "migrate-state", "--sandbox", "--yes")
            slow = {"service": "lambda", "operation": "GetFunction", "delay_seconds": _SLOWEST}
            others = [{"service": name, "delay_seconds": _OTHERS} for name in _SERVICES]
            name = f"`status`, state in S3, GetFunction {_SLOWEST:g} s, others {_OTHERS:g} s / it"
            yield _figure(folder, running.endpoint, name, [slow, *others])
        finally:
            process.stop(Path(folder))


def _figure(folder: str, endpoint: str, name: str, delays: list[dict[str, Any]]) -> Ratio:
    client = boto3.client(
        "lambda",
        endpoint_url=endpoint,
        region_name="us-east-1",
        aws_access_key_id="bench",
        aws_secret_access_key="bench",
    )
    function = client.list_functions()["Functions"][0]["FunctionName"]
    _delay(endpoint, delays)
    try:
        pairs = [
            (
                seconds(lambda: _paybot(folder, "status", "--sandbox")),
                seconds(lambda: client.get_function(FunctionName=function)),
            )
            for _ in range(_ROUNDS)
        ]
    finally:
        _delay(endpoint, [])
    return Ratio(name, statistics.median(a for a, _ in pairs), statistics.median(b for _, b in pairs), _LIMIT)


def _delay(endpoint: str, rules: list[dict[str, Any]]) -> None:
    request = urllib.request.Request(f"{endpoint}/_paybot/faults", json.dumps(rules).encode(), method="POST")
    urllib.request.urlopen(request).close()


def _paybot(folder: str, *arguments: str) -> None:
    # As installed: pip compiles what it installs.
    environ = os.environ | {"PYTHONDONTWRITEBYTECODE": ""}
    subprocess.run([_PAYBOT, *arguments], cwd=folder, env=environ, check=True, capture_output=True)
