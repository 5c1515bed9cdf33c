"""Sessions in DynamoDB: versioned writes, an expiry that is checked on read, ids that cannot be guessed."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from payment_bot.dialogue.state import Conversation, Step
from payment_bot.errors import ChatError, SessionsUnavailableError
from payment_bot.rows import conversation_from, conversation_item

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import PutItemInputTypeDef, UniversalAttributeValueTypeDef


# A message is delivered twice within seconds, by a retry or a double click, not ten messages later.
REMEMBERED_REPLIES = 8


@dataclass(frozen=True, slots=True)
class Reply:
    """The answer that a message got, kept so that the same message delivered again gets the same."""

    message_id: str
    response: str = field(repr=False)
    status: Step


@dataclass(frozen=True, slots=True)
class Session:
    """A conversation with its id and the version that the table holds; 0 is one that was never stored."""

    session_id: str = field(repr=False)
    version: int = 0
    conversation: Conversation = field(default=Conversation(), repr=False)
    replies: tuple[Reply, ...] = field(default=(), repr=False)

    def reply_to(self, message_id: str | None) -> Reply | None:
        """Return the reply that this message id already has, if any."""
        return next((reply for reply in self.replies if reply.message_id == message_id), None)

    def with_turn(self, conversation: Conversation, reply: Reply | None) -> Session:
        """Return the session after one more turn."""
        replies = self.replies if reply is None else (*self.replies, reply)[-REMEMBERED_REPLIES:]
        return replace(self, version=self.version + 1, conversation=conversation, replies=replies)


class SessionConflictError(ChatError):
    """Another message of the session was answered first; `stored` is the session as that one left it."""

    def __init__(self, stored: Session | None) -> None:
        super().__init__(409, "conflict", "Another message of this session was answered first. Please send it again.")
        self.stored = stored


def new_session() -> Session:
    """Return a session under a fresh id: 192 random bits, the only thing that a customer's session is guarded by."""
    return Session(secrets.token_urlsafe(24))


class Sessions:
    """The session table."""

    def __init__(self, client: DynamoDBClient, table: str, ttl_seconds: int) -> None:
        self._client = client
        self._table = table
        self._ttl_seconds = ttl_seconds

    def find(self, session_id: str, now: int) -> Session | None:
        """Return a session, or None when there is none or its time is over (`now` in epoch seconds).

        DynamoDB deletes an expired row within days, not on time ("Using time to live"), hence the check.
        Raises SessionsUnavailableError when the table does not answer or the row is not a session.
        """
        try:
            found = self._client.get_item(
                TableName=self._table, Key={"session_id": {"S": session_id}}, ConsistentRead=True
            )
        except (ClientError, BotoCoreError) as error:
            raise SessionsUnavailableError(_cause("GetItem", error)) from None
        item = found.get("Item")
        if item is None:
            return None
        session, expires_at = _from_item(item)
        return session if expires_at > now else None

    def save(self, session: Session, now: int) -> None:
        """Write a session over the version before it, to expire its time to live after `now` (epoch seconds).

        Raises SessionConflictError when the table holds another version, SessionsUnavailableError when it fails.
        """
        request: PutItemInputTypeDef = {
            "TableName": self._table,
            "Item": _to_item(session, now + self._ttl_seconds),
            "ConditionExpression": "attribute_not_exists(session_id)",
            "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
        }
        if session.version > 1:
            request["ConditionExpression"] = "version = :before"
            request["ExpressionAttributeValues"] = {":before": {"N": str(session.version - 1)}}
        try:
            self._client.put_item(**request)
        except self._client.exceptions.ConditionalCheckFailedException as error:
            held: Any = error.response.get("Item")
            stored = _from_item(held)[0] if held else None
            # botocore repeats a write whose answer was lost: what stands in its way may be that write itself.
            if stored != session:
                raise SessionConflictError(stored) from None
        except (ClientError, BotoCoreError) as error:
            raise SessionsUnavailableError(_cause("PutItem", error)) from None


def _cause(operation: str, error: Exception) -> str:
    """Name an AWS failure for the log: its text may quote what was sent, its code does not."""
    code = error.response.get("Error", {}).get("Code", "") if isinstance(error, ClientError) else ""
    return f"{operation}: {code or type(error).__name__}"


def _to_item(session: Session, expires_at: int) -> dict[str, UniversalAttributeValueTypeDef]:
    return {
        "session_id": {"S": session.session_id},
        "version": {"N": str(session.version)},
        "expires_at": {"N": str(expires_at)},
        "conversation": {"M": conversation_item(session.conversation)},
        "replies": {
            "L": [
                {
                    "M": {
                        "message_id": {"S": reply.message_id},
                        "response": {"S": reply.response},
                        "status": {"S": reply.status},
                    }
                }
                for reply in session.replies
            ]
        },
    }


def _from_item(item: Mapping[str, Any]) -> tuple[Session, int]:
    """Read a row; one that is not a session's is the table's failure, never a reason to start anew."""
    try:
        conversation = conversation_from(item["conversation"]["M"])
        replies = tuple(
            Reply(row["M"]["message_id"]["S"], row["M"]["response"]["S"], Step(row["M"]["status"]["S"]))
            for row in item["replies"]["L"]
        )
        session = Session(item["session_id"]["S"], int(item["version"]["N"]), conversation, replies)
        return session, int(item["expires_at"]["N"])
    except (KeyError, TypeError, ValueError) as error:
        raise SessionsUnavailableError(f"row is not a session: {type(error).__name__}") from None
