"""What is kept secret: the Stripe key and its cache, and the vault of card numbers."""

from __future__ import annotations

import threading
import time
from typing import Any

import pytest
from botocore.exceptions import ReadTimeoutError
from moto import mock_aws
from payment_bot import clients
from payment_bot.stripe_key import KEEP_SECONDS, KeyCache, NoKeyError, StripeKey, fetch_key, parse_key
from payment_bot.vault import Vault, VaultError

from tests.lambda_bot.bot_world import VISA, Wire, World, cut, wire_response
from tests.lambda_bot.stripe_wire import TEST_KEY

KEY = StripeKey(TEST_KEY, is_live=False)


class Store:
    """Counts how often the key is fetched, and takes its time."""

    def __init__(self, seconds: float = 0.0) -> None:
        self.seconds = seconds
        self.fetched = 0
        self.fails = False
        self.key = KEY

    def __call__(self) -> StripeKey:
        self.fetched += 1
        time.sleep(self.seconds)
        if self.fails:
            raise NoKeyError("GetSecretValue: AccessDeniedException")
        return self.key


class Ticks:
    """Seconds that pass when they are told to."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_fifty_at_once_fetch_the_key_once() -> None:
    store = Store(seconds=0.05)
    cache = KeyCache(store, Ticks())
    found: list[StripeKey] = []
    threads = [threading.Thread(target=lambda: found.append(cache.get())) for _ in range(50)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert (store.fetched, found) == (1, [KEY] * 50)


def test_the_key_is_kept_for_a_while_only() -> None:
    store, ticks = Store(), Ticks()
    cache = KeyCache(store, ticks)
    cache.get()
    ticks.now = KEEP_SECONDS - 1
    cache.get()
    assert store.fetched == 1
    ticks.now = KEEP_SECONDS
    cache.get()

    assert store.fetched == 2


def test_a_failure_is_not_kept() -> None:
    store = Store()
    cache = KeyCache(store, Ticks())
    store.fails = True
    with pytest.raises(NoKeyError):
        cache.get()
    store.fails = False

    assert cache.get() == KEY


def test_many_refusals_of_one_key_fetch_one_new_key() -> None:
    store = Store()
    cache = KeyCache(store, Ticks())
    old = cache.get()
    store.key = StripeKey(f"{TEST_KEY}2", is_live=False)

    new = []
    for _ in range(5):
        cache.refused(old)
        new.append(cache.get())

    assert (store.fetched, {*new}) == (2, {store.key})


@pytest.mark.parametrize(
    ("text", "is_live"),
    [(TEST_KEY, False), (f" {TEST_KEY}\n", False), (TEST_KEY.replace("sk_", "rk_"), False), ("rk_live_abc123", True)],
)
def test_a_key_is_read_with_its_mode(text: str, is_live: bool) -> None:
    assert parse_key(text) == StripeKey(text.strip(), is_live)


@pytest.mark.parametrize(
    "text", ["", "pk_test_abc123", "sk_abc123", "sk_test_", "sk_test_a b c", '{"key": "x"}', "whsec_1"]
)
def test_anything_else_is_no_key_and_is_not_quoted(text: str) -> None:
    with pytest.raises(NoKeyError) as caught:
        parse_key(text)
    assert not text or text not in str(caught.value)


def test_a_key_is_in_no_repr() -> None:
    assert TEST_KEY not in repr((KEY, KeyCache(Store(), Ticks())))


def test_the_key_comes_from_secrets_manager() -> None:
    with mock_aws():
        client: Any = clients._session().create_client("secretsmanager")
        arn = client.create_secret(Name="shop")["ARN"]
        with pytest.raises(NoKeyError) as caught:
            fetch_key(client, arn)
        assert caught.value.cause == "GetSecretValue: ResourceNotFoundException"
        client.put_secret_value(SecretId=arn, SecretString=TEST_KEY)

        assert fetch_key(client, arn) == KEY


def test_a_number_comes_back_in_its_own_session_only(world: World) -> None:
    vault = Vault(lambda: world.kms, world.key_arn())
    sealed = vault.seal(VISA, "one")

    assert vault.open(sealed, "one") == VISA
    assert VISA.encode() not in sealed
    with pytest.raises(VaultError):
        vault.open(sealed, "two")


def test_the_context_names_the_purpose_and_not_the_session(world: World) -> None:
    wire = Wire([lambda: wire_response(200, {"CiphertextBlob": "c2VhbGVk"})])
    cut(world.kms, wire, "Encrypt")

    Vault(lambda: world.kms, "key").seal(VISA, "the-session-id")

    context = wire.requests[0]["EncryptionContext"]
    assert context.keys() == {"purpose", "session"}
    assert context["purpose"] == "card-number"
    assert "the-session-id" not in repr(context)
    assert len(context["session"]) == 64


@pytest.mark.parametrize("operation", ["Encrypt", "Decrypt"])
def test_a_key_that_fails_is_an_error_without_the_number(world: World, operation: str) -> None:
    vault = Vault(lambda: world.kms, world.key_arn())
    sealed = vault.seal(VISA, "one")
    cut(world.kms, Wire([lambda: wire_response(400, {"__type": "AccessDeniedException", "message": VISA})]), operation)

    with pytest.raises(VaultError) as caught:
        vault.seal(VISA, "one") if operation == "Encrypt" else vault.open(sealed, "one")
    assert caught.value.cause == f"{operation}: AccessDeniedException"
    assert caught.value.__cause__ is None


def test_a_key_that_is_silent_is_an_error(world: World) -> None:
    def silence() -> Any:
        raise ReadTimeoutError(endpoint_url="http://wire")

    cut(world.kms, Wire([silence]), "Encrypt")

    with pytest.raises(VaultError, match="Encrypt: ReadTimeoutError"):
        Vault(lambda: world.kms, world.key_arn()).seal(VISA, "one")
