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
from payment_bot.model import Model
from payment_bot.sessions import Sessions
from payment_bot.settings import Guardrail, Settings
from payment_bot.telemetry import Metric
from payment_bot.turns import Bot

NOW = 1_800_000_000
TABLE = "shop-sessions-test"
MODEL_ID = "us.amazon.nova-micro-v1:0"

# Numbers that Stripe and the card networks publish for tests.
VISA = "4242424242424242"
AMEX = "378282246310005"

SETTINGS = Settings(TABLE, 3600, MODEL_ID, None, "https://shop.example")


class Clock:
    """A clock that stands until it is moved."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> int:
        return self.now


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
    """A bot with its table (moto) and its model (a played wire)."""

    table: Any
    wire: Wire = field(default_factory=Wire)
    clock: Clock = field(default_factory=Clock)
    journal: Journal = field(default_factory=Journal)

    def __post_init__(self) -> None:
        self.sessions = Sessions(self.table, TABLE, SETTINGS.session_ttl_seconds)
        self.bot = Bot(self.sessions, model_on(self.wire), self.clock)

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
        "requestContext": {"requestId": "c6af9ac6-request", "stage": "test"},
        "body": body if isinstance(body, str) or body is None else json.dumps(body),
        "isBase64Encoded": False,
    } | changes


def document_of(response: gateway.Response) -> Any:
    """Return the JSON of a response."""
    return json.loads(response["body"])
