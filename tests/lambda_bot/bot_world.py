"""The bot's surroundings in the tests: real botocore clients whose wire is played, and a journal that can be read."""

from __future__ import annotations

import io
import json
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, cast

from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.compat import HTTPHeaders
from moto.core.models import botocore_stubber
from payment_bot import clients, gateway
from payment_bot.actions import Actions
from payment_bot.answers import Answers
from payment_bot.budget import Budget
from payment_bot.dialogue.state import CardCollection
from payment_bot.gateway import ChatRequest
from payment_bot.model import Model
from payment_bot.payments import Payments
from payment_bot.sessions import Sessions
from payment_bot.settings import Guardrail, Settings
from payment_bot.stripe_key import KeyCache, StripeKey
from payment_bot.telemetry import Metric
from payment_bot.turns import Bot, ChatReply, Clocks
from payment_bot.vault import Vault

from tests.lambda_bot.stripe_wire import TEST_KEY, StripeWire

NOW = 1_800_000_000
"""2027-01-15 08:00 UTC."""
TABLE = "shop-sessions-test"
MODEL_ID = "us.amazon.nova-micro-v1:0"

# Numbers that Stripe and the card networks publish for tests.
VISA = "4242424242424242"
AMEX = "378282246310005"
DECLINED = "4000000000000002"
NO_FUNDS = "4000000000009995"
EXPIRED = "4000000000000069"
WRONG_CODE = "4000000000000127"
ASKS_BANK = "4000002500003155"

TEST_STRIPE_KEY = StripeKey(TEST_KEY, is_live=False)
DONE_URL = "https://api.example/test/done"

SETTINGS = Settings(
    session_table=TABLE,
    session_ttl_seconds=3600,
    model_id=MODEL_ID,
    guardrail=None,
    cors_allow_origin="https://shop.example",
    daily_token_budget=1_000_000,
    card_collection=CardCollection.CHAT,
    accept_raw_card_data=False,
    kms_key_arn="alias/shop-test",
    stripe_secret_arn="arn:aws:secretsmanager:us-east-1:123456789012:secret:shop",
    stripe_api_base="",
)


class Clock:
    """A clock that stands until it is moved."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> int:
        return self.now

    def ticks(self) -> float:
        """Seconds that never go back."""
        return float(self.now)


class Journal:
    """Keeps what a turn logs and counts."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self.lines: list[tuple[str, dict[str, str | int | bool | None]]] = []

    def count(self, metric: Metric, value: int = 1) -> None:
        self.counts[metric] += value

    def info(self, event: str, **fields: str | int | bool | None) -> None:
        self.lines.append((event, fields))

    def warning(self, event: str, **fields: str | int | bool | None) -> None:
        self.lines.append((event, fields))


class _Body(io.BytesIO):
    def stream(self, **_: object) -> Iterator[bytes]:
        yield self.read()


def wire_response(status: int, document: object, error: str = "") -> AWSResponse:
    """Return an HTTP response as botocore gets it from the network."""
    headers = HTTPHeaders()
    headers["content-type"] = "application/json"
    headers["x-amzn-errortype"] = error
    return AWSResponse("http://wire", status, headers, _Body(json.dumps(document).encode()))


def spoken(*blocks: object, stop: str = "end_turn", tokens: tuple[int, int] = (20, 10)) -> AWSResponse:
    """Return Converse's response with these content blocks."""
    usage = {"inputTokens": tokens[0], "outputTokens": tokens[1], "totalTokens": sum(tokens)}
    message = {"role": "assistant", "content": list(blocks)}
    metrics = {"latencyMs": 1}
    return wire_response(200, {"output": {"message": message}, "stopReason": stop, "usage": usage, "metrics": metrics})


@dataclass
class Wire:
    """Answers the requests of a client in its server's place, from a script; the last line is repeated."""

    script: list[Callable[[], AWSResponse]] = field(default_factory=lambda: [lambda: spoken({"text": "Certainly."})])
    requests: list[dict[str, Any]] = field(default_factory=list)

    def __call__(self, request: AWSPreparedRequest) -> AWSResponse:
        self.requests.append(json.loads(cast("bytes", request.body)))
        return (self.script.pop(0) if len(self.script) > 1 else self.script[0])()


def cut(client: Any, wire: Wire, *operations: str) -> None:
    """Put a wire in the way of some operations of a client; the others still reach moto."""

    def send(event_name: str, request: AWSPreparedRequest, **_: object) -> Any:
        if event_name.rpartition(".")[2] in operations:
            return wire(request)
        return botocore_stubber(event_name, request)

    # Every handler of this event is called, whichever answers first: moto's own has to go, or it would act as well.
    client.meta.events.unregister("before-send", botocore_stubber)
    client.meta.events.register("before-send", send)


def model_on(wire: Wire, guardrail: Guardrail | None = None) -> Model:
    """Return the bot's model with its real client on a played wire."""
    client = clients.bedrock_runtime()
    cut(client, wire, "Converse")
    return Model(client, MODEL_ID, guardrail)


def create_table(client: Any) -> None:
    """Create the session table as the Terraform module describes it."""
    client.create_table(
        TableName=TABLE,
        KeySchema=[{"AttributeName": "session_id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "session_id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )


@dataclass(repr=False)
class World:
    """A bot with its table and key (moto), its model (a played wire) and Stripe (the stand-in behind the real SDK)."""

    table: Any
    settings: Settings = SETTINGS
    wire: Wire = field(default_factory=Wire)
    clock: Clock = field(default_factory=Clock)
    journal: Journal = field(default_factory=Journal)
    stripe: StripeWire = field(default_factory=StripeWire)
    key: StripeKey = TEST_STRIPE_KEY

    def __post_init__(self) -> None:
        self.kms: Any = clients._session().create_client("kms")
        self.sessions = Sessions(self.table, TABLE, self.settings.session_ttl_seconds)
        self.keys = KeyCache(lambda: self.key, self.clock.ticks)
        self.bot = self.make_bot()

    def make_bot(self) -> Bot:
        """Return a bot as a new process would have it, in the same world."""
        settings = self.settings
        return Bot(
            self.sessions,
            Actions(Vault(lambda: self.kms, self.key_arn()), Payments(self.keys, settings, self.stripe.client)),
            Answers(
                model_on(self.wire, settings.guardrail),
                Budget(self.table, TABLE, settings.daily_token_budget),
                settings.card_collection,
            ),
            settings.card_collection,
            Clocks(self.clock, self.clock.ticks),
        )

    def key_arn(self) -> str:
        """Return the key that seals card numbers, made when it is first asked for."""
        found = self.kms.list_keys()["Keys"]
        return str(found[0]["KeyArn"] if found else self.kms.create_key()["KeyMetadata"]["Arn"])

    def say(self, message: str, session_id: str | None = None, message_id: str | None = None) -> ChatReply:
        """Send a message as the gateway would hand it over."""
        return self.bot.answer(ChatRequest(message, session_id, message_id, DONE_URL), self.journal)

    def talk(self, *messages: str) -> ChatReply:
        """Have a whole conversation; the last reply."""
        reply = self.say(messages[0])
        for message in messages[1:]:
            reply = self.say(message, reply.session_id)
        return reply

    def session_rows(self) -> list[dict[str, Any]]:
        """Return the rows that are sessions, without the token counter."""
        return [row for row in self.rows() if "#" not in row["session_id"]["S"]]

    def rows(self) -> list[dict[str, Any]]:
        """Return every row of the session table as DynamoDB gives it."""
        rows: list[dict[str, Any]] = self.table.scan(TableName=TABLE)["Items"]
        return rows


@dataclass(frozen=True)
class Invocation:
    """The Lambda context object, as far as the bot reads it."""

    aws_request_id: str = "0b7a6d1e-invocation"


def chat_event(body: object, **changes: object) -> dict[str, object]:
    """Return API Gateway's proxy event of a POST to the chat."""
    return {
        "resource": "/chat",
        "path": "/chat",
        "httpMethod": "POST",
        "headers": {"content-type": "application/json"},
        "requestContext": {
            "requestId": "c6af9ac6-request",
            "stage": "test",
            "domainName": "api.example",
            "path": "/test/chat",
        },
        "body": body if isinstance(body, str) or body is None else json.dumps(body),
        "isBase64Encoded": False,
    } | changes


def document_of(response: gateway.Response) -> Any:
    """Return the JSON of a response."""
    return json.loads(response["body"])
