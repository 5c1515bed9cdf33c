"""`paybot migrate-state` with the real terraform: there and back, and nothing of the state changed."""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess

import pytest

from paybot_ops.core.backend_edit import BACKEND_TEXT
from tests.cli.migration_world import KEY, MAIN, Deployment

pytestmark = pytest.mark.terraform


def test_the_state_arrives_as_the_very_bytes_that_left(deployment: Deployment) -> None:
    before = deployment.local.read_bytes()
    code, document = deployment.json("migrate-state", "--yes")
    assert code == 0, document
    data = document["data"]
    assert data["applied"] and data["plans_compared"]
    assert {step["outcome"] for step in data["result"]} == {"done"}
    digest = hashlib.sha256(before).hexdigest()
    assert [(item["workspace"], item["resources"], item["sha256"]) for item in data["states"]] == [
        ("default", 3, digest)
    ]
    assert deployment.remote() == before
    md5 = hashlib.md5(before, usedforsecurity=False).hexdigest()
    assert deployment.rows() == {f"{deployment.name}/{KEY}-md5": {"Digest": md5}}
    assert deployment.lock_files() == []
    assert (deployment.folder / "backend.tf").read_text() == BACKEND_TEXT
    assert (deployment.folder / "main.tf").read_text() == MAIN


def test_the_local_copy_is_renamed_with_a_line_that_says_where_the_state_went(deployment: Deployment) -> None:
    before = deployment.local.read_bytes()
    assert deployment.migrate("--no-plan").code == 0
    digest = hashlib.sha256(before).hexdigest()
    copies = {name: content for name, content in deployment.files().items() if "tfstate." in name}
    (copy, note) = sorted(copies)
    assert copies[copy] == before and digest[:12] in copy
    assert (deployment.folder / copy).stat().st_mode & 0o777 == 0o600
    assert f"has moved to s3://{deployment.name}/{KEY}" in copies[note].decode()
    assert digest in copies[note].decode()
    assert not deployment.local.exists()


def test_plain_terraform_goes_on_with_it_under_both_locks(deployment: Deployment) -> None:
    lineage = deployment.local_document()["lineage"]
    assert deployment.migrate("--no-plan").code == 0
    (deployment.folder / "terraform.tfvars").write_text('size = "three"\n')
    deployment.sandbox.calls.clear()
    deployment.terraform("apply", "-auto-approve")
    arrived = json.loads(deployment.remote() or b"")
    assert (arrived["lineage"], arrived["serial"] > 4) == (lineage, True)
    taken = [call for call in deployment.sandbox.calls if call.operation in ("PutItem", "PutObject")]
    assert {call.service for call in taken} == {"s3", "dynamodb"}


def test_it_says_so_when_there_is_nothing_to_do(deployment: Deployment) -> None:
    assert deployment.migrate("--no-plan").code == 0
    before = deployment.snapshot()
    ran = deployment.migrate("--no-plan")
    assert (ran.code, "nothing to do" in ran.out) == (0, True)
    assert deployment.snapshot() == before
    assert not [call for call in deployment.sandbox.calls if call.writes]


def test_dry_run_and_no_terminal_change_nothing(deployment: Deployment) -> None:
    before = deployment.snapshot()
    ran = deployment.paybot("migrate-state", "--dry-run")
    assert ran.code == 0
    assert f"s3://{deployment.name}/{KEY}" in ran.err
    assert deployment.paybot("migrate-state").code == 4
    assert deployment.paybot("migrate-state", typed="n\n").code == 4
    assert deployment.snapshot() == before


def test_there_and_back_leaves_the_state_as_it_was(deployment: Deployment) -> None:
    before, files = deployment.local.read_bytes(), set(deployment.files())
    assert deployment.migrate().code == 0
    ran = deployment.migrate("--to", "local")
    assert ran.code == 0, ran.err
    assert deployment.local.read_bytes() == before
    assert set(deployment.files()) - files == {
        name for name in deployment.files() if name.startswith("terraform.tfstate.local-")
    }
    assert "No changes" in deployment.terraform("plan", "-no-color")
    # The one in the bucket stays, and the way there is open again.
    assert deployment.remote() == before
    assert deployment.migrate().code == 0
    assert deployment.remote() == before


def test_drift_of_its_own_is_the_same_before_and_after(deployment: Deployment) -> None:
    (deployment.folder / "terraform.tfvars").write_text('size = "three"\n')
    code, document = deployment.json("migrate-state", "--yes")
    assert (code, document["data"]["plans_compared"]) == (0, True)
    assert "2 to change" in deployment.terraform("plan", "-no-color")


def test_a_plan_that_says_something_else_afterwards_is_put_back(deployment: Deployment) -> None:
    before = deployment.snapshot()

    def somebody_changes_a_variable(call: object, _number: int) -> None:
        if getattr(call, "operation", "") == "PutObject":
            (deployment.folder / "terraform.tfvars").write_text('size = "three"\n')

    deployment.sandbox.after = somebody_changes_a_variable
    ran = deployment.migrate()
    assert ran.code == 1
    assert 'the plan now says: update terraform_data.many["a"]' in ran.err
    (deployment.folder / "terraform.tfvars").unlink()
    assert deployment.snapshot() == before


def test_no_plan_asks_terraform_for_none(deployment: Deployment) -> None:
    ran = deployment.migrate("--no-plan")
    assert ran.code == 0
    assert "terraform plan" not in ran.err
    assert "the plans were not compared" in ran.out


def test_every_workspace_moves_and_is_verified(deployment: Deployment) -> None:
    deployment.terraform("init")
    deployment.terraform("workspace", "new", "staging")
    deployment.terraform("apply", "-auto-approve")
    other = deployment.folder / "terraform.tfstate.d/staging/terraform.tfstate"
    states = {"default": deployment.local.read_bytes(), "staging": other.read_bytes()}
    code, document = deployment.json("migrate-state", "--yes")
    assert code == 0, document
    assert [item["workspace"] for item in document["data"]["states"]] == ["default", "staging"]
    assert deployment.remote() == states["default"]
    assert deployment.remote(f"env:/staging/{KEY}") == states["staging"]
    assert len(deployment.rows()) == 2
    assert "* staging" in deployment.terraform("workspace", "list")
    assert "No changes" in deployment.terraform("plan", "-no-color")
    assert not other.exists()
    assert deployment.migrate("--to", "local").code == 0
    assert (deployment.local.read_bytes(), other.read_bytes()) == (states["default"], states["staging"])


def test_an_active_block_is_edited_in_place_and_its_comments_stay(deployment: Deployment) -> None:
    main = deployment.folder / "main.tf"
    block = '  backend "local" { # ours\n    # where it was\n    path = "old.tfstate" # here\n  }\n'
    main.write_text(MAIN.replace("terraform {\n", f"terraform {{\n{block}", 1))
    deployment.local.rename(deployment.folder / "old.tfstate")
    before = (deployment.folder / "old.tfstate").read_bytes()
    ran = deployment.migrate()
    assert ran.code == 0, ran.err
    kept = '  backend "s3" { # ours\n    # where it was\n    # here\n  }\n'
    assert main.read_text() == MAIN.replace("terraform {\n", f"terraform {{\n{kept}", 1)
    assert not (deployment.folder / "backend.tf").exists()
    assert deployment.remote() == before


def test_an_uncommented_block_of_the_guide_is_made_to_agree(deployment: Deployment) -> None:
    main = deployment.folder / "main.tf"
    block = '  backend "s3" {\n    bucket = "your-company" # ours?\n    key    = "k"\n  }\n'
    main.write_text(MAIN.replace("terraform {\n", f"terraform {{\n{block}", 1))
    before = deployment.local.read_bytes()
    refused = deployment.paybot("deploy", "--dry-run")
    assert (refused.code, "paybot migrate-state" in refused.err) == (2, True)
    ran = deployment.migrate()
    assert ran.code == 0, ran.err
    assert f'bucket = "{deployment.name}" # ours?\n    key    = "{KEY}"' in main.read_text()
    assert deployment.remote() == before


def test_a_deployment_without_a_state_is_switched_all_the_same(deployment: Deployment) -> None:
    deployment.local.unlink()
    assert deployment.migrate("--no-plan").code == 0
    assert deployment.remote() is None
    deployment.terraform("apply", "-auto-approve")
    assert json.loads(deployment.remote() or b"")["serial"] >= 1


def test_an_empty_state_at_the_destination_is_in_nobodys_way(deployment: Deployment) -> None:
    empty = {"version": 4, "serial": 1, "lineage": "other", "terraform_version": "1.11.4", "resources": []}
    deployment.client("s3").put_object(Bucket=deployment.name, Key=KEY, Body=json.dumps(empty).encode())
    before = deployment.local.read_bytes()
    ran = deployment.migrate("--no-plan")
    assert ran.code == 0, ran.err
    assert deployment.remote() == before


@pytest.mark.skipif(shutil.which("aws") is None, reason="the aws CLI is not on PATH")
def test_an_independent_client_reads_it_back(deployment: Deployment) -> None:
    before = deployment.local.read_bytes()
    assert deployment.migrate("--no-plan").code == 0
    at = ("--endpoint-url", deployment.sandbox.endpoint, "--region", "us-east-1")
    got = subprocess.run(
        ["aws", *at, "s3", "cp", f"s3://{deployment.name}/{KEY}", "-"], check=True, capture_output=True
    )
    assert got.stdout == before
