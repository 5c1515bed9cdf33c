"""Who may call an operation of a deployed API: signed requests where IAM authorizes, API keys where one is required.

Sources: "x-amazon-apigateway-auth object", "Choose an API key source in API Gateway", "Gateway response types".
"""

from __future__ import annotations

from typing import Any

from werkzeug import Request

from paybot_ops.sandbox.access_log import Context
from paybot_ops.sandbox.api_definition import Operation
from paybot_ops.sandbox.gateway_response import Refusal
from paybot_ops.sandbox.part import ACCOUNT_ID, Moto, access_key_of, signed_for


def admit(moto: Moto, operation: Operation, request: Request, api: tuple[str, str, str], context: Context) -> None:
    """Raise Refusal unless the caller may call; `context` learns who it is. `api` is region, API id and stage.

    A signature must be there and be for this service; as anywhere in the embedded AWS, any credentials are good.
    """
    if operation.is_signed:
        _check_signature(request, context)
    if operation.needs_key:
        _check_key(moto, request, api, context)


def _check_signature(request: Request, context: Context) -> None:
    given = request.headers.get("Authorization", "")
    if not given:
        raise Refusal("MISSING_AUTHENTICATION_TOKEN")
    access_key = access_key_of(request)
    if signed_for(request)[0] != "execute-api" or access_key is None or "Signature=" not in given:
        raise Refusal("INVALID_SIGNATURE", message="Credential should be scoped to correct service: 'execute-api'.")
    context |= {
        "identity.accessKey": access_key,
        "identity.accountId": ACCOUNT_ID,
        "identity.caller": ACCOUNT_ID,
        "identity.user": ACCOUNT_ID,
        "identity.userArn": f"arn:aws:iam::{ACCOUNT_ID}:root",
    }


def _check_key(moto: Moto, request: Request, api: tuple[str, str, str], context: Context) -> None:
    given = request.headers.get("x-api-key", "")
    region, api_id, stage = api
    with moto.backend("apigateway", region) as backend:
        key = next((key for key in backend.keys.values() if key.value == given and key.enabled), None)
        if key is None or not any(_covers(plan, api_id, stage) for plan in _plans(backend, key)):
            raise Refusal("INVALID_API_KEY")
    context |= {"identity.apiKey": key.value, "identity.apiKeyId": key.id}


def _plans(backend: Any, key: Any) -> list[Any]:
    held = [plan_id for plan_id, keys in backend.usage_plan_keys.items() if key.id in keys]
    return [backend.usage_plans[plan_id] for plan_id in held if plan_id in backend.usage_plans]


def _covers(plan: Any, api_id: str, stage: str) -> bool:
    return any(each.get("apiId") == api_id and each.get("stage") == stage for each in plan.api_stages)
