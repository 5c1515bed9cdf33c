"""Puts the bot together from the deployment's settings."""

from __future__ import annotations

import time

from payment_bot import clients
from payment_bot.actions import Actions
from payment_bot.answers import Answers
from payment_bot.budget import Budget
from payment_bot.model import Model
from payment_bot.payments import Payments
from payment_bot.sessions import Sessions
from payment_bot.settings import Settings
from payment_bot.stripe_key import KeyCache, fetch_key
from payment_bot.turns import Bot, Clocks
from payment_bot.vault import Vault


def make_bot(settings: Settings) -> Bot:
    """Return a bot with its AWS clients; Stripe's is made when it is first needed, and so is its key fetched."""
    table = settings.session_table
    keys = KeyCache(lambda: fetch_key(clients.secrets_manager(), settings.stripe_secret_arn), time.monotonic)
    return Bot(
        Sessions(clients.dynamodb(), table, settings.session_ttl_seconds),
        Actions(Vault(clients.kms, settings.kms_key_arn), Payments(keys, settings)),
        Answers(
            Model(clients.bedrock_runtime(), settings.model_id, settings.guardrail),
            Budget(clients.dynamodb_once(), table, settings.daily_token_budget),
            settings.card_collection,
        ),
        settings.card_collection,
        Clocks(lambda: int(time.time()), time.monotonic),
    )
