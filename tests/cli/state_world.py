"""A hand-built Terraform directory, a watched embedded AWS, and reading back what a run has left there."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import boto3
from botocore.exceptions import ClientError
from werkzeug import Request, Response

from paybot_ops.cli import run
from paybot_ops.core.iam_policy_actions import iam_action as action_of
from paybot_ops.sandbox.faults import Rule
from paybot_ops.sandbox.protocols import operation_of, service_of
from paybot_ops.sandbox.server import Sandbox
from paybot_ops.screen import Screen
from tests.cli.paybot_world import Ran

ACCOUNT = "123456789012"
MAIN = """\
terraform {
  # Optional: Use S3 backend for state management
  # backend "s3" {
  #   bucket = "your-terraform-state-bucket"
  #   key    = "payment-smart-bot/terraform.tfstate"
  #   region = "us-east-1"
  # }
}

variable "project_name" {}
variable "environment" { default = "dev" }
variable "aws_region" { default = "us-east-1" }
"""
_READS = (
    "get_bucket_versioning",
    "get_bucket_encryption",
    "get_public_access_block",
    "get_bucket_ownership_controls",
    "get_bucket_policy",
    "get_bucket_lifecycle_configuration",
    "get_bucket_tagging",
    "get_bucket_logging",
)
_WRITES = ("Create", "Put", "Update", "Tag")


@dataclass(frozen=True)
class Call:
    """One request that the embedded AWS answered."""

    service: str
    operation: str

    @property
    def writes(self) -> bool:
        """Whether it changes anything."""
        return self.operation.startswith(_WRITES)


class WatchedSandbox(Sandbox):
    """The embedded AWS, with a list of its calls and something to do after each."""

    def __init__(self) -> None:
        self.calls: list[Call] = []
        self.headers: list[dict[str, str]] = []
        self.after: Callable[[Call, int], None] = lambda _call, _number: None
        super().__init__()

    def _answer(self, request: Request) -> Response:
        answer = super()._answer(request)
        if service_of(request):
            call = Call(service_of(request), operation_of(request))
            self.calls.append(call)
            self.headers.append({name.lower(): value for name, value in request.headers})
            self.after(call, len(self.calls))
        return answer


class Keyboard(io.StringIO):
    """A terminal on which these lines are typed."""

    def isatty(self) -> bool:
        return True


@dataclass
class State:
    """One deployment's state home: a directory, and names of its own on a shared embedded AWS."""

    sandbox: WatchedSandbox
    folder: Path
    name: str
    extra: tuple[str, ...] = field(default=())

    def __post_init__(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / "main.tf").write_text(MAIN)
        (self.folder / "terraform.tfvars").write_text('project_name = "shop"\n')

    @property
    def arguments(self) -> tuple[str, ...]:
        """The command line up to what a test adds."""
        names = ("--bucket", self.name, "--lock-table", self.name)
        return ("bootstrap-state", "--dir", str(self.folder), *names, *self.extra)

    def __call__(self, *more: str, typed: str | None = None) -> Ran:
        """Run it in this process; `typed` is what a person types, None is no terminal."""
        out, err = io.StringIO(), io.StringIO() if typed is None else Keyboard()
        stdin = io.StringIO() if typed is None else Keyboard(typed)
        self.sandbox.calls.clear()
        self.sandbox.headers.clear()
        code = run([*self.arguments, *more], Screen(stdout=out, stderr=err, stdin=stdin))
        return Ran(code, out.getvalue(), err.getvalue())

    def json(self, *more: str) -> tuple[int, dict[str, Any]]:
        """Run it for a machine."""
        ran = self(*more, "--output", "json")
        return ran.code, ran.document

    @property
    def backend_file(self) -> Path:
        """The file of the backend's values, in the embedded AWS's own copy of the directory."""
        return self.folder / ".paybot" / "sandbox" / "terraform" / "dev.s3.tfbackend"

    @property
    def file_text(self) -> str | None:
        """Its text; None when it was not written."""
        return self.backend_file.read_text() if self.backend_file.exists() else None

    def client(self, service: str) -> Any:
        """An independent client."""
        return boto3.client(
            service,  # type: ignore[call-overload]  # any service's name
            region_name="us-east-1",
            endpoint_url=self.sandbox.endpoint,
            aws_access_key_id="test",
            aws_secret_access_key="test",
        )

    def snapshot(self) -> dict[str, Any]:
        """Everything that was made, with the name taken out, so that two runs can be compared."""
        text = json.dumps(dict(self._seen()), default=str, sort_keys=True)
        seen: dict[str, Any] = json.loads(text.replace(self.name, "NAME"))
        return seen

    def _seen(self) -> Iterator[tuple[str, Any]]:
        s3, dynamodb = self.client("s3"), self.client("dynamodb")
        for operation in _READS:
            yield operation, _answer(s3, operation, Bucket=self.name)
        table = _answer(dynamodb, "describe_table", TableName=self.name).get("Table", {})
        yield "table", {name: value for name, value in table.items() if "Time" not in name}
        backups = _answer(dynamodb, "describe_continuous_backups", TableName=self.name)
        described = backups.get("ContinuousBackupsDescription", {}).get("PointInTimeRecoveryDescription", {})
        yield "pitr", described.get("PointInTimeRecoveryStatus")
        yield "tags", _answer(dynamodb, "list_tags_of_resource", ResourceArn=table.get("TableArn", "none")).get("Tags")
        yield "file", self.file_text


def _answer(client: Any, operation: str, **arguments: str) -> dict[str, Any]:
    try:
        answer: dict[str, Any] = getattr(client, operation)(**arguments)
    except ClientError as error:
        return {"error": error.response["Error"]["Code"]}
    answer.pop("ResponseMetadata")
    return answer


def fault(call: Call, code: str, status: int, **more: Any) -> Rule:
    """A rule that answers one operation with an error."""
    return Rule(call.service, call.operation, status=status, code=code, **more)


def iam_action(call: Call) -> str:
    """The right that a call needs."""
    return action_of(call.service, call.operation)
