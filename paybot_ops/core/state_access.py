"""The least that a person or a pipeline must be allowed, to use a state with the lock in use.

Source: Terraform documentation, "Backend Type: s3" (S3 Bucket Permissions, DynamoDB Table Permissions), and the KMS
developer guide for S3 with bucket keys.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from paybot_ops.core.locks import LockMode


@dataclass(frozen=True, slots=True, kw_only=True)
class StateAccess:
    """What is used: ARNs, the state's key, and whether other Terraform workspaces than the default one are."""

    bucket_arn: str
    key: str
    lock: LockMode
    table_arn: str
    kms_keys: tuple[str, ...] = ()
    workspaces: bool = False


def access_policy(access: StateAccess) -> dict[str, Any]:
    """The IAM policy as a document. It does not allow to delete a state: Terraform never does."""
    states = [f"{access.bucket_arn}/{access.key}"]
    if access.workspaces:
        # Terraform's default workspace_key_prefix.
        states.append(f"{access.bucket_arn}/env:/*/{access.key}")
    # Not narrowed to a prefix: without the plain right S3 answers 403 instead of 404 for a state that is not there yet.
    statements = [
        _allow("ListStates", ["s3:ListBucket"], [access.bucket_arn]),
        _allow("ReadAndWriteState", ["s3:GetObject", "s3:PutObject"], states),
    ]
    if access.lock.uses_file:
        files = [f"{state}.tflock" for state in states]
        statements.append(_allow("LockFile", ["s3:GetObject", "s3:PutObject", "s3:DeleteObject"], files))
    if access.lock.uses_table:
        actions = ["dynamodb:DescribeTable", "dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:DeleteItem"]
        statements.append(_allow("LockRow", actions, [access.table_arn]))
    if access.kms_keys:
        actions = ["kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey"]
        statements.append(_allow("StateKey", actions, list(access.kms_keys)))
    return {"Version": "2012-10-17", "Statement": statements}


def _allow(sid: str, actions: list[str], resources: list[str]) -> dict[str, Any]:
    return {"Sid": sid, "Effect": "Allow", "Action": actions, "Resource": resources}
