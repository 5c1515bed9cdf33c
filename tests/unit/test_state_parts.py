"""The parts of a state's home: names, lifecycle, locks, and what may use it."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from paybot_ops.core.bucket_lifecycle import Retention, endangering, provides, wanted_retention, with_retention
from paybot_ops.core.bucket_names import broken_rule, check_bucket_name, default_bucket_name
from paybot_ops.core.locks import LockMode, lock_mode
from paybot_ops.core.state_access import StateAccess, access_policy
from paybot_ops.core.state_bucket import WantedBucket
from paybot_ops.core.state_settings import partition
from paybot_ops.errors import UsageError

ACCOUNT = "123456789012"
RETENTION = Retention(90, 10)


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
    spoilt: tuple[dict[str, Any], ...] = (
        {"Status": "Disabled"},
        {"Prefix": "x"},
        {"AbortIncompleteMultipartUpload": {}},
    )
    for spoiled in spoilt:
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
    assert WantedBucket(name="acme-state", account=ACCOUNT, region=region).arn == f"arn:{name}:s3:::acme-state"
