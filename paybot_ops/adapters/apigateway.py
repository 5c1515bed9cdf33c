"""API Gateway's account settings."""

from __future__ import annotations

from paybot_ops.adapters.session import Session, aws_errors


def find_logging_role(session: Session) -> str | None:
    """The ARN of the role that lets API Gateway write logs in this account and region; None when none is set."""
    client = session.client("apigateway")
    with aws_errors("apigateway", "API Gateway's account settings"):
        answer = client.get_account()
    return answer.get("cloudwatchRoleArn") or None
