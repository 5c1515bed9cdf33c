"""The bundle that is deployed, under AWS's own runtime client: killed, slow, incomplete, with another key."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from paybot_ops.adapters.packaging import build_bundle
from paybot_ops.sandbox.faults import Rule
from paybot_ops.sandbox.server import Sandbox
from tests.faults.canary_world import World, without
from tests.sandbox.stripe_world import new_key

ROOT = Path(__file__).resolve().parents[2]
HANDLER = "payment_bot.handler.handler"
VISA = "4242424242424242"
UP_TO_THE_CODE = ("Hello", "Ada Lovelace", VISA, "12/29", "yes")


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    build = tmp_path_factory.mktemp("bundle")
    build_bundle(ROOT / "lambda", build)
    return (build / "lambda.zip").read_bytes()


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    with Sandbox() as sandbox:
        made = World(sandbox)
        yield made
        made.close()


@pytest.fixture(autouse=True)
def no_faults(world: World) -> Iterator[None]:
    yield
    world.sandbox.faults.replace([])


@pytest.fixture(scope="module")
def bot(world: World, bundle: bytes) -> str:
    return world.deploy("bot", bundle, HANDLER)


def talk(world: World, function: str, *messages: str, session: str | None = None) -> dict[str, Any]:
    """Say it all; gives the last document."""
    document: dict[str, Any] = {}
    for message in messages:
        document, _ = world.say(function, message, session)
        session = document.get("sessionId", session)
    return document


def saved_cards(world: World, since: int) -> int:
    """How many cards Stripe has kept since there were so many objects."""
    found = world.sandbox.stripe.snapshot(since)
    return sum(one["object"] == "setup_intent" and one["status"] == "succeeded" for one in found)


def make_slow(world: World, seconds: float) -> None:
    world.sandbox.faults.replace([Rule("stripe", "setup_intents.create", delay_seconds=seconds, times=1)])


def test_a_card_is_saved(world: World, bot: str) -> None:
    before = len(world.sandbox.stripe.snapshot())
    document = talk(world, bot, *UP_TO_THE_CODE, "123")
    assert document["status"] == "done", document
    assert "4242" in document["response"]
    assert saved_cards(world, before) == 1


def test_a_key_that_was_replaced_is_picked_up_by_the_running_function(world: World, bot: str) -> None:
    old = world.stripe_key
    at_the_code = talk(world, bot, *UP_TO_THE_CODE)
    world.set_stripe_key(new_key(world.sandbox, raw_cards=True))
    world.sandbox.stripe.keys.revoke(old)
    assert talk(world, bot, "123", session=at_the_code["sessionId"])["status"] == "done"


def test_a_turn_that_takes_too_long_can_be_said_again(world: World, bundle: bytes) -> None:
    impatient = world.deploy("impatient", bundle, HANDLER, timeout=3)
    talk(world, impatient, "Hello")
    session = talk(world, impatient, *UP_TO_THE_CODE)["sessionId"]
    before = len(world.sandbox.stripe.snapshot())
    make_slow(world, 4)
    late = talk(world, impatient, "123", session=session)
    assert "timed out after 3.00 seconds" in late["errorMessage"]
    time.sleep(1.5)
    assert talk(world, impatient, "123", session=session)["status"] == "done"
    # The first attempt went through after all; the second one met its idempotency key.
    assert saved_cards(world, before) == 1


def test_a_turn_whose_process_is_killed_can_be_said_again(world: World, bundle: bytes) -> None:
    mortal = world.deploy("mortal", bundle, HANDLER)
    session = talk(world, mortal, *UP_TO_THE_CODE)["sessionId"]
    before = len(world.sandbox.stripe.snapshot())
    make_slow(world, 1.5)
    with ThreadPoolExecutor(1) as pool:
        turn = pool.submit(talk, world, mortal, "123", session=session)
        time.sleep(0.7)
        os.kill(pid_of("mortal"), signal.SIGKILL)
        killed = turn.result()
    assert killed["errorType"] == "Runtime.ExitError"
    time.sleep(1.5)
    assert talk(world, mortal, "123", session=session)["status"] == "done"
    assert saved_cards(world, before) == 1


def test_a_bundle_that_lacks_what_it_starts_with_does_not_start(world: World, bundle: bytes) -> None:
    name = world.deploy("without-powertools", without(bundle, "aws_lambda_powertools"), HANDLER)
    document = talk(world, name, "Hello")
    assert document["errorType"] == "Runtime.ImportModuleError"
    assert "aws_lambda_powertools" in document["errorMessage"]


def test_a_bundle_that_lacks_stripe_says_so_and_lives_on(world: World, bundle: bytes) -> None:
    name = world.deploy("without-stripe", without(bundle, "stripe"), HANDLER)
    document = talk(world, name, *UP_TO_THE_CODE)
    assert document["status"] == "cvv"
    failed = talk(world, name, "123", session=document["sessionId"])
    assert failed["error"]["code"] == "internal_error"
    assert talk(world, name, "cancel", session=document["sessionId"])["status"] == "cancelled"


def pid_of(function: str) -> int:
    """The process that runs a function, found by its environment."""
    wanted = f"AWS_LAMBDA_FUNCTION_NAME={function}".encode()
    for path in Path("/proc").glob("[0-9]*/environ"):
        try:
            if wanted in path.read_bytes().split(b"\0"):
                return int(path.parent.name)
        except OSError:
            continue
    pytest.skip("the system does not tell which processes run")
