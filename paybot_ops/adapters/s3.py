"""S3 buckets and their settings. Every call that can names the account that the bucket must belong to."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from paybot_ops.adapters.session import Session, aws_errors, error_code
from paybot_ops.core.state_bucket import Encryption, SeenBucket
from paybot_ops.errors import AwsError, PaybotError

# What S3 answers where a setting was never made (Amazon S3 API reference: Error responses).
_UNSET = {
    "NoSuchBucketPolicy",
    "NoSuchLifecycleConfiguration",
    "NoSuchPublicAccessBlockConfiguration",
    "NoSuchTagSet",
    "OwnershipControlsNotFoundError",
    "ServerSideEncryptionConfigurationNotFoundError",
}
# The client's methods that each read one setting.
SETTINGS = (
    "get_bucket_versioning",
    "get_public_access_block",
    "get_bucket_ownership_controls",
    "get_bucket_lifecycle_configuration",
    "get_bucket_logging",
    "get_bucket_encryption",
)
# Two changes of one bucket at once: S3 takes one and asks the other to come again.
_BUSY = {"OperationAborted", "ConflictException"}
_TRIES = 6
_FIRST_WAIT_SECONDS = 0.25


@dataclass(frozen=True, slots=True)
class Bucket:
    """A bucket by its name and the id of the account that it must belong to."""

    name: str
    owner: str

    @property
    def arguments(self) -> dict[str, str]:
        """What every call about it is told."""
        return {"Bucket": self.name, "ExpectedBucketOwner": self.owner}


@dataclass(frozen=True, slots=True)
class BucketHead:
    """A bucket that exists: its region ("" where S3 does not say), and whether the caller may use it."""

    region: str
    usable: bool


@dataclass(frozen=True, slots=True)
class Lifecycle:
    """A bucket's lifecycle rules as S3 gives them, and the setting that goes with them ("" where there is none)."""

    rules: tuple[Mapping[str, Any], ...] = ()
    minimum_size: str = ""


def find_bucket(session: Session, bucket: Bucket) -> BucketHead | None:
    """Whether a bucket of this name exists, anywhere; None when the name is free.

    Raises:
        AwsError, CredentialsError: S3 did not say.
    """
    from botocore.exceptions import ClientError

    client = session.client("s3")
    with aws_errors("s3", f"the bucket {bucket.name}"):
        try:
            answer = client.head_bucket(**bucket.arguments)
        except ClientError as error:
            http = error.response["ResponseMetadata"]
            status, region = http["HTTPStatusCode"], http.get("HTTPHeaders", {}).get("x-amz-bucket-region", "")
            if status == 404:
                return None
            if status in (301, 403):
                return BucketHead(region, usable=False)
            raise
    return BucketHead(answer.get("BucketRegion", ""), usable=True)


def owns_bucket(session: Session, name: str) -> bool:
    """Whether the caller's account has a bucket of this name.

    Raises:
        AccessDeniedError: the caller may not list (s3:ListAllMyBuckets).
    """
    client = session.client("s3")
    with aws_errors("s3", "the account's buckets"):
        answer = client.list_buckets(Prefix=name)
    return any(item["Name"] == name for item in answer["Buckets"])


def get_setting(session: Session, bucket: Bucket, operation: str) -> Mapping[str, Any] | None:
    """A bucket's setting by the client's method, such as `get_bucket_policy`; None when it is not set, or no bucket is.

    Raises:
        AccessDeniedError: the caller may not read it.
    """
    from botocore.exceptions import ClientError

    client = session.client("s3")
    with aws_errors("s3", f"the bucket {bucket.name}"):
        try:
            answer: dict[str, Any] = getattr(client, operation)(**bucket.arguments)
        except ClientError as error:
            if error_code(error) in _UNSET or error_code(error) == "NoSuchBucket":
                return None
            raise
    return answer


def get_policy(session: Session, bucket: Bucket) -> str | None:
    """A bucket's policy, every byte of it; None when it has none."""
    answer = get_setting(session, bucket, "get_bucket_policy")
    return None if answer is None else str(answer["Policy"])


def get_lifecycle(session: Session, bucket: Bucket) -> Lifecycle:
    """A bucket's lifecycle rules; none when none are set."""
    answer = get_setting(session, bucket, "get_bucket_lifecycle_configuration") or {}
    return Lifecycle(tuple(answer.get("Rules", ())), answer.get("TransitionDefaultMinimumObjectSize", ""))


def get_tags(session: Session, bucket: Bucket) -> dict[str, str]:
    """A bucket's tags."""
    answer = get_setting(session, bucket, "get_bucket_tagging") or {}
    return {item["Key"]: item["Value"] for item in answer.get("TagSet", ())}


def seen_bucket(
    settings: Mapping[str, Mapping[str, Any] | None], policy: str | None, tags: Mapping[str, str]
) -> SeenBucket:
    """What the answers to all of `SETTINGS`, the policy and the tags say together."""
    versioning, public, ownership, lifecycle, logging, encryption = (settings[name] or {} for name in SETTINGS)
    owned = [rule["ObjectOwnership"] for rule in ownership.get("OwnershipControls", {}).get("Rules", ())]
    return SeenBucket(
        versioning=versioning.get("Status", ""),
        mfa_delete=versioning.get("MFADelete") == "Enabled",
        encryption=_encryption(encryption),
        ownership=owned[0] if owned else None,
        policy=policy,
        public_access=public.get("PublicAccessBlockConfiguration", {}),
        lifecycle=tuple(lifecycle.get("Rules", ())),
        tags=tags,
        log_bucket=logging.get("LoggingEnabled", {}).get("TargetBucket"),
    )


def create_bucket(session: Session, bucket: Bucket, region: str) -> None:
    """Create a bucket and wait until it is there; one that the account already has is fine.

    Raises:
        PaybotError: another account has the name.
    """
    from botocore.exceptions import ClientError

    # us-east-1 is the one region that S3 does not take as a constraint.
    where = {} if region == "us-east-1" else {"CreateBucketConfiguration": {"LocationConstraint": region}}
    try:
        _write(session, bucket, "create_bucket", Bucket=bucket.name, **where)
    except AwsError as refused:
        cause = refused.__cause__
        code = error_code(cause) if isinstance(cause, ClientError) else ""
        if code in ("BucketAlreadyExists", "BucketAlreadyOwnedByYou") and not _is_ours(session, bucket):
            raise name_taken(bucket.name) from refused
        if code != "BucketAlreadyOwnedByYou":
            raise
    client = session.client("s3")
    with aws_errors("s3", f"the bucket {bucket.name}"):
        client.get_waiter("bucket_exists").wait(**bucket.arguments)


def put_setting(session: Session, bucket: Bucket, operation: str, **setting: Any) -> None:
    """Set something by the client's method, such as `put_bucket_versioning`.

    Raises:
        AccessDeniedError: the caller may not.
        AwsError: S3 refused it.
    """
    _write(session, bucket, operation, **bucket.arguments, **setting)


def put_tags(session: Session, bucket: Bucket, tags: Mapping[str, str]) -> None:
    """Replace a bucket's tags by these."""
    listed = [{"Key": key, "Value": value} for key, value in tags.items()]
    put_setting(session, bucket, "put_bucket_tagging", Tagging={"TagSet": listed})


def put_lifecycle(session: Session, bucket: Bucket, rules: Sequence[Mapping[str, Any]], minimum_size: str) -> None:
    """Replace a bucket's lifecycle rules by these."""
    more = {"TransitionDefaultMinimumObjectSize": minimum_size} if minimum_size else {}
    configuration = {"Rules": list(rules)}
    put_setting(session, bucket, "put_bucket_lifecycle_configuration", LifecycleConfiguration=configuration, **more)


def _encryption(answer: Mapping[str, Any]) -> Encryption | None:
    rules = answer.get("ServerSideEncryptionConfiguration", {}).get("Rules", ())
    for rule in rules:
        chosen = rule.get("ApplyServerSideEncryptionByDefault")
        if chosen:
            key = chosen.get("KMSMasterKeyID")
            return Encryption(chosen["SSEAlgorithm"], key, bucket_key=bool(rule.get("BucketKeyEnabled")))
    return None


def name_taken(name: str) -> PaybotError:
    """The error of a name that belongs to somebody else."""
    return PaybotError(
        f"the bucket {name} belongs to another account",
        why="the names of buckets are shared by all accounts, and this one is taken",
        hint="choose another name with --bucket, or that account's credentials",
    )


def _is_ours(session: Session, bucket: Bucket) -> bool:
    head = find_bucket(session, bucket)
    return head is not None and head.usable


def _write(session: Session, bucket: Bucket, operation: str, **arguments: Any) -> None:
    from botocore.exceptions import ClientError

    client = session.client("s3")
    with aws_errors("s3", f"the bucket {bucket.name}"):
        for attempt in range(_TRIES):
            try:
                getattr(client, operation)(**arguments)
                return
            except ClientError as error:
                if error_code(error) not in _BUSY or attempt == _TRIES - 1:
                    raise
            time.sleep(_FIRST_WAIT_SECONDS * 2**attempt)
