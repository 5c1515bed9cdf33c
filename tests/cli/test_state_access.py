"""Who may use a state, and whose bucket is meant: shown by the calls that paybot and the real terraform make."""

from __future__ import annotations

import itertools
import json
from pathlib import Path

import pytest

from tests.cli.migration_world import Deployment, endpoints
from tests.cli.state_world import ACCOUNT, Call, WatchedSandbox

pytestmark = pytest.mark.terraform
_numbers = itertools.count()
# Operations whose IAM action has another name (Service Authorization Reference, Amazon S3).
_ACTIONS = {
    "HeadObject": "GetObject",
    "HeadBucket": "ListBucket",
    "ListObjects": "ListBucket",
    "ListObjectsV2": "ListBucket",
}


@pytest.fixture
def deployment(sandbox: WatchedSandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Deployment:
    for name, value in endpoints(sandbox.endpoint).items():
        monkeypatch.setenv(name, value)
    return Deployment(sandbox, tmp_path / "shop", f"access-{next(_numbers)}")


def test_every_call_of_paybots_own_names_the_owner(deployment: Deployment) -> None:
    deployment.apply()
    deployment.bootstrap()
    deployment.sandbox.headers.clear()
    seen: list[tuple[Call, dict[str, str]]] = []

    def step(*arguments: str) -> None:
        deployment.sandbox.headers.clear()
        ran = deployment.paybot(*arguments)
        assert ran.code == 0, ran.err
        seen.extend(zip(deployment.sandbox.calls, deployment.sandbox.headers, strict=True))

    step("migrate-state", "--yes", "--no-plan")
    (version,) = deployment.client("s3").list_object_versions(Bucket=deployment.name)["Versions"]
    later = json.dumps({**json.loads(deployment.remote() or b""), "serial": 50})
    deployment.client("s3").put_object(Bucket=deployment.name, Key=version["Key"], Body=later.encode())
    step("state", "versions")
    step("state", "restore", version["VersionId"], "--yes")
    step("state", "status")
    deployment.client("s3").put_object(Bucket=deployment.name, Key=f"{version['Key']}.tflock", Body=b"")
    step("state", "unlock", "--yes")
    step("migrate-state", "--to", "local", "--yes", "--no-plan")

    ours = [(call, headers) for call, headers in seen if "botocore" in headers["user-agent"].lower()]
    asked = {call.operation for call, _headers in ours if call.service == "s3"}
    assert {"GetObject", "PutObject", "DeleteObject", "ListObjectVersions", "GetBucketPolicy"} <= asked
    nameless = {
        call.operation
        for call, headers in ours
        if call.service == "s3" and headers.get("x-amz-expected-bucket-owner") != ACCOUNT
    }
    assert nameless == set()


@pytest.mark.parametrize("lock", ["both", "s3", "dynamodb"])
def test_the_printed_policy_is_what_terraform_needs_and_no_more(deployment: Deployment, lock: str) -> None:
    deployment.bootstrap("--lock", lock)
    policy = json.loads(deployment.paybot("bootstrap-state", "--bucket", deployment.name, "--print-iam-policy").out)
    rows = [statement["Resource"] for statement in policy["Statement"] if statement["Sid"] == "LockRow"]
    table = f"arn:aws:dynamodb:us-east-1:{ACCOUNT}:table/{deployment.name}"
    assert rows == ([] if lock == "s3" else [[table]])
    allowed = {action for statement in policy["Statement"] for action in statement["Action"]}
    (deployment.folder / "backend.tf").write_text('terraform {\n  backend "s3" {}\n}\n')
    deployment.sandbox.calls.clear()
    deployment.terraform("init", "-input=false", f"-backend-config={deployment.backend_file.name}")
    for command in (("apply", "-auto-approve"), ("plan",), ("output", "-json"), ("destroy", "-auto-approve")):
        deployment.terraform(*command)
    used = {
        f"{call.service}:{_ACTIONS.get(call.operation, call.operation)}"
        for call in deployment.sandbox.calls
        if call.service != "sts"  # who calls may be asked without a right
    }
    assert used <= allowed
    # Terraform's documentation asks for it, and not every version uses it.
    assert allowed - used <= {"dynamodb:DescribeTable"}
