"""The examples as their READMEs say, and the first release on its way to today's module, with the real provider."""

from __future__ import annotations

import io
import json
import os
import shutil
import subprocess
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import pytest

from paybot_ops.adapters import mirror
from paybot_ops.adapters.bundled import copy_workspace
from paybot_ops.sandbox.server import Sandbox
from paybot_ops.sandbox.workspace import environment
from tests.conftest import ROOT
from tests.sandbox.dashboard_world import check_dashboard

pytestmark = pytest.mark.terraform

FIRST_RELEASE = Path(__file__).parent / "first_release"


@dataclass(frozen=True)
class Terminal:
    """A workspace as `paybot init` makes it, with a bundle, and a shell in it whose AWS is the embedded one."""

    sandbox: Sandbox
    folder: Path

    @property
    def module(self) -> Path:
        return self.folder / "terraform"

    def type(self, line: str) -> str:
        """Run a command line, say yes to what it asks, and give what it wrote."""
        done = subprocess.run(
            ["bash", "-c", line], cwd=self.folder, env=self._environ(), input="yes\n", capture_output=True, text=True
        )
        assert done.returncode == 0, f"{line}: {done.returncode}\n{done.stdout[-3000:]}{done.stderr[-3000:]}"
        return done.stdout

    def client(self, service: str) -> Any:
        """An independent client of the same embedded AWS."""
        return boto3.client(
            service,  # type: ignore[call-overload]  # any service's name
            endpoint_url=self.sandbox.endpoint,
            region_name=self.sandbox.region,
            aws_access_key_id="test",
            aws_secret_access_key="test",
        )

    def _environ(self) -> dict[str, str]:
        environ = environment(os.environ, self.sandbox.endpoint, self.sandbox.region)
        environ |= {"CHECKPOINT_DISABLE": "1", "TF_CLI_ARGS": "-no-color"}
        if (self.module / "backend.tf").exists():
            # A bucket of the embedded AWS is no host name.
            environ["TF_CLI_ARGS_init"] = "-no-color -backend-config=use_path_style=true"
        if not mirror.has_own_configuration(environ) and (found := mirror.find_mirror(environ)):
            environ["TF_CLI_CONFIG_FILE"] = str(mirror.write_configuration(found, self.folder / ".paybot"))
        return environ


@pytest.fixture
def terminal(sandbox: Sandbox, tmp_path: Path) -> Terminal:
    copy_workspace(tmp_path)
    bundle = io.BytesIO()
    with zipfile.ZipFile(bundle, "w") as content:
        content.writestr("payment_bot/handler.py", "def handler(event, context): ...\n")
    (tmp_path / "build").mkdir()
    (tmp_path / "build/lambda.zip").write_bytes(bundle.getvalue())
    return Terminal(sandbox, tmp_path)


@pytest.fixture
def account(terminal: Terminal) -> None:
    """What the production example takes for granted: the state's bucket, and API Gateway's logging role."""
    terminal.client("s3").create_bucket(Bucket="payment-smart-bot-terraform-state-123456789012")
    role = {"op": "replace", "path": "/cloudwatchRoleArn", "value": "arn:aws:iam::123456789012:role/api-logs"}
    terminal.client("apigateway").update_account(patchOperations=[role])


def commands(example: str, heading: str) -> list[str]:
    """The command lines that an example's README gives under a heading, without paybot's own."""
    readme = (ROOT / "terraform/examples" / example / "README.md").read_text()
    section = readme.split(f"## {heading}\n")[1].split("\n## ")[0]
    found = [line.strip() for line in section.splitlines() if line.startswith("    ")]
    assert found
    return [line for line in found if not line.startswith("paybot ")]


def assert_nothing_to_do(terminal: Terminal, values: str) -> None:
    """A plan on what is really there changes nothing, not even an output."""
    terminal.type(f"terraform -chdir=terraform plan -input=false -detailed-exitcode {values}")


# The defaults are deployed, planned again and destroyed in every run too: tests/sandbox/test_deploy_story.py.
@pytest.mark.faults
def test_the_minimal_example_is_applied_and_destroyed(terminal: Terminal) -> None:
    for line in commands("minimal", "Deploy it"):
        terminal.type(line)
    assert_nothing_to_do(terminal, "-var-file=dev.tfvars")
    for line in commands("minimal", "Take it down"):
        terminal.type(line)
    assert terminal.client("dynamodb").list_tables()["TableNames"] == []


@pytest.mark.usefixtures("account")
@pytest.mark.faults
def test_the_production_example_is_applied_and_destroyed(terminal: Terminal) -> None:
    for line in commands("production", "Deploy it"):
        terminal.type(line)
    assert_nothing_to_do(terminal, "-var-file=prod.tfvars")
    check_dashboard(terminal.client)
    assert not (terminal.module / "terraform.tfstate").exists()
    for line in commands("production", "Take it down"):
        terminal.type(line)
    assert terminal.client("dynamodb").list_tables()["TableNames"] == []
    assert terminal.client("wafv2").list_web_acls(Scope="REGIONAL")["WebACLs"] == []


@pytest.mark.usefixtures("account")
def test_the_first_release_becomes_today_s_and_loses_nothing(terminal: Terminal) -> None:
    today = terminal.folder / "today"
    terminal.module.rename(today)
    shutil.copytree(FIRST_RELEASE, terminal.module)
    shutil.copy(today / "examples/production/prod.tfvars", terminal.module)
    # A name of its own: the account holds what the other test leaves for 30 days. No web ACL: it can only be added, and
    # the provider reckons for seconds over its schema in every plan.
    (terminal.module / "own.tfvars").write_text('project_name = "first-release"\nenable_waf = false\n')
    values = "-var-file=prod.tfvars -var-file=own.tfvars"
    terminal.type("terraform -chdir=terraform init")
    terminal.type(f"terraform -chdir=terraform apply {values}")
    row, secret = {"session_id": {"S": "kept"}}, "not-a-key"
    terminal.client("dynamodb").put_item(TableName="first-release-sessions-prod", Item=row)
    arn = json.loads(terminal.type("terraform -chdir=terraform output -json"))["stripe_secret_arn"]["value"]
    terminal.client("secretsmanager").put_secret_value(SecretId=arn, SecretString=secret)

    for path in terminal.module.glob("*.tf"):
        path.unlink()
    shutil.copytree(today, terminal.module, dirs_exist_ok=True)
    lines = terminal.type(f"terraform -chdir=terraform plan -json -input=false -out=saved.tfplan {values}").splitlines()
    changes = [line["change"] for line in map(json.loads, lines) if line["type"] == "planned_change"]
    gone = {change["resource"]["resource_type"] for change in changes if change["action"] in ("delete", "replace")}
    # No table, key, secret or log; only what is a snapshot of something else.
    assert gone <= {"aws_api_gateway_deployment", "aws_bedrock_guardrail_version", "terraform_data"}
    terminal.type("terraform -chdir=terraform apply saved.tfplan")
    assert_nothing_to_do(terminal, values)
    assert terminal.client("dynamodb").scan(TableName="first-release-sessions-prod")["Items"] == [row]
    assert terminal.client("secretsmanager").get_secret_value(SecretId=arn)["SecretString"] == secret
