"""Cold starts of two bundles in turn, through the embedded AWS: `python -m bench.cold_start OURS.zip THEIRS.zip`.

Run with the interpreter of the Lambda runtime's version, because byte code counts only there. Prints JSON.
"""

from __future__ import annotations

import json
import statistics
import sys
import time
from pathlib import Path
from typing import Any

import boto3

from paybot_ops.sandbox.server import Sandbox

_ROUNDS = 7
_ENVIRONMENT = {
    "SESSION_TABLE": "sessions",
    "SESSION_TTL_SECONDS": "3600",
    "BEDROCK_MODEL_ID": "us.amazon.nova-micro-v1:0",
    "STRIPE_SECRET_ARN": "none",
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
    "requestContext": {"requestId": "bench"},
    "body": json.dumps({"message": "Hello"}),
    "isBase64Encoded": False,
}


def main(paths: list[str]) -> None:
    """Time the first reply of a new execution environment, each bundle in turn."""
    bundles = [Path(path).read_bytes() for path in paths]
    taken: list[list[float]] = [[] for _ in bundles]
    with Sandbox() as sandbox:
        clients = {name: _client(sandbox.endpoint, name) for name in ("lambda", "dynamodb", "iam")}
        role = _prepare(clients)
        for round_number in range(_ROUNDS):
            for side, bundle in enumerate(bundles):
                taken[side].append(_first_reply(clients["lambda"], f"f{round_number}-{side}", bundle, role))
    print(json.dumps([statistics.median(side) for side in taken]))


def _first_reply(client: Any, name: str, bundle: bytes, role: str) -> float:
    client.create_function(
        FunctionName=name,
        Runtime="python3.13",
        Role=role,
        Handler="payment_bot.handler.handler",
        Code={"ZipFile": bundle},
        Timeout=60,
        Environment={"Variables": _ENVIRONMENT},
    )
    started = time.perf_counter()
    answer = client.invoke(FunctionName=name, Payload=json.dumps(_EVENT))
    seconds = time.perf_counter() - started
    document = json.loads(answer["Payload"].read())
    if document.get("statusCode") != 200:
        raise SystemExit(f"the bot did not answer: {document}")
    return seconds


def _prepare(clients: dict[str, Any]) -> str:
    clients["dynamodb"].create_table(
        TableName="sessions",
        KeySchema=[{"AttributeName": "session_id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "session_id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
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
