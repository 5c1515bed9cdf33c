"""Verdicts on the model: its life, whether it may be called, its inference profile, its quotas, and what is logged."""

from __future__ import annotations

from datetime import datetime

from paybot_ops.core.doctor import Verdict, failed, passed, skipped, warned
from paybot_ops.core.model_access import InvocationLogging, ModelAccess, Profile
from paybot_ops.core.model_quotas import ModelQuotas, Quota
from paybot_ops.core.models import (
    SUGGESTED,
    Life,
    ModelLifecycle,
    classify_life,
    foundation_model_id,
    is_profile,
)
from paybot_ops.core.prices import ModelPrice, PriceTable

_SECONDS_PER_MINUTE = 60


def judge_life(
    model_id: str, model: ModelLifecycle | None, successor: str, prices: PriceTable, region: str, now: datetime
) -> Verdict:
    """Where the model stands, for how many days, and what to move to at what price; `successor` may be ""."""
    life = classify_life(model, now)
    move = f'set bedrock_model_id = "{successor or SUGGESTED}" in the tfvars, then: paybot deploy'
    if life is Life.UNKNOWN or model is None:
        why = "the id is misspelt, or the region does not serve it"
        return failed(f"Bedrock knows no model {model_id} in {region}", move, why)
    costs = _prices(model_id, successor, prices)
    ends = model.end_of_life_time
    if life is Life.ENDED and ends is not None:
        days = (now - ends).days
        return failed(f"{model_id} ended on {ends:%Y-%m-%d}, {days} days ago: every call fails", move, *costs)
    if ends is not None:
        what = f"{model_id} ends on {ends:%Y-%m-%d}, in {(ends - now).days} days"
        return warned(what, move, *costs)
    if life is Life.LEGACY:
        return warned(f"{model_id} is legacy; when it ends is not announced", move, *costs)
    return passed(f"{model_id} is active, no end announced", _price(model_id, prices))


def successors(model_id: str, prices: PriceTable) -> tuple[str, ...]:
    """The ids that might take a model's place: those whose price is known in the region, the nearest in price first.

    Another form of the same model is none: it ends with it.
    """
    own = prices.find_model(model_id)
    gone = foundation_model_id(model_id)
    others = [price for name, price in prices.models.items() if foundation_model_id(name) != gone]
    cost = own.input_per_million + own.output_per_million if own else None

    def distance(price: ModelPrice) -> tuple[object, ...]:
        total = price.input_per_million + price.output_per_million
        return (abs(total - cost) if cost is not None else total, not is_profile(price.model_id), price.model_id)

    return tuple(price.model_id for price in sorted(others, key=distance))


def _prices(model_id: str, successor: str, prices: PriceTable) -> tuple[str, ...]:
    return tuple(_price(name, prices) for name in (successor or SUGGESTED, model_id))


def _price(model_id: str, prices: PriceTable) -> str:
    price = prices.find_model(model_id)
    if price is None:
        return f"{model_id}: its price in {prices.region} is unknown"
    return f"{model_id}: ${price.input_per_million} in and ${price.output_per_million} out per million tokens"


def judge_access(model_id: str, access: ModelAccess | None, *, on_demand: bool, region: str) -> Verdict:
    """Whether a call of the model would be let through, as Bedrock says without one."""
    bare = foundation_model_id(model_id)
    if access is None:
        return failed(f"Bedrock knows no model {bare} in {region}", "aws bedrock list-foundation-models")
    if not on_demand and not is_profile(model_id):
        cure = "put its inference profile's id into bedrock_model_id: aws bedrock list-inference-profiles"
        return failed(f"{model_id} can be called only through an inference profile", cure)
    if access.authorization != "AUTHORIZED":
        cure = "allow bedrock:InvokeModel on it (an SCP may deny it), or choose another model"
        return failed(f"this account is not authorized for {bare}", cure)
    if access.region != "AVAILABLE" and not is_profile(model_id):
        return failed(f"{bare} cannot be called in {region}", "choose an inference profile, or another region")
    if access.agreement != "AVAILABLE" or access.entitlement != "AVAILABLE":
        return _without_agreement(bare, access)
    return passed(f"{bare} may be called")


def _without_agreement(bare: str, access: ModelAccess) -> Verdict:
    if access.agreement == "PENDING":
        return warned(f"the agreement for {bare} is still pending", "paybot doctor --only model-access, in a while")
    cure = (
        f"aws bedrock list-foundation-model-agreement-offers --model-id {bare}, then "
        f"aws bedrock create-foundation-model-agreement --model-id {bare} --offer-token …"
    )
    why = "the bot's role cannot accept the terms: its calls fail until somebody does"
    return failed(f"this account has no agreement for {bare}", cure, why)


def judge_profile(model_id: str, profile: Profile | None, region: str) -> Verdict:
    """Whether the inference profile exists where it is called, and is active."""
    if not is_profile(model_id):
        return skipped(f"{model_id} is called without an inference profile")
    if profile is None:
        cure = "aws bedrock list-inference-profiles shows what there is; set bedrock_model_id in the tfvars"
        return failed(f"there is no inference profile {model_id} in {region}", cure)
    if profile.status != "ACTIVE":
        return failed(f"the inference profile {model_id} is {profile.status}", "choose another one (bedrock_model_id)")
    return passed(f"{model_id} is active", f"it routes to {', '.join(profile.regions)}")


def judge_logging(logging: InvocationLogging | None, *, chat: bool, guardrail: bool, region: str) -> Verdict:
    """Whether Bedrock records what customers type: a guardrail masks nothing there (Amazon Bedrock: Guardrails).

    `chat`: card numbers are typed into the chat.
    """
    if logging is None or not logging.text:
        return passed("model calls are logged without their texts" if logging else "model calls are not logged")
    masks = "the guardrail does not mask there: originals are logged" if guardrail else ""
    shared = "the setting is the whole region's: others in the account may rely on it"
    cure = f"aws bedrock delete-model-invocation-logging-configuration --region {region}"
    details = tuple(filter(None, (masks, shared)))
    what = f"every call of a model is recorded in clear in {logging.place}"
    if chat:
        why = "card numbers are typed into the chat: only the bot's own masking is between them and that record"
        return failed(what, cure, why, *details)
    return warned(what, cure, "what customers type there may be personal", *details)


def judge_model_quotas(model_id: str, found: ModelQuotas, api_rate: float | None, region: str) -> Verdict:
    """Whether the account may call the model as often as the API lets customers ask; `api_rate` is per second."""
    if not found.listed:
        return skipped(f"Service Quotas lists none for {model_id} in {region}")
    shown = tuple(f"{quota.name}: {quota.value:,.0f}" for quota in found.listed)
    nothing = [quota for quota in found.listed if quota.value <= 0]
    if nothing:
        return failed(f"this account may not call {model_id} at all", _raise(nothing[0], region), *shown)
    most = api_rate * _SECONDS_PER_MINUTE if api_rate else None
    if found.requests is not None and most is not None and found.requests.value < most:
        what = f"{found.requests.value:,.0f} calls of the model a minute, and the API takes up to {most:,.0f}"
        why = "beyond that the bot words its replies itself"
        return warned(what, _raise(found.requests, region), why, *shown)
    return passed("; ".join(_short(quota, found) for quota in found.listed), *shown)


def _short(quota: Quota, found: ModelQuotas) -> str:
    unit = (
        "calls a minute" if quota is found.requests else "tokens a minute" if quota is found.tokens else "tokens a day"
    )
    return f"{quota.value:,.0f} {unit}"


def _raise(quota: Quota, region: str) -> str:
    return (
        f"aws service-quotas request-service-quota-increase --service-code bedrock --quota-code {quota.code} "
        f"--desired-value … --region {region}"
    )
