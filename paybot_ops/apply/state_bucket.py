"""Changes of the bucket that keeps Terraform's state.

Policy, lifecycle and tags are each written whole: they are read again right before, so that what somebody else has
added since the plan was made stays.
"""

from __future__ import annotations

from paybot_ops.adapters import s3
from paybot_ops.adapters.session import Session
from paybot_ops.core.bucket_actions import (
    AppendTlsStatement,
    BlockPublicAccess,
    BucketAction,
    CreateBucket,
    EnableVersioning,
    EnforceOwnership,
    SetAccessLogging,
    SetEncryption,
    SetLifecycle,
    SetMfaDelete,
    TagBucket,
)
from paybot_ops.core.bucket_lifecycle import provides, with_retention
from paybot_ops.core.bucket_policy import enforces_tls, with_tls
from paybot_ops.core.state_bucket import PUBLIC_ACCESS_BLOCKS
from paybot_ops.core.state_settings import missing_tags
from paybot_ops.errors import AwsError


def create(session: Session, action: CreateBucket) -> None:
    """Make the bucket."""
    s3.create_bucket(session, _bucket(action), action.region)


def enable_versioning(session: Session, action: EnableVersioning) -> None:
    """Turn versioning on."""
    s3.put_setting(session, _bucket(action), "put_bucket_versioning", VersioningConfiguration={"Status": "Enabled"})


def set_mfa_delete(session: Session, action: SetMfaDelete, code: str) -> None:
    """Turn MFA delete on; the code goes to S3 and nowhere else."""
    s3.put_setting(
        session,
        _bucket(action),
        "put_bucket_versioning",
        VersioningConfiguration={"Status": "Enabled", "MFADelete": "Enabled"},
        MFA=f"{action.serial} {code}",
    )


def set_encryption(session: Session, action: SetEncryption) -> None:
    """Set the default encryption of new objects."""
    rule: dict[str, object] = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}
    if action.kms_key is not None:
        chosen = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": action.kms_key}
        rule = {"ApplyServerSideEncryptionByDefault": chosen, "BucketKeyEnabled": True}
    s3.put_setting(
        session, _bucket(action), "put_bucket_encryption", ServerSideEncryptionConfiguration={"Rules": [rule]}
    )


def enforce_ownership(session: Session, action: EnforceOwnership) -> None:
    """Switch access control lists off."""
    controls = {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}
    s3.put_setting(session, _bucket(action), "put_bucket_ownership_controls", OwnershipControls=controls)


def append_tls_statement(session: Session, action: AppendTlsStatement) -> None:
    """Append the statement to the policy as it is now, unless it enforces TLS by now."""
    policy = s3.get_policy(session, _bucket(action))
    if not enforces_tls(policy, action.arn):
        s3.put_setting(session, _bucket(action), "put_bucket_policy", Policy=with_tls(policy, action.arn))


def block_public_access(session: Session, action: BlockPublicAccess) -> None:
    """Turn all four blocks on."""
    blocks = dict.fromkeys(PUBLIC_ACCESS_BLOCKS, True)
    s3.put_setting(session, _bucket(action), "put_public_access_block", PublicAccessBlockConfiguration=blocks)


def set_lifecycle(session: Session, action: SetLifecycle) -> None:
    """Add or update our rule among the rules as they are now."""
    present = s3.get_lifecycle(session, _bucket(action))
    if not provides(present.rules, action.retention):
        rules = with_retention(present.rules, action.retention)
        s3.put_lifecycle(session, _bucket(action), rules, present.minimum_size)


def tag(session: Session, action: TagBucket) -> None:
    """Add tags to those that are there now."""
    present = s3.get_tags(session, _bucket(action))
    missing = missing_tags(present, action.tags)
    if missing:
        s3.put_tags(session, _bucket(action), present | dict(missing))


def set_access_logging(session: Session, action: SetAccessLogging) -> None:
    """Turn access logging on.

    Raises:
        AwsError: the log bucket does not let S3 write there.
    """
    enabled = {"TargetBucket": action.log_bucket, "TargetPrefix": f"{action.bucket}/"}
    try:
        s3.put_setting(session, _bucket(action), "put_bucket_logging", BucketLoggingStatus={"LoggingEnabled": enabled})
    except AwsError as refused:
        raise AwsError(
            refused.what,
            why=refused.why,
            hint=f"let logging.s3.amazonaws.com do s3:PutObject on {action.log_bucket}/{action.bucket}/* by the "
            f"policy of {action.log_bucket}",
        ) from refused


def _bucket(action: BucketAction) -> s3.Bucket:
    return s3.Bucket(action.bucket, action.owner)
