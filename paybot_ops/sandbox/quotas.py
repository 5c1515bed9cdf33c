"""Service Quotas: how often each model of the catalogue may be called. Every model has the same."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Any

from werkzeug import Request, Response

from paybot_ops.sandbox.catalogue import models, profiles
from paybot_ops.sandbox.part import ACCOUNT_ID
from paybot_ops.sandbox.rest_json import ApiError
from paybot_ops.sandbox.rpc import Rpc

_REQUESTS_PER_MINUTE = 2_000.0
_TOKENS_PER_MINUTE = 4_000_000.0
_MINUTES_PER_DAY = 24 * 60
_LARGEST_PAGE = 100


class Quotas:
    """ListServiceQuotas of Bedrock; the quotas of other services are not simulated."""

    def __init__(self) -> None:
        self._rpc = Rpc(
            "service-quotas", "servicequotas", {"ListServiceQuotas": _list}, invalid_code="IllegalArgumentException"
        )

    def answer(self, request: Request) -> Response | None:
        """The answer to a listing of Bedrock's quotas, None to any other request."""
        return self._rpc.answer(request)


def _list(params: dict[str, Any], region: str) -> dict[str, Any] | None:
    if params["ServiceCode"] != "bedrock":
        return None
    found = sorted(_quotas(region), key=lambda quota: str(quota["QuotaCode"]))
    start = _offset(params.get("NextToken", "0"), len(found))
    end = start + params.get("MaxResults", _LARGEST_PAGE)
    token = {"NextToken": str(end)} if end < len(found) else {}
    return {"Quotas": found[start:end]} | token


def _offset(token: str, most: int) -> int:
    if token.isascii() and token.isdigit() and int(token) <= most:
        return int(token)
    raise ApiError("InvalidPaginationTokenException", "The pagination token that was provided is invalid.")


def _quotas(region: str) -> Iterator[dict[str, Any]]:
    for model in models().values():
        name = f"{model.provider} {model.name}"
        if region in model.on_demand:
            yield from _per_minute("On-demand", name, region)
        if region in model.regions:
            daily = f"Model invocation max tokens per day for {name} (doubled for cross-region calls)"
            yield _quota(daily, _TOKENS_PER_MINUTE * _MINUTES_PER_DAY, region)
    for profile in profiles().values():
        if region in profile.sources:
            way = "Global cross-region" if profile.id.startswith("global.") else "Cross-region"
            yield from _per_minute(way, f"{profile.model.provider} {profile.model.name}", region)


def _per_minute(way: str, name: str, region: str) -> Iterator[dict[str, Any]]:
    yield _quota(f"{way} model inference requests per minute for {name}", _REQUESTS_PER_MINUTE, region)
    yield _quota(f"{way} model inference tokens per minute for {name}", _TOKENS_PER_MINUTE, region)


def _quota(name: str, value: float, region: str) -> dict[str, Any]:
    code = f"L-{hashlib.sha256(name.encode()).hexdigest()[:8].upper()}"
    return {
        "ServiceCode": "bedrock",
        "ServiceName": "Amazon Bedrock",
        "QuotaArn": f"arn:aws:servicequotas:{region}:{ACCOUNT_ID}:bedrock/{code}",
        "QuotaCode": code,
        "QuotaName": name,
        "Value": value,
        "Unit": "None",
        "Adjustable": True,
        "GlobalQuota": False,
        "QuotaAppliedAtLevel": "ACCOUNT",
    }
