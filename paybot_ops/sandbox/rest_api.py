"""The deployed REST API at `/_aws/execute-api/<api>/<stage>/…`: from the request over the function to the answer."""

from __future__ import annotations

import json
import re
import secrets
import time
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from werkzeug import Request, Response

from paybot_ops.sandbox import access_log, api_callers, gateway_response
from paybot_ops.sandbox.access_log import Context
from paybot_ops.sandbox.api_definition import InvalidBody, Operation
from paybot_ops.sandbox.api_deployments import ApiDeployments, Stage
from paybot_ops.sandbox.api_throttle import Throttle
from paybot_ops.sandbox.functions import may_invoke, resolve
from paybot_ops.sandbox.gateway_response import Refusal
from paybot_ops.sandbox.lambda_part import Invocation, LambdaPart
from paybot_ops.sandbox.metrics import datum, publish
from paybot_ops.sandbox.mock_integration import mock_response
from paybot_ops.sandbox.part import ACCOUNT_ID, Moto
from paybot_ops.sandbox.proxy_event import proxy_event, proxy_response
from paybot_ops.sandbox.rest_json import ApiError

_URL = re.compile(r"^/_aws/execute-api/(?P<api>[a-z0-9]+)/(?P<stage>[A-Za-z0-9_-]+)(?P<path>/.*)?$")
_FUNCTION = re.compile(r":lambda:path/\d{4}-\d\d-\d\d/functions/(?P<arn>arn:[^/]+)/invocations$")

_PAYLOAD_LIMIT = 10 * 1024 * 1024
_TIMEOUT_MS = 29_000
"""Bytes of a request, and the longest integration ("Quotas for configuring and running a REST API")."""


class RestApiPart:
    """Serves what was deployed, with API Gateway's own checks, log and metrics."""

    def __init__(self, moto: Moto, lambda_part: LambdaPart) -> None:
        self._moto = moto
        self._lambda = lambda_part
        self._deployments = ApiDeployments(moto)
        self._throttle = Throttle()

    def answer(self, request: Request) -> Response | None:
        """The deployed API's answer, or API Gateway's own to an import of a body; None for any other request."""
        match = _URL.match(request.path)
        if match is None:
            return self._deployments.answer(request)
        stage = self._deployments.find(match["api"], match["stage"])
        if stage is None and self._deployments.is_hand_built(match["api"]):
            return _message(501, "The embedded AWS serves only APIs that are imported from one OpenAPI body.")
        if stage is None:
            return _message(403, "Forbidden")
        return self._serve(request, stage, match["path"] or "/")

    def close(self) -> None:
        """Nothing is left open: the invocations under way are the Lambda part's."""

    def _serve(self, request: Request, stage: Stage, path: str) -> Response:
        began = time.perf_counter()
        context = _context(request, stage, path)
        try:
            response = self._respond(request, stage, path, context)
        except Refusal as refusal:
            response = gateway_response.respond(refusal, stage.definition, request, context)
        response.headers["x-amzn-RequestId"] = str(context["requestId"])
        response.headers["x-amz-apigw-id"] = str(context["extendedRequestId"])
        latency_ms = (time.perf_counter() - began) * 1000
        context |= {
            "status": response.status_code,
            "responseLength": len(response.get_data()),
            "responseLatency": round(latency_ms),
        }
        access_log.write(self._moto, stage.region, stage.api_id, stage.name, stage.access_log, context)
        self._publish(stage, response.status_code, latency_ms, context)
        return response

    def _respond(self, request: Request, stage: Stage, path: str, context: Context) -> Response:
        if (request.content_length or 0) > _PAYLOAD_LIMIT:
            raise Refusal("REQUEST_TOO_LARGE")
        found = stage.definition.find(request.method, path)
        if found is None:
            raise Refusal("MISSING_AUTHENTICATION_TOKEN")
        operation, path_parameters = found
        context["resourcePath"] = operation.resource
        context["resourceId"] = stage.resource_ids.get(operation.resource, "-")
        api_callers.admit(self._moto, operation, request, (stage.region, stage.api_id, stage.name), context)
        settings = stage.method_settings
        if not self._throttle.admits(stage.api_id, stage.name, settings, operation.resource, operation.method):
            raise Refusal("THROTTLED")
        _validate(request, operation)
        kind = str(operation.integration.get("type", "")).lower()
        if kind == "mock":
            return mock_response(operation.integration, request, context)
        if kind != "aws_proxy":
            raise Refusal("API_CONFIGURATION_ERROR", integration_error=f"The sandbox has no {kind} integration")
        event = proxy_event(request, path, operation, path_parameters, stage.variables, context, stage.definition)
        return self._through_function(stage, operation, json.dumps(event).encode(), context)

    def _through_function(self, stage: Stage, operation: Operation, event: bytes, context: Context) -> Response:
        began = time.perf_counter()
        try:
            done = self._invoke(stage, operation, event)
        finally:
            context["integrationLatency"] = context["integration.latency"] = round((time.perf_counter() - began) * 1000)
        context["integration.integrationStatus"] = 200
        if done.function_error:
            context["integrationStatus"] = context["integration.status"] = 200
            raise Refusal("DEFAULT_5XX", integration_error="Lambda execution failed with status 200")
        response = proxy_response(done.payload, stage.definition)
        context["integrationStatus"] = context["integration.status"] = response.status_code
        return response

    def _invoke(self, stage: Stage, operation: Operation, event: bytes) -> Invocation:
        arn = _function_arn(operation.integration, stage.variables)
        try:
            if not operation.integration.get("credentials"):
                self._check_permission(stage, operation, arn)
            waiting = self._lambda.submit(arn, None, event, stage.region)
            milliseconds = min(int(operation.integration.get("timeoutInMillis") or _TIMEOUT_MS), _TIMEOUT_MS)
            return waiting.result(milliseconds / 1000)
        except TimeoutError:
            raise Refusal("INTEGRATION_TIMEOUT", integration_error="Execution failed due to a timeout error") from None
        except ApiError as error:
            if error.status == 413:
                raise Refusal("REQUEST_TOO_LARGE") from error
            status = f"Lambda invocation failed with status: {error.status}"
            kind = "INTEGRATION_FAILURE" if error.status == 429 else "API_CONFIGURATION_ERROR"
            raise Refusal(kind, integration_error=status) from error

    def _check_permission(self, stage: Stage, operation: Operation, arn: str) -> None:
        function = resolve(self._moto, arn, None, stage.region)
        api = f"arn:aws:execute-api:{stage.region}:{ACCOUNT_ID}:{stage.api_id}"
        method = "*" if operation.method == "ANY" else operation.method
        source = f"{api}/{stage.name}/{method}{re.sub(r'{[^}]+}', '*', operation.resource)}"
        if not may_invoke(function, "apigateway.amazonaws.com", source):
            raise Refusal("API_CONFIGURATION_ERROR", integration_error="Invalid permissions on Lambda function")

    def _publish(self, stage: Stage, status: int, latency_ms: float, context: Mapping[str, object]) -> None:
        figures: list[tuple[str, float, str]] = [
            ("Count", 1, "Count"),
            ("4XXError", 1 if 400 <= status < 500 else 0, "Count"),
            ("5XXError", 1 if status >= 500 else 0, "Count"),
            ("Latency", latency_ms, "Milliseconds"),
        ]
        integration = context.get("integrationLatency")
        if isinstance(integration, int):
            figures.append(("IntegrationLatency", integration, "Milliseconds"))
        sets = [{"ApiName": stage.api_name}, {"ApiName": stage.api_name, "Stage": stage.name}]
        data = [datum(*figure, **dimensions) for dimensions in sets for figure in figures]
        publish(self._moto, stage.region, "AWS/ApiGateway", data)


def _message(status: int, text: str) -> Response:
    return Response(json.dumps({"message": text}), status, content_type="application/json")


def _context(request: Request, stage: Stage, path: str) -> Context:
    now = datetime.now(UTC)
    return {
        "accountId": ACCOUNT_ID,
        "apiId": stage.api_id,
        "deploymentId": stage.deployment_id,
        "domainName": f"{stage.api_id}.execute-api.{stage.region}.amazonaws.com",
        "domainPrefix": stage.api_id,
        "extendedRequestId": f"{secrets.token_urlsafe(11)}=",
        "httpMethod": request.method,
        "identity.sourceIp": request.remote_addr or "127.0.0.1",
        "identity.userAgent": request.headers.get("User-Agent"),
        "path": f"/{stage.name}{path}",
        "protocol": request.environ.get("SERVER_PROTOCOL", "HTTP/1.1"),
        "requestId": str(uuid.uuid4()),
        "requestTime": f"{now:%d/%b/%Y:%H:%M:%S} +0000",
        "requestTimeEpoch": int(now.timestamp() * 1000),
        "stage": stage.name,
        "xrayTraceId": f"Root=1-{int(now.timestamp()):08x}-{secrets.token_hex(12)}",
    }


def _validate(request: Request, operation: Operation) -> None:
    places: dict[str, Any] = {"header": request.headers, "query": request.args}
    absent = [name for place, name in operation.required if not places[place].get(name)]
    if absent:
        raise Refusal("BAD_REQUEST_PARAMETERS", message=f"Missing required request parameters: [{', '.join(absent)}]")
    try:
        operation.check_body(request.mimetype, request.get_data())
    except InvalidBody as problem:
        raise Refusal("BAD_REQUEST_BODY", validation=str(problem)) from problem


def _function_arn(integration: Mapping[str, Any], variables: Mapping[str, str]) -> str:
    uri = re.sub(r"\$\{stageVariables\.(\w+)\}", lambda match: variables.get(match[1], ""), str(integration.get("uri")))
    match = _FUNCTION.search(uri)
    if match is None:
        raise Refusal("API_CONFIGURATION_ERROR", integration_error="Invalid integration URI")
    return match["arn"]
