"""The changes that can be made to the bucket of a state: one class each, in the order in which they are made."""

from __future__ import annotations

from dataclasses import dataclass

from paybot_ops.core.bucket_lifecycle import Retention
from paybot_ops.core.state_settings import Tags
from paybot_ops.plan import Action


@dataclass(frozen=True, slots=True, kw_only=True)
class BucketAction(Action):
    """A change of one bucket; `owner` is the account that it must belong to."""

    bucket: str
    owner: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateBucket(BucketAction):
    """Make the bucket in a region, and wait until it is there."""

    region: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EnableVersioning(BucketAction):
    """Keep every version of every object from now on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SetMfaDelete(BucketAction):
    """Ask for a code of this device whenever a version is deleted for good; the code itself is not part of a plan."""

    serial: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SetEncryption(BucketAction):
    """Encrypt new objects with a KMS key and a bucket key, or with S3's own keys where `kms_key` is None."""

    kms_key: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class EnforceOwnership(BucketAction):
    """Switch access control lists off: every object belongs to the bucket's owner."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AppendTlsStatement(BucketAction):
    """Add the one statement that denies requests without TLS to the policy as it is when this runs."""

    arn: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockPublicAccess(BucketAction):
    """Turn on all four blocks."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SetLifecycle(BucketAction):
    """Add or update the one rule of ours."""

    retention: Retention


@dataclass(frozen=True, slots=True, kw_only=True)
class TagBucket(BucketAction):
    """Add tags to those that are there."""

    tags: Tags


@dataclass(frozen=True, slots=True, kw_only=True)
class SetAccessLogging(BucketAction):
    """Write a log of every request into another bucket."""

    log_bucket: str


BucketChange = (
    CreateBucket
    | EnableVersioning
    | SetMfaDelete
    | SetEncryption
    | EnforceOwnership
    | AppendTlsStatement
    | BlockPublicAccess
    | SetLifecycle
    | TagBucket
    | SetAccessLogging
)
