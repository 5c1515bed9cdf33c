"""A deployed function with published versions and an alias, in an embedded AWS of this process, and its state."""

from __future__ import annotations

import io
import itertools
import json
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3

from paybot_ops.cli import run
from paybot_ops.screen import Screen
from tests.cli.paybot_world import Ran
from tests.cli.state_world import Keyboard, WatchedSandbox

MODULE = """\
variable "project_name" { default = "shop" }
variable "environment" { default = "dev" }
variable "aws_region" { default = "us-east-1" }
"""
SWITCHES = """\
variable "live_version" {
  type    = string
  default = null
}
variable "paused" {
  type    = bool
  default = false
}
variable "reserved_concurrency" {
  type    = number
  default = 20
}
"""
ARN = "arn:aws:sts::123456789012:assumed-role/deployer/ann"
CANARY = "canary-7f3a"
_numbers = itertools.count(1)


class Live:
    """One deployment: three published versions, of which the last is live."""

    def __init__(self, sandbox: WatchedSandbox, folder: Path, *, module: str = MODULE + SWITCHES) -> None:
        self.sandbox = sandbox
        self.folder = folder
        self.function = f"shop-bot-{next(_numbers)}"
        self.lambda_ = self.client("lambda")
        folder.mkdir(parents=True)
        (folder / "main.tf").write_text(module)
        self.tfvars.write_text(f'project_name = "shop"\n# secret = "{CANARY}"\n')
        self._create()
        for number, memory in ((1, 512), (2, 512), (3, 1024)):
            self.publish(number, memory)
        self.lambda_.create_alias(FunctionName=self.function, Name="live", FunctionVersion="3")
        self.record(alias="live")

    @property
    def tfvars(self) -> Path:
        """The user's own file of values."""
        return self.folder / "terraform.tfvars"

    @property
    def overrides(self) -> Path:
        """The file of values of the embedded AWS: what its commands write."""
        return self.folder / ".paybot/sandbox/overrides.tfvars"

    @property
    def written(self) -> list[str]:
        """The settings that it holds."""
        lines = self.overrides.read_text().splitlines() if self.overrides.is_file() else []
        return [line for line in lines if line and not line.startswith("#")]

    @property
    def version(self) -> str:
        """The version that customers talk to."""
        return str(self.lambda_.get_alias(FunctionName=self.function, Name="live")["FunctionVersion"])

    @property
    def reserved(self) -> int | None:
        """The runs that are reserved."""
        found: int | None = self.lambda_.get_function_concurrency(FunctionName=self.function).get(
            "ReservedConcurrentExecutions"
        )
        return found

    def __call__(self, *arguments: str, typed: str | None = None) -> Ran:
        """Run paybot in this process; `typed` is what a person types, None is no terminal."""
        out, err = io.StringIO(), io.StringIO() if typed is None else Keyboard()
        stdin = io.StringIO() if typed is None else Keyboard(typed)
        self.sandbox.calls.clear()
        self.sandbox.headers.clear()
        code = run([*arguments, "--dir", str(self.folder)], Screen(stdout=out, stderr=err, stdin=stdin))
        assert CANARY not in out.getvalue() + err.getvalue()
        return Ran(code, out.getvalue(), err.getvalue())

    def json(self, *arguments: str) -> tuple[int, dict[str, Any]]:
        """The same for a machine: the exit code and the document."""
        ran = self(*arguments, "-o", "json")
        return ran.code, ran.document

    def writes(self) -> list[str]:
        """The operations of the last command that changed anything."""
        changing = ("Put", "Update", "Delete", "Create", "Publish")
        return [call.operation for call in self.sandbox.calls if call.operation.startswith(changing)]

    def publish(self, number: int, memory: int) -> None:
        """Publish a version, with the description that a deploy gives it."""
        variables = {"CARD_COLLECTION": "hosted_link", "BEDROCK_MODEL_ID": "us.amazon.nova-micro-v1:0"}
        variables |= {"EXTRA": CANARY} if number > 2 else {"OLD": CANARY}
        self.lambda_.update_function_configuration(
            FunctionName=self.function, MemorySize=memory, Environment={"Variables": variables}
        )
        self.lambda_.update_function_code(FunctionName=self.function, ZipFile=_zip(f"version {number}"))
        description = f"commit abc{number}def by {ARN} at 2026-11-0{number}T10:00:00Z"
        self.lambda_.publish_version(FunctionName=self.function, Description=description)

    def record(self, *, alias: str = "", reserved: int = -1, outputs: dict[str, Any] | None = None) -> None:
        """Write the state that Terraform would have left."""
        attributes = {"function_name": self.function, "reserved_concurrent_executions": reserved}
        resources = [_resource("aws_lambda_function", attributes)]
        if alias:
            resources.append(_resource("aws_lambda_alias", {"function_name": self.function, "name": alias}))
        document = {
            "version": 4,
            "terraform_version": "1.11.0",
            "serial": 1,
            "lineage": "x",
            "outputs": {name: {"value": value} for name, value in (outputs or {}).items()},
            "resources": resources,
        }
        folder = self.folder / ".paybot/sandbox/terraform"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "terraform.tfstate").write_text(json.dumps(document))

    def client(self, service: str) -> Any:
        """An independent client."""
        return boto3.client(
            service,  # type: ignore[call-overload]  # any service's name
            region_name="us-east-1",
            endpoint_url=self.sandbox.endpoint,
            aws_access_key_id="test",
            aws_secret_access_key="test",
        )

    def _create(self) -> None:
        made = self.client("iam").create_role(RoleName=self.function, AssumeRolePolicyDocument="{}")
        self.lambda_.create_function(
            FunctionName=self.function,
            Runtime="python3.13",
            Role=made["Role"]["Arn"],
            Handler="app.handler",
            Code={"ZipFile": _zip("first")},
        )


def opened(sandbox: WatchedSandbox, folder: Path, **more: str) -> Iterator[Live]:
    """A deployment for one test; what the test did to the sandbox is taken back."""
    yield Live(sandbox, folder, **more)
    sandbox.faults.replace([])
    sandbox.after = lambda _call, _number: None


def _resource(kind: str, attributes: dict[str, Any]) -> dict[str, Any]:
    return {"mode": "managed", "type": kind, "name": "bot", "instances": [{"attributes": attributes}]}


def _zip(text: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("app.py", f"# {text}\ndef handler(event, context):\n    return {{}}\n")
    return buffer.getvalue()
