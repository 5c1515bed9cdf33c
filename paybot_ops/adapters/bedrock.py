"""Bedrock's control plane: what it says of a model, of who may call it and through what, and of what it records."""

from __future__ import annotations

from paybot_ops.adapters.session import Session, aws_errors, find
from paybot_ops.core.model_access import InvocationLogging, ModelAccess, Profile
from paybot_ops.core.models import ModelLifecycle

_ABSENT = ("ResourceNotFoundException", "ValidationException")


def find_model(session: Session, model_id: str) -> ModelLifecycle | None:
    """The lifecycle of a foundation model; None when this region has no such model.

    Raises:
        AccessDeniedError: the caller may not ask (bedrock:GetFoundationModel).
    """
    client = session.client("bedrock")
    details = find(
        "bedrock",
        f"the model {model_id}",
        _ABSENT,
        lambda: client.get_foundation_model(modelIdentifier=model_id)["modelDetails"],
    )
    if details is None:
        return None
    life = details.get("modelLifecycle", {})
    return ModelLifecycle(
        model_id=model_id,
        status=life.get("status", ""),
        legacy_time=life.get("legacyTime"),
        end_of_life_time=life.get("endOfLifeTime"),
        name=f"{details.get('providerName', '')} {details.get('modelName', '')}".strip(),
        on_demand="ON_DEMAND" in details.get("inferenceTypesSupported", ["ON_DEMAND"]),
    )


def find_access(session: Session, model_id: str) -> ModelAccess | None:
    """Whether the account may call a foundation model, without calling it; None when the region has no such model.

    Raises:
        AccessDeniedError: the caller may not ask (bedrock:GetFoundationModelAvailability).
    """
    client = session.client("bedrock")
    answer = find(
        "bedrock",
        f"the availability of {model_id}",
        _ABSENT,
        lambda: client.get_foundation_model_availability(modelId=model_id),
    )
    if answer is None:
        return None
    return ModelAccess(
        authorization=answer["authorizationStatus"],
        entitlement=answer["entitlementAvailability"],
        region=answer["regionAvailability"],
        agreement=answer["agreementAvailability"]["status"],
    )


def find_profile(session: Session, profile_id: str) -> Profile | None:
    """An inference profile; None when this region cannot call one of that id.

    Raises:
        AccessDeniedError: the caller may not ask (bedrock:GetInferenceProfile).
    """
    client = session.client("bedrock")
    answer = find(
        "bedrock",
        f"the inference profile {profile_id}",
        _ABSENT,
        lambda: client.get_inference_profile(inferenceProfileIdentifier=profile_id),
    )
    if answer is None:
        return None
    models = tuple(item["modelArn"] for item in answer["models"])
    return Profile(answer["inferenceProfileId"], answer["status"], models)


def find_invocation_logging(session: Session) -> InvocationLogging | None:
    """What Bedrock records of the region's calls; None when it records nothing.

    Raises:
        AccessDeniedError: the caller may not ask (bedrock:GetModelInvocationLoggingConfiguration).
    """
    client = session.client("bedrock")
    with aws_errors("bedrock", "the logging of model calls"):
        found = client.get_model_invocation_logging_configuration().get("loggingConfig")
    if not found:
        return None
    return InvocationLogging(
        # Unsaid, it is on (Terraform's AWS provider: aws_bedrock_model_invocation_logging_configuration).
        text=bool(found.get("textDataDeliveryEnabled", True)),
        log_group=found.get("cloudWatchConfig", {}).get("logGroupName", ""),
        bucket=found.get("s3Config", {}).get("bucketName", ""),
    )
