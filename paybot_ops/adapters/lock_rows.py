"""The rows of Terraform's lock table: the lock of a state, and the digest of its content."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from paybot_ops.adapters.session import Session, aws_errors, error_code
from paybot_ops.errors import AwsError

_INFO, _DIGEST = "Info", "Digest"


@dataclass
class LockRows:
    """One table."""

    session: Session
    table: str

    def find_lock(self, lock_id: str) -> str | None:
        """The lock info in a row; None when nobody holds the lock."""
        return self._find(lock_id, _INFO)

    def find_digest(self, digest_id: str) -> str | None:
        """The MD5 digest that Terraform compares a state with; None when there is none."""
        return self._find(digest_id, _DIGEST)

    def put_lock(self, lock_id: str, info: str) -> bool:
        """Take a lock; False when somebody holds it."""
        from botocore.exceptions import ClientError

        item = {"LockID": {"S": lock_id}, _INFO: {"S": info}}
        with self._errors():
            try:
                self._client.put_item(
                    TableName=self.table, Item=item, ConditionExpression="attribute_not_exists(LockID)"
                )
            except ClientError as error:
                if error_code(error) == "ConditionalCheckFailedException":
                    return False
                raise
        return True

    def put_digest(self, digest_id: str, digest: str) -> None:
        """Record the digest of a state that was just written."""
        with self._errors():
            self._client.put_item(TableName=self.table, Item={"LockID": {"S": digest_id}, _DIGEST: {"S": digest}})

    def delete_lock(self, lock_id: str, info: str) -> None:
        """Release the lock that holds exactly this info; one that somebody else has taken since stays."""
        from botocore.exceptions import ClientError

        with self._errors():
            try:
                self._client.delete_item(
                    TableName=self.table,
                    Key={"LockID": {"S": lock_id}},
                    ConditionExpression="#info = :info",
                    ExpressionAttributeNames={"#info": _INFO},
                    ExpressionAttributeValues={":info": {"S": info}},
                )
            except ClientError as error:
                if error_code(error) != "ConditionalCheckFailedException":
                    raise

    def delete_digest(self, digest_id: str) -> None:
        """Forget the digest of a state that is gone."""
        with self._errors():
            self._client.delete_item(TableName=self.table, Key={"LockID": {"S": digest_id}})

    @cached_property
    def _client(self) -> Any:
        return self.session.client("dynamodb")

    def _find(self, row: str, column: str) -> str | None:
        with self._errors():
            answer = self._client.get_item(TableName=self.table, Key={"LockID": {"S": row}}, ConsistentRead=True)
        value = answer.get("Item", {}).get(column)
        return None if value is None else str(value["S"])

    @contextmanager
    def _errors(self) -> Iterator[None]:
        from botocore.exceptions import ClientError

        with aws_errors("dynamodb", f"the lock table {self.table}"):
            try:
                yield
            except ClientError as error:
                if error_code(error) != "ResourceNotFoundException":
                    raise
                raise AwsError(
                    f"the lock table {self.table} does not exist",
                    why="the backend's values name it",
                    hint="make it with: paybot bootstrap-state",
                ) from error
