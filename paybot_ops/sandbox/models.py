"""The embedded Bedrock's catalogue: foundation models with their lifecycle, inference profiles with their routes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

from werkzeug import Request, Response

from paybot_ops.sandbox.catalogue import Model, Profile, find_model, find_profile, models, profiles
from paybot_ops.sandbox.paging import page
from paybot_ops.sandbox.rest_json import RestJson, not_found


class Models:
    """GetFoundationModel and its availability, ListFoundationModels, GetInferenceProfile, ListInferenceProfiles.

    `now` is the clock by which a model's lifecycle is told.
    """

    def __init__(self, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._now = now
        self._api = RestJson(
            "bedrock",
            {
                "GetFoundationModel": self._get_model,
                "GetFoundationModelAvailability": _get_availability,
                "ListFoundationModels": self._list_models,
                "GetInferenceProfile": self._get_profile,
                "ListInferenceProfiles": self._list_profiles,
            },
        )

    def answer(self, request: Request) -> Response | None:
        """The answer to a request of the catalogue, None to any other."""
        return self._api.answer(request, signing_name="bedrock")

    def _get_model(self, params: dict[str, Any], region: str) -> dict[str, Any]:
        model = find_model(params["modelIdentifier"], region)
        if model is None:
            raise not_found("Could not resolve the foundation model from the provided model identifier.")
        return {"modelDetails": self._details(model, region)}

    def _list_models(self, params: dict[str, Any], region: str) -> dict[str, Any]:
        found = [self._details(model, region) for model in models().values() if region in model.regions]
        wanted = {
            "inferenceTypesSupported": params.get("byInferenceType"),
            "outputModalities": params.get("byOutputModality"),
            "customizationsSupported": params.get("byCustomizationType"),
        }
        provider = params.get("byProvider", "").lower()
        return {
            "modelSummaries": [
                details
                for details in found
                if provider in ("", details["providerName"].lower())
                and all(value is None or value in details[name] for name, value in wanted.items())
            ]
        }

    def _details(self, model: Model, region: str) -> dict[str, Any]:
        # The API says INFERENCE_PROFILE of a model without on-demand throughput, though botocore does not list it.
        lifecycle: dict[str, Any] = {"status": "ACTIVE", "startOfLifeTime": model.start}
        if model.legacy is not None and model.legacy <= self._now():
            lifecycle["status"] = "LEGACY"
        lifecycle |= {"legacyTime": model.legacy} if model.legacy else {}
        lifecycle |= {"endOfLifeTime": model.end} if model.end else {}
        return {
            "modelArn": model.arn(region),
            "modelId": model.id,
            "modelName": model.name,
            "providerName": model.provider,
            "inputModalities": list(model.input),
            "outputModalities": ["TEXT"],
            "responseStreamingSupported": True,
            "customizationsSupported": [],
            "inferenceTypesSupported": ["ON_DEMAND" if region in model.on_demand else "INFERENCE_PROFILE"],
            "modelLifecycle": lifecycle,
        }

    def _get_profile(self, params: dict[str, Any], region: str) -> dict[str, Any]:
        profile = find_profile(params["inferenceProfileIdentifier"], region)
        if profile is None:
            raise not_found("The provided inference profile identifier was not found.")
        return _described(profile, region)

    def _list_profiles(self, params: dict[str, Any], region: str) -> dict[str, Any]:
        found: Sequence[Profile] = [profile for profile in profiles().values() if region in profile.sources]
        if params.get("typeEquals") == "APPLICATION":
            found = []
        chosen, token = page(found, params)
        return {"inferenceProfileSummaries": [_described(profile, region) for profile in chosen]} | token


def _get_availability(params: dict[str, Any], region: str) -> dict[str, Any]:
    """The account has signed every agreement, so that only the region can stand in the way."""
    model = models().get(params["modelId"])
    if model is None:
        raise not_found("Could not resolve the foundation model from the provided model identifier.")
    return {
        "modelId": model.id,
        "agreementAvailability": {"status": "AVAILABLE"},
        "authorizationStatus": "AUTHORIZED",
        "entitlementAvailability": "AVAILABLE",
        "regionAvailability": "AVAILABLE" if region in model.regions else "NOT_AVAILABLE",
    }


def _described(profile: Profile, region: str) -> dict[str, Any]:
    return {
        "inferenceProfileName": profile.name,
        "description": f"Routes requests to {profile.name} in {', '.join(profile.targets)}.",
        "createdAt": profile.model.start,
        "updatedAt": profile.model.start,
        "inferenceProfileArn": profile.arn(region),
        "models": [{"modelArn": profile.model.arn(target)} for target in profile.targets],
        "inferenceProfileId": profile.id,
        "status": "ACTIVE",
        "type": "SYSTEM_DEFINED",
    }
