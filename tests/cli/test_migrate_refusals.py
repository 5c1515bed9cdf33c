"""What `paybot migrate-state` refuses, all at once, and what it puts back when a step fails."""

from __future__ import annotations

import fcntl
import json
import subprocess
import sys

import pytest

from paybot_ops.core.state_lock import LockInfo
from paybot_ops.sandbox.faults import Rule
from tests.cli.migration_world import KEY, MAIN, Deployment, state_text

pytestmark = pytest.mark.terraform
HOLDER = """\
import fcntl, sys, time
with open(sys.argv[1], "r+") as stream:
    fcntl.lockf(stream, fcntl.LOCK_EX)
    print("held", flush=True)
    time.sleep(60)
"""
LOCK = LockInfo(id="11-22", operation="OperationTypeApply", who="ann@build").to_json()


def refused(deployment: Deployment, *more: str) -> str:
    """What it says; nothing may be changed by a refusal."""
    before = deployment.snapshot()
    ran = deployment.migrate(*more)
    assert ran.code in (1, 2), ran.err
    assert deployment.snapshot() == before
    return ran.err


def test_everything_that_stands_against_it_is_told_at_once(deployment: Deployment) -> None:
    deployment.client("s3").delete_public_access_block(Bucket=deployment.name)
    deployment.client("s3").put_object(Bucket=deployment.name, Key=f"{KEY}.tflock", Body=LOCK.encode())
    deployment.client("s3").put_object(Bucket=deployment.name, Key=KEY, Body=state_text(lineage="else").encode())
    said = refused(deployment)
    assert "3 things stand against it" in said
    assert "public access block: –, wanted all four on" in said
    assert "ann@build (OperationTypeApply)" in said
    assert "the state of something else is there" in said
    assert "nothing was changed" in said


def test_without_a_home_it_says_how_to_make_one(deployment: Deployment) -> None:
    deployment.backend_file.unlink()
    assert "paybot bootstrap-state" in refused(deployment)


def test_a_newer_state_of_ours_at_the_destination_is_not_overwritten(deployment: Deployment) -> None:
    newer = deployment.local.read_text().replace('"serial": ', '"serial": 9')
    deployment.client("s3").put_object(Bucket=deployment.name, Key=KEY, Body=newer.encode())
    assert "a newer one of the same lineage is there" in refused(deployment)


def test_an_older_state_of_ours_is_replaced_and_stays_as_a_version(deployment: Deployment) -> None:
    older = json.dumps({**json.loads(deployment.local.read_text()), "serial": 1, "outputs": {}})
    deployment.client("s3").put_object(Bucket=deployment.name, Key=KEY, Body=older.encode())
    before = deployment.local.read_bytes()
    assert deployment.migrate("--no-plan").code == 0
    assert deployment.remote() == before
    assert len(deployment.client("s3").list_object_versions(Bucket=deployment.name, Prefix=KEY)["Versions"]) == 2


@pytest.mark.parametrize("kind", ["file", "row"])
def test_a_held_lock_is_respected(deployment: Deployment, kind: str) -> None:
    if kind == "file":
        deployment.client("s3").put_object(Bucket=deployment.name, Key=f"{KEY}.tflock", Body=LOCK.encode())
    else:
        row = {"LockID": {"S": f"{deployment.name}/{KEY}"}, "Info": {"S": LOCK}}
        deployment.client("dynamodb").put_item(TableName=deployment.name, Item=row)
    said = refused(deployment)
    assert "ann@build (OperationTypeApply)" in said
    assert "paybot state unlock" in said


def test_a_terraform_that_works_on_the_local_state_is_waited_for(deployment: Deployment) -> None:
    (deployment.folder / ".terraform.tfstate.lock.info").write_text(LOCK)
    # A lock of this very process would not be seen by it, so that another one holds it.
    holder = subprocess.Popen([sys.executable, "-c", HOLDER, str(deployment.local)], stdout=subprocess.PIPE)
    try:
        assert holder.stdout is not None and holder.stdout.readline()
        said = refused(deployment)
    finally:
        holder.kill()
        holder.wait()
    assert "terraform.tfstate is locked by ann@build" in said


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ('{"version": 4, "serial": 3, "resour', "it may have been cut short"),
        ('{"version": 3, "serial": 3, "modules": []}', "its format is version 3"),
        ('{"version": 5, "serial": 3, "resources": []}', "its format is version 5"),
        ("[]", "it has no format version"),
    ],
)
def test_a_state_that_cannot_be_read_is_not_moved(deployment: Deployment, content: str, why: str) -> None:
    deployment.local.write_text(content)
    said = refused(deployment)
    assert why in said
    assert "terraform.tfstate: the Terraform state cannot be read" in said


def test_an_empty_state_file_is_no_state(deployment: Deployment) -> None:
    deployment.local.write_text("")
    assert deployment.migrate("--no-plan").code == 0
    assert deployment.remote() is None


def test_a_backend_file_with_an_unknown_key(deployment: Deployment) -> None:
    with deployment.backend_file.open("a") as stream:
        stream.write('buckett = "hush-hush"\n')
    said = refused(deployment)
    assert "dev.s3.tfbackend sets buckett, which the S3 backend does not know" in said
    assert "is bucket meant?" in said
    assert "hush-hush" not in said


def test_a_backend_file_that_does_not_parse_is_not_quoted(deployment: Deployment) -> None:
    deployment.backend_file.write_text('bucket = "hush-hush\n')
    said = refused(deployment)
    assert "dev.s3.tfbackend:1:" in said
    assert "hush" not in said


def test_another_kind_of_backend_is_left_alone(deployment: Deployment) -> None:
    main = MAIN.replace("terraform {\n", 'terraform {\n  backend "http" {}\n', 1)
    (deployment.folder / "main.tf").write_text(main)
    assert 'the state is in the backend "http"' in refused(deployment)


def test_a_folder_without_terraform_files(deployment: Deployment) -> None:
    (deployment.folder / "main.tf").unlink()
    ran = deployment.migrate()
    assert (ran.code, "no Terraform files" in ran.err) == (2, True)


def test_a_state_of_another_environment_is_refused(deployment: Deployment) -> None:
    (deployment.folder / "terraform.tfvars").write_text('environment = "prod"\n')
    deployment.backend_file.rename(deployment.folder / "prod.s3.tfbackend")
    assert "the local state here is that of the environment 'dev'" in refused(deployment)


def test_one_environment_cannot_go_local_while_another_is_remote(deployment: Deployment) -> None:
    assert deployment.migrate("--no-plan").code == 0
    (deployment.folder / "prod.s3.tfbackend").write_text('bucket = "b"\n')
    assert "other environments have their state in S3 too: prod.s3.tfbackend" in refused(deployment, "--to", "local")


def test_a_state_of_fifty_megabytes(deployment: Deployment) -> None:
    document = json.loads(deployment.local.read_bytes())
    (first,) = [item for item in document["resources"] if item["name"] == "first"]
    first["instances"][0]["attributes"]["input"] = {"value": "x" * 50_000_000, "type": "string"}
    deployment.local.write_text(json.dumps(document, indent=2))
    before = deployment.local.read_bytes()
    assert len(before) > 50_000_000
    ran = deployment.migrate("--no-plan")
    assert ran.code == 0, ran.err
    assert deployment.remote() == before


@pytest.mark.parametrize(
    ("service", "operation", "action"),
    [("s3", "PutObject", "s3:PutObject"), ("dynamodb", "PutItem", "dynamodb:PutItem")],
)
def test_a_refused_write_names_the_action_and_everything_is_put_back(
    deployment: Deployment, service: str, operation: str, action: str
) -> None:
    before = deployment.snapshot()
    deployment.sandbox.faults.replace([Rule(service, operation, status=403, code="AccessDenied")])
    code, document = deployment.json("migrate-state", "--yes")
    assert code == 1
    assert action in document["error"]["why"]
    assert [step["outcome"] for step in document["data"]["result"]][:2] == ["done", "failed"]
    assert document["data"]["put_back"], document["data"]["left"]
    deployment.sandbox.faults.replace([])
    assert deployment.snapshot() == before
    assert deployment.migrate("--no-plan").code == 0


def test_a_terraform_that_cannot_initialize_is_put_back(deployment: Deployment) -> None:
    before = deployment.snapshot()
    # Only Terraform asks for an object's head.
    deployment.sandbox.faults.replace([Rule("s3", "HeadObject", status=403, code="AccessDenied")])
    ran = deployment.migrate("--no-plan")
    deployment.sandbox.faults.replace([])
    assert ran.code == 1
    assert "terraform init -migrate-state was denied access" in ran.err and "allow s3:GetObject" in ran.err
    assert "everything is as it was" in ran.out
    assert deployment.snapshot() == before
    assert deployment.migrate("--no-plan").code == 0


def test_what_could_not_be_put_back_is_said(deployment: Deployment) -> None:
    denied = [("dynamodb", "PutItem"), ("s3", "DeleteObject")]
    deployment.sandbox.faults.replace([Rule(*what, status=403, code="AccessDenied") for what in denied])
    before = deployment.local.read_bytes()
    code, document = deployment.json("migrate-state", "--yes")
    assert (code, document["data"]["put_back"]) == (1, False)
    assert "s3:DeleteObject" in document["data"]["left"][0]
    assert deployment.local.read_bytes() == before
    # The state that was left there is ours: the next run takes it over.
    deployment.sandbox.faults.replace([])
    assert deployment.migrate("--no-plan").code == 0
    assert deployment.remote() == before


def test_a_slow_or_dropped_answer_is_asked_for_again(deployment: Deployment) -> None:
    rules = [
        Rule("s3", "PutObject", drop=True, times=1),
        Rule("dynamodb", "PutItem", status=400, code="ThrottlingException", times=1),
        Rule("s3", "GetObject", status=500, code="InternalError", times=1),
        Rule("sts", "GetCallerIdentity", delay_seconds=0.5, times=1),
    ]
    deployment.sandbox.faults.replace(rules)
    ran = deployment.migrate()
    assert ran.code == 0, ran.err
    assert all(rule.hits for rule in rules)


def test_work_on_the_local_state_in_the_meantime_is_not_lost(deployment: Deployment) -> None:
    later = deployment.local.read_text().replace('"serial": ', '"serial": 7').replace('"one"', '"won"')

    def somebody_applies(call: object, _number: int) -> None:
        if getattr(call, "operation", "") == "PutItem":
            deployment.local.write_text(later)

    deployment.sandbox.after = somebody_applies
    ran = deployment.migrate()
    assert ran.code == 1
    assert "the serial was" in ran.err
    # Terraform has taken the later one along: wherever it is now, it is whole.
    kept = [json.loads(path.read_text() or "{}") for path in deployment.folder.glob("terraform.tfstate*")]
    kept.append(json.loads(deployment.remote() or b"{}"))
    assert json.loads(later)["resources"] in [item.get("resources") for item in kept]


def test_fcntl_is_what_terraform_locks_with(deployment: Deployment) -> None:
    """The lock that is tested above is the one that Terraform takes: it is refused under it."""
    with deployment.local.open("r+b") as stream:
        fcntl.lockf(stream, fcntl.LOCK_EX)
        with pytest.raises(AssertionError, match="state lock"):
            deployment.terraform("plan", "-no-color")
