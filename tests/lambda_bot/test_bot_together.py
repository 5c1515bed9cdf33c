"""Many sessions at once in one process, through real clients and the embedded AWS."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest
from payment_bot import clients
from payment_bot.dialogue import words
from payment_bot.errors import SessionsUnavailableError
from payment_bot.gateway import ChatRequest
from payment_bot.turns import Bot, ChatReply
from payment_bot.wiring import make_bot

from paybot_ops.sandbox.server import Sandbox
from tests.lambda_bot.bot_world import DONE_URL, SETTINGS, Journal, create_table
from tests.lambda_bot.stripe_wire import TEST_KEY

# Each customer has a name of their own and one of these cards, so that an answer of somebody else's would show.
CARDS = {
    "4242424242424242": "Visa ending in 4242",
    "5555555555554444": "Mastercard ending in 4444",
    "6011111111111117": "Discover ending in 1117",
    "3566002020360505": "JCB ending in 0505",
    "36227206271667": "Diners Club ending in 1667",
}
LETTERS = "abcdefghij"


@pytest.fixture
def bot(monkeypatch: pytest.MonkeyPatch) -> Any:
    """A bot as on Lambda, in the embedded AWS."""
    forget_clients()
    with Sandbox() as sandbox:
        monkeypatch.setenv("AWS_ENDPOINT_URL", sandbox.endpoint)
        create_table(clients.dynamodb())
        session: Any = clients._session()
        key = session.create_client("kms").create_key()["KeyMetadata"]["Arn"]
        made = session.create_client("secretsmanager").create_secret(Name="shop", SecretString=TEST_KEY)
        sandbox.stripe.keys.register(replace(_known(sandbox), raw_cards=True))
        yield make_bot(
            replace(SETTINGS, kms_key_arn=key, stripe_secret_arn=made["ARN"], stripe_api_base=sandbox.endpoint)
        )
    forget_clients()


def forget_clients() -> None:
    """Have the next client made anew: these know another endpoint."""
    clients.kms.cache_clear()
    clients.secrets_manager.cache_clear()
    clients._session.cache_clear()


def _known(sandbox: Sandbox) -> Any:
    return sandbox.stripe.keys.find(TEST_KEY)


def sent(bot: Bot, request: ChatRequest) -> ChatReply:
    """As a customer's page does it: a table too busy to answer in time is asked again with the same message id."""
    for _attempt in range(5):
        try:
            return bot.answer(request, Journal())
        except SessionsUnavailableError:
            continue
    return bot.answer(request, Journal())


def test_fifty_customers_at_once_each_get_their_own_answers(bot: Bot) -> None:
    gate = threading.Barrier(50)

    def customer(number: int) -> tuple[str, str]:
        name = f"Ada {LETTERS[number // 10]}{LETTERS[number % 10]}".title()
        digits, shown = list(CARDS.items())[number % len(CARDS)]
        gate.wait()
        said, session_id = [], None
        for message in ("Hello", name, digits, "12/28", "yes", "123"):
            reply = sent(bot, ChatRequest(message, session_id, f"m-{message}", DONE_URL))
            said.append(reply.response)
            session_id = reply.session_id
        assert f"Thank you, {name}." in said[1]
        assert said[4].startswith("Last, the security code")
        return said[3].partition(". Shall")[0], f"{name}, {shown}, valid until 12/28 | {said[5]}"

    with ThreadPoolExecutor(50) as pool:
        talks = list(pool.map(customer, range(50)))

    for number, (confirmed, expected) in enumerate(talks):
        shown = list(CARDS.values())[number % len(CARDS)]
        brand, _, last_four = shown.partition(" ending in ")
        assert expected == f"{confirmed} | {words.saved(brand, last_four)}"
