"""A workspace whose deployment has been measured: an embedded AWS with metrics of the past in it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from paybot_ops.sandbox.metrics import datum, publish
from paybot_ops.sandbox.server import Sandbox
from tests.cli.paybot_world import Paybot

REGION = "us-east-1"
MODEL = "us.amazon.nova-micro-v1:0"

VARIABLES = """
variable "project_name" {
  type    = string
  default = "shop"
}

variable "environment" {
  type    = string
  default = "dev"
}

variable "bedrock_model_id" {
  type    = string
  default = "us.amazon.nova-micro-v1:0"
}

variable "bedrock_token_threshold" {
  type    = number
  default = 1000
}

variable "bedrock_input_price_per_million" {
  type    = number
  default = 0.035
}

variable "bedrock_output_price_per_million" {
  type    = number
  default = 0.14
}
"""


def prepare(paybot: Paybot, sandbox: Sandbox, **values: str | float) -> None:
    """Make the folder a workspace with these variables, deployed into the embedded AWS."""
    (paybot.folder / "terraform").mkdir(exist_ok=True)
    (paybot.folder / "terraform/variables.tf").write_text(VARIABLES)
    lines = [f'{name} = "{value}"' if isinstance(value, str) else f"{name} = {value}" for name, value in values.items()]
    (paybot.folder / "terraform/terraform.tfvars").write_text("\n".join(lines) + "\n")
    paybot.environ["AWS_ENDPOINT_URL"] = sandbox.endpoint


def count(sandbox: Sandbox, model: str, *, ago: timedelta = timedelta(), **values: float) -> None:
    """Count something under a model's id, some time ago."""
    names: Mapping[str, tuple[str, str]] = {
        "calls": ("Invocations", "Count"),
        "tokens_in": ("InputTokenCount", "Count"),
        "tokens_out": ("OutputTokenCount", "Count"),
        "latency": ("InvocationLatency", "Milliseconds"),
        "throttles": ("InvocationThrottles", "Count"),
        "errors": ("InvocationServerErrors", "Count"),
    }
    at = datetime.now(UTC) - ago
    data: list[dict[str, Any]] = [
        {**datum(names[name][0], value, names[name][1], ModelId=model), "Timestamp": at}
        for name, value in values.items()
    ]
    publish(sandbox.moto, REGION, "AWS/Bedrock", data)
