"""`paybot bootstrap-state` against the embedded AWS: its options, the backend file, and wrong input."""

from __future__ import annotations

import json

import pytest

from tests.cli.paybot_world import Paybot
from tests.cli.state_world import ACCOUNT, MAIN, State


def test_a_kms_key_is_used_by_bucket_table_and_terraform(state: State) -> None:
    key = state.client("kms").create_key()["KeyMetadata"]
    assert state("--yes", "--kms-key", key["KeyId"]).code == 0
    rule = state.snapshot()["get_bucket_encryption"]["ServerSideEncryptionConfiguration"]["Rules"][0]
    assert rule["ApplyServerSideEncryptionByDefault"] == {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key["Arn"]}
    assert rule["BucketKeyEnabled"]
    assert state.snapshot()["table"]["SSEDescription"]["KMSMasterKeyArn"] == key["Arn"]
    assert f'kms_key_id     = "{key["Arn"]}"' in str(state.file_text)
    # Without the option nothing is weakened: no opinion is no wish for AES256.
    assert state("--check").code == 0
    policy = json.loads(state("--print-iam-policy").out)
    assert policy["Statement"][-1]["Resource"] == [key["Arn"]]


@pytest.mark.parametrize("gone", ["disabled", "absent"])
def test_a_key_that_cannot_encrypt_is_refused(state: State, gone: str) -> None:
    key = "0d990263-018e-4e65-a703-eff731de951e"
    if gone == "disabled":
        key = state.client("kms").create_key()["KeyMetadata"]["KeyId"]
        state.client("kms").disable_key(KeyId=key)
    assert state("--yes", "--kms-key", key).code == 2
    assert state.snapshot()["get_bucket_versioning"] == {"error": "NoSuchBucket"}


def test_access_logs_go_to_the_other_bucket(state: State) -> None:
    logs = f"{state.name}-logs"
    s3 = state.client("s3")
    s3.create_bucket(Bucket=logs)
    ran = state("--yes", "--access-log-bucket", logs)
    assert ran.code == 1 and "logging.s3.amazonaws.com" in ran.err
    allow = {
        "Effect": "Allow",
        "Principal": {"Service": "logging.s3.amazonaws.com"},
        "Action": "s3:PutObject",
        "Resource": f"arn:aws:s3:::{logs}/*",
    }
    s3.put_bucket_policy(Bucket=logs, Policy=json.dumps({"Version": "2012-10-17", "Statement": [allow]}))
    assert state("--yes", "--access-log-bucket", logs).code == 0
    assert s3.get_bucket_logging(Bucket=state.name)["LoggingEnabled"]["TargetBucket"] == logs
    assert state("--check").code == 0


def test_an_absent_log_bucket_is_refused_before_anything_is_made(state: State) -> None:
    assert state("--yes", "--access-log-bucket", "nobody-has-this").code == 2
    assert state.snapshot()["get_bucket_versioning"] == {"error": "NoSuchBucket"}


def test_mfa_delete_asks_for_the_code_and_sets_no_lifecycle(state: State) -> None:
    serial = f"arn:aws:iam::{ACCOUNT}:mfa/root"
    ran = state("--mfa-delete", serial, typed="y\n987654\n")
    assert ran.code == 0
    assert "987654" not in ran.out + ran.err
    seen = state.snapshot()
    assert seen["get_bucket_versioning"] == {"Status": "Enabled", "MFADelete": "Enabled"}
    assert seen["get_bucket_lifecycle_configuration"] == {"error": "NoSuchLifecycleConfiguration"}
    assert state("--check").code == 0
    assert state("--check", "--keep-days", "30").code == 2


def test_mfa_delete_without_a_terminal_is_not_applied(state: State) -> None:
    before = state.snapshot()
    assert state("--yes", "--mfa-delete", "serial").code == 4
    assert state.snapshot() == before


@pytest.mark.parametrize("more", [("--keep-days", "30"), ("--keep-versions", "3")])
def test_mfa_delete_and_a_lifecycle_exclude_each_other(state: State, more: tuple[str, str]) -> None:
    ran = state("--yes", "--mfa-delete", "serial", *more)
    assert ran.code == 2
    assert "S3 takes no lifecycle rules on a bucket with MFA delete" in ran.err


def test_mfa_delete_is_refused_on_a_bucket_that_has_rules(state: State) -> None:
    state("--yes")
    ran = state("--yes", "--mfa-delete", "serial")
    assert ran.code == 2
    assert "paybot-terraform-state" in ran.err


def test_the_locks_are_changed_stage_by_stage(state: State) -> None:
    assert state("--yes", "--lock", "dynamodb").code == 0
    assert "use_lockfile" not in str(state.file_text)
    ran = state("--yes", "--lock", "s3")
    assert ran.code == 2 and "first --lock both" in ran.err
    assert state("--yes", "--lock", "both").code == 0
    assert state("--yes", "--lock", "s3").code == 0
    assert "dynamodb_table" not in str(state.file_text)
    # The table stays for whoever still uses it, and the lock that the file names is not questioned.
    assert state.snapshot()["table"]["TableStatus"] == "ACTIVE"
    assert state("--check").code == 0


def test_the_lock_file_alone_needs_no_table(state: State) -> None:
    assert state("--yes", "--lock", "s3").code == 0
    assert not [call for call in state.sandbox.calls if call.service == "dynamodb"]
    assert state.snapshot()["table"] == {}


def test_an_existing_backend_file_keeps_its_comments_its_key_and_the_rest(state: State) -> None:
    state.backend_file.parent.mkdir(parents=True)
    state.backend_file.write_text(f'# ours\nbucket = "{state.name}"\nkey = "old/place" # stays\nmax_retries = 3\n')
    assert state("--yes").code == 0
    text = str(state.file_text)
    assert text.startswith(f'# ours\nbucket = "{state.name}"\nkey = "old/place" # stays\nmax_retries = 3\n')
    assert "use_lockfile" in text


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ('bucket = "somewhere-else"\n', "the state's bucket is somewhere-else"),
        ('bukket = "x"\n', "bukket, which the S3 backend does not know"),
        ('secret_thing = "hunter2\n', "dev.s3.tfbackend:1:"),
    ],
)
def test_a_backend_file_that_does_not_fit_is_refused(state: State, content: str, says: str) -> None:
    state.backend_file.parent.mkdir(parents=True)
    state.backend_file.write_text(content)
    ran = state("--yes")
    assert ran.code == 2
    assert says in ran.err
    assert "hunter2" not in ran.err
    assert state.snapshot()["get_bucket_versioning"] == {"error": "NoSuchBucket"}


def test_a_hand_built_directory_stays_as_it_is(state: State) -> None:
    before = {path.name: path.read_bytes() for path in state.folder.glob("*.tf*")}
    assert state("--yes").code == 0
    assert {path.name: path.read_bytes() for path in state.folder.glob("*.tf*")} == before
    assert (state.folder / "main.tf").read_text() == MAIN


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("--bucket", "Capital"), "lower-case letters"),
        (("--bucket", "ab"), "3 to 63 characters"),
        (("--bucket", "10.0.0.1"), "IP address"),
        (("--bucket", "xn--thing"), "does not begin with"),
        (("--region", "eu-nowhere-9"), "there is no AWS region 'eu-nowhere-9'"),
        (("--lock-table", "a!"), "cannot be a table's name"),
        (("--keep-versions", "101"), "101"),
    ],
)
def test_what_aws_would_refuse_is_refused_before_a_call(state: State, arguments: tuple[str, ...], says: str) -> None:
    ran = state("--yes", *arguments)
    assert ran.code == 2
    assert says in ran.err
    assert not state.sandbox.calls


def test_the_default_names(state: State) -> None:
    code, document = state.json("--dry-run", "--bucket", f"shop-terraform-state-{ACCOUNT}")
    assert code == 0
    bare = State(state.sandbox, state.folder, state.name)
    arguments = ("bootstrap-state", "--dir", str(bare.folder), "--dry-run", "--output", "json")
    assert Paybot(state.folder)(*arguments).document["data"]["bucket"] == document["data"]["bucket"]


def test_a_project_without_a_name_is_told_where_to_set_it(state: State) -> None:
    (state.folder / "terraform.tfvars").write_text('project_name = ""\n')
    ran = state("--yes")
    assert ran.code == 2 and "project_name" in ran.err


@pytest.mark.parametrize(
    ("lock", "sids"),
    [
        ("both", ["ListStates", "ReadAndWriteState", "LockFile", "LockRow"]),
        ("s3", ["ListStates", "ReadAndWriteState", "LockFile"]),
        ("dynamodb", ["ListStates", "ReadAndWriteState", "LockRow"]),
    ],
)
def test_the_printed_policy_is_the_one_of_the_lock(state: State, lock: str, sids: list[str]) -> None:
    ran = state("--print-iam-policy", "--lock", lock)
    assert ran.code == 0
    assert [item["Sid"] for item in json.loads(ran.out)["Statement"]] == sids
    assert {call.operation for call in state.sandbox.calls} <= {"GetCallerIdentity"}
