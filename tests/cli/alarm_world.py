"""A deployment that paybot did not make: its module of two variables, and its alarms in an embedded AWS."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

from paybot_ops.sandbox.server import Sandbox
from tests.cli.paybot_world import Paybot
from tests.sandbox.aws_world import client
from tests.sandbox.cloudwatch_world import alarm, dimensions

MODULE = """
variable "project_name" {
  type    = string
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
  default = 100000
}
"""
TFVARS = """\
project_name = "{project}"

bedrock_token_threshold = 100000  # Alert at 100k tokens/day
"""


class Deployment:
    """One hand-built deployment; each has a project of its own, so that several live in one embedded AWS."""

    def __init__(self, sandbox: Sandbox, paybot: Paybot, project: str) -> None:
        self.sandbox = sandbox
        self.paybot = paybot
        self.project = project
        (paybot.folder / "main.tf").write_text(MODULE)
        self.tfvars.write_text(TFVARS.format(project=project))
        paybot.environ["AWS_ENDPOINT_URL"] = sandbox.endpoint
        self.cloudwatch: Any = client(sandbox, "cloudwatch")
        self.sns: Any = client(sandbox, "sns")

    @property
    def tfvars(self) -> Path:
        """The file of values."""
        return self.paybot.folder / "terraform.tfvars"

    def name(self, short: str) -> str:
        """An alarm's or topic's whole name."""
        return f"{self.project}-{short}-dev"

    def topic(self, *addresses: str) -> str:
        """The deployment's topic, with these addresses confirmed."""
        arn = str(self.sns.create_topic(Name=self.name("alerts"))["TopicArn"])
        for address in addresses:
            self.sns.subscribe(TopicArn=arn, Protocol="email", Endpoint=address)
            self.sns.confirm_subscription(TopicArn=arn, Token=self.letters(arn)[-1]["token"])
        return arn

    def letters(self, topic: str) -> list[dict[str, Any]]:
        """What went out to people from a topic."""
        with urlopen(f"{self.sandbox.endpoint}/_paybot/outbox") as response:
            return [item for item in json.load(response)["messages"] if item["topic_arn"] == topic]

    def put(self, short: str, *topics: str, **settings: Any) -> str:
        """An alarm of the deployment that notifies these topics; its name."""
        name = self.name(short)
        plain = {"TreatMissingData": "notBreaching", "AlarmActions": list(topics)}
        self.cloudwatch.put_metric_alarm(**alarm(name, **plain | settings))
        return name

    def put_tokens(self, *topics: str, model: str = "us.amazon.nova-micro-v1:0", **settings: Any) -> str:
        """Its alarm on a day's input tokens."""
        watched = {"Namespace": "AWS/Bedrock", "MetricName": "InputTokenCount", "Dimensions": dimensions(ModelId=model)}
        return self.put("tokens", *topics, **watched | {"Period": 86400, "Threshold": 100000.0} | settings)

    def count_calls(self, *operations: tuple[str, str]) -> None:
        """Count calls of (service, operation) from now on."""
        self.faults([{"service": service, "operation": operation} for service, operation in operations])

    def faults(self, rules: list[dict[str, Any]]) -> None:
        """Put faults in force; without a code a rule only counts."""
        urlopen(Request(f"{self.sandbox.endpoint}/_paybot/faults", json.dumps(rules).encode(), method="POST")).close()

    def calls(self) -> dict[str, int]:
        """How often each rule was hit."""
        with urlopen(f"{self.sandbox.endpoint}/_paybot/faults") as response:
            return {rule["operation"]: rule["hits"] for rule in json.load(response)["rules"]}
