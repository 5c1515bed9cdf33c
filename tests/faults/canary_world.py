"""A bundle deployed into an embedded AWS with everything turned up that could talk, and a search through all of it."""

from __future__ import annotations

import base64
import contextlib
import io
import json
import re
import socket
import unicodedata
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

from paybot_ops.sandbox.part import DEFAULT_REGION
from paybot_ops.sandbox.server import Sandbox
from tests.faults.canary_dialogues import Secrets
from tests.sandbox.aws_world import NOVA, client
from tests.sandbox.stripe_world import new_key

CHANNELS = ("replies", "table", "model", "logs", "metrics", "traces", "stripe log", "stripe objects")

_TABLE = "shop-sessions-test"
_GROUP = "/aws/lambda/canary"
_WINDOW = 11
"""Digits in a row: more than brand and last four may show, and too many to meet by chance."""

_SPOKEN = {
    word: str(digit)
    for digit, word in enumerate(("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"))
}
# Numbers of the program's own, which may by chance be somebody's security code.
_OWN_NUMBERS = {
    *(
        "version",
        "expires_at",
        "attempt",
        "refused_codes",
        "digits",
        "until",
        "tokens",
        "turn",
        "timestamp",
        "Timestamp",
    ),
    *("durationMs", "initDurationMs", "billedDurationMs", "memorySizeMB", "maxMemoryUsedMB", "latencyMs", "created"),
    *("Turns", "Completions", "Cancels", "Declines", "ModelFallback", "GuardrailStops", "TokenBudgetStops"),
    *(
        "InputTokens",
        "OutputTokens",
        "maxTokens",
        "temperature",
        "topP",
        "exp_month",
        "exp_year",
        "expires_at",
        "status",
    ),
    *("function_memory_size", "statusCode", "location", "at", "start_time", "end_time"),
}


@dataclass
class Heard:
    """Everything that one message left, by channel."""

    found: dict[str, list[Any]] = field(default_factory=lambda: {channel: [] for channel in CHANNELS})

    def leaks(self, secrets: Secrets) -> set[str]:
        """The channels in which the number, a good part of it, or the code was found."""
        return {channel for channel, things in self.found.items() if any(_holds(thing, secrets) for thing in things)}

    def digit_runs(self) -> set[str]:
        """Every stretch of digits that is long enough to give a card number away, in whatever way it is written."""
        return {
            run[place : place + _WINDOW]
            for things in self.found.values()
            for text, _ in _leaves(things)
            for run in re.findall(rf"\d{{{_WINDOW},}}", _plain_digits(text))
            for place in range(len(run) - _WINDOW + 1)
        }


class World:
    """Deploys bundles into one sandbox, and hears what they leave behind."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox
        self._table, self._functions = client(sandbox, "dynamodb"), client(sandbox, "lambda")
        self._daemon = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._daemon.bind(("127.0.0.1", 0))
        self._daemon.setblocking(False)
        self._seen: dict[str, int] = {}
        self._baseline: dict[str, int] = {}
        self._traces: list[str] = []
        self._variables = self._prepare()

    def close(self) -> None:
        """Free the socket."""
        self._daemon.close()

    def deploy(self, name: str, bundle: bytes, handler: str, *, timeout: int = 60) -> str:
        """A function with the bot's own settings, and every switch turned that makes libraries talk."""
        self._functions.create_function(
            FunctionName=name,
            Runtime="python3.13",
            Role=self._role,
            Handler=handler,
            Code={"ZipFile": bundle},
            Timeout=timeout,
            MemorySize=512,
            Environment={"Variables": self._variables},
            LoggingConfig={
                "LogFormat": "JSON",
                "ApplicationLogLevel": "DEBUG",
                "SystemLogLevel": "DEBUG",
                "LogGroup": _GROUP,
            },
        )
        return name

    def say(self, function: str, message: str, session: str | None) -> tuple[dict[str, Any], Heard]:
        """One message: the bot's document, and all that it left."""
        body = {"message": message} | ({"sessionId": session} if session else {})
        event = {
            "resource": "/chat",
            "path": "/chat",
            "httpMethod": "POST",
            "headers": {"Content-Type": "application/json"},
            "requestContext": {
                "requestId": "canary",
                "domainName": "abc123.execute-api.us-east-1.amazonaws.com",
                "path": "/test/chat",
            },
            "body": json.dumps(body),
            "isBase64Encoded": False,
        }
        answer = self._functions.invoke(FunctionName=function, Payload=json.dumps(event))
        reply = json.loads(answer["Payload"].read())
        document: dict[str, Any] = json.loads(reply["body"]) if "body" in reply else reply
        heard = Heard()
        heard.found["replies"].append(reply)
        key = {"session_id": {"S": str(document.get("sessionId", "none"))}}
        heard.found["table"].append(self._table.get_item(TableName=_TABLE, Key=key).get("Item"))
        self._listen(heard)
        return document, heard

    def set_stripe_key(self, key: str) -> None:
        """Put another key into the secret, as `paybot secrets set-stripe-key` does."""
        client(self.sandbox, "secretsmanager").put_secret_value(SecretId="canary", SecretString=key)
        self.stripe_key = key

    def begin(self) -> None:
        """Forget what is there so far."""
        for item in self._table.scan(TableName=_TABLE)["Items"]:
            self._table.delete_item(TableName=_TABLE, Key={"session_id": item["session_id"]})
        self._listen(Heard())
        self._baseline = dict(self._seen)

    def everything(self) -> Heard:
        """All that was left since the beginning, as far as it is kept."""
        self._seen = dict(self._baseline)
        heard = Heard()
        heard.found["table"] += self._table.scan(TableName=_TABLE)["Items"]
        self._listen(heard)
        return heard

    def _prepare(self) -> dict[str, str]:
        self._table.create_table(
            TableName=_TABLE,
            KeySchema=[{"AttributeName": "session_id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "session_id", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )
        key = client(self.sandbox, "kms").create_key()["KeyMetadata"]["Arn"]
        self.stripe_key = new_key(self.sandbox, raw_cards=True, any_card=True)
        manager = client(self.sandbox, "secretsmanager")
        secret = manager.create_secret(Name="canary", SecretString=self.stripe_key)["ARN"]
        role = client(self.sandbox, "iam").create_role(RoleName="canary", AssumeRolePolicyDocument="{}")
        self._role = role["Role"]["Arn"]
        client(self.sandbox, "logs").create_log_group(logGroupName=_GROUP)
        return {
            "ACCEPT_RAW_CARD_DATA": "false",
            "BEDROCK_DAILY_TOKEN_BUDGET": "999999999999",
            "BEDROCK_MODEL_ID": NOVA,
            "CARD_COLLECTION": "chat",
            "CORS_ALLOW_ORIGIN": "*",
            "ENVIRONMENT": "test",
            "GUARDRAIL_ID": "",
            "GUARDRAIL_VERSION": "",
            "KMS_KEY_ARN": key,
            "POWERTOOLS_METRICS_NAMESPACE": "PaymentBot",
            "POWERTOOLS_SERVICE_NAME": "canary",
            "SESSION_TABLE": _TABLE,
            "SESSION_TTL_SECONDS": "3600",
            "STRIPE_API_BASE": self.sandbox.stripe.address,
            "STRIPE_SECRET_ARN": secret,
            # Everything that makes a library write down what it sends.
            "AWS_LAMBDA_LOG_LEVEL": "DEBUG",
            "POWERTOOLS_LOG_LEVEL": "DEBUG",
            "POWERTOOLS_LOGGER_LOG_EVENT": "true",
            "POWERTOOLS_DEV": "true",
            "STRIPE_LOG": "debug",
            "AWS_XRAY_DAEMON_ADDRESS": "127.0.0.1:" + str(self._daemon.getsockname()[1]),
        }

    def _listen(self, heard: Heard) -> None:
        moto, found = self.sandbox.moto, heard.found
        found["model"] += self._new("model", self.sandbox.model_requests.listed())
        with moto.backend("logs", DEFAULT_REGION) as backend:
            for name, stream in backend.groups[_GROUP].streams.items():
                found["logs"] += [_parsed(event.message) for event in self._new(f"log {name}", stream.events)]
        with moto.backend("cloudwatch", DEFAULT_REGION) as backend:
            found["metrics"] += [
                [datum.namespace, datum.name, [one.value for one in datum.dimensions], {datum.name: datum.value}]
                for datum in self._new("metrics", backend.metric_data)
            ]
        self._traces += self._datagrams()
        found["traces"] += self._new("traces", self._traces)
        found["stripe log"] += [vars_of(entry) for entry in self._new("stripe log", self.sandbox.stripe.log.entries())]
        objects = self.sandbox.stripe.snapshot(self._seen.get("stripe objects", 0))
        self._seen["stripe objects"] = self._seen.get("stripe objects", 0) + len(objects)
        found["stripe objects"] += objects

    def _new(self, name: str, things: list[Any]) -> list[Any]:
        start, self._seen[name] = self._seen.get(name, 0), len(things)
        return things[start:]

    def _datagrams(self) -> Iterator[str]:
        """What was sent to the X-Ray daemon of the function's environment; X-Ray's own API is not simulated."""
        with contextlib.suppress(BlockingIOError):
            while True:
                yield self._daemon.recv(65536).decode("utf-8", "replace")


def vars_of(entry: Any) -> dict[str, Any]:
    """An entry of the stand-in's log; where it found a number and took it out, it says so."""
    return {"parameters": entry.parameters, "path": entry.path, "key": entry.idempotency_key, "marked": entry.misplaced}


def zipped(files: Mapping[str, str | bytes]) -> bytes:
    """A bundle of these files."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return buffer.getvalue()


def _holds(thing: Any, secrets: Secrets) -> bool:
    if isinstance(thing, dict) and thing.get("marked"):
        return True
    return any(
        _has_number(text, secrets.number) or (not own and _has_code(text, secrets.code)) for text, own in _leaves(thing)
    )


def _leaves(thing: Any, *, own: bool = False) -> Iterator[tuple[str, bool]]:
    """Every text and number in it, and whether it is a number of the program's own."""
    if isinstance(thing, dict):
        for name, value in thing.items():
            yield str(name), False
            # DynamoDB's own form of a number is a dict of its type.
            yield from _leaves(value, own=own if name == "N" else name in _OWN_NUMBERS)
    elif isinstance(thing, list | tuple | set | frozenset):
        for value in thing:
            yield from _leaves(value, own=own)
    elif isinstance(thing, bytes):
        yield from _leaves(thing.decode("latin-1"))
        yield base64.b64encode(thing).decode(), False
    elif isinstance(thing, str):
        yield thing, own
        yield from ((hidden, False) for hidden in _hidden_in(thing))
        inner = _parsed(thing)
        if inner is not thing:
            yield from _leaves(inner)
    elif thing is not None and not isinstance(thing, bool):
        yield str(thing), own


def _hidden_in(text: str) -> Iterator[str]:
    """What is written in base64 (botocore's bodies hold what KMS is to encrypt so) or percent-encoded."""
    for token in re.findall(r"[A-Za-z0-9+/_-]{16,}", text):
        with contextlib.suppress(ValueError):
            yield base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_" if "_" in token else None).decode()
    if "%" in text:
        yield unquote(text)


def _parsed(text: str) -> Any:
    if text[:1] not in "{[":
        return text
    try:
        return json.loads(text)
    except ValueError:
        return text


def without(bundle: bytes, package: str) -> bytes:
    """The bundle as it would be if a package had been forgotten."""
    with zipfile.ZipFile(io.BytesIO(bundle)) as archive:
        names = [name for name in archive.namelist() if not name.startswith(f"{package}/")]
        assert len(names) < len(archive.namelist()), f"the bundle holds no {package}"
        return zipped({name: archive.read(name) for name in names})


def with_addition(bundle: bytes, path: str, text: str) -> bytes:
    """The bundle with something added at the end of a module; byte code, which would be run instead, is left out."""
    with zipfile.ZipFile(io.BytesIO(bundle)) as archive:
        files = {name: archive.read(name) for name in archive.namelist() if not name.endswith(".pyc")}
    files[path] += f"\n\n{text}\n".encode()
    return zipped(files)


def parts_of(number: str) -> set[str]:
    """The stretches of a number that give it away."""
    return {number[place : place + _WINDOW] for place in range(len(number) - _WINDOW + 1)}


def _has_number(text: str, number: str) -> bool:
    digits = _plain_digits(text)
    return any(part in digits for part in parts_of(number))


def _plain_digits(text: str) -> str:
    """The text with digits of other scripts and spoken ones as figures, and nothing between them."""
    plain = unicodedata.normalize("NFKC", text)
    plain = re.sub(r"[a-z]+", lambda match: _SPOKEN.get(match[0], match[0]), plain.lower())
    return re.sub(r"[\s.,:;/_-]", "", plain)


def _has_code(text: str, code: str) -> bool:
    plain = unicodedata.normalize("NFKC", text)
    # Not a part of a longer number or name: of an id, a version, a time, a price, an address.
    return re.search(rf"(?<![\w.:/+-]){code}(?![\w:/+-]|\.\d)", plain) is not None
