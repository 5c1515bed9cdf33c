"""The state's whole road with `--sandbox`: a home, a deployment, the move, and back; the user's own files stay."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest

from paybot_ops.sandbox import process
from tests.cli.migration_world import MAIN
from tests.cli.paybot_world import Paybot

pytestmark = pytest.mark.terraform
PROVIDER = """
terraform {
  required_providers {
    aws = { source = "hashicorp/aws", version = "~> 5.0" }
  }
}
provider "aws" {}
resource "aws_sns_topic" "alerts" { name = "alerts" }
"""


@pytest.fixture
def paybot(tmp_path: Path) -> Iterator[Paybot]:
    command = Paybot(tmp_path)
    (tmp_path / "main.tf").write_text(MAIN + PROVIDER)
    # A backend of the user's own, which no sandbox command may reach.
    (tmp_path / "backend.tf").write_text('terraform {\n  backend "s3" {\n    bucket = "production"\n  }\n}\n')
    assert command("sandbox", "start").code == 0
    yield command
    assert command("sandbox", "stop").code == 0


@pytest.mark.faults
def test_home_deploy_move_deploy_and_back(paybot: Paybot) -> None:
    mine = {path.name: path.read_bytes() for path in paybot.folder.iterdir() if path.is_file()}
    home = paybot("bootstrap-state", "--sandbox", "--yes", "-o", "json")
    assert home.code == 0, home.err
    deployed = paybot("deploy", "--sandbox", "--yes")
    assert deployed.code == 0, deployed.err
    copy = paybot.folder / ".paybot/sandbox/terraform"
    before = (copy / "terraform.tfstate").read_bytes()
    moved = paybot("migrate-state", "--sandbox", "--yes", "-o", "json")
    assert moved.code == 0, moved.err
    assert moved.document["data"]["plans_compared"]
    running = process.find(paybot.folder)
    assert running is not None
    s3 = boto3.client(
        "s3",
        endpoint_url=running.endpoint,
        region_name="us-east-1",
        aws_access_key_id="x",
        aws_secret_access_key="x",
    )
    bucket, _, key = moved.document["data"]["destination"].removeprefix("s3://").partition("/")
    assert s3.get_object(Bucket=bucket, Key=key)["Body"].read() == before
    again = paybot("deploy", "--sandbox", "--check")
    assert again.code == 0, again.err
    (paybot.folder / "terraform.tfvars").write_text('size = "three"\n')
    changed = paybot("deploy", "--sandbox", "--yes")
    assert changed.code == 0, changed.err
    serials = [item["serial"] for item in paybot("state", "versions", "--sandbox", "-o", "json").document["data"]]
    assert len(serials) >= 2 and serials == sorted(serials, reverse=True)
    assert paybot("outputs", "--sandbox", "-o", "json").document["data"]["environment"] == "dev"
    assert paybot("state", "verify", "--sandbox").code == 0
    (paybot.folder / "terraform.tfvars").unlink()
    back = paybot("migrate-state", "--sandbox", "--yes", "--to", "local")
    assert back.code == 0, back.err
    assert paybot("destroy", "--sandbox", "--yes", "--allow-data-loss").code == 0
    assert {path.name: path.read_bytes() for path in paybot.folder.iterdir() if path.is_file()} == mine
