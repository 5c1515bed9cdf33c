"""What a process that runs the bot loads and logs; each case needs an interpreter of its own."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]

# The runtime puts a handler on the root logger and gives it the function's log level before the bot is imported. What
# the bot imports first is what it imports on Lambda; the stand-in of Stripe is reached over a socket.
TALK = """
import logging, sys, threading
logging.basicConfig(stream=sys.stdout, level=logging.DEBUG)
from payment_bot.handler import Entry
{loosen}
from dataclasses import replace
from moto import mock_aws
from werkzeug import Request
from werkzeug.wsgi import responder
from paybot_ops.sandbox.loopback import LoopbackServer
from tests.lambda_bot.bot_world import Invocation, World, SETTINGS, TABLE, chat_event, create_table, document_of
from tests.lambda_bot.stripe_wire import StripeWire
from payment_bot import clients, stripe_sdk

stand_in, server = StripeWire(), LoopbackServer(0)
server.application = responder(lambda environ, _: stand_in.part.answer(Request(environ)))
threading.Thread(target=server.serve_forever, daemon=True).start()
stand_in.client = lambda key, base: stripe_sdk.make_client(key, server.endpoint)
with mock_aws(config={{"core": {{"passthrough": {{"urls": [server.endpoint + ".*"]}}}}}}):
    table = clients.dynamodb()
    create_table(table)
    world = World(table, stripe=stand_in)
    entry = Entry(lambda: SETTINGS, lambda: world.bot)
    session = {{}}
    for message in ("marzipan", "Ada Marzipan", "4242 4242 4242 4242", "12/28", "yes", "987"):
        response = entry(chat_event({{"message": message, **session}}), Invocation())
        assert response["statusCode"] == 200, response
        session = {{"sessionId": document_of(response)["sessionId"]}}
    assert document_of(response)["status"] == "done", response
    table.delete_table(TableName=TABLE)
    response = entry(chat_event({{"message": "marzipan once more"}}), Invocation())
    assert response["statusCode"] == 503
def broken():
    raise ValueError("marzipan in an exception")
response = Entry(lambda: SETTINGS, broken)(chat_event({{"message": "marzipan"}}), Invocation())
assert response["statusCode"] == 500
"""
# Nothing listens at Bedrock's address, so that the written reply and its metric show.
WHOLE = """
import json, os
os.environ |= {
    "SESSION_TABLE": "shop-sessions-test", "SESSION_TTL_SECONDS": "60", "BEDROCK_MODEL_ID": "a-model",
    "CORS_ALLOW_ORIGIN": "*", "AWS_ENDPOINT_URL_BEDROCK_RUNTIME": "http://127.0.0.1:9",
    "BEDROCK_DAILY_TOKEN_BUDGET": "100000", "CARD_COLLECTION": "chat", "KMS_KEY_ARN": "alias/test",
    "STRIPE_SECRET_ARN": "shop-stripe-key",
}
from moto import mock_aws
from tests.lambda_bot.bot_world import Invocation, chat_event, create_table
from payment_bot import clients
from payment_bot.handler import handler
with mock_aws():
    create_table(clients.dynamodb())
    print(json.dumps(handler(chat_event({"message": "Hello"}), Invocation())))
"""
LOOSEN = "for name in ('boto3', 'botocore', 'stripe', 'urllib3'): logging.getLogger(name).setLevel(logging.DEBUG)"
# What the SDK does to whoever does not hold it back; KMS' request carries the number in base64.
LOOSE_CLIENT = """
def loose_client(key, base):
    client = stripe_sdk.make_client(key, base)
    logging.getLogger("stripe").setLevel(logging.DEBUG)
    return client
"""


def run(program: str) -> str:
    environment = {
        "PYTHONPATH": f"{ROOT / 'lambda'}:{ROOT}",
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_LAMBDA_LOG_LEVEL": "DEBUG",
        "AWS_LAMBDA_LOG_FORMAT": "JSON",
        "POWERTOOLS_SERVICE_NAME": "shop-test",
        "STRIPE_LOG": "debug",
    }
    done = subprocess.run(
        [sys.executable, "-c", program], env=environment, cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout + done.stderr


def test_importing_the_handler_loads_no_aws_library() -> None:
    loaded = run("import sys, payment_bot.handler; print('\\n'.join(sys.modules))").split()

    assert "payment_bot.handler" in loaded
    assert not {"boto3", "botocore.session", "botocore.client", "urllib3", "stripe", "payment_bot.sessions"} & {*loaded}


def test_importing_the_handler_quietens_every_library_that_writes_requests() -> None:
    names = ("boto3", "botocore", "stripe", "urllib3", "requests")
    levels = run(
        "import logging, os, payment_bot.handler\n"
        f"print([logging.getLogger(name).level for name in {names}], 'STRIPE_LOG' in os.environ)"
    )

    assert levels.strip() == f"{[30] * len(names)} False"


def test_making_the_bot_does_not_load_stripe() -> None:
    loaded = run("import sys, payment_bot.wiring; print('\\n'.join(sys.modules))").split()

    assert "payment_bot.payments" in loaded
    assert not {"stripe", "requests"} & {*loaded}


def test_no_word_of_a_message_and_no_digit_of_a_card_is_logged_even_at_debug() -> None:
    output = run(TALK.format(loosen=""))
    lines = [json.loads(line) for line in output.splitlines() if line.startswith("{")]

    assert "marzipan" not in output.lower()
    assert "4242" not in output
    assert "987" not in [word for line in lines for word in map(str, line.values())]
    assert "cvc" not in output
    assert output.count("turn answered") == 6
    turn = next(line for line in lines if line.get("message") == "turn answered")
    assert (turn["correlation_id"], turn["service"], turn["turn"]) == ("c6af9ac6-request", "shop-test", 1)
    table, broken = [line for line in lines if line.get("level") == "ERROR"]
    assert table["cause"] == "PutItem: ResourceNotFoundException"
    assert broken["cause"] == "ValueError"
    assert broken["place"].startswith("handler.py:")


def test_that_search_finds_words_and_cards_where_the_libraries_may_talk() -> None:
    output = run(
        TALK.format(loosen=LOOSEN + LOOSE_CLIENT).replace(
            "stripe_sdk.make_client(key, server", "loose_client(key, server"
        )
    )

    assert "marzipan" in output.lower()
    assert "4242424242424242" in output


def test_the_lambda_entry_reads_its_environment_and_answers() -> None:
    lines = [json.loads(line) for line in run(WHOLE).splitlines() if line.startswith("{")]
    (response,) = [line for line in lines if "statusCode" in line]
    (metrics,) = [line for line in lines if "_aws" in line]

    assert response["statusCode"] == 200
    assert json.loads(response["body"])["status"] == "name"
    assert (metrics["service"], metrics["Turns"], metrics["ModelFallback"]) == ("shop-test", [1], [1])
    assert [line["fault"] for line in lines if "fault" in line] == ["unreachable"]
