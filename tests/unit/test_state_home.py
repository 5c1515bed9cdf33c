"""The plan for a state's home: one action for one difference, the backend file last."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from paybot_ops.core.backend_file import WantedBackend, WriteBackendFile, backend_text, plan_backend_file
from paybot_ops.core.bootstrap import Observed, Wanted, plan_bootstrap
from paybot_ops.core.bucket_lifecycle import Retention, with_retention
from paybot_ops.core.bucket_policy import with_tls
from paybot_ops.core.lock_table import TABLE_TAGS, SeenTable, WantedTable
from paybot_ops.core.locks import LockMode
from paybot_ops.core.state_bucket import BUCKET_TAGS, PUBLIC_ACCESS_BLOCKS, Encryption, SeenBucket, WantedBucket
from paybot_ops.errors import PaybotError, UsageError

ACCOUNT = "123456789012"
RETENTION = Retention(90, 10)
BUCKET = WantedBucket(name="acme-state", account=ACCOUNT, region="eu-central-1")
TABLE = WantedTable(name="locks", account=ACCOUNT, region="eu-central-1")
BACKEND = WantedBackend(
    path=Path("dev.s3.tfbackend"),
    bucket="acme-state",
    key="shop/dev/terraform.tfstate",
    region="eu-central-1",
    lock=LockMode.BOTH,
    table="locks",
)
WANTED = Wanted(bucket=BUCKET, table=TABLE, backend=BACKEND)
GOOD_BUCKET = SeenBucket(
    versioning="Enabled",
    encryption=Encryption("AES256"),
    ownership="BucketOwnerEnforced",
    policy=with_tls(None, BUCKET.arn),
    public_access=dict.fromkeys(PUBLIC_ACCESS_BLOCKS, True),
    lifecycle=tuple(with_retention((), RETENTION)),
    tags=dict(BUCKET_TAGS),
)
GOOD_TABLE = SeenTable(on_demand=True, kms_key="arn:k", protected=True, pitr=True, tags=dict(TABLE_TAGS))
FILE = """\
bucket         = "acme-state"
key            = "shop/dev/terraform.tfstate"
region         = "eu-central-1"
encrypt        = true
use_lockfile   = true
dynamodb_table = "locks"
"""
GOOD = Observed(bucket=GOOD_BUCKET, table=GOOD_TABLE, backend_text=FILE)


def kinds(wanted: Wanted, observed: Observed) -> list[str]:
    return [type(action).__name__ for action in plan_bootstrap(wanted, observed).actions]


def changed(base: Any, **values: Any) -> Any:
    from dataclasses import replace

    return replace(base, **values)


def test_from_nothing_the_file_comes_last() -> None:
    assert kinds(WANTED, Observed()) == [
        "CreateBucket",
        "EnableVersioning",
        "SetEncryption",
        "EnforceOwnership",
        "AppendTlsStatement",
        "BlockPublicAccess",
        "SetLifecycle",
        "TagBucket",
        "CreateLockTable",
        "EnablePitr",
        "WriteBackendFile",
    ]


def test_as_wanted_is_an_empty_plan_that_still_shows_every_setting() -> None:
    plan = plan_bootstrap(WANTED, GOOD)
    assert plan.is_empty
    assert {setting.ok for setting in plan.settings} == {True}
    assert len(plan.settings) == 15


@pytest.mark.parametrize(
    ("part", "change", "action"),
    [
        ("bucket", {"versioning": "Suspended"}, "EnableVersioning"),
        ("bucket", {"encryption": None}, "SetEncryption"),
        ("bucket", {"ownership": "ObjectWriter"}, "EnforceOwnership"),
        ("bucket", {"policy": None}, "AppendTlsStatement"),
        ("bucket", {"public_access": {"BlockPublicAcls": True}}, "BlockPublicAccess"),
        ("bucket", {"lifecycle": ()}, "SetLifecycle"),
        ("bucket", {"tags": {"Purpose": "mine"}}, "TagBucket"),
        ("table", {"on_demand": False}, "SetOnDemand"),
        ("table", {"kms_key": None}, "EncryptTable"),
        ("table", {"protected": False}, "ProtectTable"),
        ("table", {"pitr": False}, "EnablePitr"),
        ("table", {"tags": {}}, "TagTable"),
    ],
)
def test_one_difference_is_one_action_and_one_line(part: str, change: dict[str, Any], action: str) -> None:
    observed = changed(GOOD, **{part: changed(getattr(GOOD, part), **change)})
    assert kinds(WANTED, observed) == [action]
    assert sum(not setting.ok for setting in plan_bootstrap(WANTED, observed).settings) == 1


def test_a_key_that_is_used_otherwise_keeps_its_value() -> None:
    observed = changed(GOOD, bucket=changed(GOOD_BUCKET, tags={"ManagedBy": "finance"}))
    (action,) = plan_bootstrap(WANTED, observed).actions
    assert getattr(action, "tags") == (("Purpose", "terraform-state"),)  # noqa: B009 - one of several kinds


def test_no_opinion_does_not_weaken_what_the_owner_chose() -> None:
    chosen = Encryption("aws:kms", "arn:aws:kms:eu-central-1:1:key/k")
    bucket = changed(GOOD_BUCKET, encryption=chosen, lifecycle=tuple(with_retention((), Retention(365, 50))))
    plan = plan_bootstrap(WANTED, changed(GOOD, bucket=bucket))
    # Only Terraform must be told: `encrypt` alone would ask for S3's own keys.
    assert [type(action) for action in plan.actions] == [WriteBackendFile]
    asked = changed(WANTED, bucket=changed(BUCKET, keep_days=30))
    assert "SetLifecycle" in kinds(asked, changed(GOOD, bucket=bucket))


def test_another_key_than_the_one_asked_for_is_changed() -> None:
    wanted = changed(WANTED, bucket=changed(BUCKET, kms_key="arn:aws:kms:eu-central-1:1:key/new"))
    for seen in (Encryption("aws:kms", "old", bucket_key=True), Encryption("aws:kms", "new")):
        assert "SetEncryption" in kinds(wanted, changed(GOOD, bucket=changed(GOOD_BUCKET, encryption=seen)))
    seen = Encryption("aws:kms", "new", bucket_key=True)
    assert "SetEncryption" not in kinds(wanted, changed(GOOD, bucket=changed(GOOD_BUCKET, encryption=seen)))


@pytest.mark.parametrize("keys", [(("Id", "HASH", "S"),), (("LockID", "HASH", "N"),)])
def test_another_table_is_refused(keys: tuple[tuple[str, str, str], ...]) -> None:
    with pytest.raises(UsageError, match="not a lock table"):
        plan_bootstrap(WANTED, changed(GOOD, table=changed(GOOD_TABLE, keys=keys)))


def test_a_table_that_is_going_is_waited_for_by_the_user() -> None:
    with pytest.raises(PaybotError, match="being deleted"):
        plan_bootstrap(WANTED, changed(GOOD, table=changed(GOOD_TABLE, status="DELETING")))


def written(backend: WantedBackend, text: str | None, encryption: Encryption | None = None) -> str | None:
    action = plan_backend_file(backend, text, encryption).action
    return backend_text(action, text) if isinstance(action, WriteBackendFile) else text


def test_the_file_is_written_as_terraform_would_format_it() -> None:
    assert written(BACKEND, None) == FILE


def test_a_lock_that_is_left_goes_from_the_file_and_nothing_else() -> None:
    text = "# ours\n" + FILE + "max_retries = 9 # kept\n"
    after = str(written(changed(BACKEND, lock=LockMode.S3), text))
    assert after == text.replace('dynamodb_table = "locks"\n', "")


@pytest.mark.parametrize(
    ("encryption", "expected"),
    [
        (Encryption("AES256"), ["encrypt"]),
        (Encryption("aws:kms", "arn:k"), ["encrypt", "kms_key_id"]),
        # The account's own key has no name to write; `encrypt` would override it.
        (Encryption("aws:kms"), []),
    ],
)
def test_terraform_encrypts_as_the_bucket_does(encryption: Encryption, expected: list[str]) -> None:
    text = str(written(BACKEND, None, encryption))
    assert [name for name in ("encrypt", "kms_key_id") if name in text] == expected
