"""What a process that runs the bot loads and logs; each case needs an interpreter of its own."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from payment_bot.conversation import FALLBACK

ROOT = Path(__file__).parents[2]

# The runtime puts a handler on the root logger and gives it the function's log level before the bot is imported.
TALK = """
import logging, sys
logging.basicConfig(stream=sys.stdout, level=logging.DEBUG)
from moto import mock_aws
from tests.lambda_bot.bot_world import Invocation, World, SETTINGS, TABLE, chat_event, create_table
from payment_bot import clients
from payment_bot.handler import Entry
{loosen}
with mock_aws():
    table = clients.dynamodb()
    create_table(table)
    world = World(table)
    entry = Entry(lambda: SETTINGS, lambda: world.bot)
    response = entry(chat_event({{"message": "marzipan 4242 4242 4242 4242"}}), Invocation())
    assert response["statusCode"] == 200
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
}
from moto import mock_aws
from tests.lambda_bot.bot_world import Invocation, chat_event, create_table
from payment_bot import clients
from payment_bot.handler import handler
with mock_aws():
    create_table(clients.dynamodb())
    print(json.dumps(handler(chat_event({"message": "Hello"}), Invocation())))
"""
LOOSEN = "for name in ('boto3', 'botocore', 'urllib3'): logging.getLogger(name).setLevel(logging.DEBUG)"


def run(program: str) -> str:
    environment = {
        "PYTHONPATH": f"{ROOT / 'lambda'}:{ROOT}",
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_LAMBDA_LOG_LEVEL": "DEBUG",
        "AWS_LAMBDA_LOG_FORMAT": "JSON",
        "POWERTOOLS_SERVICE_NAME": "shop-test",
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


def test_no_word_of_a_message_is_logged_even_at_debug() -> None:
    output = run(TALK.format(loosen=""))
    lines = [json.loads(line) for line in output.splitlines() if line.startswith("{")]

    assert "marzipan" not in output
    assert "4242" not in output
    assert output.count("turn answered") == 1
    (turn,) = [line for line in lines if line.get("message") == "turn answered"]
    assert (turn["correlation_id"], turn["service"], turn["turn"]) == ("c6af9ac6-request", "shop-test", 1)
    table, broken = [line for line in lines if line.get("level") == "ERROR"]
    assert table["cause"] == "PutItem: ResourceNotFoundException"
    assert broken["cause"] == "ValueError"
    assert broken["place"].startswith("handler.py:")


def test_that_search_finds_the_message_where_the_aws_libraries_may_talk() -> None:
    assert "marzipan" in run(TALK.format(loosen=LOOSEN))


def test_the_lambda_entry_reads_its_environment_and_answers() -> None:
    lines = [json.loads(line) for line in run(WHOLE).splitlines() if line.startswith("{")]
    (response,) = [line for line in lines if "statusCode" in line]
    (metrics,) = [line for line in lines if "_aws" in line]

    assert response["statusCode"] == 200
    assert json.loads(response["body"])["response"].endswith(FALLBACK)
    assert (metrics["service"], metrics["Turns"], metrics["ModelFallback"]) == ("shop-test", [1], [1])
    assert [line["fault"] for line in lines if "fault" in line] == ["unreachable"]
