"""What the deployed API asks of a caller, so that paybot's own messages pass: nothing, an API key, a signature."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from paybot_ops.adapters.apigateway import find_api_key
from paybot_ops.core.chat import Authorization
from paybot_ops.errors import PaybotError
from paybot_ops.operations.target import Target


def chat_authorization(target: Target, outputs: Mapping[str, Any]) -> Authorization | None:
    """What to send messages with, by the deployment's outputs; None for an API that is open.

    Raises:
        PaybotError: the API key cannot be read.
    """
    key_id = outputs.get("api_key_id")
    signs = outputs.get("api_authorization") == "AWS_IAM"
    if not key_id and not signs:
        return None
    key = {"x-api-key": _api_key(target, str(key_id))} if key_id else {}

    def headers(url: str, body: bytes) -> Mapping[str, str]:
        signature = target.session.signature("execute-api", "POST", url, body) if signs else {}
        return {**signature, **key}

    return headers


def _api_key(target: Target, key_id: str) -> str:
    value = find_api_key(target.session, key_id)
    if value is None:
        raise PaybotError(
            f"the API key {key_id} is gone",
            why="the API asks for it, and the deployment's outputs name it",
            hint="make it again: paybot deploy",
        )
    return value
