"""A whole deployment for `paybot doctor`, made with a few calls and as it should be: no Terraform runs."""

from __future__ import annotations

import io
import json
import stat
from pathlib import Path
from typing import Any

from paybot_ops.cli import run
from paybot_ops.sandbox.faults import Rule
from paybot_ops.screen import Screen
from tests.cli.paybot_world import Ran
from tests.cli.state_world import Keyboard, WatchedSandbox
from tests.sandbox.aws_world import client
from tests.sandbox.cloudwatch_world import alarm

MODULE = """\
variable "project_name" {}
variable "environment" { default = "dev" }
variable "aws_region" { default = "us-east-1" }
variable "bedrock_model_id" { default = "us.amazon.nova-micro-v1:0" }
variable "bedrock_token_threshold" { default = 100000 }
variable "card_collection" { default = "hosted_link" }
variable "accept_raw_card_data" { default = false }
variable "enable_bedrock_guardrails" { default = false }
variable "reserved_concurrency" { default = 20 }
variable "api_throttle_rate" { default = 10 }
variable "api_throttle_burst" { default = 20 }
"""
KEY = "rk_test_" + "T" * 20 + "5678"
# Every service that a check asks.
SERVICES = ("bedrock", "monitoring", "sns", "secretsmanager", "servicequotas", "lambda", "apigateway", "s3", "dynamodb")


class Patient:
    """One deployment with a state in a bucket, in an embedded AWS of its file; `project` keeps it apart from others."""

    def __init__(self, sandbox: WatchedSandbox, folder: Path, project: str, *, remote: bool = True) -> None:
        self.sandbox, self.folder, self.project = sandbox, folder, project
        self.copy = folder / ".paybot" / "sandbox" / "terraform"
        (self.copy / ".terraform" / "providers").mkdir(parents=True)
        folder.joinpath("main.tf").write_text(MODULE)
        self.tfvars = folder / "terraform.tfvars"
        self.tfvars.write_text(f'project_name = "{project}"\n')
        self.tfvars.chmod(0o600)
        manager = client(sandbox, "secretsmanager")
        self.secret = str(manager.create_secret(Name=f"{project}-stripe-dev", SecretString=KEY)["ARN"])
        self.topic = str(client(sandbox, "sns").create_topic(Name=f"{project}-alerts-dev")["TopicArn"])
        client(sandbox, "sns").subscribe(TopicArn=self.topic, Protocol="sms", Endpoint="+15550100999")
        self.put_alarm(self.topic)
        if remote:
            assert self("bootstrap-state", "--yes").code == 0
            # As migrate-state leaves the embedded AWS's own copy.
            (self.copy / "paybot_sandbox_override.tf").write_text('terraform {\n  backend "s3" {}\n}\n')
        self.remote = remote
        self.write_state()

    def __call__(self, *arguments: str, typed: str | None = None) -> Ran:
        """Run a command in this process; `typed` is what a person types, None is no terminal."""
        out, err = io.StringIO(), io.StringIO() if typed is None else Keyboard()
        stdin = io.StringIO() if typed is None else Keyboard(typed)
        command, *more = arguments
        code = run([command, "--dir", str(self.folder), *more], Screen(stdout=out, stderr=err, stdin=stdin))
        return Ran(code, out.getvalue(), err.getvalue())

    def checks(self, *more: str) -> dict[str, dict[str, Any]]:
        """What `doctor` says, by the check's name."""
        data = self("doctor", *more, "--output", "json").document["data"]
        return {item["check"]: item for item in data["checks"]}

    def put_alarm(self, *topics: str) -> None:
        """The deployment's one alarm, which notifies these."""
        settings = alarm(f"{self.project}-errors-dev", TreatMissingData="notBreaching", AlarmActions=list(topics))
        client(self.sandbox, "cloudwatch").put_metric_alarm(**settings)

    def write_state(self, **attributes: Any) -> None:
        """The state, with these attributes of the function."""
        instances = [{"attributes": {"function_name": f"{self.project}-bot-dev", **attributes}}]
        function = {"mode": "managed", "type": "aws_lambda_function", "name": "bot", "instances": instances}
        document = {
            "version": 4,
            "serial": 7,
            "lineage": "l",
            "terraform_version": "1.11.4",
            "outputs": {"stripe_secret_arn": {"value": self.secret, "type": "string"}},
            "resources": [function],
        }
        text = json.dumps(document)
        if not self.remote:
            path = self.copy / "terraform.tfstate"
            path.write_text(text)
            path.chmod(0o600)
            return
        client(self.sandbox, "s3").put_object(
            Bucket=self.bucket, Key=f"{self.project}/dev/terraform.tfstate", Body=text
        )
        self.write_digest(text)

    def write_digest(self, text: str) -> None:
        """What Terraform keeps of a state in its lock table."""
        from paybot_ops.core.state_document import md5_of

        path = f"{self.bucket}/{self.project}/dev/terraform.tfstate-md5"
        item = {"LockID": {"S": path}, "Digest": {"S": md5_of(text.encode())}}
        client(self.sandbox, "dynamodb").put_item(TableName="terraform-state-lock", Item=item)

    @property
    def bucket(self) -> str:
        """The state's bucket, by its default name."""
        return f"{self.project}-terraform-state-123456789012"

    def refuse(self, code: str, status: int, *services: str) -> None:
        """Let these services answer everything with an error."""
        self.sandbox.faults.replace([Rule(service, status=status, code=code) for service in services])

    def mode(self, path: Path) -> int:
        """A file's permission bits."""
        return stat.S_IMODE(path.stat().st_mode)
