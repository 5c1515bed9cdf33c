"""No card number and no security code is anywhere but at Stripe: the deployed zip, and everything that it could tell.

Replies, table, model requests, logs at DEBUG, metrics, traces, the requests that the stand-in of Stripe got beside the
card itself, and what it keeps. A bot that leaks in each of these places is found first: the search can see.
"""

from __future__ import annotations

import base64
import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from paybot_ops.adapters.packaging import build_bundle
from paybot_ops.sandbox.server import Sandbox
from tests.faults.canary_dialogues import Conversation, Secrets, conversations, new_number
from tests.faults.canary_search import CHANNELS, parts_of
from tests.faults.canary_world import World, with_addition, zipped

ROOT = Path(__file__).resolve().parents[2]
SAMPLE, SAMPLE_SEED = 25, 20261124
MANY, SEEDS = 700, (1, 2, 3)

HANDLER = "payment_bot.handler.handler"

LEAKY = """
import json, os, re, socket, urllib.request
import boto3

def handler(event, context):
    body = json.loads(event["body"])
    where, _, secret = body["message"].partition("|")
    LEAKS[where](secret)
    said = secret if where == "replies" else "ok"
    return {"statusCode": 200, "body": json.dumps({"sessionId": "s", "response": said})}

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
    stripe("/v1/setup_intents", "description=" + secret)

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
def bundle(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The real bot's bundle, as `paybot package` builds it."""
    build = tmp_path_factory.mktemp("bundle")
    build_bundle(ROOT / "lambda", build)
    return (build / "lambda.zip").read_bytes()


@pytest.fixture(scope="module")
def bot(world: World, bundle: bytes) -> str:
    return world.deploy("bot", bundle, HANDLER)


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
        pytest.param(base64.b64encode(NUMBER.encode()).decode(), id="base64"),
        pytest.param(CODE, id="code"),
    ],
)
def test_the_search_finds_what_is_planted(world: World, leaky: str, channel: str, secret: str) -> None:
    world.begin()
    _, heard = world.say(leaky, f"{channel}|{secret}", None)
    found = heard.leaks(Secrets(NUMBER, CODE))
    if channel.startswith("stripe"):
        # What the stand-in is told is in its log and in its objects; whole numbers it takes out, and says so.
        assert found
        assert found <= {"stripe log", "stripe objects"}
    else:
        # At DEBUG botocore writes down what it sends, which is what makes the log the widest channel of all.
        assert channel in found
        assert found <= {channel, "logs"}


def test_the_search_of_all_that_is_left_finds_it_too(world: World, leaky: str) -> None:
    world.begin()
    for channel in ("table", "logs", "traces"):
        assert not world.everything().digit_runs() & parts_of(NUMBER)
        world.say(leaky, f"{channel}|{NUMBER}", None)
        assert parts_of(NUMBER) <= world.everything().digit_runs()
        world.begin()


def test_the_search_finds_nothing_where_nothing_is(world: World, leaky: str) -> None:
    world.begin()
    for channel in CHANNELS:
        _, heard = world.say(leaky, f"{channel}|nothing, really: {NUMBER[:6]} and {NUMBER[-4:]}", None)
        assert heard.leaks(Secrets(NUMBER, CODE)) == set(), channel


@pytest.mark.parametrize(
    ("module", "undone", "channels"),
    [
        ("masking", "def mask_message(text, **_): return text", {"model", "table"}),
        ("telemetry", "def keep_quiet(): pass", {"logs"}),
        ("vault", "Vault.seal = lambda self, digits, session_id: digits.encode()", {"table"}),
    ],
    ids=["no-masks", "talkative-libraries", "no-encryption"],
)
def test_the_bot_without_one_of_its_safeguards_is_found_out(
    world: World, bundle: bytes, module: str, undone: str, channels: set[str]
) -> None:
    world.begin()
    name = world.deploy(f"without-{module}", with_addition(bundle, f"payment_bot/{module}.py", undone), HANDLER)
    session, found = None, set()
    for message in (f"is {NUMBER[:11]} enough?", "Ada Lovelace", NUMBER, "12/29", "yes", CODE):
        document, heard = world.say(name, message, session)
        session = document["sessionId"]
        found |= heard.leaks(Secrets(NUMBER, CODE))
    assert found >= channels


def test_a_sample_of_conversations_leaves_no_card_anywhere(world: World, bot: str) -> None:
    passed = hold_all(world, bot, conversations(SAMPLE_SEED, SAMPLE))
    # The sample is worth something only if cards were really taken and given up.
    assert passed >= {"name", "card", "expiry", "confirm", "cvv", "done", "cancelled"}


@pytest.mark.faults
@pytest.mark.parametrize("seed", SEEDS)
def test_thousands_of_conversations_leave_no_card_anywhere(world: World, bot: str, seed: int) -> None:
    passed = hold_all(world, bot, conversations(seed, MANY))
    assert passed >= {"name", "card", "expiry", "confirm", "cvv", "bank", "done", "cancelled"}


def hold_all(world: World, function: str, spoken: list[Conversation]) -> set[str]:
    """Hold them; what is left after each message is searched at once, and all of it again at the end.

    Gives every status that one of them passed through.
    """
    world.begin()
    passed = {status for conversation in spoken for status in hold(world, function, conversation)}
    left = world.everything().digit_runs()
    for conversation in spoken:
        assert not left & parts_of(conversation.secrets.number), conversation.messages
    return passed


def hold(world: World, function: str, conversation: Conversation) -> set[str]:
    """Hold one conversation; gives every status that it passed through."""
    session, passed = None, set()
    for message in conversation.messages:
        document, heard = world.say(function, message, session)
        leaks = heard.leaks(conversation.secrets)
        assert not leaks, (leaks, message, conversation, {channel: heard.found[channel] for channel in leaks})
        assert "sessionId" in document, document
        session = document["sessionId"]
        passed.add(str(document["status"]))
    return passed


def test_the_bundle_under_test_is_the_whole_bot(world: World, bot: str) -> None:
    document, _ = world.say(bot, "Hello", None)
    assert document["status"] == "name"
