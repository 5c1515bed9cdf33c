"""Secrets Manager: the value of a secret, and when it was written."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from paybot_ops.adapters.session import Session, aws_errors, error_code
from paybot_ops.errors import AwsError

_CURRENT = "AWSCURRENT"


class SecretGoneError(AwsError):
    """The secret itself is not there, or about to be deleted."""


@dataclass(frozen=True, slots=True)
class SecretValue:
    """The current version of a secret."""

    text: str = field(repr=False)
    version: str
    created: datetime


def find_value(session: Session, secret: str) -> SecretValue | None:
    """The current value of a secret; None when it has none yet.

    Raises:
        AccessDeniedError: the caller may not read it (secretsmanager:GetSecretValue, or kms:Decrypt on its key).
        SecretGoneError: there is no such secret, or it is about to be deleted.
    """
    from botocore.exceptions import ClientError

    client = session.client("secretsmanager")
    with aws_errors("secretsmanager", f"the secret {secret}"):
        try:
            # Named: without it the answer during a rotation is the store's choice.
            found = client.get_secret_value(SecretId=secret, VersionStage=_CURRENT)
        except ClientError as error:
            if error_code(error) != "ResourceNotFoundException":
                raise
            found = None
        if found is None:
            _require(session, secret)
            return None
    return SecretValue(found.get("SecretString", ""), found["VersionId"], found["CreatedDate"])


def put_value(session: Session, secret: str, value: str) -> None:
    """Write a new version and make it the current one; the one before stays as the previous.

    Raises:
        AccessDeniedError: the caller may not (secretsmanager:PutSecretValue, or kms:GenerateDataKey on its key).
    """
    client = session.client("secretsmanager")
    with aws_errors("secretsmanager", f"the secret {secret}"):
        client.put_secret_value(SecretId=secret, SecretString=value, VersionStages=[_CURRENT])


def _require(session: Session, secret: str) -> None:
    """A secret without a value and one that does not exist give the same error; this tells them apart."""
    from botocore.exceptions import ClientError

    try:
        found = session.client("secretsmanager").describe_secret(SecretId=secret)
    except ClientError as error:
        if error_code(error) != "ResourceNotFoundException":
            raise
        raise SecretGoneError(
            f"there is no secret {secret}",
            why="it was deleted, or the state is out of date",
            hint="paybot deploy --check",
        ) from None
    if found.get("DeletedDate") is not None:
        raise SecretGoneError(
            f"the secret {secret} is about to be deleted",
            hint=f"aws secretsmanager restore-secret --secret-id {secret}",
        )
