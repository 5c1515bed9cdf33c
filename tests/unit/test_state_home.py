"""The plan for a state's home, part by part: names, lifecycle, locks, table, backend file, and what may use it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from paybot_ops.core.backend_file import WantedBackend, WriteBackendFile, backend_text, plan_backend_file
from paybot_ops.core.bootstrap import Observed, Wanted, plan_bootstrap
from paybot_ops.core.bucket_lifecycle import Retention, endangering, provides, wanted_retention, with_retention
from paybot_ops.core.bucket_names import broken_rule, check_bucket_name, default_bucket_name
from paybot_ops.core.bucket_policy import with_tls
from paybot_ops.core.lock_table import TABLE_TAGS, SeenTable, WantedTable
from paybot_ops.core.locks import LockMode, lock_mode
from paybot_ops.core.state_access import StateAccess, access_policy
from paybot_ops.core.state_bucket import BUCKET_TAGS, PUBLIC_ACCESS_BLOCKS, Encryption, SeenBucket, WantedBucket
from paybot_ops.core.state_settings import partition
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


@pytest.mark.parametrize(
    ("name", "rule"),
    [
        ("ab", "3 to 63"),
        ("", "3 to 63"),
        ("a" * 64, "3 to 63"),
        ("Acme", "lower-case"),
        ("a_b", "lower-case"),
        ("äcme", "lower-case"),
        ("-acme", "begins and ends"),
        ("acme.", "begins and ends"),
        ("a..b", "two dots"),
        ("192.168.5.4", "IP address"),
        ("xn--acme", "begin with"),
        ("acme-s3alias", "end with"),
    ],
)
def test_a_bad_name_is_told_which_rule_it_breaks(name: str, rule: str) -> None:
    assert rule in str(broken_rule(name))
    with pytest.raises(UsageError) as refused:
        check_bucket_name(name)
    assert rule in refused.value.why


def test_a_good_name_is_taken() -> None:
    for name in ("acme.state", "123", "a" * 63, default_bucket_name("shop", ACCOUNT)):
        check_bucket_name(name)


_theirs = st.fixed_dictionaries(
    {
        "ID": st.sampled_from(["a", "b", "c"]),
        "Status": st.sampled_from(["Enabled", "Disabled"]),
        "Filter": st.sampled_from([{}, {"Prefix": ""}, {"Prefix": "tmp/"}, {"Tag": {"Key": "k", "Value": "v"}}]),
    },
    optional={
        "Expiration": st.just({"Days": 9}),
        "NoncurrentVersionExpiration": st.sampled_from([{"NoncurrentDays": 90}, {"NoncurrentDays": 5}]),
        "AbortIncompleteMultipartUpload": st.just({"DaysAfterInitiation": 3}),
    },
)


@given(st.lists(_theirs, max_size=4), st.integers(1, 400), st.integers(1, 100))
def test_other_rules_stay_and_ours_is_there_once(rules: list[dict[str, Any]], days: int, versions: int) -> None:
    wanted = Retention(days, versions)
    once = with_retention(rules, wanted)
    assert once[: len(rules)] == rules
    assert provides(once, wanted)
    assert with_retention(once, wanted) == once
    assert wanted_retention(once, None, None) == wanted
    updated = with_retention(once, Retention(days + 1, versions))
    assert len(updated) == len(rules) + 1
    assert not [rule for rule in endangering(once, wanted, "k") if "paybot" in rule]


def test_a_rule_of_the_older_form_is_rewritten_with_the_same_meaning() -> None:
    old = {"ID": "old", "Status": "Enabled", "Prefix": "tmp/", "Expiration": {"Days": 1}}
    assert with_retention([old], RETENTION)[0] == {
        "ID": "old",
        "Status": "Enabled",
        "Filter": {"Prefix": "tmp/"},
        "Expiration": {"Days": 1},
    }


def test_the_same_done_by_somebody_else_is_enough() -> None:
    rule = {
        "ID": "theirs",
        "Status": "Enabled",
        "Prefix": "",
        "NoncurrentVersionExpiration": {"NoncurrentDays": 90, "NewerNoncurrentVersions": 10},
        "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 1},
    }
    assert provides([rule], RETENTION)
    for spoiled in ({"Status": "Disabled"}, {"Prefix": "x"}, {"AbortIncompleteMultipartUpload": {}}):
        assert not provides([rule | spoiled], RETENTION)


def test_what_deletes_the_state_is_told() -> None:
    guide = {
        "ID": "DeleteOldVersions",
        "Status": "Enabled",
        "Filter": {},
        "NoncurrentVersionExpiration": {"NoncurrentDays": 90},
    }
    (told,) = endangering([guide], RETENTION, "shop/dev/terraform.tfstate")
    assert "DeleteOldVersions" in told and "without keeping the newest 10" in told
    sweep = {"ID": "s", "Status": "Enabled", "Filter": {"Prefix": "shop/"}, "Expiration": {"Days": 1}}
    assert "the state itself" in next(endangering([sweep], RETENTION, "shop/dev/terraform.tfstate"))
    assert not list(endangering([sweep], RETENTION, "other/dev/terraform.tfstate"))


@pytest.mark.parametrize(
    ("asked", "values", "mode"),
    [
        (None, {}, LockMode.BOTH),
        (None, {"use_lockfile": True}, LockMode.S3),
        (None, {"dynamodb_table": "t"}, LockMode.DYNAMODB),
        (None, {"dynamodb_table": "t", "use_lockfile": True}, LockMode.BOTH),
        (LockMode.S3, {}, LockMode.S3),
        (LockMode.S3, {"dynamodb_table": "t", "use_lockfile": True}, LockMode.S3),
        (LockMode.BOTH, {"dynamodb_table": "t"}, LockMode.BOTH),
    ],
)
def test_the_lock_is_what_was_asked_for_else_what_is_used(
    asked: LockMode | None, values: dict[str, Any], mode: LockMode
) -> None:
    assert lock_mode(asked, values) is mode


def test_a_lock_is_not_changed_past_the_stage_where_both_are_taken() -> None:
    with pytest.raises(UsageError):
        lock_mode(LockMode.S3, {"dynamodb_table": "t"})
    with pytest.raises(UsageError):
        lock_mode(LockMode.DYNAMODB, {"use_lockfile": True})


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


def test_the_least_policy_of_every_lock() -> None:
    def statements(lock: LockMode, **more: Any) -> dict[str, tuple[list[str], list[str]]]:
        access = StateAccess(bucket_arn="B", key="k", lock=lock, table_arn="T", **more)
        return {item["Sid"]: (item["Action"], item["Resource"]) for item in access_policy(access)["Statement"]}

    both = statements(LockMode.BOTH, kms_keys=("K",), workspaces=True)
    assert both["ListStates"] == (["s3:ListBucket"], ["B"])
    assert both["ReadAndWriteState"] == (["s3:GetObject", "s3:PutObject"], ["B/k", "B/env:/*/k"])
    assert both["LockFile"][0] == ["s3:GetObject", "s3:PutObject", "s3:DeleteObject"]
    assert both["LockFile"][1] == ["B/k.tflock", "B/env:/*/k.tflock"]
    assert "dynamodb:DescribeTable" in both["LockRow"][0]
    assert both["StateKey"][1] == ["K"]
    assert set(statements(LockMode.S3)) == {"ListStates", "ReadAndWriteState", "LockFile"}
    assert set(statements(LockMode.DYNAMODB)) == {"ListStates", "ReadAndWriteState", "LockRow"}


@pytest.mark.parametrize(
    ("region", "name"), [("eu-west-1", "aws"), ("cn-north-1", "aws-cn"), ("us-gov-west-1", "aws-us-gov")]
)
def test_arns_are_of_the_regions_partition(region: str, name: str) -> None:
    assert partition(region) == name
    assert changed(BUCKET, region=region).arn == f"arn:{name}:s3:::acme-state"
