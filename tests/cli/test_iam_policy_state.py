"""`paybot iam-policy` against what the commands on the state call, Terraform's own calls for its backend included."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace

import pytest

from paybot_ops.core.backend import S3Place
from paybot_ops.core.state_lock import LockInfo
from paybot_ops.sandbox.faults import Rule
from tests.cli.iam_comparison import SCOPE, Compared, compare, recorded
from tests.cli.iam_world import endpoints
from tests.cli.migration_world import KEY, Deployment
from tests.cli.state_world import WatchedSandbox

pytestmark = pytest.mark.terraform

OPERATOR = "operator"
LOGS = "logs-of-the-state"

# What a command needs and its run here does not call, with the argument.
NOT_CALLED: Mapping[str, Mapping[str, str]] = {
    "migrate-state": dict.fromkeys(
        ("dynamodb:DeleteItem", "s3:DeleteObject"), "takes back what a failed move brought: test_migrate_refusals.py"
    ),
}


@pytest.fixture(scope="module")
def deployment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    """One deployment with a local state and no home for it yet; the commands are tried in the order of the table."""
    patch = pytest.MonkeyPatch()
    with WatchedSandbox() as sandbox:
        for name, value in endpoints(sandbox.endpoint).items():
            patch.setenv(name, value)
        made = Deployment(sandbox, tmp_path_factory.mktemp("state") / "shop", "home-of-shop")
        made.apply()
        made.client("s3").create_bucket(Bucket=LOGS)
        statement = {"Effect": "Allow", "Principal": {"Service": "logging.s3.amazonaws.com"}, "Action": "s3:PutObject"}
        policy = {"Version": "2012-10-17", "Statement": [statement | {"Resource": f"arn:aws:s3:::{LOGS}/*"}]}
        made.client("s3").put_bucket_policy(Bucket=LOGS, Policy=json.dumps(policy))
        yield made
    patch.undo()


def run(deployment: Deployment, *arguments: str, code: int | None = 0) -> None:
    ran = deployment.paybot(*arguments)
    assert code is None or ran.code == code, ran.err


def bootstrap(deployment: Deployment) -> None:
    """A home with everything; then one that is there and lacks all of it, in an account that may not look at first."""
    key = deployment.client("kms").create_key()["KeyMetadata"]["Arn"]
    deployment.bootstrap("--kms-key", key, "--keep-days", "30", "--access-log-bucket", LOGS)
    table = {"TableName": deployment.name}
    deployment.client("dynamodb").update_table(**table, DeletionProtectionEnabled=False)
    deployment.client("dynamodb").untag_resource(
        ResourceArn=f"arn:aws:dynamodb:us-east-1:123456789012:table/{deployment.name}", TagKeys=["Project"]
    )
    run(deployment, "bootstrap-state", "--yes")
    deployment.sandbox.faults.replace([Rule("s3", "HeadBucket", status=403, code="AccessDenied", times=1)])
    run(deployment, "bootstrap-state", "--check", code=1)
    deployment.sandbox.faults.replace([])


def migrate(deployment: Deployment) -> None:
    """There, back, and there again."""
    run(deployment, "migrate-state", "--yes")
    run(deployment, "migrate-state", "--to", "local", "--yes")
    run(deployment, "migrate-state", "--yes")


def restore(deployment: Deployment) -> None:
    """The one before the newest, which somebody has written by hand."""
    s3, state = deployment.client("s3"), json.loads(deployment.remote() or b"{}")
    wanted = s3.head_object(Bucket=deployment.name, Key=KEY)["VersionId"]
    changed = json.dumps(state | {"serial": state["serial"] + 1, "outputs": {}})
    s3.put_object(Bucket=deployment.name, Key=KEY, Body=changed.encode())
    run(deployment, "state", "restore", wanted, "--yes")


def unlock(deployment: Deployment) -> None:
    text = LockInfo(id="11-22", operation="OperationTypeApply", who="ann@build").to_json()
    deployment.client("s3").put_object(Bucket=deployment.name, Key=f"{KEY}.tflock", Body=text.encode())
    item = {"LockID": {"S": f"{deployment.name}/{KEY}"}, "Info": {"S": text}}
    deployment.client("dynamodb").put_item(TableName=deployment.name, Item=item)
    run(deployment, "state", "unlock", "--yes")


COMMANDS: Mapping[str, Callable[[Deployment], None]] = {
    "bootstrap-state": bootstrap,
    "migrate-state": migrate,
    "outputs": lambda deployment: run(deployment, "outputs"),
    "state status": lambda deployment: run(deployment, "state", "status"),
    "state versions": lambda deployment: run(deployment, "state", "versions"),
    "state restore": restore,
    "state unlock": unlock,
    "state verify": lambda deployment: run(deployment, "state", "verify"),
}


def place(deployment: Deployment) -> S3Place:
    return S3Place(deployment.name, KEY, "us-east-1", use_lockfile=True, lock_table=deployment.name)


@pytest.mark.parametrize("command", COMMANDS)
def test_the_policy_of_a_command_is_what_it_calls(deployment: Deployment, command: str) -> None:
    with recorded(deployment.sandbox, OPERATOR) as calls:
        COMMANDS[command](deployment)
    # The bucket of the access log is somebody else's choice: docs/iam.md.
    own = [call for call in calls if ("Bucket", LOGS) not in call.names]
    scope = replace(SCOPE, state=place(deployment))
    compared = compare(deployment.sandbox, command, own, scope, NOT_CALLED.get(command, {}))
    assert compared == Compared()


@pytest.mark.parametrize("command", ["doctor", "status"])
def test_what_looks_at_everything_may_look_at_a_remote_state(deployment: Deployment, command: str) -> None:
    """What it needs beside that is in test_iam_policy_calls.py."""
    with recorded(deployment.sandbox, OPERATOR) as calls:
        run(deployment, command, code=None)
    assert ("Bucket", deployment.name) in [name for call in calls for name in call.names]
    assert compare(deployment.sandbox, command, calls, replace(SCOPE, state=place(deployment))).missing == ()
