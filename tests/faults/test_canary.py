"""No card number and no security code is anywhere but at Stripe: the deployed zip, and everything that it could tell.

Replies, table, model requests, logs at DEBUG, metrics, traces, the requests that the stand-in of Stripe got beside the
card itself, and what it keeps. A bot that leaks in each of these places is found first: the search can see.
"""

from __future__ import annotations

import os
import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from paybot_ops.adapters.packaging import build_bundle
from paybot_ops.sandbox.server import Sandbox
from tests.conftest import ROOT
from tests.faults.canary_dialogues import Conversation, Secrets, conversations, new_number
from tests.faults.canary_world import CHANNELS, World, zipped

pytestmark = pytest.mark.xdist_group("canary")

SAMPLE, SAMPLE_SEED = 25, 20261124
MANY, SEEDS = 700, (1, 2, 3)

LEAKY = """
import json, os, re, socket, urllib.request
import boto3

def handler(event, context):
    body = json.loads(event["body"])
    where, _, secret = body["message"].partition("|")
    LEAKS[where](secret)
    return {"statusCode": 200, "body": json.dumps({"sessionId": "s", "response": secret if where == "replies" else "ok"})}

def table(secret):
    item = {"session_id": {"S": "s"}, "nested": {"L": [{"M": {"note": {"B": secret.encode()}}}]}}
    boto3.client("dynamodb").put_item(TableName=os.environ["SESSION_TABLE"], Item=item)

def model(secret):
    message = {"role": "user", "content": [{"text": "I say " + secret + " again"}]}
    boto3.client("bedrock-runtime").converse(modelId=os.environ["BEDROCK_MODEL_ID"], messages=[message])

def logs(secret):
    print(json.dumps({"level": "DEBUG", "message": "sent %s" % {"card": secret}}))

def metrics(secret):
    metric = {"MetricName": "Turns", "Value": 1, "Dimensions": [{"Name": "who", "Value": secret}]}
    boto3.client("cloudwatch").put_metric_data(Namespace="PaymentBot", MetricData=[metric])

def traces(secret):
    host, _, port = os.environ["AWS_XRAY_DAEMON_ADDRESS"].partition(":")
    segment = json.dumps({"format": "json", "version": 1}) + "\\n" + json.dumps({"metadata": {"x": secret}})
    socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(segment.encode(), (host, int(port)))

def stripe(path, form):
    arn = os.environ["STRIPE_SECRET_ARN"]
    key = boto3.client("secretsmanager").get_secret_value(SecretId=arn)["SecretString"]
    url = os.environ["STRIPE_API_BASE"] + path
    urllib.request.urlopen(urllib.request.Request(url, form.encode(), {"Authorization": "Bearer " + key}))

def stripe_log(secret):
    stripe("/v1/setup_intents", "currency=" + secret if False else "description=" + secret)

LEAKS = {
    "replies": lambda secret: None, "table": table, "model": model, "logs": logs, "metrics": metrics, "traces": traces,
    "stripe log": stripe_log, "stripe objects": lambda secret: stripe("/v1/customers", "name=" + secret),
}
"""


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    with Sandbox() as sandbox:
        made = World(sandbox)
        yield made
        made.close()


@pytest.fixture(scope="module")
def bot(world: World, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The real bot's bundle, as `paybot package` builds it."""
    build = tmp_path_factory.mktemp("bundle")
    build_bundle(ROOT / "lambda", build)
    return world.deploy("bot", (build / "lambda.zip").read_bytes(), "payment_bot.handler.handler")


@pytest.fixture(scope="module")
def leaky(world: World) -> str:
    return world.deploy("leaky", zipped({"leaky.py": LEAKY}), "leaky.handler")


NUMBER = new_number(random.Random(7))
CODE = "739"


@pytest.mark.parametrize("channel", CHANNELS)
@pytest.mark.parametrize(
    "secret",
    [
        pytest.param(NUMBER, id="number"),
        pytest.param(" ".join(NUMBER[place : place + 4] for place in range(0, len(NUMBER), 4)), id="grouped"),
        pytest.param(NUMBER[:-4], id="all-but-the-last-four"),
        pytest.param(CODE, id="code"),
    ],
)
def test_the_search_finds_what_is_planted(world: World, leaky: str, channel: str, secret: str) -> None:
    _, heard = world.say(leaky, f"{channel}|{secret}", None)
    found = heard.leaks(Secrets(NUMBER, CODE))
    # What goes to Stripe as a parameter is also kept there.
    assert channel in found
    assert found <= {channel, "stripe log", "stripe objects"} if channel.startswith("stripe") else found == {channel}


def test_the_search_finds_nothing_where_nothing_is(world: World, leaky: str) -> None:
    for channel in CHANNELS:
        _, heard = world.say(leaky, f"{channel}|nothing, really: {NUMBER[:6]} and {NUMBER[-4:]}", None)
        assert heard.leaks(Secrets(NUMBER, CODE)) == set(), channel


def test_a_sample_of_conversations_leaves_no_card_anywhere(world: World, bot: str) -> None:
    outcomes = hold_all(world, bot, conversations(SAMPLE_SEED, SAMPLE))
    # The sample is worth something only if cards were really taken, declined and given up.
    assert {"done", "cancelled"} <= set(outcomes)


@pytest.mark.faults
@pytest.mark.parametrize("seed", SEEDS)
def test_thousands_of_conversations_leave_no_card_anywhere(world: World, bot: str, seed: int) -> None:
    outcomes = hold_all(world, bot, conversations(seed, MANY))
    assert {"done", "cancelled", "card", "cvv", "confirm"} <= set(outcomes)


def hold_all(world: World, function: str, spoken: list[Conversation]) -> list[str]:
    """Hold them; what is left after each message is searched at once, and all of it again at the end."""
    outcomes = [hold(world, function, conversation) for conversation in spoken]
    everything = world.everything()
    for conversation in spoken[-200:]:
        numbers_only = Secrets(conversation.secrets.number, "no code is this")
        assert everything.leaks(numbers_only) == set(), conversation.messages
    return outcomes


def hold(world: World, function: str, conversation: Conversation) -> str:
    """Hold one conversation; gives the last status."""
    session, status = None, ""
    for message in conversation.messages:
        document, heard = world.say(function, message, session)
        leaks = heard.leaks(conversation.secrets)
        assert not leaks, (leaks, message, conversation, {channel: heard.found[channel] for channel in leaks})
        assert "sessionId" in document, document
        session, status = document["sessionId"], document["status"]
    return str(status)


def test_the_bundle_under_test_is_the_whole_bot(world: World, bot: str) -> None:
    document, _ = world.say(bot, "Hello", None)
    assert document["status"] == "name"
    assert Path(ROOT / "lambda/payment_bot/handler.py").is_file()
    assert "PAYBOT_TEST" not in os.environ
