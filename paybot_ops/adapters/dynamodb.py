"""DynamoDB tables: what one is, making one, and changing its settings."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from paybot_ops.adapters.session import Session, aws_errors, error_code, find
from paybot_ops.core.lock_table import SeenTable

_ABSENT = {"ResourceNotFoundException", "TableNotFoundException"}
# What DynamoDB answers of a table that is being changed, and of backups that are being prepared for a new one.
_NOT_YET = {"ResourceInUseException", "ContinuousBackupsUnavailableException", "LimitExceededException"}
_TRIES = 20
_WAIT_SECONDS = 3
# The waiter looks at once, then every 2 s, for two minutes: a table of this kind is active after about 10 s.
_WAITER = {"Delay": 2, "MaxAttempts": 60}


def describe_table(session: Session, name: str) -> Mapping[str, Any] | None:
    """A table as DynamoDB describes it; None when there is none."""
    answer = _read(session, name, "describe_table", TableName=name)
    return None if answer is None else answer["Table"]


def has_pitr(session: Session, name: str) -> bool:
    """Whether point-in-time recovery is on."""
    answer = _read(session, name, "describe_continuous_backups", TableName=name) or {}
    backups = answer.get("ContinuousBackupsDescription", {}).get("PointInTimeRecoveryDescription", {})
    return bool(backups.get("PointInTimeRecoveryStatus") == "ENABLED")


def list_tags(session: Session, name: str, arn: str) -> dict[str, str]:
    """A table's tags, every page of them."""
    tags: dict[str, str] = {}
    more: dict[str, str] = {}
    while True:
        answer = _read(session, name, "list_tags_of_resource", ResourceArn=arn, **more) or {}
        tags |= {item["Key"]: item["Value"] for item in answer.get("Tags", ())}
        if not answer.get("NextToken"):
            return tags
        more = {"NextToken": answer["NextToken"]}


def seen_table(described: Mapping[str, Any], *, pitr: bool, tags: Mapping[str, str]) -> SeenTable:
    """What the answers of the three calls above say together."""
    types = {item["AttributeName"]: item["AttributeType"] for item in described["AttributeDefinitions"]}
    sse = described.get("SSEDescription", {})
    return SeenTable(
        status=described["TableStatus"],
        keys=tuple(
            (item["AttributeName"], item["KeyType"], types[item["AttributeName"]]) for item in described["KeySchema"]
        ),
        on_demand=described.get("BillingModeSummary", {}).get("BillingMode") == "PAY_PER_REQUEST",
        kms_key=sse.get("KMSMasterKeyArn") if sse.get("Status") in ("ENABLED", "ENABLING", "UPDATING") else None,
        protected=bool(described.get("DeletionProtectionEnabled")),
        pitr=pitr,
        tags=tags,
    )


def create_table(session: Session, name: str, hash_key: str, *, kms_key: str | None, tags: Mapping[str, str]) -> bool:
    """Create an encrypted, protected, on-demand table with one string key; False when one of the name is there."""
    from botocore.exceptions import ClientError

    client = session.client("dynamodb")
    with aws_errors("dynamodb", f"the table {name}"):
        try:
            client.create_table(
                TableName=name,
                AttributeDefinitions=[{"AttributeName": hash_key, "AttributeType": "S"}],
                KeySchema=[{"AttributeName": hash_key, "KeyType": "HASH"}],
                BillingMode="PAY_PER_REQUEST",
                SSESpecification=_encryption(kms_key),
                DeletionProtectionEnabled=True,
                Tags=_listed(tags),
            )
        except ClientError as error:
            if error_code(error) != "ResourceInUseException":
                raise
            return False
    return True


def await_active(session: Session, name: str) -> None:
    """Wait until a table can be used and changed.

    Raises:
        AwsError: it is not after two minutes.
    """
    client = session.client("dynamodb")
    with aws_errors("dynamodb", f"the table {name}"):
        client.get_waiter("table_exists").wait(TableName=name, WaiterConfig=_WAITER)


def encrypt_table(session: Session, name: str, kms_key: str | None) -> None:
    """Encrypt with this KMS key, or the account's `aws/dynamodb` key."""
    update_table(session, name, SSESpecification=_encryption(kms_key))


def update_table(session: Session, name: str, **setting: Any) -> None:
    """Change one setting, and wait until the table is active again."""
    _write(session, name, "update_table", TableName=name, **setting)
    await_active(session, name)


def enable_pitr(session: Session, name: str) -> None:
    """Turn on point-in-time recovery; a table that was just made may need a moment before it takes that."""
    specification = {"PointInTimeRecoveryEnabled": True}
    _write(session, name, "update_continuous_backups", TableName=name, PointInTimeRecoverySpecification=specification)


def add_tags(session: Session, name: str, arn: str, tags: Mapping[str, str]) -> None:
    """Add tags; others stay."""
    _write(session, name, "tag_resource", ResourceArn=arn, Tags=_listed(tags))


def _encryption(kms_key: str | None) -> dict[str, Any]:
    specification: dict[str, Any] = {"Enabled": True, "SSEType": "KMS"}
    return specification | {"KMSMasterKeyId": kms_key} if kms_key else specification


def _listed(tags: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"Key": key, "Value": value} for key, value in tags.items()]


def _read(session: Session, name: str, operation: str, **arguments: Any) -> dict[str, Any] | None:
    client = session.client("dynamodb")
    return find("dynamodb", f"the table {name}", _ABSENT, lambda: getattr(client, operation)(**arguments))


def _write(session: Session, name: str, operation: str, **arguments: Any) -> None:
    from botocore.exceptions import ClientError

    client = session.client("dynamodb")
    with aws_errors("dynamodb", f"the table {name}"):
        for attempt in range(_TRIES):
            try:
                getattr(client, operation)(**arguments)
                return
            except ClientError as error:
                if error_code(error) not in _NOT_YET or attempt == _TRIES - 1:
                    raise
            time.sleep(_WAIT_SECONDS)
