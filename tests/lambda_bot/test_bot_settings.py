from __future__ import annotations

import pytest
from payment_bot.settings import Guardrail, Settings, SettingsError

ENVIRONMENT = {
    "SESSION_TABLE": "shop-sessions-dev",
    "SESSION_TTL_SECONDS": "3600",
    "BEDROCK_MODEL_ID": "us.amazon.nova-micro-v1:0",
    "CORS_ALLOW_ORIGIN": "*",
    "GUARDRAIL_ID": "",
    "GUARDRAIL_VERSION": "",
}


def test_without_a_guardrail() -> None:
    assert Settings.from_environment(ENVIRONMENT) == Settings(
        "shop-sessions-dev", 3600, "us.amazon.nova-micro-v1:0", None, "*"
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
    ],
)
def test_an_unusable_variable_is_named_and_not_quoted(name: str, value: str) -> None:
    with pytest.raises(SettingsError, match=name) as caught:
        Settings.from_environment(ENVIRONMENT | {name: value})
    assert not value.strip() or value not in str(caught.value)


def test_a_guardrail_without_its_version_is_an_error_not_no_guardrail() -> None:
    with pytest.raises(SettingsError, match="GUARDRAIL_VERSION"):
        Settings.from_environment(ENVIRONMENT | {"GUARDRAIL_ID": "abc123"})
