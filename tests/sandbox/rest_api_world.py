"""One deployed REST API in the embedded AWS, and the function behind it."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from http.client import HTTPConnection
from typing import Any

from tests.sandbox.lambda_world import World

# Answers with what the test puts into "answer", else with the event.
OBEY = """
import json, time
def handler(event, context):
    asked = json.loads(event["body"]) if (event["body"] or "").startswith("{") else {}
    time.sleep(asked.get("sleep", 0))
    if "raise" in asked:
        raise ValueError
    return asked["answer"] if "answer" in asked else {"statusCode": 200, "body": json.dumps(event)}
"""

MODEL = {
    "type": "object",
    "required": ["message"],
    "properties": {"message": {"type": "string", "minLength": 1}, "count": {"$ref": "#/components/schemas/Count"}},
}

CORS = {"gatewayresponse.header.Access-Control-Allow-Origin": "'https://shop.example'"}


def document_for(function_arn: str, timeout_ms: int = 29_000) -> dict[str, Any]:
    """An API of the shape that the module deploys, with a few paths more."""
    uri = f"arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/{function_arn}/invocations"
    proxy = {"type": "aws_proxy", "httpMethod": "POST", "uri": uri, "timeoutInMillis": timeout_ms}
    preflight = {
        "type": "mock",
        "requestTemplates": {"application/json": '{"statusCode": 204}'},
        "responses": {
            "default": {
                "statusCode": "204",
                "responseParameters": {"method.response.header.Access-Control-Allow-Methods": "'POST,OPTIONS'"},
            }
        },
    }
    body = {"required": True, "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Chat"}}}}
    anything = {"responses": {}, "x-amazon-apigateway-integration": proxy}
    return {
        "openapi": "3.0.1",
        "info": {"title": "chat-api", "version": "1", "description": "of a test"},
        "paths": {
            "/chat": {
                "post": {**anything, "x-amazon-apigateway-request-validator": "body", "requestBody": body},
                "options": {"responses": {}, "x-amazon-apigateway-integration": preflight},
            },
            "/free": {"post": anything, "x-amazon-apigateway-any-method": anything},
            "/items/{item-id}": {"get": anything},
            "/items/{rest+}": {"get": anything},
        },
        "components": {"schemas": {"Chat": MODEL, "Count": {"type": "integer", "maximum": 3}}},
        "x-amazon-apigateway-request-validators": {"body": {"validateRequestBody": True}},
        "x-amazon-apigateway-gateway-responses": {
            "BAD_REQUEST_BODY": {
                "statusCode": "422",
                "responseParameters": CORS,
                "responseTemplates": {
                    "application/json": '{"why":$context.error.messageString,"id":"$context.requestId"}'
                },
            },
            "DEFAULT_5XX": {"responseParameters": CORS},
        },
    }


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class Api:
    """One deployed API, and the function behind it."""

    def __init__(self, world: World, timeout_ms: int = 29_000, allowed: str = "/*/POST/*") -> None:
        self.world = world
        self.gateway = world.client("apigateway")
        self.function = world.function(OBEY, Publish=True, Timeout=20)
        world.lambda_.create_alias(FunctionName=self.function, Name="live", FunctionVersion="1")
        arn = f"arn:aws:lambda:us-east-1:123456789012:function:{self.function}:live"
        self.document = document_for(arn, timeout_ms)
        self.name = f"api of {self.function}"
        self.id = self.gateway.create_rest_api(name=self.name)["id"]
        if allowed:
            self.allow(allowed)
        self.put(self.document)
        self.gateway.create_stage(restApiId=self.id, stageName="dev", deploymentId=self.deploy())

    def allow(self, path: str) -> None:
        self.world.lambda_.add_permission(
            FunctionName=self.function,
            Qualifier="live",
            StatementId=f"s{time.monotonic_ns()}",
            Action="lambda:InvokeFunction",
            Principal="apigateway.amazonaws.com",
            SourceArn=f"arn:aws:execute-api:us-east-1:123456789012:{self.id}{path}",
        )

    def put(self, document: dict[str, Any]) -> None:
        self.gateway.put_rest_api(restApiId=self.id, mode="overwrite", body=json.dumps(document))

    def deploy(self) -> str:
        return str(self.gateway.create_deployment(restApiId=self.id)["id"])

    def patch_stage(self, **values: object) -> None:
        operations = [
            {"op": "replace", "path": path.replace("__", "/"), "value": str(value)} for path, value in values.items()
        ]
        self.gateway.update_stage(restApiId=self.id, stageName="dev", patchOperations=operations)

    def call(self, method: str, path: str, body: object = None, *, api_id: str = "", **headers: str) -> Answer:
        connection = HTTPConnection(self.world.endpoint.removeprefix("http://"))
        data = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request(method, f"/_aws/execute-api/{api_id or self.id}{path}", data, named)
        response = connection.getresponse()
        answer = Answer(response.status, dict(response.getheaders()), response.read())
        connection.close()
        return answer

    def post(self, body: object, path: str = "/dev/free") -> Answer:
        return self.call("POST", path, body, Content_Type="application/json")

    def metric(self, name: str) -> list[float]:
        return self.world.metric("AWS/ApiGateway", name, ApiName=self.name, Stage="dev")
