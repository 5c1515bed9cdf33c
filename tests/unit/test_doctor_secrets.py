"""Secrets where none belong are found by place and kind; what they are is said nowhere."""

from __future__ import annotations

from typing import Any

import pytest

from paybot_ops.core.doctor_secrets import Leak, leaks_in_state, leaks_in_text

LIVE = "sk_live_" + "L" * 20 + "1234"
TEST = "rk_test_" + "T" * 20 + "5678"
WEBHOOK = "whsec_" + "w" * 32
# A test number of another processor's (Adyen: Test card numbers), so that it is not among those that Stripe publishes.
CARD = "4988438843884305"


def test_a_file_is_searched_line_by_line() -> None:
    text = f'a = 1\nstripe = "{LIVE}"\n\nb = "{TEST}" # and {WEBHOOK}\n'
    assert leaks_in_text(text, "prod.tfvars") == (
        Leak("prod.tfvars:2", "Stripe's secret key sk_live_…1234", grave=True),
        Leak("prod.tfvars:4", "Stripe's restricted key rk_test_…5678", grave=False),
        Leak("prod.tfvars:4", "a webhook's signing secret of Stripe's", grave=True),
    )


@pytest.mark.parametrize(
    ("text", "kind", "grave"),
    [
        (CARD, "a card number (Visa)", True),
        ("4988 4388 4388 4305", "a card number (Visa)", True),
        ("4988-4388-4388-4305", "a card number (Visa)", True),
        ("4242424242424242", "a published test number of Visa", False),
        ("4000000000000002", "a published test number of Visa", False),
        ("378282246310005", "a published test number of American Express", False),
        ("2223003122003222", "a published test number of Mastercard", False),
    ],
)
def test_card_numbers_by_luhn_and_issuer(text: str, kind: str, grave: bool) -> None:
    for line in (text, f'note = "{text}"', f"card: {text}."):
        assert leaks_in_text(line, "f") == (Leak("f:1", kind, grave),)


@pytest.mark.parametrize(
    "text",
    [
        "4988438843884306",  # Luhn is wrong
        "1234567812345670",  # Luhn is right, and nobody issues it
        "arn:aws:kms:us-east-1:4988438843884305x",
        "a4988438843884305",
        "49884388438843050000",
        "1.4988438843884305",
        "4988438843884305.5",
        "sk_test_short",
        "task_live_aaaaaaaaaaaaaaaaaaaa",
        "sk_live_…",
        "whsec_short",
        "2026-11-24 10:51:07",
    ],
)
def test_what_only_looks_like_one(text: str) -> None:
    assert leaks_in_text(text, "f") == ()


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("sk_org_" + "O" * 24, "a key of Stripe's"),
        (r"said:\n" + LIVE, "Stripe's secret key sk_live_…1234"),
        (r"\u0022" + LIVE, "Stripe's secret key sk_live_…1234"),
        (LIVE + "/balance", "Stripe's secret key sk_live_…1234"),
        (r"\t" + WEBHOOK + "+/=", "a webhook's signing secret of Stripe's"),
    ],
)
def test_a_key_beside_other_things(text: str, kind: str) -> None:
    assert leaks_in_text(text, "f") == (Leak("f:1", kind, grave=True),)


def state(**attributes: Any) -> dict[str, Any]:
    instances = [{"index_key": "a", "attributes": attributes}]
    resource = {"mode": "managed", "type": "aws_lambda_function", "name": "bot", "instances": instances}
    return {"version": 4, "outputs": {}, "resources": [resource]}


def test_a_state_is_searched_by_address_and_attribute() -> None:
    bot = 'aws_lambda_function.bot["a"]'
    document = state(environment=[{"variables": {"STRIPE": LIVE}}], count=int(CARD), flag=True, nothing=None)
    document["outputs"] = {"key": {"value": TEST, "sensitive": True}}
    assert leaks_in_state(document) == (
        Leak("output key", "Stripe's restricted key rk_test_…5678", grave=False),
        Leak(f"{bot} count", "a card number (Visa)", grave=True),
        Leak(
            'aws_lambda_function.bot["a"] environment[0].variables.STRIPE',
            "Stripe's secret key sk_live_…1234",
            grave=True,
        ),
    )


def test_a_state_in_a_module_and_data() -> None:
    document = state(secret=LIVE)
    document["resources"][0] |= {"module": "module.shop", "mode": "data"}
    assert leaks_in_state(document)[0].place.startswith('module.shop.data.aws_lambda_function.bot["a"] secret')


def test_no_value_is_passed_on() -> None:
    text = repr(
        (leaks_in_text(f"{LIVE} {TEST} {WEBHOOK} {CARD}", "f"), leaks_in_state(state(a=LIVE, b=CARD, c=WEBHOOK)))
    )
    assert not [secret for secret in (LIVE, TEST, WEBHOOK, CARD, CARD[-4:], CARD[:6]) if secret in text]


@pytest.mark.parametrize(
    "document",
    [
        {},
        {"outputs": [], "resources": None},
        {"outputs": {"a": "b"}, "resources": ["x", {"instances": ["y", {}]}]},
        {"resources": [{"type": 1, "name": None, "instances": [{"attributes": "z"}]}]},
    ],
)
def test_a_state_of_an_odd_shape_is_no_reason_to_fall_over(document: dict[str, Any]) -> None:
    assert leaks_in_state(document) == ()


def test_a_deep_and_a_long_state_are_searched_in_no_time() -> None:
    deep: Any = LIVE
    for _ in range(20_000):
        deep = [deep]
    assert len(leaks_in_state(state(deep=deep))) == 1
    assert leaks_in_text("4 " * 200_000, "f") == ()
    assert len(leaks_in_text("sk_live_" * 50_000, "f")) == 1
    assert max(len(leak.place) for leak in leaks_in_state(state(deep=deep))) < 300
