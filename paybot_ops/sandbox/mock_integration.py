"""MOCK integrations: the answer that the API's own definition holds, as CORS preflights use them."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from werkzeug import Request, Response

from paybot_ops.sandbox.access_log import Context, substitute
from paybot_ops.sandbox.gateway_response import Refusal, mapped

_HEADER = "method.response.header."


def mock_response(integration: Mapping[str, Any], request: Request, context: Context) -> Response:
    """The integration response that the request template's status code selects.

    Raises Refusal (500) when no template gives one, as API Gateway does.
    """
    chosen = _chosen(integration, _status(integration, context))
    templates = chosen.get("responseTemplates") or {}
    content_type = "application/json" if "application/json" in templates or not templates else next(iter(templates))
    body = substitute(templates.get(content_type) or "", context, missing="")
    response = Response(body, int(chosen.get("statusCode", 200)), content_type=content_type)
    for target, expression in (chosen.get("responseParameters") or {}).items():
        value = mapped(str(expression), request, context)
        if target.startswith(_HEADER) and value is not None:
            response.headers[target.removeprefix(_HEADER)] = value
    return response


def _status(integration: Mapping[str, Any], context: Context) -> str:
    template = (integration.get("requestTemplates") or {}).get("application/json", "")
    try:
        return str(json.loads(substitute(template, context, missing=""))["statusCode"])
    except (ValueError, KeyError, TypeError):
        reason = "Unable to find a status code in the request template"
        raise Refusal("API_CONFIGURATION_ERROR", integration_error=reason) from None


def _chosen(integration: Mapping[str, Any], status: str) -> Mapping[str, Any]:
    responses = integration.get("responses") or {}
    for pattern, response in responses.items():
        if pattern != "default" and re.fullmatch(pattern, status):
            return dict(response)
    if "default" in responses:
        return dict(responses["default"])
    raise Refusal("API_CONFIGURATION_ERROR", integration_error="No match for the integration response")
