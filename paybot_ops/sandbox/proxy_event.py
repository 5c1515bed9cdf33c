"""A request as a Lambda proxy integration hands it over, and the function's answer as a response.

Shapes: "Lambda proxy integrations in API Gateway" (format of a REST API, version 1.0).
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Iterable, Mapping
from typing import Any

from werkzeug import Request, Response
from werkzeug.datastructures import Headers

from paybot_ops.sandbox.access_log import Context
from paybot_ops.sandbox.api_definition import ApiDefinition, Operation
from paybot_ops.sandbox.gateway_response import Refusal

_ANSWER = {"statusCode", "headers", "multiValueHeaders", "body", "isBase64Encoded"}

# API Gateway sets these itself, and passes the function's own on under another name.
_REMAPPED = {"connection", "content-length", "date", "host", "server", "transfer-encoding", "www-authenticate"}

_REQUEST_CONTEXT = {
    "accountId",
    "apiId",
    "deploymentId",
    "domainName",
    "domainPrefix",
    "extendedRequestId",
    "httpMethod",
    "path",
    "protocol",
    "requestId",
    "requestTime",
    "requestTimeEpoch",
    "resourceId",
    "resourcePath",
    "stage",
}

_IDENTITY = (
    "cognitoIdentityPoolId",
    "accountId",
    "cognitoIdentityId",
    "caller",
    "principalOrgId",
    "accessKey",
    "cognitoAuthenticationType",
    "cognitoAuthenticationProvider",
    "userArn",
    "user",
)


def proxy_event(
    request: Request,
    path: str,
    operation: Operation,
    path_parameters: Mapping[str, str],
    stage_variables: Mapping[str, str],
    context: Context,
    definition: ApiDefinition,
) -> dict[str, Any]:
    """The event of one request; `path` is the one below the stage."""
    headers = [*request.headers.items(), *_forwarded(context)]
    query = list(request.args.items(multi=True))
    data = request.get_data()
    binary = definition.is_binary(request.mimetype)
    body = base64.b64encode(data).decode() if binary else data.decode(errors="replace")
    return {
        "resource": operation.resource,
        "path": path,
        "httpMethod": request.method,
        "headers": dict(headers) or None,
        "multiValueHeaders": _multi(headers),
        "queryStringParameters": dict(query) or None,
        "multiValueQueryStringParameters": _multi(query),
        "pathParameters": dict(path_parameters) or None,
        "stageVariables": dict(stage_variables) or None,
        "requestContext": _request_context(context),
        "body": body if data else None,
        "isBase64Encoded": bool(binary and data),
    }


def proxy_response(payload: bytes, definition: ApiDefinition) -> Response:
    """The function's answer as a response. Raises Refusal (502) when it is malformed."""
    answer = _parsed(payload)
    status, body = answer.get("statusCode", 200), answer.get("body")
    headers, multi = answer.get("headers") or {}, answer.get("multiValueHeaders") or {}
    if not isinstance(headers, Mapping) or not isinstance(multi, Mapping) or not isinstance(body, str | None):
        raise _malformed()
    try:
        code = int(status)
    except (ValueError, TypeError):
        raise _malformed() from None
    if not 100 <= code <= 599 or isinstance(status, bool):
        raise _malformed()
    response = Response(_body(body or "", bool(answer.get("isBase64Encoded")), definition), code)
    response.headers = _headers(headers, multi)
    return response


def _parsed(payload: bytes) -> dict[str, Any]:
    try:
        answer = json.loads(payload)
    except (ValueError, RecursionError):
        raise _malformed() from None
    if not isinstance(answer, dict) or answer.keys() - _ANSWER:
        raise _malformed()
    return answer


def _malformed() -> Refusal:
    reason = "Execution failed due to configuration error: Malformed Lambda proxy response"
    return Refusal("DEFAULT_5XX", integration_error=reason)


def _body(text: str, encoded: bool, definition: ApiDefinition) -> bytes:
    # Without binary media types the base64 text itself is what the client gets.
    if not encoded or not definition.has_binary:
        return text.encode()
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error:
        raise _malformed() from None


def _headers(single: Mapping[str, Any], multi: Mapping[str, Any]) -> Headers:
    named = {name.lower() for name in multi}
    pairs = [(name, [value]) for name, value in single.items() if name.lower() not in named]
    headers = Headers()
    for name, values in [*pairs, *multi.items()]:
        if not isinstance(values, list) or not all(isinstance(value, str | int | float) for value in values):
            raise _malformed()
        target = f"x-amzn-Remapped-{name}" if name.lower() in _REMAPPED else name
        for value in values:
            text = json.dumps(value) if isinstance(value, bool) else str(value)
            if set(f"{target}{text}") & {"\r", "\n", "\0"} or not target:
                raise _malformed()
            headers.add(target, text)
    headers.setdefault("Content-Type", "application/json")
    return headers


def _multi(pairs: Iterable[tuple[str, str]]) -> dict[str, list[str]] | None:
    grouped: dict[str, list[str]] = {}
    for name, value in pairs:
        grouped.setdefault(name, []).append(value)
    return grouped or None


def _forwarded(context: Context) -> list[tuple[str, str]]:
    return [
        ("X-Amzn-Trace-Id", str(context["xrayTraceId"])),
        ("X-Forwarded-For", str(context["identity.sourceIp"])),
        ("X-Forwarded-Port", "443"),
        ("X-Forwarded-Proto", "https"),
    ]


def _request_context(context: Context) -> dict[str, Any]:
    own = {name: value for name, value in context.items() if name in _REQUEST_CONTEXT}
    named = {"sourceIp": context["identity.sourceIp"], "userAgent": context["identity.userAgent"]}
    known = {name.removeprefix("identity."): value for name, value in context.items() if name.startswith("identity.")}
    return own | {"identity": dict.fromkeys(_IDENTITY) | known | named}
