"""Cold starts of two bundles in turn, through the embedded AWS: `python -m bench.cold_start OURS.zip THEIRS.zip`.

Each new execution environment takes a whole conversation. The JSON that is printed holds, for each bundle, the medians
of the seconds to the first reply, of the seconds to the first tokenized card (the first reply and the turn that
tokenizes) and of the resident memory in MB after the first reply. Run with the interpreter of the
Lambda runtime's version, because byte code counts only there.
"""

from __future__ import annotations

import base64
import json
import re
import statistics
import sys
import time
from pathlib import Path
from typing import Any

import boto3

from paybot_ops.sandbox.server import Sandbox
from paybot_ops.sandbox.stripe_access import Key

_ROUNDS = 7
_ENVIRONMENT = {
    "SESSION_TABLE": "sessions",
    "SESSION_TTL_SECONDS": "3600",
    "BEDROCK_MODEL_ID": "us.amazon.nova-micro-v1:0",
    "STRIPE_SECRET_ARN": "stripe",
    "KMS_KEY_ARN": "alias/bench",
    "BEDROCK_DAILY_TOKEN_BUDGET": "1000000",
    "CARD_COLLECTION": "chat",
    "ACCEPT_RAW_CARD_DATA": "false",
    "GUARDRAIL_ID": "",
    "GUARDRAIL_VERSION": "",
    "ENVIRONMENT": "bench",
    "CORS_ALLOW_ORIGIN": "*",
    "POWERTOOLS_SERVICE_NAME": "bench",
    "POWERTOOLS_METRICS_NAMESPACE": "PaymentBot",
}
_EVENT = {
    "resource": "/chat",
    "path": "/chat",
    "httpMethod": "POST",
    "headers": {"Content-Type": "application/json"},
    "requestContext": {"requestId": "bench", "domainName": "api.example", "path": "/bench/chat"},
    "isBase64Encoded": False,
}
_KEY = "sk_test_51BenchOnly000000000000000000"
# A published test card.
_MESSAGES = ("Ada Lovelace", "4242424242424242", "12/30", "yes", "123")


def main(paths: list[str]) -> None:
    """Time a conversation in a new execution environment, each bundle in turn."""
    bundles = [Path(path).read_bytes() for path in paths]
    taken: list[list[tuple[float, float, float]]] = [[] for _ in bundles]
    with Sandbox() as sandbox:
        names = ("lambda", "dynamodb", "iam", "kms", "secretsmanager")
        clients = {name: _client(sandbox.endpoint, name) for name in names}
        role = _prepare(clients)
        sandbox.stripe.keys.register(Key(_KEY, raw_cards=True))
        environment = _ENVIRONMENT | {"STRIPE_API_BASE": sandbox.endpoint}
        for round_number in range(_ROUNDS):
            for side, bundle in enumerate(bundles):
                function = _Function(clients["lambda"], f"f{round_number}-{side}", bundle, role, environment)
                taken[side].append(function.converse())
    print(json.dumps([[statistics.median(figure) for figure in zip(*side, strict=True)] for side in taken]))


class _Function:
    """A new function, whose first invocation is a cold start."""

    def __init__(self, client: Any, name: str, bundle: bytes, role: str, environment: dict[str, str]) -> None:
        self._client = client
        self._name = name
        client.create_function(
            FunctionName=name,
            Runtime="python3.13",
            Role=role,
            Handler="payment_bot.handler.handler",
            Code={"ZipFile": bundle},
            Timeout=60,
            Environment={"Variables": environment},
        )

    def converse(self) -> tuple[float, float, float]:
        """Seconds to the first reply and to the first tokenized card, and the process's memory in MB."""
        first, document, log = self._say({"message": "Hello"})
        last = 0.0
        for message in _MESSAGES:
            last, document, _ = self._say({"message": message, "sessionId": document["sessionId"]})
        if document["status"] != "done":
            raise SystemExit(f"the card was not tokenized: {document}")
        memory = re.search(r"Max Memory Used: (\d+) MB", log)
        return first, first + last, float(memory[1]) if memory else 0.0

    def _say(self, body: dict[str, str]) -> tuple[float, dict[str, str], str]:
        event = _EVENT | {"body": json.dumps(body)}
        started = time.perf_counter()
        answer = self._client.invoke(FunctionName=self._name, Payload=json.dumps(event), LogType="Tail")
        seconds = time.perf_counter() - started
        document = json.loads(answer["Payload"].read())
        if document.get("statusCode") != 200:
            raise SystemExit(f"the bot did not answer: {document}")
        return seconds, json.loads(document["body"]), base64.b64decode(answer["LogResult"]).decode()


def _prepare(clients: dict[str, Any]) -> str:
    clients["dynamodb"].create_table(
        TableName="sessions",
        KeySchema=[{"AttributeName": "session_id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "session_id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    key = clients["kms"].create_key()["KeyMetadata"]["KeyId"]
    clients["kms"].create_alias(AliasName="alias/bench", TargetKeyId=key)
    clients["secretsmanager"].create_secret(Name="stripe", SecretString=_KEY)
    trust = {"Version": "2012-10-17", "Statement": []}
    role = clients["iam"].create_role(RoleName="bench", AssumeRolePolicyDocument=json.dumps(trust))
    return str(role["Role"]["Arn"])


def _client(endpoint: str, service: str) -> Any:
    return boto3.client(
        service,  # type: ignore[call-overload]
        endpoint_url=endpoint,
        region_name="us-east-1",
        aws_access_key_id="bench",
        aws_secret_access_key="bench",
    )


if __name__ == "__main__":
    main(sys.argv[1:])
