"""Bedrock's setting of what it records of model calls, a region's own. It is kept; nothing is recorded."""

from __future__ import annotations

import threading
from typing import Any

from werkzeug import Request, Response

from paybot_ops.sandbox.rest_json import RestJson


class InvocationLogging:
    """Get, Put and DeleteModelInvocationLoggingConfiguration."""

    def __init__(self) -> None:
        self._settings: dict[str, dict[str, Any]] = {}
        self._api = RestJson(
            "bedrock",
            {
                "GetModelInvocationLoggingConfiguration": self._get,
                "PutModelInvocationLoggingConfiguration": self._put,
                "DeleteModelInvocationLoggingConfiguration": self._delete,
            },
            threading.Lock(),
        )

    def answer(self, request: Request) -> Response | None:
        """The answer to a request about the setting, None to any other."""
        return self._api.answer(request, signing_name="bedrock")

    def _get(self, _params: dict[str, Any], region: str) -> dict[str, Any]:
        found = self._settings.get(region)
        return {} if found is None else {"loggingConfig": found}

    def _put(self, params: dict[str, Any], region: str) -> dict[str, Any]:
        # What is left out is delivered (Terraform's AWS provider: aws_bedrock_model_invocation_logging_configuration).
        kinds = ("text", "image", "embedding", "video", "audio")
        self._settings[region] = {f"{kind}DataDeliveryEnabled": True for kind in kinds} | params["loggingConfig"]
        return {}

    def _delete(self, _params: dict[str, Any], region: str) -> dict[str, Any]:
        self._settings.pop(region, None)
        return {}
