"""The day's token budget: booked before the model is asked, settled after, so that the bill has a ceiling."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from payment_bot.dialogue.prompt import Prompt
from payment_bot.model import MOST_OUTPUT_TOKENS

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

# The counter of a day is of no use after it; the table's TTL takes it away.
_KEEP_SECONDS = 2 * 86_400
# Roles and separators that a model puts around each message.
_PER_MESSAGE = 16


class Budget:
    """Counts tokens per UTC day in the session table, under an id that no session can have.

    Every question is booked at the most that it can cost, in one conditional write: however many ask at once, what is
    booked never passes the budget. Without an answer of the table nothing is booked and the model is not asked.
    """

    def __init__(self, client: DynamoDBClient, table: str, tokens_a_day: int) -> None:
        self._client = client
        self._table = table
        self._tokens_a_day = tokens_a_day

    @property
    def is_off(self) -> bool:
        """Whether the deployment has the bot word everything itself."""
        return self._tokens_a_day == 0

    def book(self, prompt: Prompt, now: int) -> int | None:
        """Book a question (`now` in epoch seconds): the tokens booked, or None when the model must not be asked."""
        most = most_tokens(prompt)
        if most > self._tokens_a_day:
            return None
        try:
            self._client.update_item(
                TableName=self._table,
                Key=_key(now),
                UpdateExpression="ADD tokens :most SET expires_at = :end",
                ConditionExpression="attribute_not_exists(tokens) OR tokens <= :room",
                ExpressionAttributeValues={
                    ":most": {"N": str(most)},
                    ":room": {"N": str(self._tokens_a_day - most)},
                    ":end": {"N": str(now + _KEEP_SECONDS)},
                },
            )
        except (ClientError, BotoCoreError):
            return None
        return most

    def settle(self, booked: int, used: int, now: int) -> None:
        """Give back what was booked and not used; a table that fails leaves the count too high, never too low."""
        try:
            self._client.update_item(
                TableName=self._table,
                Key=_key(now),
                UpdateExpression="ADD tokens :unused",
                ConditionExpression="attribute_exists(tokens)",
                ExpressionAttributeValues={":unused": {"N": str(used - booked)}},
            )
        except (ClientError, BotoCoreError):
            return


def most_tokens(prompt: Prompt) -> int:
    """The most that a question can cost: no tokenizer makes more tokens than a text has bytes."""
    texts = [prompt.system, *(line.text for line in prompt.lines)]
    return sum(len(text.encode()) + _PER_MESSAGE for text in texts) + MOST_OUTPUT_TOKENS


def _key(now: int) -> dict[str, dict[str, str]]:
    # "#" is in no session id, so no client can name this row.
    return {"session_id": {"S": f"tokens#{datetime.fromtimestamp(now, UTC):%Y-%m-%d}"}}
