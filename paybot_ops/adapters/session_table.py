"""The bot's session table, as a drill sees it: its rows as they are stored, and one row deleted."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from paybot_ops.adapters.session import Session, aws_errors

_KEY = "session_id"


def find_row(session: Session, table: str, session_id: str) -> Mapping[str, Any] | None:
    """The row of a session in DynamoDB's own form; None when there is none."""
    with aws_errors("dynamodb", f"the table {table}"):
        answer = session.client("dynamodb").get_item(
            TableName=table, Key={_KEY: {"S": session_id}}, ConsistentRead=True
        )
    found: Mapping[str, Any] | None = answer.get("Item")
    return found


def list_rows(session: Session, table: str) -> Iterator[Mapping[str, Any]]:
    """Every row of the table, page by page."""
    with aws_errors("dynamodb", f"the table {table}"):
        pages = session.client("dynamodb").get_paginator("scan").paginate(TableName=table, ConsistentRead=True)
        for page in pages:
            yield from page["Items"]


def delete_row(session: Session, table: str, session_id: str) -> None:
    """Delete the row of a session, if there is one."""
    with aws_errors("dynamodb", f"the table {table}"):
        session.client("dynamodb").delete_item(TableName=table, Key={_KEY: {"S": session_id}})
