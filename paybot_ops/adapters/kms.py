"""KMS keys."""

from __future__ import annotations

from dataclasses import dataclass

from paybot_ops.adapters.session import Session, aws_errors, find


@dataclass(frozen=True, slots=True)
class Key:
    """A key: its ARN, its state (`Enabled`, `PendingDeletion` …), and whether it is a symmetric one for encryption."""

    arn: str
    state: str
    encrypts: bool


def find_key(session: Session, name: str) -> Key | None:
    """A key by its id, ARN or alias; None when there is none in this region.

    Raises:
        AccessDeniedError: the caller may not look (kms:DescribeKey).
    """
    client = session.client("kms")
    found = find(
        "kms",
        f"the key {name}",
        ("NotFoundException", "InvalidArnException"),
        lambda: client.describe_key(KeyId=name)["KeyMetadata"],
    )
    if found is None:
        return None
    return Key(found["Arn"], found["KeyState"], found.get("KeySpec") == "SYMMETRIC_DEFAULT")


def get_key_policy(session: Session, key: str) -> str:
    """The policy of a key, as JSON.

    Raises:
        AccessDeniedError: the caller may not read it (kms:GetKeyPolicy).
    """
    with aws_errors("kms", f"the key {key}"):
        return str(session.client("kms").get_key_policy(KeyId=key, PolicyName="default")["Policy"])
