"""A Bedrock model's life: in use, announced to end, or ended; and what an inference profile's id says."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

# Geographic prefixes of cross-region inference profiles (Amazon Bedrock: Supported Regions for inference profiles).
PROFILE_PREFIXES = ("us.", "us-gov.", "eu.", "apac.", "au.", "ca.", "jp.", "global.")
SUGGESTED = "us.amazon.nova-micro-v1:0"


class Life(StrEnum):
    """Where a model stands."""

    ACTIVE = "active"
    LEGACY = "legacy"
    ENDED = "ended"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class ModelLifecycle:
    """What GetFoundationModel says of a model; the times are aware, None where AWS gives none.

    `name` is the provider's and the model's, as quotas name it; without `on_demand` only a profile's id is callable.
    """

    model_id: str
    status: str
    legacy_time: datetime | None = None
    end_of_life_time: datetime | None = None
    name: str = ""
    on_demand: bool = True


def is_profile(model_id: str) -> bool:
    """True for the id of a cross-region inference profile, which is invoked under its own name."""
    return model_id.startswith(PROFILE_PREFIXES)


def foundation_model_id(model_id: str) -> str:
    """The foundation model behind an id: a profile's id without its prefix."""
    return model_id.partition(".")[2] if is_profile(model_id) else model_id


def classify_life(model: ModelLifecycle | None, now: datetime) -> Life:
    """Where the model stands at `now`; UNKNOWN when AWS does not know the id."""
    if model is None:
        return Life.UNKNOWN
    if model.end_of_life_time is not None and model.end_of_life_time <= now:
        return Life.ENDED
    if model.status == "LEGACY" or (model.legacy_time is not None and model.legacy_time <= now):
        return Life.LEGACY
    return Life.ACTIVE
