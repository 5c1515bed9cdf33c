"""A hand-built deployment with a local state, its home in an embedded AWS, and the way of its state between them.

The directory is worked on in place, as in a real account: the services' own endpoint variables lead to the embedded
AWS, and not the one that `--sandbox` and its copy of the directory are known by.
"""

from __future__ import annotations

import io
import json
import os
import re
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import boto3

from paybot_ops.cli import run
from paybot_ops.screen import Screen
from tests.cli.paybot_world import Ran
from tests.cli.state_world import Keyboard, WatchedSandbox

MAIN = """\
terraform {
  # Optional: Use S3 backend for state management
  # backend "s3" {
  #   bucket = "your-terraform-state-bucket"
  #   key    = "payment-smart-bot/terraform.tfstate"
  #   region = "us-east-1"
  # }
}

variable "project_name" { default = "shop" }
variable "environment" { default = "dev" }
variable "size" { default = "two" }

resource "terraform_data" "first" { input = "one" }
resource "terraform_data" "many" {
  for_each = toset(["a", "b"])
  input    = "${each.key} ${var.size}"
}

output "environment" { value = var.environment }
output "token" {
  value     = terraform_data.first.id
  sensitive = true
}
"""
KEY = "shop/dev/terraform.tfstate"


@dataclass
class Deployment:
    """One deployment: its directory, and a bucket and table of one name."""

    sandbox: WatchedSandbox
    folder: Path
    name: str
    main: str = MAIN
    environ: dict[str, str] = field(init=False)

    def __post_init__(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / "main.tf").write_text(self.main)
        self.environ = endpoints(self.sandbox.endpoint)

    def paybot(self, *arguments: str, typed: str | None = None) -> Ran:
        """Run a command line on the directory in this process; `typed` is what a person types, None is no terminal."""
        out, err = io.StringIO(), io.StringIO() if typed is None else Keyboard()
        stdin = io.StringIO() if typed is None else Keyboard(typed)
        self.sandbox.calls.clear()
        screen = Screen(stdout=out, stderr=err, stdin=stdin)
        code = run([*arguments, "--dir", str(self.folder)], screen)
        assert "Traceback" not in err.getvalue(), err.getvalue()
        assert "defect of paybot" not in err.getvalue(), err.getvalue()
        return Ran(code, out.getvalue(), err.getvalue())

    def json(self, *arguments: str) -> tuple[int, dict[str, Any]]:
        """Run it for a machine."""
        ran = self.paybot(*arguments, "--output", "json")
        return ran.code, ran.document

    def bootstrap(self, *more: str) -> None:
        """Make the bucket, the table and the backend file."""
        ran = self.paybot("bootstrap-state", "--yes", "--bucket", self.name, "--lock-table", self.name, *more)
        assert ran.code == 0, ran.err
        with self.backend_file.open("a") as stream:
            stream.write("use_path_style = true # a bucket here is no host name\n")

    def migrate(self, *more: str) -> Ran:
        """Move the state, without questions."""
        return self.paybot("migrate-state", "--yes", *more)

    def terraform(self, *arguments: str) -> str:
        """The real terraform, as a user runs it here."""
        done = subprocess.run(
            ["terraform", *arguments], cwd=self.folder, env=os.environ | self.environ, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def apply(self) -> None:
        """Deploy by hand: a local state with three resources. It is made once, and copied from then on."""
        made = applied(self.main)
        for name in ("terraform.tfstate", ".terraform.lock.hcl"):
            if (made / name).exists():
                shutil.copy(made / name, self.folder)

    @property
    def backend_file(self) -> Path:
        """The values of the backend."""
        return self.folder / "dev.s3.tfbackend"

    @property
    def local(self) -> Path:
        """The local state."""
        return self.folder / "terraform.tfstate"

    def client(self, service: str) -> Any:
        """An independent client."""
        return boto3.client(
            service,  # type: ignore[call-overload]  # any service's name
            region_name="us-east-1",
            endpoint_url=self.sandbox.endpoint,
            aws_access_key_id="test",
            aws_secret_access_key="test",
        )

    def remote(self, key: str = KEY) -> bytes | None:
        """The state in the bucket; None when there is none."""
        s3 = self.client("s3")
        listed = s3.list_objects_v2(Bucket=self.name, Prefix=key).get("Contents", [])
        if not any(item["Key"] == key for item in listed):
            return None
        content: bytes = s3.get_object(Bucket=self.name, Key=key)["Body"].read()
        return content

    def rows(self) -> dict[str, dict[str, str]]:
        """The rows of the lock table."""
        items = self.client("dynamodb").scan(TableName=self.name)["Items"]
        return {item.pop("LockID")["S"]: {name: value["S"] for name, value in item.items()} for item in items}

    def files(self) -> dict[str, bytes]:
        """Every file of the directory by its name, Terraform's own folder and half-written ones aside."""
        found = {
            str(path.relative_to(self.folder)): path.read_bytes()
            for path in sorted(self.folder.rglob("*"))
            if path.is_file() and ".terraform/" not in f"{path.relative_to(self.folder)}"
        }
        half_written = [name for name in found if re.fullmatch(r"(.*/)?\..*\.tmp", name)]
        for name in half_written:
            # What a kill leaves of a file of the module is harmless; of a state nothing may be left.
            assert b"lineage" not in found.pop(name), name
        return found

    def snapshot(self) -> dict[str, Any]:
        """Everything that a migration may touch, without the name and the time of the run."""
        files = {
            name: re.sub(rb"^\d{4}-\d\d-\d\d \d\d:\d\d UTC", b"TIME", content) for name, content in self.files().items()
        }
        seen = {"files": files, "remote": self.remote(), "rows": self.rows(), "locks": self.lock_files()}
        text = repr(seen)
        return {"seen": text.replace(self.name, "NAME")}

    def lock_files(self) -> list[str]:
        """The lock files in the bucket."""
        listed = self.client("s3").list_objects_v2(Bucket=self.name).get("Contents", [])
        return [item["Key"] for item in listed if item["Key"].endswith(".tflock")]

    def local_document(self) -> dict[str, Any]:
        """The local state, parsed."""
        document: dict[str, Any] = json.loads(self.local.read_bytes())
        return document


def endpoints(endpoint: str) -> dict[str, str]:
    """The environment that leads each service to the embedded AWS."""
    return {f"AWS_ENDPOINT_URL_{service}": endpoint for service in ("S3", "DYNAMODB", "STS")} | {
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": "us-east-1",
        "CHECKPOINT_DISABLE": "1",
    }


@cache
def applied(main: str) -> Path:
    """A folder in which Terraform has applied this module with a local state."""
    # In the home that the tests have for themselves, which goes when they end.
    folder = Path(mkdtemp(prefix="paybot-applied-", dir=os.environ["HOME"]))
    (folder / "main.tf").write_text(main)
    for arguments in (("init",), ("apply", "-auto-approve")):
        subprocess.run(["terraform", *arguments], cwd=folder, check=True, capture_output=True)
    return folder


def state_text(serial: int = 3, lineage: str = "11111111-aaaa", resources: Mapping[str, str] | None = None) -> str:
    """A state document in Terraform's own layout, of `terraform_data` resources and their inputs."""
    listed = [
        {
            "mode": "managed",
            "type": "terraform_data",
            "name": name,
            "provider": 'provider["terraform.io/builtin/terraform"]',
            "instances": [
                {
                    "schema_version": 0,
                    "attributes": {"id": name, "input": {"value": value, "type": "string"}},
                    "sensitive_attributes": [],
                }
            ],
        }
        for name, value in (resources if resources is not None else {"first": "one"}).items()
    ]
    document = {
        "version": 4,
        "terraform_version": "1.11.4",
        "serial": serial,
        "lineage": lineage,
        "outputs": {},
        "resources": listed,
        "check_results": None,
    }
    return json.dumps(document, indent=2) + "\n"
