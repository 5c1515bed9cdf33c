"""Bedrock's control plane: what it says of a model."""

from __future__ import annotations

from paybot_ops.adapters.session import Session, aws_errors, error_code
from paybot_ops.core.models import ModelLifecycle


def find_model(session: Session, model_id: str) -> ModelLifecycle | None:
    """The lifecycle of a foundation model; None when this region has no such model.

    Raises:
        AccessDeniedError: the caller may not ask (bedrock:GetFoundationModel).
    """
    from botocore.exceptions import ClientError

    client = session.client("bedrock")
    with aws_errors("bedrock", f"the model {model_id}"):
        try:
            details = client.get_foundation_model(modelIdentifier=model_id)["modelDetails"]
        except ClientError as error:
            if error_code(error) in ("ResourceNotFoundException", "ValidationException"):
                return None
            raise
    life = details.get("modelLifecycle", {})
    return ModelLifecycle(
        model_id=model_id,
        status=life.get("status", ""),
        legacy_time=life.get("legacyTime"),
        end_of_life_time=life.get("endOfLifeTime"),
    )
