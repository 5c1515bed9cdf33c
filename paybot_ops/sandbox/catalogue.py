"""The models that the embedded Bedrock offers, and the inference profiles that route to them (models.json)."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from importlib.resources import files
from typing import Any

from paybot_ops.sandbox.part import ACCOUNT_ID


@dataclass(frozen=True)
class Model:
    """A foundation model; `end` is its end of life, after which every call fails."""

    id: str
    name: str
    provider: str
    input: tuple[str, ...]
    regions: tuple[str, ...]
    on_demand: tuple[str, ...]
    start: datetime
    legacy: datetime | None = None
    end: datetime | None = None

    def arn(self, region: str) -> str:
        """The model's ARN: it belongs to no account."""
        return f"arn:aws:bedrock:{region}::foundation-model/{self.id}"

    def retired(self, now: datetime) -> bool:
        """Whether the end of life has passed."""
        return self.end is not None and self.end <= now


@dataclass(frozen=True)
class Profile:
    """A cross-region inference profile: callable from `sources`, served in any of `targets`."""

    id: str
    name: str
    model: Model
    sources: tuple[str, ...]
    targets: tuple[str, ...]

    def arn(self, region: str) -> str:
        """The profile's ARN in the caller's region."""
        return f"arn:aws:bedrock:{region}:{ACCOUNT_ID}:inference-profile/{self.id}"


@lru_cache(maxsize=1)
def models() -> dict[str, Model]:
    """Every model by its id."""
    return {item["id"]: _model(item) for item in _document()["models"]}


@lru_cache(maxsize=1)
def profiles() -> dict[str, Profile]:
    """Every inference profile by its id."""
    found = {}
    for prefix, route in _document()["routes"].items():
        for model in (models()[model_id] for model_id in route["models"]):
            name = f"{route['title']} {model.provider} {model.name}"
            profile = Profile(f"{prefix}.{model.id}", name, model, tuple(route["from"]), tuple(route["to"]))
            found[profile.id] = profile
    return found


def find_model(identifier: str, region: str) -> Model | None:
    """The model of an id or ARN, if the region offers it."""
    head, slash, model_id = identifier.rpartition("foundation-model/")
    if slash and head != f"arn:aws:bedrock:{region}::":
        return None
    model = models().get(model_id)
    return model if model and region in model.regions else None


def find_profile(identifier: str, region: str) -> Profile | None:
    """The inference profile of an id or ARN, if the region may call it."""
    head, slash, profile_id = identifier.rpartition("inference-profile/")
    if slash and head != f"arn:aws:bedrock:{region}:{ACCOUNT_ID}:":
        return None
    profile = profiles().get(profile_id)
    return profile if profile and region in profile.sources else None


def _model(item: dict[str, Any]) -> Model:
    return Model(
        id=item["id"],
        name=item["name"],
        provider=item["provider"],
        input=tuple(item["input"]),
        regions=tuple(item["regions"]),
        on_demand=tuple(item["on_demand"]),
        start=_day(item["start"]),
        legacy=_day(item["legacy"]) if "legacy" in item else None,
        end=_day(item["end"]) if "end" in item else None,
    )


def _day(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@lru_cache(maxsize=1)
def _document() -> dict[str, Any]:
    document: dict[str, Any] = json.loads(files("paybot_ops.sandbox").joinpath("models.json").read_text("utf-8"))
    return document
