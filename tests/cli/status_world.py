"""A deployment of the module's shape in an embedded AWS, made without Terraform, and a state that names its parts."""

from __future__ import annotations

import io
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from paybot_ops.adapters.packaging import source_hash
from paybot_ops.cli import run
from paybot_ops.core.bundle import MARKER, marker, sha256, zip_bundle
from paybot_ops.sandbox.faults import Rule
from paybot_ops.screen import Screen
from tests.cli.paybot_world import Ran, until
from tests.cli.state_world import Keyboard, WatchedSandbox
from tests.sandbox.aws_world import client
from tests.sandbox.cloudwatch_world import alarm, put

DEPLOYER = "arn:aws:iam::123456789012:user/ops/anna"
VARIABLES = """
variable "project_name" {}
variable "environment" { default = "dev" }
variable "aws_region" { default = "us-east-1" }
variable "bedrock_model_id" { default = "us.amazon.nova-micro-v1:0" }
variable "bedrock_token_threshold" { default = 100000 }
"""
OURS = """
variable "bedrock_daily_token_budget" { default = 1000000 }
variable "bedrock_daily_cost_threshold" { default = 1 }
variable "bedrock_input_price_per_million" { default = 0.035 }
variable "bedrock_output_price_per_million" { default = 0.14 }
variable "enable_bedrock_guardrails" { default = false }
"""
_PREFLIGHT = {
    "type": "mock",
    "requestTemplates": {"application/json": '{"statusCode": 204}'},
    "responses": {"default": {"statusCode": "204"}},
}


class Status:
    """One deployment with names of its own; `run` is the command line in this process."""

    def __init__(self, sandbox: WatchedSandbox, folder: Path, project: str, *, hand_built: bool = False) -> None:
        self.sandbox, self.folder, self.project = sandbox, folder, project
        self._hand_built = hand_built
        self._deployed = "[{}, []]"
        self.module = folder / "terraform"
        self.module.mkdir(parents=True)
        (self.module / "main.tf").write_text(VARIABLES + ("" if hand_built else OURS))
        # A model of its own: what one test counts must not be another one's.
        self.model = f"us.test.{project}-v1:0"
        self.set_variables()
        self.lambda_, self.sns = client(sandbox, "lambda"), client(sandbox, "sns")
        self.cloudwatch, self.secrets = client(sandbox, "cloudwatch"), client(sandbox, "secretsmanager")
        self.outputs: dict[str, Any] = {}
        self.resources: list[dict[str, Any]] = []

    def __call__(self, *more: str, terminal: bool = False) -> Ran:
        """Run `paybot status` in this process."""
        out, err = (Keyboard() if terminal else io.StringIO()), io.StringIO()
        code = run(["status", "--dir", str(self.module), *more], Screen(stdout=out, stderr=err, stdin=io.StringIO()))
        return Ran(code, out.getvalue(), err.getvalue())

    def data(self, *more: str) -> dict[str, Any]:
        """What it says to a machine."""
        found: dict[str, Any] = self(*more, "-o", "json").document["data"]
        return found

    def line(self, name: str) -> dict[str, Any]:
        """One line, as a machine reads it."""
        found: dict[str, Any] = self.data()["lines"][name]
        return found

    def name(self, purpose: str) -> str:
        """A resource's whole name."""
        return f"{self.project}-{purpose}-dev"

    def set_variables(self, more: str = "") -> None:
        """The file of values, with these lines added."""
        own = f'project_name = "{self.project}"\nbedrock_model_id = "{self.model}"\n'
        prices = "bedrock_input_price_per_million = 0.035\nbedrock_output_price_per_million = 0.14\n"
        (self.module / "terraform.tfvars").write_text(own + ("" if self._hand_built else prices) + more)

    def restore(self) -> None:
        """Take back what a test has changed of a deployment that others use too."""
        self.outputs, self.resources = json.loads(self._deployed)
        self.backend.unlink(missing_ok=True)
        self.write_state()
        self.set_variables()
        self.put_sources()
        self.lambda_.put_function_concurrency(FunctionName=self.name("bot"), ReservedConcurrentExecutions=20)
        self.cloudwatch.delete_alarms(AlarmNames=[self.name("mute")])
        self.add_alarms()

    def deploy(self) -> None:
        """All that the module makes, and the state."""
        digest = self.put_sources()
        content = zip_bundle({MARKER: marker(digest), "app.py": b"def handler(event, context): return {}"})
        self.add_function(content, digest)
        self.add_api()
        self.add_topic("ops@example.com")
        self.add_alarms()
        secret = self.secrets.create_secret(Name=self.name("stripe-key"), SecretString=stripe_key())["ARN"]
        self.outputs |= {"stripe_secret_arn": secret, "environment": "dev"}
        self.write_state()
        self._deployed = json.dumps([self.outputs, self.resources])

    def put_sources(self) -> str:
        """A bot beside the module; the hash of its sources."""
        bot = self.folder / "lambda"
        (bot / "payment_bot").mkdir(parents=True, exist_ok=True)
        (bot / "payment_bot/__init__.py").write_text("# the bot\n")
        (bot / "requirements.txt").write_text("stripe==1\n")
        return source_hash(bot)

    def add_function(self, content: bytes, digest: str) -> None:
        """The function with its version 1 and the alias that customers reach."""
        function = self.name("bot")
        description = f"commit 1a2b3c4d5e6f by {DEPLOYER} at 2026-01-02T03:04:05Z"
        self.create_function(function, content, Description=description, Publish=True)
        self.lambda_.create_alias(FunctionName=function, Name="live", FunctionVersion="1")
        self.lambda_.put_function_concurrency(FunctionName=function, ReservedConcurrentExecutions=20)
        self.outputs |= {"lambda_function_name": function, "lambda_alias": "live", "lambda_version": "1"}
        self.add_resource(
            "aws_lambda_function",
            function_name=function,
            version="1",
            source_code_hash=digest,
            code_sha256=sha256(content),
            arn=f"arn:aws:lambda:us-east-1:123456789012:function:{function}",
        )

    def create_function(self, function: str, content: bytes, **more: Any) -> None:
        """A function with a role that Lambda may take on."""
        trusted = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "lambda.amazonaws.com"}}
        role = client(self.sandbox, "iam").create_role(
            RoleName=f"{function}-role",
            AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [trusted]}),
        )["Role"]["Arn"]
        given = {"Runtime": "python3.13", "Role": role, "Handler": "app.handler", "Code": {"ZipFile": content}}
        self.lambda_.create_function(FunctionName=function, **given, **more)

    def add_api(self) -> None:
        """The API, as far as a preflight goes."""
        gateway = client(self.sandbox, "apigateway")
        operation = {"responses": {}, "x-amazon-apigateway-integration": _PREFLIGHT}
        document = {
            "openapi": "3.0.1",
            "info": {"title": self.name("api"), "version": "1"},
            "paths": {"/chat": {"options": operation}},
        }
        api = gateway.create_rest_api(name=self.name("api"))["id"]
        gateway.put_rest_api(restApiId=api, mode="overwrite", body=json.dumps(document).encode())
        deployment = gateway.create_deployment(restApiId=api)["id"]
        gateway.create_stage(restApiId=api, stageName="dev", deploymentId=deployment)
        self.outputs["chat_url"] = f"https://{api}.execute-api.us-east-1.amazonaws.com/dev/chat"

    def add_topic(self, *confirmed: str) -> str:
        """The topic with its subscribers."""
        arn = str(self.sns.create_topic(Name=self.name("alerts"))["TopicArn"])
        for number, _address in enumerate(confirmed):
            self.sns.subscribe(TopicArn=arn, Protocol="sms", Endpoint=f"+1555010{number:04}")
        self.outputs["alerts_topic_arn"] = arn
        return arn

    def add_alarms(self) -> None:
        """Two alarms that are calm, once they were evaluated for the first time, and notify the topic."""
        names = [self.put_alarm(short, self.outputs["alerts_topic_arn"]) for short in ("lambda-errors", "api-5xx")]

        def are_calm() -> bool:
            listed = self.cloudwatch.describe_alarms(AlarmNames=names)["MetricAlarms"]
            return all(item["StateValue"] == "OK" for item in listed)

        until(are_calm, "the alarms are calm")

    def put_alarm(self, short: str, *topics: str) -> str:
        """An alarm that notifies these topics; its name."""
        name = self.name(short)
        self.cloudwatch.put_metric_alarm(**alarm(name, TreatMissingData="notBreaching", AlarmActions=list(topics)))
        return name

    def add_resource(self, kind: str, **attributes: Any) -> None:
        """A resource of the state."""
        self.resources.append({"mode": "managed", "type": kind, "name": "x", "instances": [{"attributes": attributes}]})

    def write_state(self) -> None:
        """The state beside the module, where the embedded AWS has its own copy of it."""
        self.state.parent.mkdir(parents=True, exist_ok=True)
        self.state.write_text(self.state_text())

    @property
    def state(self) -> Path:
        """Where a local state is."""
        return self.folder / ".paybot/sandbox/terraform/terraform.tfstate"

    @property
    def backend(self) -> Path:
        """The embedded AWS's own override, which says where the state is."""
        return self.state.parent / "paybot_sandbox_override.tf"

    def state_text(self) -> str:
        """The state as Terraform would write it."""
        outputs = {name: {"value": value, "type": "string"} for name, value in self.outputs.items()}
        document = {"version": 4, "terraform_version": "1.11.4", "serial": 7, "lineage": "l", "outputs": outputs}
        return json.dumps(document | {"resources": self.resources}, indent=2)

    def count(self, metric: str, value: float, namespace: str = "AWS/Bedrock", **named: str) -> None:
        """Publish one value; of the model's metrics where nothing else is said."""
        put(self.cloudwatch, namespace, metric, value, ago=None, **(named or {"ModelId": self.model}))

    def fault(self, service: str, operation: str = "", code: str = "AccessDeniedException", **more: Any) -> None:
        """Put one fault in force."""
        self.sandbox.faults.replace([Rule(service, operation, **{"code": code, "status": 400, **more})])


def stripe_key() -> str:
    """A key of Stripe's test mode, made up."""
    return "sk_test_" + "a1B2" * 6 + "4242"


@contextmanager
def terminal_of(columns: int, **more: str) -> Iterator[None]:
    """A terminal so wide, for as long as the block lasts."""
    wanted = {"COLUMNS": str(columns), **more}
    before = {name: os.environ.get(name) for name in wanted}
    os.environ |= wanted
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
