"""The AWS clients of the bot, with the times that they may take.

botocore's own session instead of boto3: the same clients without importing its resources and transfer manager.
"""

from __future__ import annotations

import threading
from functools import cache
from typing import TYPE_CHECKING, Any, cast

import botocore.session
from botocore.config import Config

if TYPE_CHECKING:
    from mypy_boto3_bedrock_runtime import BedrockRuntimeClient
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_secretsmanager import SecretsManagerClient

    from payment_bot.vault import KmsClient

# API Gateway gives an integration 29 seconds ("Amazon API Gateway quotas"). At worst a call takes its connect and read
# time twice, with up to a second of jitter in between (botocore's standard mode). A turn that asks the model reads the
# session (5 s), books tokens (2 s), asks (13 s), settles the tokens (2 s) and writes the session (5 s): 27 seconds. A
# turn that asks Stripe asks the model only if there is time left for that; `payments` watches its own.
CONNECT_SECONDS = 1.0
QUICK_READ_SECONDS = 1.0
MODEL_READ_SECONDS = 5.0
ATTEMPTS = 2
MODEL_SECONDS = 22.0
"""What a turn must have left to ask the model: both bookings, the question and the session's write."""

_making = threading.Lock()


def dynamodb() -> DynamoDBClient:
    """Return a client for the session table."""
    return cast("DynamoDBClient", _make("dynamodb", _config(QUICK_READ_SECONDS)))


def dynamodb_once() -> DynamoDBClient:
    """Return a client for the token counter: one attempt, since a turn can do without."""
    return cast("DynamoDBClient", _make("dynamodb", _config(QUICK_READ_SECONDS, attempts=1)))


@cache
def kms() -> KmsClient:
    """Return a client for the key that seals card numbers."""
    return cast("KmsClient", _make("kms", _config(QUICK_READ_SECONDS)))


@cache
def secrets_manager() -> SecretsManagerClient:
    """Return a client for the Stripe key."""
    return cast("SecretsManagerClient", _make("secretsmanager", _config(QUICK_READ_SECONDS)))


def bedrock_runtime() -> BedrockRuntimeClient:
    """Return a client for Converse."""
    return cast("BedrockRuntimeClient", _make("bedrock-runtime", _config(MODEL_READ_SECONDS)))


def _make(service: str, config: Config) -> Any:
    # Clients may be shared by threads, making them may not.
    with _making:
        return _session().create_client(service, config=config)


@cache
def _session() -> botocore.session.Session:
    return botocore.session.get_session()


def _config(read_seconds: float, attempts: int = ATTEMPTS) -> Config:
    return Config(
        connect_timeout=CONNECT_SECONDS,
        read_timeout=read_seconds,
        retries={"mode": "standard", "total_max_attempts": attempts},
    )
