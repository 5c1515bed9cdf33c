"""The message after a deploy: a bot that does not answer is not forgotten, and one that is paused is not asked."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from tests.cli.paybot_world import Paybot, Ran
from tests.cli.state_world import WatchedSandbox

pytestmark = pytest.mark.terraform

MODULE = """\
variable "project_name" {{
  type    = string
  default = "tiny"
}}
variable "paused" {{
  type    = bool
  default = false
}}
variable "live_version" {{
  type    = string
  default = null
}}
variable "change" {{
  type    = string
  default = "one"
}}
output "chat_url" {{
  value = "http://127.0.0.1:{port}/chat"
}}
resource "terraform_data" "only" {{
  input = var.change
}}
"""


class Bot:
    """A bot on a loopback port that answers, or does not."""

    def __init__(self) -> None:
        self.status = 500
        self.asked = 0
        bot = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                bot.asked += 1
                body = json.dumps({"response": "Hello!", "status": "ok", "sessionId": "s", "message": "down"}).encode()
                self.send_response(bot.status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_arguments: object) -> None:
                """Nothing on the test's screen."""

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()


@pytest.fixture
def bot() -> Iterator[Bot]:
    made = Bot()
    yield made
    made.server.shutdown()
    made.server.server_close()


@pytest.fixture
def tiny(paybot: Paybot, sandbox: WatchedSandbox, bot: Bot) -> Paybot:
    folder = paybot.folder / "terraform"
    folder.mkdir()
    (folder / "main.tf").write_text(MODULE.format(port=bot.server.server_port))
    paybot.environ["AWS_ENDPOINT_URL"] = sandbox.endpoint
    return paybot


def deploy(paybot: Paybot, *more: str) -> Ran:
    return paybot("deploy", "--yes", "-o", "json", *more)


def test_a_bot_that_did_not_answer_is_asked_again_without_changes_until_it_does(tiny: Paybot, bot: Bot) -> None:
    first = deploy(tiny)
    assert first.code == 1
    assert first.document["data"]["applied"]
    assert "does not answer" in first.document["error"]["what"]
    assert "asks it again" in first.document["error"]["hint"]
    assert deploy(tiny).code == 1
    bot.status = 200
    answered = deploy(tiny)
    assert (answered.code, answered.document["data"]["smoke"]["response"]) == (0, "Hello!")
    asked = bot.asked
    again = deploy(tiny)
    assert (again.code, again.document["data"]["smoke"], bot.asked) == (0, None, asked)


def test_the_first_deploy_has_nothing_to_go_back_to(tiny: Paybot) -> None:
    ran = deploy(tiny, "--auto-rollback")
    assert ran.code == 1
    assert "nothing is deployed yet" in ran.err
    assert "not rolled back: there is no earlier version" in ran.document["error"]["what"]
    assert ran.document["data"]["rollback"] is None


def test_a_paused_bot_is_not_asked(tiny: Paybot, bot: Bot) -> None:
    (tiny.folder / "terraform/terraform.tfvars").write_text("paused = true\n")
    ran = tiny("deploy", "--yes")
    assert ran.code == 0, ran.err
    assert bot.asked == 0
    assert "serves nobody until: paybot resume" in ran.out
    assert "the function is paused" in ran.err


def test_a_pinned_version_is_told_by_a_deploy_without_changes_too(tiny: Paybot, bot: Bot) -> None:
    bot.status = 200
    (tiny.folder / "terraform/terraform.tfvars").write_text('live_version = "3"\n')
    assert deploy(tiny).document["data"]["live"]["pinned"] == "3"
    ran = tiny("deploy", "--yes")
    assert (ran.code, "no changes" in ran.out) == (0, True)
    assert "customers stay on version 3; to promote: paybot rollback --latest" in ran.out
    assert "live_version pins version 3" in ran.err
