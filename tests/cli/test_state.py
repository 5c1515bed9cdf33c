"""`paybot state …` against the embedded AWS: what it shows, what it brings back, and whose lock it touches."""

from __future__ import annotations

import csv
import io
import itertools
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from paybot_ops.adapters.run_lock import caller
from paybot_ops.core.state_document import md5_of
from paybot_ops.core.state_lock import LockInfo
from paybot_ops.sandbox.faults import Rule
from tests.cli.migration_world import KEY, Deployment, endpoints, state_text
from tests.cli.state_world import WatchedSandbox

_numbers = itertools.count()
HELD = LockInfo(id="11-22", operation="OperationTypeApply", who="ann@build", created=datetime(2026, 1, 2, tzinfo=UTC))


@pytest.fixture
def deployment(sandbox: WatchedSandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Deployment]:
    for name, value in endpoints(sandbox.endpoint).items():
        monkeypatch.setenv(name, value)
    made = Deployment(sandbox, tmp_path / "shop", f"state-{next(_numbers)}")
    made.bootstrap()
    (made.folder / "backend.tf").write_text('terraform {\n  backend "s3" {}\n}\n')
    yield made
    sandbox.faults.replace([])
    sandbox.after = lambda _call, _number: None


def put(deployment: Deployment, text: str, key: str = KEY) -> str:
    """Write a state as Terraform would, with its digest; gives the version's ID."""
    answer = deployment.client("s3").put_object(Bucket=deployment.name, Key=key, Body=text.encode())
    row = {"LockID": {"S": f"{deployment.name}/{key}-md5"}, "Digest": {"S": md5_of(text.encode())}}
    deployment.client("dynamodb").put_item(TableName=deployment.name, Item=row)
    version: str = answer["VersionId"]
    return version


def lock(deployment: Deployment, info: LockInfo = HELD, *, file: bool = True, row: bool = True) -> None:
    """Hold the locks as Terraform would."""
    text = info.to_json()
    if file:
        deployment.client("s3").put_object(Bucket=deployment.name, Key=f"{KEY}.tflock", Body=text.encode())
    if row:
        item = {"LockID": {"S": f"{deployment.name}/{KEY}"}, "Info": {"S": text}}
        deployment.client("dynamodb").put_item(TableName=deployment.name, Item=item)


def remote(deployment: Deployment) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(deployment.remote() or b"{}")
    return document


def test_status_says_where_what_and_who(deployment: Deployment) -> None:
    put(deployment, state_text(resources={"first": "one", "second": "two"}))
    put(deployment, state_text(serial=8), key=f"env:/staging/{KEY}")
    lock(deployment)
    code, document = deployment.json("state", "status")
    assert code == 0
    default, staging = document["data"]
    assert default["where"] == f"s3://{deployment.name}/{KEY}"
    assert (default["serial"], default["lineage"], default["resources"]) == (3, "11111111-aaaa", 2)
    assert default["digest_ok"] is True and default["size"] > 0 and default["modified"].endswith("Z")
    held = {"id": "11-22", "who": "ann@build", "operation": "OperationTypeApply", "since": "2026-01-02T00:00:00Z"}
    assert default["locks"] == [{"kind": "S3 lock file", **held}, {"kind": "DynamoDB row", **held}]
    assert (staging["workspace"], staging["serial"], staging["locks"]) == ("staging", 8, [])
    table = deployment.paybot("state", "status").out
    assert "ann@build (OperationTypeApply) for" in table


def test_status_of_a_local_state(deployment: Deployment) -> None:
    (deployment.folder / "backend.tf").unlink()
    deployment.local.write_text(state_text())
    _code, document = deployment.json("state", "status")
    (found,) = document["data"]
    assert (found["where"], found["serial"], found["locks"]) == ("terraform.tfstate", 3, [])


def test_status_shows_a_state_that_cannot_be_read(deployment: Deployment) -> None:
    put(deployment, state_text()[:50])
    code, document = deployment.json("state", "status")
    assert code == 0
    assert (document["data"][0]["serial"], document["data"][0]["problem"]) == (
        None,
        "it is not JSON; it may have been cut short",
    )


def test_status_without_a_state(deployment: Deployment) -> None:
    ran = deployment.paybot("state", "status")
    assert (ran.code, "no state yet" in ran.out) == (0, True)


def test_versions_newest_first_in_every_format(deployment: Deployment) -> None:
    versions = [put(deployment, state_text(serial=serial)) for serial in (1, 2, 3)]
    deployment.client("s3").delete_object(Bucket=deployment.name, Key=KEY)
    _code, document = deployment.json("state", "versions")
    seen = document["data"]
    assert [item["serial"] for item in seen] == [None, 3, 2, 1]
    assert [item["version_id"] for item in seen[1:]] == versions[::-1]
    assert (seen[0]["deleted"], seen[0]["current"], seen[1]["current"]) == (True, True, False)
    rows = list(csv.DictReader(io.StringIO(deployment.paybot("state", "versions", "-o", "csv").out)))
    assert [row["serial"] for row in rows] == ["", "3", "2", "1"]
    assert versions[0] in deployment.paybot("state", "versions").out
    assert len(deployment.json("state", "versions", "--limit", "2")[1]["data"]) == 2


def test_a_local_state_has_no_versions(deployment: Deployment) -> None:
    (deployment.folder / "backend.tf").unlink()
    ran = deployment.paybot("state", "versions")
    assert (ran.code, "paybot migrate-state" in ran.err) == (2, True)


def test_restore_brings_a_version_back_on_top(deployment: Deployment) -> None:
    wanted = put(deployment, state_text(serial=3, resources={"first": "one", "gone": "x"}))
    put(deployment, state_text(serial=4, resources={"first": "two", "new": "y"}))
    code, document = deployment.json("state", "restore", wanted, "--yes")
    assert code == 0
    data = document["data"]
    assert (data["serial_now"], data["serial_then"], data["applied"]) == (4, 5, True)
    assert data["differences"] == [
        {"verb": "change", "address": "terraform_data.first"},
        {"verb": "add", "address": "terraform_data.gone"},
        {"verb": "remove", "address": "terraform_data.new"},
    ]
    now = remote(deployment)
    assert now == {**json.loads(state_text(resources={"first": "one", "gone": "x"})), "serial": 5}
    assert deployment.rows() == {f"{deployment.name}/{KEY}-md5": {"Digest": md5_of(deployment.remote() or b"")}}
    assert deployment.lock_files() == []
    assert [item["serial"] for item in deployment.json("state", "versions")[1]["data"]] == [5, 4, 3]
    again = deployment.paybot("state", "restore", wanted, "--yes")
    assert (again.code, "nothing to do" in again.out) == (0, True)
    assert not [call for call in deployment.sandbox.calls if call.writes]


def test_restore_shows_asks_and_can_be_declined(deployment: Deployment) -> None:
    wanted = put(deployment, state_text(serial=3))
    put(deployment, state_text(serial=4, resources={}))
    before = deployment.snapshot()
    shown = deployment.paybot("state", "restore", wanted, "--dry-run")
    assert "+ add     terraform_data.first" in shown.err
    assert "serial 4 → serial 5" in shown.err
    assert deployment.paybot("state", "restore", wanted).code == 4
    assert deployment.paybot("state", "restore", wanted, typed="n\n").code == 4
    assert deployment.snapshot() == before


def test_restore_names_a_version_by_its_beginning(deployment: Deployment) -> None:
    wanted = put(deployment, state_text(serial=3))
    put(deployment, state_text(serial=4, resources={}))
    assert deployment.paybot("state", "restore", wanted[:12], "--yes").code == 0
    assert remote(deployment)["resources"]
    for wrong in ("zzzzzzzz", wanted[:2]):
        ran = deployment.paybot("state", "restore", wrong, "--yes")
        assert (ran.code, "paybot state versions" in ran.err) == (2, True)


def test_restore_refuses_another_lineage_and_a_deletion(deployment: Deployment) -> None:
    other = put(deployment, state_text(lineage="of-another"))
    put(deployment, state_text())
    ran = deployment.paybot("state", "restore", other, "--yes")
    assert (ran.code, "something else" in ran.err) == (2, True)
    deletion = deployment.client("s3").delete_object(Bucket=deployment.name, Key=KEY)["VersionId"]
    assert "is a deletion" in deployment.paybot("state", "restore", deletion, "--yes").err


def test_restore_undoes_a_deletion_and_a_truncation(deployment: Deployment) -> None:
    good = put(deployment, state_text())
    deployment.client("s3").delete_object(Bucket=deployment.name, Key=KEY)
    assert deployment.paybot("state", "restore", good, "--yes").code == 0
    assert (deployment.remote() or b"").decode() == state_text()
    put(deployment, state_text()[:60])
    ran = deployment.paybot("state", "restore", good, "--yes")
    assert (ran.code, "its lineage is not known" in ran.err) == (0, True)
    assert (deployment.remote() or b"").decode() == state_text()


def test_restore_mends_a_digest_that_does_not_match(deployment: Deployment) -> None:
    current = put(deployment, state_text())
    row = {"LockID": {"S": f"{deployment.name}/{KEY}-md5"}, "Digest": {"S": "of something else"}}
    deployment.client("dynamodb").put_item(TableName=deployment.name, Item=row)
    assert "DIFFERS" in deployment.paybot("state", "status").out
    assert deployment.paybot("state", "restore", current, "--yes").code == 0
    assert deployment.rows()[f"{deployment.name}/{KEY}-md5"]["Digest"] == md5_of(state_text().encode())
    assert len(deployment.json("state", "versions")[1]["data"]) == 1


def test_restore_respects_a_lock_and_takes_over_its_own(deployment: Deployment) -> None:
    wanted = put(deployment, state_text(serial=3))
    put(deployment, state_text(serial=4, resources={}))
    lock(deployment)
    ran = deployment.paybot("state", "restore", wanted, "--yes")
    assert (ran.code, "ann@build" in ran.err) == (1, True)
    assert remote(deployment)["serial"] == 4
    ours = LockInfo(id="9", who=caller(), info=f"paybot in {deployment.folder / '.terraform'}")
    lock(deployment, ours)
    ran = deployment.paybot("state", "restore", wanted, "--yes")
    assert (ran.code, "an interrupted run had left" in ran.err) == (0, True)
    assert deployment.lock_files() == []


@pytest.mark.parametrize(
    ("service", "operation", "action"),
    [
        ("s3", "ListObjectVersions", "s3:ListBucketVersions"),
        ("s3", "PutObject", "s3:PutObject"),
        ("dynamodb", "PutItem", "dynamodb:PutItem"),
    ],
)
def test_restore_names_the_missing_action_and_converges(
    deployment: Deployment, service: str, operation: str, action: str
) -> None:
    wanted = put(deployment, state_text(serial=3))
    put(deployment, state_text(serial=4, resources={}))
    deployment.sandbox.faults.replace([Rule(service, operation, status=403, code="AccessDenied")])
    ran = deployment.paybot("state", "restore", wanted, "--yes")
    assert (ran.code, action in ran.err) == (1, True), ran.err
    deployment.sandbox.faults.replace([])
    assert deployment.lock_files() == []
    assert remote(deployment)["serial"] == 4
    assert deployment.paybot("state", "restore", wanted, "--yes").code == 0
    assert remote(deployment)["serial"] == 5


def test_a_state_that_changes_while_it_is_restored_stays(deployment: Deployment) -> None:
    wanted = put(deployment, state_text(serial=3))
    put(deployment, state_text(serial=4, resources={}))
    later = state_text(serial=6, resources={"first": "six"})

    def somebody_writes(call: object, _number: int) -> None:
        if getattr(call, "operation", "") == "PutItem":  # the lock's row, just before the state
            deployment.sandbox.after = lambda _call, _number: None
            deployment.client("s3").put_object(Bucket=deployment.name, Key=KEY, Body=later.encode())

    deployment.sandbox.after = somebody_writes
    ran = deployment.paybot("state", "restore", wanted, "--yes")
    assert (ran.code, "changed by somebody else" in ran.err) == (1, True)
    assert (deployment.remote() or b"").decode() == later
    assert deployment.lock_files() == []


def test_unlock_shows_the_holder_and_asks(deployment: Deployment) -> None:
    lock(deployment)
    before = deployment.snapshot()
    ran = deployment.paybot("state", "unlock")
    assert ran.code == 4
    assert "ann@build (OperationTypeApply) for" in ran.err
    assert deployment.paybot("state", "unlock", typed="n\n").code == 4
    assert deployment.paybot("state", "unlock", "--dry-run").code == 0
    assert deployment.snapshot() == before


@pytest.mark.terraform
@pytest.mark.parametrize(("file", "row"), [(True, True), (True, False), (False, True)])
def test_unlock_breaks_what_is_held(deployment: Deployment, file: bool, row: bool) -> None:
    put(deployment, state_text())
    lock(deployment, file=file, row=row)
    code, document = deployment.json("state", "unlock", "--yes")
    assert (code, document["data"]["applied"], len(document["data"]["locks"])) == (0, True, file + row)
    assert deployment.lock_files() == []
    assert list(deployment.rows()) == [f"{deployment.name}/{KEY}-md5"]
    assert "is not locked" in deployment.paybot("state", "unlock", "--yes").out
    deployment.terraform("init", "-backend-config=dev.s3.tfbackend")
    deployment.terraform("plan")


def test_unlock_breaks_a_lock_that_says_nothing(deployment: Deployment) -> None:
    deployment.client("s3").put_object(Bucket=deployment.name, Key=f"{KEY}.tflock", Body=b"")
    ran = deployment.paybot("state", "unlock", "--yes")
    assert (ran.code, "somebody" in ran.err) == (0, True)
    assert deployment.lock_files() == []


@pytest.mark.terraform
def test_verify_proves_each_lock_and_leaves_nothing_behind(deployment: Deployment) -> None:
    put(deployment, state_text())
    before = deployment.snapshot()
    code, document = deployment.json("state", "verify")
    assert code == 0
    assert [(item["lock"], item["refused"]) for item in document["data"]["locks"]] == [
        ("S3 lock file", True),
        ("DynamoDB row", True),
    ]
    assert deployment.snapshot() == before


@pytest.mark.terraform
def test_verify_finds_a_state_without_a_lock(deployment: Deployment) -> None:
    text = deployment.backend_file.read_text()
    kept = [line for line in text.splitlines(True) if "use_lockfile" not in line and "dynamodb" not in line]
    deployment.backend_file.write_text("".join(kept))
    ran = deployment.paybot("state", "verify")
    assert (ran.code, "no lock guards" in ran.out) == (3, True)


@pytest.mark.terraform
def test_verify_of_a_local_state(deployment: Deployment) -> None:
    (deployment.folder / "backend.tf").unlink()
    deployment.local.write_text(state_text())
    code, document = deployment.json("state", "verify")
    assert (code, document["data"]["locks"][0]["refused"]) == (0, True)
    assert not list(deployment.folder.glob(".terraform.tfstate*"))
    assert deployment.local.read_text() == state_text()


@pytest.mark.terraform
def test_verify_does_not_touch_somebody_elses_lock(deployment: Deployment) -> None:
    put(deployment, state_text())
    lock(deployment)
    before = deployment.snapshot()
    ran = deployment.paybot("state", "verify")
    assert (ran.code, "ann@build" in ran.err) == (1, True)
    assert deployment.snapshot() == before
