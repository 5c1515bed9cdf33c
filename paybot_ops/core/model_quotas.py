"""A region's quotas, and which of them hold for one model as it is called."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from paybot_ops.core.models import is_profile

_VERSIONED = re.compile(r" v\d+$")
_PER_MINUTE = re.compile(
    r"^(?P<way>on-demand|cross-region|global cross-region) (?:model inference|invokemodel) "
    r"(?P<what>requests|tokens) per minute for (?P<model>.+)$"
)
_PER_DAY = re.compile(r"^model invocation max tokens per day for (?P<model>.+?)(?: \(doubled for .*\))?$")


@dataclass(frozen=True, slots=True)
class Quota:
    """A quota in force: its code, its name, and its value."""

    code: str
    name: str
    value: float


@dataclass(frozen=True, slots=True)
class ModelQuotas:
    """The quotas in force for one model, called the way it is called; None for one that is not listed."""

    requests: Quota | None = None
    tokens: Quota | None = None
    daily: Quota | None = None

    @property
    def listed(self) -> tuple[Quota, ...]:
        """Those that are listed."""
        return tuple(quota for quota in (self.requests, self.tokens, self.daily) if quota is not None)


def model_quotas(quotas: Iterable[Quota], model_id: str, name: str) -> ModelQuotas:
    """The quotas of one model among a region's; `name` is Bedrock's, such as `Amazon Nova Micro`.

    A profile has quotas of its own, a global one others again (Amazon Bedrock: Quotas for bedrock-runtime).
    """
    way = "on-demand"
    if is_profile(model_id):
        way = "global cross-region" if model_id.startswith("global.") else "cross-region"
    found: dict[str, Quota] = {}
    for quota in quotas:
        low = quota.name.lower()
        if minute := _PER_MINUTE.match(low):
            if minute["way"] == way and _same(minute["model"], name):
                found.setdefault(minute["what"], quota)
        elif (day := _PER_DAY.match(low)) and _same(day["model"], name):
            found.setdefault("daily", quota)
    return ModelQuotas(found.get("requests"), found.get("tokens"), found.get("daily"))


def _same(listed: str, name: str) -> bool:
    wanted = name.lower()
    return listed == wanted or _VERSIONED.sub("", listed) == wanted
