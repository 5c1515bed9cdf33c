"""The adapters of the state's home against recorded answers: what the embedded AWS does not play."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from botocore.stub import Stubber

from paybot_ops.adapters import dynamodb, kms, s3
from paybot_ops.adapters.session import Session, check_region
from paybot_ops.adapters.state_objects import StateObjects
from paybot_ops.apply import state_bucket
from paybot_ops.core.bucket_actions import SetMfaDelete
from paybot_ops.errors import AccessDeniedError, AwsError, PaybotError, UsageError

BUCKET = s3.Bucket("acme-state", "123456789012")
# What the waiter looks at.
THERE = {"ResponseMetadata": {"HTTPStatusCode": 200}}
OWNED = {"Bucket": "acme-state", "ExpectedBucketOwner": "123456789012"}


@contextmanager
def played(service: str, region: str = "eu-west-1") -> Iterator[tuple[Session, Stubber]]:
    """A session whose client of one service gets its answers from here, all of them and in this order."""
    session = Session(region, "http://127.0.0.1:1")
    with Stubber(session.client(service)) as stub:
        yield session, stub
        stub.assert_no_pending_responses()


@pytest.mark.parametrize("operation", [*s3.SETTINGS, "get_bucket_policy", "get_bucket_tagging"])
def test_every_reading_names_the_owner(operation: str) -> None:
    with played("s3") as (session, stub):
        stub.add_client_error(operation, "NoSuchBucket", expected_params=OWNED)
        assert s3.get_setting(session, BUCKET, operation) is None


@pytest.mark.parametrize(
    ("status", "code", "expected"),
    [
        (404, "404", None),
        (403, "403", s3.BucketHead("", usable=False)),
        (301, "301", s3.BucketHead("", usable=False)),
    ],
)
def test_a_bucket_is_absent_or_somebody_elses(status: int, code: str, expected: s3.BucketHead | None) -> None:
    with played("s3") as (session, stub):
        stub.add_client_error("head_bucket", code, http_status_code=status, expected_params=OWNED)
        assert s3.find_bucket(session, BUCKET) == expected


def test_the_region_of_a_bucket_is_told() -> None:
    with played("s3") as (session, stub):
        stub.add_response("head_bucket", {"BucketRegion": "eu-north-1"}, OWNED)
        assert s3.find_bucket(session, BUCKET) == s3.BucketHead("eu-north-1", usable=True)


@pytest.mark.parametrize(
    ("region", "where"),
    [("us-east-1", {}), ("eu-west-1", {"CreateBucketConfiguration": {"LocationConstraint": "eu-west-1"}})],
)
def test_a_bucket_is_made_in_its_region_and_waited_for(region: str, where: dict[str, Any]) -> None:
    with played("s3", region) as (session, stub):
        stub.add_response("create_bucket", {}, {"Bucket": "acme-state", **where})
        stub.add_response("head_bucket", THERE, OWNED)
        s3.create_bucket(session, BUCKET, region)


def test_a_bucket_that_is_ours_already_is_fine() -> None:
    with played("s3") as (session, stub):
        stub.add_client_error("create_bucket", "BucketAlreadyOwnedByYou", http_status_code=409)
        stub.add_response("head_bucket", THERE, OWNED)
        stub.add_response("head_bucket", THERE, OWNED)
        s3.create_bucket(session, BUCKET, "eu-west-1")


def test_a_name_that_somebody_else_has_is_told() -> None:
    with played("s3") as (session, stub):
        stub.add_client_error("create_bucket", "BucketAlreadyExists", http_status_code=409)
        stub.add_client_error("head_bucket", "403", http_status_code=403, expected_params=OWNED)
        with pytest.raises(PaybotError, match="belongs to another account"):
            s3.create_bucket(session, BUCKET, "eu-west-1")


def test_two_changes_at_once_come_again() -> None:
    setting = {"VersioningConfiguration": {"Status": "Enabled"}}
    with played("s3") as (session, stub):
        stub.add_client_error("put_bucket_versioning", "OperationAborted", http_status_code=409)
        stub.add_response("put_bucket_versioning", {}, OWNED | setting)
        s3.put_setting(session, BUCKET, "put_bucket_versioning", **setting)


def test_mfa_delete_goes_out_with_serial_and_code() -> None:
    action = SetMfaDelete(verb="set", target="t", bucket="acme-state", owner="123456789012", serial="arn:mfa")
    wanted = {"VersioningConfiguration": {"Status": "Enabled", "MFADelete": "Enabled"}, "MFA": "arn:mfa 123456"}
    with played("s3") as (session, stub):
        stub.add_response("put_bucket_versioning", {}, OWNED | wanted)
        state_bucket.set_mfa_delete(session, action, "123456")


def test_every_part_of_a_lifecycle_goes_there_and_back() -> None:
    rule = {
        "ID": "r",
        "Status": "Enabled",
        "Filter": {"Prefix": ""},
        "NoncurrentVersionExpiration": {"NoncurrentDays": 90, "NewerNoncurrentVersions": 10},
    }
    size = "varies_by_storage_class"
    with played("s3") as (session, stub):
        stub.add_response(
            "get_bucket_lifecycle_configuration", {"Rules": [rule], "TransitionDefaultMinimumObjectSize": size}, OWNED
        )
        found = s3.get_lifecycle(session, BUCKET)
        stub.add_response(
            "put_bucket_lifecycle_configuration",
            {},
            OWNED | {"LifecycleConfiguration": {"Rules": [rule]}, "TransitionDefaultMinimumObjectSize": size},
        )
        s3.put_lifecycle(session, BUCKET, found.rules, found.minimum_size)


def test_versioning_with_mfa_delete_is_seen() -> None:
    settings: dict[str, dict[str, Any] | None] = dict.fromkeys(s3.SETTINGS)
    settings["get_bucket_versioning"] = {"Status": "Enabled", "MFADelete": "Enabled"}
    seen = s3.seen_bucket(settings, None, {})
    assert (seen.versioning, seen.mfa_delete, seen.encryption, seen.ownership) == ("Enabled", True, None, None)


@pytest.mark.parametrize(
    ("operation", "action"),
    [
        ("get_bucket_encryption", "s3:GetEncryptionConfiguration"),
        ("get_public_access_block", "s3:GetBucketPublicAccessBlock"),
        ("get_bucket_lifecycle_configuration", "s3:GetLifecycleConfiguration"),
        ("get_bucket_versioning", "s3:GetBucketVersioning"),
    ],
)
def test_a_denied_reading_names_the_iam_action(operation: str, action: str) -> None:
    with played("s3") as (session, stub):
        stub.add_client_error(operation, "AccessDenied", http_status_code=403)
        with pytest.raises(AccessDeniedError) as denied:
            s3.get_setting(session, BUCKET, operation)
    assert denied.value.action == action


@pytest.mark.parametrize(("version", "action"), [("", "s3:GetObject"), ("v1", "s3:GetObjectVersion")])
def test_a_version_needs_another_right_than_the_object(version: str, action: str) -> None:
    with played("s3") as (session, stub):
        stub.add_client_error("get_object", "AccessDenied", http_status_code=403)
        with pytest.raises(AccessDeniedError) as denied:
            StateObjects(session, "acme-state", "123456789012").find("k", version)
    assert denied.value.action == action


def test_the_tags_of_a_table_are_read_to_the_last_page() -> None:
    with played("dynamodb") as (session, stub):
        stub.add_response(
            "list_tags_of_resource", {"Tags": [{"Key": "a", "Value": "1"}], "NextToken": "more"}, {"ResourceArn": "arn"}
        )
        stub.add_response(
            "list_tags_of_resource", {"Tags": [{"Key": "b", "Value": "2"}]}, {"ResourceArn": "arn", "NextToken": "more"}
        )
        assert dynamodb.list_tags(session, "t", "arn") == {"a": "1", "b": "2"}


@pytest.mark.parametrize(
    ("operation", "method"),
    [("describe_table", dynamodb.describe_table), ("describe_continuous_backups", dynamodb.has_pitr)],
)
@pytest.mark.parametrize("code", ["ResourceNotFoundException", "TableNotFoundException"])
def test_an_absent_table_is_no_error(operation: str, method: Any, code: str) -> None:
    with played("dynamodb") as (session, stub):
        stub.add_client_error(operation, code)
        assert not method(session, "t")


def test_a_table_is_waited_for_until_it_is_active() -> None:
    with played("dynamodb") as (session, stub):
        stub.add_response("describe_table", {"Table": {"TableStatus": "CREATING"}})
        stub.add_response("describe_table", {"Table": {"TableStatus": "ACTIVE"}})
        dynamodb.await_active(session, "t")


def test_a_new_table_gets_its_recovery_when_it_is_ready_for_it() -> None:
    with played("dynamodb") as (session, stub):
        stub.add_client_error("update_continuous_backups", "ContinuousBackupsUnavailableException")
        stub.add_response("update_continuous_backups", {})
        dynamodb.enable_pitr(session, "t")


def test_a_refused_change_of_a_table_is_told() -> None:
    with played("dynamodb") as (session, stub):
        stub.add_client_error("update_table", "ValidationException", "no")
        with pytest.raises(AwsError, match="UpdateTable"):
            dynamodb.update_table(session, "t", BillingMode="PAY_PER_REQUEST")


def test_a_table_that_somebody_else_made_first_is_no_error() -> None:
    with played("dynamodb") as (session, stub):
        stub.add_client_error("create_table", "ResourceInUseException")
        assert not dynamodb.create_table(session, "t", "LockID", kms_key=None, tags={})


def test_the_encryption_of_a_table_is_read_while_it_changes() -> None:
    described = {
        "TableStatus": "UPDATING",
        "AttributeDefinitions": [{"AttributeName": "LockID", "AttributeType": "S"}],
        "KeySchema": [{"AttributeName": "LockID", "KeyType": "HASH"}],
        "SSEDescription": {"Status": "UPDATING", "KMSMasterKeyArn": "arn:k"},
    }
    assert dynamodb.seen_table(described, pitr=False, tags={}).kms_key == "arn:k"
    described["SSEDescription"] = {"Status": "DISABLED", "KMSMasterKeyArn": "arn:k"}
    assert dynamodb.seen_table(described, pitr=False, tags={}).kms_key is None


def test_an_absent_key_is_none() -> None:
    with played("kms") as (session, stub):
        stub.add_client_error("describe_key", "NotFoundException")
        assert kms.find_key(session, "alias/none") is None


def test_a_region_that_is_misspelt_gets_its_neighbour_told() -> None:
    check_region(Session("eu-central-1"))
    with pytest.raises(UsageError) as refused:
        check_region(Session("eu-centrall-1"))
    assert "eu-central-1" in refused.value.hint
