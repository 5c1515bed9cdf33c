"""The checks of the model: what Bedrock says of it, and what the account may ask of it."""

from __future__ import annotations

from datetime import UTC, datetime

from paybot_ops.adapters import bedrock
from paybot_ops.adapters.quotas import list_quotas
from paybot_ops.core.doctor import Verdict, skipped
from paybot_ops.core.doctor_model import (
    judge_access,
    judge_life,
    judge_logging,
    judge_model_quotas,
    judge_profile,
    successors,
)
from paybot_ops.core.model_quotas import model_quotas
from paybot_ops.core.models import Life, classify_life, foundation_model_id, is_profile
from paybot_ops.core.prices import PriceTable
from paybot_ops.errors import PaybotError
from paybot_ops.operations.doctor.ground import Ground
from paybot_ops.operations.prices import deployment_prices

_NO_MODEL = "the module names no model (bedrock_model_id)"
# So many candidates are asked for until one is in use.
_MOST_ASKED = 5


def life(ground: Ground) -> Verdict:
    """Is the model in use, for how long, and what comes after it?"""
    target = ground.target
    wanted = target.settings.bedrock_model_id
    if not wanted:
        return skipped(_NO_MODEL)
    now = datetime.now(UTC)
    model = ground.model()
    prices = deployment_prices(target)
    settled = classify_life(model, now) is Life.ACTIVE and model is not None and model.end_of_life_time is None
    successor = "" if settled else _successor(ground, wanted, prices, now)
    return judge_life(wanted, model, successor, prices, target.region, now)


def _successor(ground: Ground, wanted: str, prices: PriceTable, now: datetime) -> str:
    """The nearest model in price that Bedrock serves here with no end in sight; "" when none is found."""
    for candidate in successors(wanted, prices)[:_MOST_ASKED]:
        try:
            model = bedrock.find_model(ground.session, foundation_model_id(candidate))
        except PaybotError:
            return ""
        if model is None or model.end_of_life_time is not None or classify_life(model, now) is not Life.ACTIVE:
            continue
        if model.on_demand or is_profile(candidate):
            return candidate
    return ""


def access(ground: Ground) -> Verdict:
    """Would a call of the model be let through? Bedrock says so without one."""
    wanted = ground.target.settings.bedrock_model_id
    if not wanted:
        return skipped(_NO_MODEL)
    found = bedrock.find_access(ground.session, foundation_model_id(wanted))
    model = None if is_profile(wanted) else ground.model()
    return judge_access(wanted, found, on_demand=model is None or model.on_demand, region=ground.target.region)


def profile(ground: Ground) -> Verdict:
    """Is the inference profile there, and active?"""
    wanted = ground.target.settings.bedrock_model_id
    if not wanted:
        return skipped(_NO_MODEL)
    found = bedrock.find_profile(ground.session, wanted) if is_profile(wanted) else None
    return judge_profile(wanted, found, ground.target.region)


def logging(ground: Ground) -> Verdict:
    """Does Bedrock record what customers type?"""
    target = ground.target
    # A module without the switch is one whose bot asks for cards in the chat.
    chat = "card_collection" not in target.variables or target.settings.card_collection == "chat"
    found = bedrock.find_invocation_logging(ground.session)
    return judge_logging(found, chat=chat, guardrail=target.settings.enable_bedrock_guardrails, region=target.region)


def quotas(ground: Ground) -> Verdict:
    """May the account call the model as often as the API lets customers ask?"""
    target = ground.target
    wanted = target.settings.bedrock_model_id
    if not wanted:
        return skipped(_NO_MODEL)
    model = ground.model()
    if model is None:
        return skipped(f"Bedrock knows no model {wanted}: see the check model")
    found = model_quotas(list_quotas(ground.session, "bedrock"), wanted, model.name)
    return judge_model_quotas(wanted, found, ground.number("api_throttle_rate"), target.region)
