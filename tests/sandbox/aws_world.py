"""Real SDK clients in front of a running embedded AWS."""

from __future__ import annotations

from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from paybot_ops.sandbox.part import DEFAULT_REGION
from paybot_ops.sandbox.server import Sandbox

NOVA = "us.amazon.nova-micro-v1:0"


def client(sandbox: Sandbox, service: str, region: str = DEFAULT_REGION, attempts: int = 1) -> Any:
    """A client of the sandbox that does not repeat a failed call, unless asked to."""
    return boto3.client(
        service,  # type: ignore[call-overload]  # any service's name
        region_name=region,
        endpoint_url=sandbox.endpoint,
        aws_access_key_id="test",
        aws_secret_access_key="test",
        # The checks under test are the service's, not those that botocore makes first.
        config=Config(retries={"total_max_attempts": attempts}, max_pool_connections=32, parameter_validation=False),
    )


def code_of(error: ClientError) -> tuple[str, int]:
    """(AWS's error code, the HTTP status)."""
    return error.response["Error"]["Code"], error.response["ResponseMetadata"]["HTTPStatusCode"]


def says(text: str) -> list[dict[str, Any]]:
    """Converse messages with one user's turn."""
    return [{"role": "user", "content": [{"text": text}]}]
