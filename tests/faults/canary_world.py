"""A bundle deployed into an embedded AWS with everything turned up that could talk, and a search through all of it."""

from __future__ import annotations

import contextlib
import io
import json
import socket
import zipfile
from collections.abc import Iterator, Mapping
from typing import Any

from paybot_ops.sandbox.part import DEFAULT_REGION
from paybot_ops.sandbox.server import Sandbox
from tests.faults.canary_search import Heard, parsed
from tests.sandbox.aws_world import NOVA, client
from tests.sandbox.stripe_world import new_key

_TABLE = "shop-sessions-test"
_GROUP = "/aws/lambda/canary"


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
                found["logs"] += [parsed(event.message) for event in self._new(f"log {name}", stream.events)]
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
