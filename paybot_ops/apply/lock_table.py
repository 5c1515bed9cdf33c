"""Changes of the table that locks Terraform's state."""

from __future__ import annotations

from paybot_ops.adapters import dynamodb
from paybot_ops.adapters.session import Session
from paybot_ops.core.lock_table import HASH_KEY, check_table
from paybot_ops.core.table_actions import CreateLockTable, EnablePitr, EncryptTable, ProtectTable, SetOnDemand, TagTable


def create(session: Session, action: CreateLockTable) -> None:
    """Make the table and wait until it is active; one that somebody else has made since must be a lock table too."""
    made = dynamodb.create_table(session, action.table, HASH_KEY, kms_key=action.kms_key, tags=dict(action.tags))
    dynamodb.await_active(session, action.table)
    if not made and (described := dynamodb.describe_table(session, action.table)) is not None:
        check_table(action.table, dynamodb.seen_table(described, pitr=False, tags={}))


def set_on_demand(session: Session, action: SetOnDemand) -> None:
    """Pay for each request."""
    dynamodb.update_table(session, action.table, BillingMode="PAY_PER_REQUEST")


def encrypt(session: Session, action: EncryptTable) -> None:
    """Encrypt with a KMS key."""
    dynamodb.encrypt_table(session, action.table, action.kms_key)


def protect(session: Session, action: ProtectTable) -> None:
    """Refuse to delete the table."""
    dynamodb.update_table(session, action.table, DeletionProtectionEnabled=True)


def enable_pitr(session: Session, action: EnablePitr) -> None:
    """Turn on point-in-time recovery."""
    dynamodb.await_active(session, action.table)
    dynamodb.enable_pitr(session, action.table)


def tag(session: Session, action: TagTable) -> None:
    """Add tags."""
    dynamodb.add_tags(session, action.table, action.arn, dict(action.tags))
