from __future__ import annotations

import pytest
from payment_bot.dialogue.state import CardCollection
from payment_bot.settings import Guardrail, Settings, SettingsError

ENVIRONMENT = {
    "SESSION_TABLE": "shop-sessions-dev",
    "SESSION_TTL_SECONDS": "3600",
    "BEDROCK_MODEL_ID": "us.amazon.nova-micro-v1:0",
    "CORS_ALLOW_ORIGIN": "*",
    "GUARDRAIL_ID": "",
    "GUARDRAIL_VERSION": "",
    "GUARDRAIL_BLOCKED_MESSAGE": "",
    "BEDROCK_DAILY_TOKEN_BUDGET": "1000000",
    "CARD_COLLECTION": "hosted_link",
    "ACCEPT_RAW_CARD_DATA": "false",
    "KMS_KEY_ARN": "arn:aws:kms:us-east-1:123456789012:key/1",
    "STRIPE_SECRET_ARN": "arn:aws:secretsmanager:us-east-1:123456789012:secret:shop",
    "STRIPE_API_BASE": "",
}


def test_without_a_guardrail() -> None:
    assert Settings.from_environment(ENVIRONMENT) == Settings(
        session_table="shop-sessions-dev",
        session_ttl_seconds=3600,
        model_id="us.amazon.nova-micro-v1:0",
        guardrail=None,
        cors_allow_origin="*",
        daily_token_budget=1_000_000,
        card_collection=CardCollection.HOSTED_LINK,
        accept_raw_card_data=False,
        kms_key_arn="arn:aws:kms:us-east-1:123456789012:key/1",
        stripe_secret_arn="arn:aws:secretsmanager:us-east-1:123456789012:secret:shop",
        stripe_api_base="",
    )


def test_with_a_guardrail() -> None:
    environment = ENVIRONMENT | {"GUARDRAIL_ID": "abc123", "GUARDRAIL_VERSION": "2"}

    assert Settings.from_environment(environment).guardrail == Guardrail("abc123", "2")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SESSION_TABLE", ""),
        ("BEDROCK_MODEL_ID", " "),
        ("SESSION_TTL_SECONDS", ""),
        ("SESSION_TTL_SECONDS", "an hour"),
        ("SESSION_TTL_SECONDS", "0"),
        ("SESSION_TTL_SECONDS", "-5"),
        ("SESSION_TTL_SECONDS", "³"),
        ("SESSION_TTL_SECONDS", "9" * 5_000),
        ("BEDROCK_DAILY_TOKEN_BUDGET", ""),
        ("BEDROCK_DAILY_TOKEN_BUDGET", "-1"),
        ("CARD_COLLECTION", ""),
        ("CARD_COLLECTION", "email"),
        ("ACCEPT_RAW_CARD_DATA", "yes please"),
        ("KMS_KEY_ARN", ""),
        ("STRIPE_SECRET_ARN", ""),
        ("STRIPE_API_BASE", "https://api.stripe.com"),
        ("STRIPE_API_BASE", "http://127.0.0.1"),
        ("STRIPE_API_BASE", "http://localhost:4242"),
        ("STRIPE_API_BASE", "http://127.0.0.1.example.com:4242"),
        ("STRIPE_API_BASE", "http://127.0.0.1:4242@example.com:80"),
        ("STRIPE_API_BASE", "http://10.0.0.1:4242"),
        ("STRIPE_API_BASE", "http://127.0.0.1:4242/elsewhere"),
        ("STRIPE_API_BASE", "http://[::1"),
        ("STRIPE_API_BASE", "http://127.0.0.1:port"),
    ],
)
def test_an_unusable_variable_is_named_and_not_quoted(name: str, value: str) -> None:
    with pytest.raises(SettingsError, match=name) as caught:
        Settings.from_environment(ENVIRONMENT | {name: value})
    assert not value.strip() or value not in str(caught.value)


def test_a_guardrail_without_its_version_is_an_error_not_no_guardrail() -> None:
    with pytest.raises(SettingsError, match="GUARDRAIL_VERSION"):
        Settings.from_environment(ENVIRONMENT | {"GUARDRAIL_ID": "abc123"})


@pytest.mark.parametrize("base", ["http://127.0.0.1:4242", "http://[::1]:4242", "http://127.0.0.1:4242/"])
def test_a_stand_in_of_stripe_may_listen_on_this_machine_only(base: str) -> None:
    settings = Settings.from_environment(ENVIRONMENT | {"STRIPE_API_BASE": base})

    assert settings.stripe_api_base == base.rstrip("/")


def test_no_budget_and_raw_cards_are_choices() -> None:
    environment = ENVIRONMENT | {"BEDROCK_DAILY_TOKEN_BUDGET": "0", "ACCEPT_RAW_CARD_DATA": "true"}

    settings = Settings.from_environment(environment)

    assert (settings.daily_token_budget, settings.accept_raw_card_data) == (0, True)
