"""A deployment that has logged: a workspace with a state, and its log groups in an embedded AWS."""

from __future__ import annotations

import io
import json
import time
from collections.abc import Mapping
from typing import Any

from paybot_ops.cli import run
from paybot_ops.sandbox.log_delivery import deliver
from paybot_ops.sandbox.server import Sandbox
from paybot_ops.screen import Screen
from tests.cli.paybot_world import Paybot, Ran

REGION = "us-east-1"
MODULE = """
variable "project_name" {
  type    = string
  default = "shop"
}

variable "environment" {
  type    = string
  default = "dev"
}

variable "aws_region" {
  type    = string
  default = "us-east-1"
}

variable "card_collection" {
  type    = string
  default = "chat"
}
"""
BOT = "/aws/lambda/shop-bot-dev"
API = "/aws/apigateway/shop-api-dev"
GATEWAY = "API-Gateway-Execution-Logs_abc123/dev"
REQUEST = "7f0c1d2e-3a4b-4c5d-8e6f-708192a3b4c5"
TRACE = "1-6743f0a1-0123456789abcdef01234567"
OUTPUTS = {
    "lambda_log_group": BOT,
    "lambda_function_name": "shop-bot-dev",
    "api_access_log_group": API,
    "api_id": "abc123",
    "stage_name": "dev",
}


def now() -> int:
    """The present in milliseconds."""
    return time.time_ns() // 1_000_000


class Logged:
    """The workspace, and what was logged in its deployment."""

    def __init__(self, paybot: Paybot, sandbox: Sandbox, **outputs: Any) -> None:
        self.paybot, self.sandbox = paybot, sandbox
        self.folder = paybot.folder
        (paybot.folder / "terraform").mkdir(exist_ok=True)
        (paybot.folder / "terraform/main.tf").write_text(MODULE)
        paybot.environ["AWS_ENDPOINT_URL"] = sandbox.endpoint
        self.write_state(OUTPUTS | outputs)

    def __call__(self, *arguments: str, stdin: str = "") -> Ran:
        """A command line in this process; `stdin` is a pipe."""
        out, err = io.StringIO(), io.StringIO()
        screen = Screen(stdout=out, stderr=err, stdin=io.StringIO(stdin))
        code = run([*arguments, "--dir", str(self.folder)], screen)
        return Ran(code, out.getvalue(), err.getvalue())

    def write_state(self, outputs: Mapping[str, Any]) -> None:
        """What a deploy would have left."""
        values = {name: {"value": value, "type": "string"} for name, value in outputs.items()}
        document = {"version": 4, "serial": 1, "lineage": "l", "terraform_version": "1.11.4", "outputs": values}
        copy = self.paybot.folder / ".paybot/sandbox/terraform"
        copy.mkdir(parents=True, exist_ok=True)
        (copy / "terraform.tfstate").write_text(json.dumps({**document, "resources": []}))

    def make(self, *groups: str) -> None:
        """Make log groups, empty ones; those of an earlier test go."""
        with self.sandbox.moto.backend("logs", REGION) as logs:
            for group in (BOT, API, GATEWAY):
                logs.groups.pop(group, None)
            for group in groups:
                logs.create_log_group(group, {})

    def put(self, group: str, *messages: Any, at: int | None = None, stream: str = "s") -> None:
        """Log messages, a millisecond apart; what is no text becomes JSON. The last one is `at` (default: now)."""
        last = at if at is not None else now()
        events = [
            {
                "timestamp": last - len(messages) + number,
                "message": message if isinstance(message, str) else json.dumps(message),
            }
            for number, message in enumerate(messages, start=1)
        ]
        deliver(self.sandbox.moto, REGION, group, stream, events)


def turn(session: str | None = "0123456789ab", **more: Any) -> dict[str, Any]:
    """The bot's line of a turn."""
    return {
        "level": "INFO",
        "message": "turn answered",
        "timestamp": "2026-11-24 10:40:00,123+0000",
        "service": "shop-dev",
        "correlation_id": REQUEST,
        "session": session,
        "turn": 3,
        "step": "card",
        "xray_trace_id": TRACE,
    } | more


def report(status: str = "success", **record: Any) -> dict[str, Any]:
    """Lambda's line of an invocation's end."""
    metrics = {"durationMs": 123.4, "billedDurationMs": 124, "memorySizeMB": 256, "maxMemoryUsedMB": 88}
    return {
        "time": "2026-11-24T10:40:00.123Z",
        "type": "platform.report",
        "record": {"requestId": "11112222-aaaa-4bbb-8ccc-ddddeeeeffff", "metrics": metrics, "status": status} | record,
    }


def access(status: str = "200", **more: str) -> dict[str, Any]:
    """A line of the API's access log."""
    return {
        "requestId": REQUEST,
        "xrayTraceId": TRACE,
        "httpMethod": "POST",
        "resourcePath": "/chat",
        "status": status,
        "responseLatency": "123",
        "integrationStatus": status,
        "errorType": "-",
    } | more
