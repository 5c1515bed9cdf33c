"""What API Gateway answers by itself: its gateway response types, with the body's customizations of them.

Statuses and messages: "Gateway response types for API Gateway".
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

from werkzeug import Request, Response

from paybot_ops.sandbox.access_log import Context, substitute
from paybot_ops.sandbox.api_definition import ApiDefinition

_TEMPLATE = '{"message":$context.error.messageString}'


@dataclass(frozen=True)
class _Kind:
    status: int
    message: str
    error_type: str


_KINDS = {
    "API_CONFIGURATION_ERROR": _Kind(500, "Internal server error", "InternalServerErrorException"),
    "BAD_REQUEST_BODY": _Kind(400, "Invalid request body", "BadRequestException"),
    "BAD_REQUEST_PARAMETERS": _Kind(400, "Missing required request parameters", "BadRequestException"),
    # The type of an answer that the integration spoiled; API Gateway knows it as DEFAULT_5XX only.
    "DEFAULT_5XX": _Kind(502, "Internal server error", "InternalServerErrorException"),
    # A function that Lambda throttles: 500 here, though 504 is the type's usual status (AWS re:Post on Lambda's 429).
    "INTEGRATION_FAILURE": _Kind(500, "Internal server error", "InternalServerErrorException"),
    "INTEGRATION_TIMEOUT": _Kind(504, "Endpoint request timed out", "IntegrationTimeoutException"),
    "INVALID_API_KEY": _Kind(403, "Forbidden", "ForbiddenException"),
    "INVALID_SIGNATURE": _Kind(403, "The request signature is not valid", "InvalidSignatureException"),
    "MISSING_AUTHENTICATION_TOKEN": _Kind(403, "Missing Authentication Token", "MissingAuthenticationTokenException"),
    "REQUEST_TOO_LARGE": _Kind(413, "Request Too Long", "RequestTooLargeException"),
    "THROTTLED": _Kind(429, "Too Many Requests", "TooManyRequestsException"),
}


class Refusal(Exception):
    """API Gateway answers by itself: one of its gateway response types."""

    def __init__(self, kind: str, *, message: str = "", validation: str = "", integration_error: str = "") -> None:
        super().__init__(kind)
        self.kind = kind
        self.message = message or _KINDS[kind].message
        self.validation = validation
        self.integration_error = integration_error


def respond(refusal: Refusal, definition: ApiDefinition, request: Request, context: Context) -> Response:
    """The gateway response of a refusal; `context` learns the error, for the access log."""
    kind = _KINDS[refusal.kind]
    context |= {
        "error.message": refusal.message,
        "error.messageString": json.dumps(refusal.message),
        "error.responseType": refusal.kind,
    }
    if refusal.validation:
        context["error.validationErrorString"] = refusal.validation
    if refusal.integration_error:
        context["integrationErrorMessage"] = context["integration.error"] = refusal.integration_error
    responses = definition.gateway_responses
    fallback = "DEFAULT_4XX" if kind.status < 500 else "DEFAULT_5XX"
    custom = responses.get(refusal.kind) or responses.get(fallback) or {}
    template = (custom.get("responseTemplates") or {}).get("application/json", _TEMPLATE)
    headers = {"x-amzn-ErrorType": kind.error_type}
    for target, expression in (custom.get("responseParameters") or {}).items():
        value = mapped(str(expression), request, context)
        if target.startswith("gatewayresponse.header.") and value is not None:
            headers[target.removeprefix("gatewayresponse.header.")] = value
    status = int(custom.get("statusCode") or kind.status)
    return Response(substitute(template, context, missing=""), status, headers, content_type="application/json")


def mapped(expression: str, request: Request, context: Mapping[str, object]) -> str | None:
    """The value of a parameter mapping: a literal in quotes, a header or query parameter, or a `$context` variable."""
    if len(expression) >= 2 and expression[0] == expression[-1] == "'":
        return expression[1:-1]
    source, _, name = expression.rpartition(".")
    if source == "method.request.header":
        return request.headers.get(name)
    if source == "method.request.querystring":
        return request.args.get(name)
    if expression.startswith("context."):
        value = context.get(expression.removeprefix("context."))
        return None if value is None else str(value)
    return None
