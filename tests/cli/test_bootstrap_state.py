"""`paybot bootstrap-state` against the embedded AWS: what it makes, what it leaves alone, what it refuses."""

from __future__ import annotations

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from paybot_ops.sandbox.faults import Rule
from tests.cli.paybot_world import Paybot
from tests.cli.state_world import ACCOUNT, State


def test_from_nothing_everything_is_planned_and_made(state: State) -> None:
    code, document = state.json("--yes")
    assert code == 0
    assert document["status"] == "ok" and document["data"]["applied"]
    assert {item["outcome"] for item in document["data"]["result"]} == {"done"}
    assert len(document["data"]["changes"]) == 11
    seen = state.snapshot()
    assert seen["get_bucket_versioning"] == {"Status": "Enabled"}
    encryption = seen["get_bucket_encryption"]["ServerSideEncryptionConfiguration"]["Rules"][0]
    assert encryption["ApplyServerSideEncryptionByDefault"] == {"SSEAlgorithm": "AES256"}
    assert set(seen["get_public_access_block"]["PublicAccessBlockConfiguration"].values()) == {True}
    assert seen["get_bucket_ownership_controls"]["OwnershipControls"]["Rules"][0] == {
        "ObjectOwnership": "BucketOwnerEnforced"
    }
    (statement,) = json.loads(seen["get_bucket_policy"]["Policy"])["Statement"]
    assert statement["Effect"] == "Deny" and statement["Resource"] == ["arn:aws:s3:::NAME", "arn:aws:s3:::NAME/*"]
    (rule,) = seen["get_bucket_lifecycle_configuration"]["Rules"]
    assert rule["NoncurrentVersionExpiration"] == {"NoncurrentDays": 90, "NewerNoncurrentVersions": 10}
    assert rule["AbortIncompleteMultipartUpload"] == {"DaysAfterInitiation": 7}
    assert {"Key": "ManagedBy", "Value": "paybot"} in seen["get_bucket_tagging"]["TagSet"]
    table = seen["table"]
    assert table["KeySchema"] == [{"AttributeName": "LockID", "KeyType": "HASH"}]
    assert table["BillingModeSummary"]["BillingMode"] == "PAY_PER_REQUEST"
    assert table["DeletionProtectionEnabled"] and table["SSEDescription"]["Status"] == "ENABLED"
    assert seen["pitr"] == "ENABLED"
    assert seen["file"] == (
        'bucket         = "NAME"\n'
        'key            = "shop/dev/terraform.tfstate"\n'
        'region         = "us-east-1"\n'
        "encrypt        = true\n"
        "use_lockfile   = true\n"
        'dynamodb_table = "NAME"\n'
    )


def test_converged_is_an_empty_plan_and_writes_nothing(state: State) -> None:
    assert state("--yes").code == 0
    before = state.snapshot()
    ran = state()
    assert ran.code == 0
    assert "everything is as it should be" in ran.out
    assert not [call for call in state.sandbox.calls if call.writes]
    assert state.snapshot() == before


def test_dry_run_and_check_write_nothing(state: State) -> None:
    before = state.snapshot()
    assert state("--dry-run").code == 0
    assert state("--check").code == 3
    assert state.snapshot() == before
    assert state.file_text is None


def test_check_is_silent_once_everything_is_in_place(state: State) -> None:
    assert state("--yes").code == 0
    code, document = state.json("--check")
    assert (code, document["status"], document["data"]["changes"]) == (0, "ok", [])


def test_check_tells_a_machine_what_differs(state: State) -> None:
    state("--yes")
    state.client("s3").delete_public_access_block(Bucket=state.name)
    code, document = state.json("--check")
    assert (code, document["status"]) == (3, "finding")
    (differing,) = [item for item in document["data"]["settings"] if not item["ok"]]
    assert (differing["name"], differing["now"], differing["wanted"]) == ("public access block", "–", "all four on")
    assert [item["target"] for item in document["data"]["changes"]] == [f"bucket {state.name}: public access block"]


def test_without_a_terminal_and_without_yes_nothing_is_changed(state: State) -> None:
    before = state.snapshot()
    assert state().code == 4
    assert state.snapshot() == before


def test_every_call_that_can_names_the_owner(state: State) -> None:
    state("--yes")
    named = {
        call.operation
        for call, headers in zip(state.sandbox.calls, state.sandbox.headers, strict=True)
        if call.service == "s3" and headers.get("x-amz-expected-bucket-owner") == ACCOUNT
    }
    assert {call.operation for call in state.sandbox.calls if call.service == "s3"} - named == {"CreateBucket"}


def test_only_the_differences_of_an_existing_bucket_are_changed(state: State) -> None:
    s3, other = state.client("s3"), f"arn:aws:s3:::{state.name}/reports/*"
    s3.create_bucket(Bucket=state.name)
    s3.put_bucket_versioning(Bucket=state.name, VersioningConfiguration={"Status": "Enabled"})
    policy = (
        '{ "Version":"2012-10-17",\n  "Statement" : {"Effect":"Allow","Principal":{"AWS":"ACCOUNT"},'
        '"Action":"s3:GetObject","Resource":"OTHER"}  }'
    )
    policy = policy.replace("ACCOUNT", ACCOUNT).replace("OTHER", other)
    s3.put_bucket_policy(Bucket=state.name, Policy=policy)
    theirs = {"ID": "theirs", "Status": "Enabled", "Filter": {"Prefix": "tmp/"}, "Expiration": {"Days": 3}}
    s3.put_bucket_lifecycle_configuration(Bucket=state.name, LifecycleConfiguration={"Rules": [theirs]})
    s3.put_bucket_tagging(Bucket=state.name, Tagging={"TagSet": [{"Key": "ManagedBy", "Value": "finance"}]})
    code, document = state.json("--yes")
    assert code == 0
    targets = [item["target"] for item in document["data"]["changes"]]
    assert f"bucket {state.name}: versioning" not in targets
    assert f"bucket {state.name}: a policy statement" in targets
    text = s3.get_bucket_policy(Bucket=state.name)["Policy"]
    kept = policy[: policy.rindex("}  }") + 1]
    assert text.replace("[{", "{", 1).startswith(kept)
    assert len(json.loads(text)["Statement"]) == 2
    assert theirs in s3.get_bucket_lifecycle_configuration(Bucket=state.name)["Rules"]
    assert {"Key": "ManagedBy", "Value": "finance"} in s3.get_bucket_tagging(Bucket=state.name)["TagSet"]
    assert state("--check").code == 0


def test_the_guides_table_gets_what_it_lacks(state: State) -> None:
    state.client("dynamodb").create_table(
        TableName=state.name,
        AttributeDefinitions=[{"AttributeName": "LockID", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "LockID", "KeyType": "HASH"}],
        ProvisionedThroughput={"ReadCapacityUnits": 1, "WriteCapacityUnits": 1},
    )
    assert state("--yes").code == 0
    table = state.snapshot()["table"]
    assert table["BillingModeSummary"]["BillingMode"] == "PAY_PER_REQUEST"
    assert table["DeletionProtectionEnabled"] and table["SSEDescription"]["SSEType"] == "KMS"
    assert state("--check").code == 0


def test_a_table_with_another_key_is_refused_untouched(state: State) -> None:
    state.client("dynamodb").create_table(
        TableName=state.name,
        AttributeDefinitions=[{"AttributeName": "Id", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "Id", "KeyType": "HASH"}],
        BillingMode="PAY_PER_REQUEST",
    )
    before = state.snapshot()
    ran = state("--yes")
    assert ran.code == 2
    assert "its keys are Id (HASH, S)" in ran.err
    assert state.snapshot() == before


def test_a_bucket_in_another_region_is_refused(state: State) -> None:
    where = {"LocationConstraint": "eu-west-1"}
    state.client("s3").create_bucket(Bucket=state.name, CreateBucketConfiguration=where)
    ran = state("--yes")
    assert ran.code == 2
    assert f"{state.name} is in eu-west-1, not in us-east-1" in ran.err
    assert "--region eu-west-1" in ran.err


def test_a_name_that_another_account_has_is_refused(state: State) -> None:
    state.sandbox.faults.replace([Rule("s3", "HeadBucket", status=403, code="AccessDenied")])
    ran = state("--yes")
    assert ran.code == 1
    assert f"{state.name} belongs to another account" in ran.err


def test_a_name_that_is_taken_at_the_last_moment_is_refused(state: State) -> None:
    # What S3 answers when the other account was a moment faster.
    state.sandbox.faults.replace([Rule("s3", "CreateBucket", status=409, code="BucketAlreadyExists")])
    code, document = state.json("--yes")
    assert code == 1
    assert document["error"]["what"] == f"the bucket {state.name} belongs to another account"
    assert [item["outcome"] for item in document["data"]["result"]][:2] == ["failed", "not run"]


def test_a_bucket_that_the_caller_may_not_see_is_not_taken_for_foreign(state: State) -> None:
    state.client("s3").create_bucket(Bucket=state.name)
    state.sandbox.faults.replace([Rule("s3", "HeadBucket", status=403, code="AccessDenied")])
    code, document = state.json("--yes")
    assert (code, document["error"]["kind"]) == (1, "access-denied")
    assert "s3:ListBucket" in document["error"]["why"]


def test_without_the_list_of_buckets_both_reasons_are_told(state: State) -> None:
    names = ("HeadBucket", "ListBuckets")
    state.sandbox.faults.replace([Rule("s3", name, status=403, code="AccessDenied") for name in names])
    code, document = state.json("--yes")
    assert (code, document["error"]["kind"]) == (1, "access-denied")
    assert "another account, or" in document["error"]["why"] and "s3:ListAllMyBuckets" in document["error"]["why"]


def test_eight_at_once_make_one_home(state: State, paybot: Paybot) -> None:
    paybot.environ["AWS_ENDPOINT_URL"] = state.sandbox.endpoint
    with ThreadPoolExecutor(8) as pool:
        runs = list(pool.map(lambda _: paybot(*state.arguments, "--yes"), range(8)))
    assert [ran.code for ran in runs] == [0] * 8, [ran.err for ran in runs if ran.code]
    names = [item["Name"] for item in state.client("s3").list_buckets()["Buckets"]]
    assert names.count(state.name) == 1
    assert len(json.loads(state.snapshot()["get_bucket_policy"]["Policy"])["Statement"]) == 1
    assert state("--check").code == 0


def test_a_rule_of_somebody_else_that_endangers_the_state_is_told(state: State) -> None:
    state("--yes")
    s3 = state.client("s3")
    rules = s3.get_bucket_lifecycle_configuration(Bucket=state.name)["Rules"]
    rules.append({"ID": "sweep", "Status": "Enabled", "Filter": {"Prefix": ""}, "Expiration": {"Days": 30}})
    s3.put_bucket_lifecycle_configuration(Bucket=state.name, LifecycleConfiguration={"Rules": rules})
    code, document = state.json("--check")
    assert code == 0
    assert "would delete the state itself" in document["warnings"][0]


@pytest.fixture
def answered(state: State) -> Callable[[str], int]:
    """How often the last run made an operation."""
    return lambda operation: sum(call.operation == operation for call in state.sandbox.calls)


def test_the_reads_are_one_round(state: State, answered: Callable[[str], int]) -> None:
    state("--yes")
    state("--check")
    assert answered("GetCallerIdentity") == 1
    assert {answered(call.operation) for call in state.sandbox.calls} == {1}
    assert len(state.sandbox.calls) == 13
