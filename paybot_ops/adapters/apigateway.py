"""API Gateway: the account's settings, and the key that callers of an API send."""

from __future__ import annotations

from paybot_ops.adapters.session import Session, aws_errors, find
from paybot_ops.core.api_limits import ApiLimits


def find_api_key(session: Session, key_id: str) -> str | None:
    """The value of an API key: a secret, never shown; None when there is no key of this id.

    Raises:
        AccessDeniedError: the caller may not read it (apigateway:GET).
    """
    client = session.client("apigateway")
    answer = find(
        "apigateway",
        f"the API key {key_id}",
        ("NotFoundException",),
        lambda: client.get_api_key(apiKey=key_id, includeValue=True),
    )
    if answer is None:
        return None
    return answer.get("value") or None


def get_limits(session: Session) -> ApiLimits:
    """The account's throttle in this region, and the role that writes its logs.

    Raises:
        AccessDeniedError: the caller may not ask (apigateway:GET).
    """
    client = session.client("apigateway")
    with aws_errors("apigateway", "API Gateway's account settings"):
        answer = client.get_account()
    throttle = answer.get("throttleSettings", {})
    return ApiLimits(throttle.get("rateLimit"), throttle.get("burstLimit"), answer.get("cloudwatchRoleArn") or None)
