"""A Lambda function's settings that moto forgets: without them a second plan would want to set them again."""

from __future__ import annotations

import json
import re
from typing import Any

from werkzeug import Request, Response

from paybot_ops.sandbox.code_download import location
from paybot_ops.sandbox.part import Moto, signed_for

_CONFIGURATION = re.compile(r"/2015-03-31/functions/[^/]+/configuration")
_FUNCTIONS = re.compile(r"/2015-03-31/functions/?")

# The members of a request that moto drops, kept on its function object: published versions are copies of that.
_DROPPED = ("LoggingConfig", "DeadLetterConfig")
_ATTRIBUTE = "paybot_settings"


def logging_config(function: Any) -> dict[str, Any]:
    """The LoggingConfig of one of moto's functions, with the defaults that AWS fills in (Lambda's API reference)."""
    asked = getattr(function, _ATTRIBUTE, {}).get("LoggingConfig") or {}
    config = {"LogFormat": "Text", "LogGroup": f"/aws/lambda/{function.function_name}"} | asked
    if config["LogFormat"] == "JSON":
        config = {"ApplicationLogLevel": "INFO", "SystemLogLevel": "INFO"} | config
    return config


class LambdaSettings:
    """Remembers what a request sets, and puts it into the answers that describe a function."""

    def __init__(self, moto: Moto) -> None:
        self._moto = moto

    def mend(self, request: Request, response: Response) -> None:
        """Amend moto's answer to a Lambda request, in place."""
        service, region = signed_for(request)
        if service != "lambda" or response.status_code >= 300 or not response.data:
            return
        answer = _json(response.get_data())
        described = _described(answer)
        if not described:
            return
        with self._moto.backend("lambda", region) as backend:
            for configuration in described:
                name = configuration["FunctionName"]
                function = _function(backend, name, configuration.get("Version"))
                if _sets(request):
                    # A creation that publishes answers with version 1, by then a copy of what stays $LATEST.
                    for each in {id(each): each for each in (backend.get_function(name, None), function)}.values():
                        _remember(each, _json(request.get_data()) or {})
                _complete(function, configuration)
            if "Code" in answer and (reserved := _reserved(backend, answer)) is not None:
                answer["Concurrency"] = {"ReservedConcurrentExecutions": reserved}
        if "Location" in answer.get("Code", {}):
            answer["Code"]["Location"] = location(self._moto.endpoint, region, answer["Configuration"])
        response.set_data(json.dumps(answer))


def _sets(request: Request) -> bool:
    route = {"POST": _FUNCTIONS, "PUT": _CONFIGURATION}.get(request.method)
    return bool(route and route.fullmatch(request.path))


def _json(text: bytes) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return None


def _described(answer: Any) -> list[dict[str, Any]]:
    if not isinstance(answer, dict):
        return []
    found = [answer, answer.get("Configuration"), *answer.get("Functions", []), *answer.get("Versions", [])]
    return [item for item in found if isinstance(item, dict) and "CodeSha256" in item and "FunctionName" in item]


def _function(backend: Any, name: str, version: str | None) -> Any:
    try:
        return backend.get_function(name, None if version == "$LATEST" else version)
    except Exception:  # moto raises one type or another for a version that it has not published
        return backend.get_function(name, None)


def _reserved(backend: Any, answer: dict[str, Any]) -> int | None:
    """What is reserved, which moto does not tell where it is nothing at all: zero stops the function."""
    reserved = backend.get_function(answer["Configuration"]["FunctionName"], None).reserved_concurrency
    return None if reserved is None else int(reserved)


def _remember(function: Any, asked: dict[str, Any]) -> None:
    # A new dictionary each time: versions that were published before share the old one.
    kept = dict(getattr(function, _ATTRIBUTE, {}))
    kept.update({name: asked[name] for name in _DROPPED if name in asked})
    setattr(function, _ATTRIBUTE, kept)
    if "TracingConfig" in asked:
        function.tracing_config = asked["TracingConfig"]
    if "KMSKeyArn" in asked:
        function.kms_key_arn = asked["KMSKeyArn"]
    if "EphemeralStorage" in asked:
        function.ephemeral_storage = asked["EphemeralStorage"]["Size"]


def _complete(function: Any, configuration: dict[str, Any]) -> None:
    configuration["LoggingConfig"] = logging_config(function)
    dead_letters = getattr(function, _ATTRIBUTE, {}).get("DeadLetterConfig")
    if dead_letters and dead_letters.get("TargetArn"):
        configuration["DeadLetterConfig"] = dead_letters
    configuration["TracingConfig"] = function.tracing_config
    configuration["EphemeralStorage"] = {"Size": function.ephemeral_storage}
    if function.kms_key_arn:
        configuration["KMSKeyArn"] = function.kms_key_arn
