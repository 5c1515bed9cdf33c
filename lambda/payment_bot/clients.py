"""The AWS clients of the bot, with the times that they may take.

botocore's own session instead of boto3: the same clients without importing its resources and transfer manager.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, cast

import botocore.session
from botocore.config import Config

if TYPE_CHECKING:
    from mypy_boto3_bedrock_runtime import BedrockRuntimeClient
    from mypy_boto3_dynamodb import DynamoDBClient

# API Gateway gives an integration 29 seconds ("Amazon API Gateway quotas"). A turn reads a session, asks the model once
# and writes the session; at worst each call takes its connect and read time twice, with up to a second of
# jitter in between (botocore's standard mode): 2 × 5 + 17 = 27 seconds.
CONNECT_SECONDS = 1.0
TABLE_READ_SECONDS = 1.0
MODEL_READ_SECONDS = 7.0
ATTEMPTS = 2


def dynamodb() -> DynamoDBClient:
    """Return a client for the session table."""
    return cast("DynamoDBClient", _session().create_client("dynamodb", config=_config(TABLE_READ_SECONDS)))


def bedrock_runtime() -> BedrockRuntimeClient:
    """Return a client for Converse."""
    config = _config(MODEL_READ_SECONDS)
    return cast("BedrockRuntimeClient", _session().create_client("bedrock-runtime", config=config))


@cache
def _session() -> botocore.session.Session:
    return botocore.session.get_session()


def _config(read_seconds: float) -> Config:
    return Config(
        connect_timeout=CONNECT_SECONDS,
        read_timeout=read_seconds,
        retries={"mode": "standard", "total_max_attempts": ATTEMPTS},
    )
