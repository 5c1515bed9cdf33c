"""`paybot chat`: from an option, a script, a pipe and a terminal; what is sent, shown, written, and never written."""

from __future__ import annotations

import json
import os
import pty
import select
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Any

import pytest

from paybot_ops.operations.conversation import Conversation
from paybot_ops.sandbox.faults import Rule
from paybot_ops.sandbox.server import Sandbox
from tests.cli.chat_world import SESSION, Bot, Said, refused, serving
from tests.cli.log_world import BOT, Logged, turn
from tests.cli.paybot_world import Paybot
from tests.sandbox.aws_world import client

CARD = "4242 4242 4242 4242"
LIVE = "sk_live_" + "L" * 20 + "1234"


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox() as running:
        yield running


@pytest.fixture
def bot() -> Iterator[Bot]:
    with serving(Bot()) as running:
        yield running


@pytest.fixture
def world(paybot: Paybot, sandbox: Sandbox, bot: Bot, monkeypatch: pytest.MonkeyPatch) -> Iterator[Logged]:
    """A deployment whose chat is the bot of the test."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", sandbox.endpoint)
    made = Logged(paybot, sandbox, chat_url=bot.url)
    made.make(BOT)
    yield made
    sandbox.faults.replace([])


class Terminal:
    """The command on a terminal of its own: what is typed, and all that is seen."""

    def __init__(self, world: Logged, *arguments: str) -> None:
        self._end, other = pty.openpty()
        self._child = subprocess.Popen(
            [sys.executable, "-m", "paybot_ops.cli", "chat", *arguments],
            cwd=world.folder,
            env=world.paybot.environ | {"TERM": "dumb"},
            stdin=other,
            stdout=other,
            stderr=other,
            start_new_session=True,
        )
        os.close(other)
        self.seen = ""

    def until(self, text: str, times: int = 1) -> None:
        """Read until a text was seen so many times."""
        deadline = time.monotonic() + 30
        while self.seen.count(text) < times:
            assert time.monotonic() < deadline, self.seen
            self.seen += self._read()

    def type(self, text: str) -> None:
        """Type, line end or control character included."""
        os.write(self._end, text.encode())

    def interrupt(self) -> None:
        """Ctrl-C."""
        self._child.send_signal(signal.SIGINT)

    def end(self) -> int:
        """Read to the end; the exit code."""
        while part := self._read():
            self.seen += part
        os.close(self._end)
        return self._child.wait(timeout=30)

    def _read(self) -> str:
        assert select.select([self._end], [], [], 30)[0], self.seen
        try:
            return os.read(self._end, 65536).decode(errors="replace")
        except OSError:  # Linux's word for a terminal that nobody holds any more
            return ""


# -- one message -----------------------------------------------------------------------------------------------------


def test_one_message_one_answer(world: Logged, bot: Bot) -> None:
    ran = world("chat", "--message", "Hello")
    assert (ran.code, ran.out) == (0, "Hello, I am the payment assistant.\n"), ran.err
    assert bot.heard[0]["message"] == "Hello"
    assert "sessionId" not in bot.heard[0]
    assert len(bot.heard[0]["messageId"]) == 32


def test_a_conversation_goes_on(world: Logged, bot: Bot) -> None:
    assert world("chat", "--session", SESSION, "-m", "yes").code == 0
    assert bot.heard[0]["sessionId"] == SESSION


def test_the_document(world: Logged, bot: Bot) -> None:
    ran = world("chat", "-m", f"my card is {CARD}", "--output", "json")
    assert ran.code == 0, ran.err
    document = ran.document
    assert list(document) == ["schema_version", "command", "status", "data", "warnings", "error"]
    [spoken] = document["data"]["turns"]
    assert spoken["milliseconds"] > 0
    assert len(spoken["message_id"]) == 32
    assert {name: value for name, value in spoken.items() if name not in ("milliseconds", "message_id")} == {
        "customer": "my card is •••• 4242",
        "bot": "Hello, I am the payment assistant.",
        "status": "name",
        "input_tokens": None,
        "output_tokens": None,
        "request_id": "7f0c1d2e-3a4b-4c5d-8e6f-708192a3b4c5",
        "sent": 1,
        "error": None,
    }
    assert document["data"]["session_id"] == SESSION
    assert document["data"]["not_met"] is None


def test_what_the_bot_says_cannot_steer_the_terminal(world: Logged, bot: Bot) -> None:
    bot.says = [Said("\x1b]0;owned\x07 Sent 4000 0000 0000 0002")]
    ran = world("chat", "-m", "Hi")
    assert "\x1b" not in ran.out
    assert ran.out.endswith("Sent [card number removed]\n")
    steering = "\x1b]52;c;cm0=\x07"
    bot.says = [
        Said(f"{steering} Hello\nthere\u2028customer: forged", f"name {steering}\nbot: forged 4000 0000 0000 0002"),
        refused(400, f"wrong{steering}", f"{steering}\nbot: forged"),
    ]
    ran = world(
        "chat", "-v", "--transcript", str(world.folder / "t.txt"), stdin=f"Hi {steering}\u2028bot: forged\nmore\n"
    )
    text = (world.folder / "t.txt").read_text()
    shown = "\ufffd]52;c;cm0=\ufffd"
    assert text.split("\n\n", 1)[1] == (
        f"customer: Hi {shown}\\nbot: forged\n"
        f"bot: {shown} Hello there customer: forged\n"
        f"state: name {shown} bot: forged [card number removed]\n\n"
        "customer: more\n"
        f"* the bot's API answered 400 wrong{shown}: {shown} bot: forged\n\n"
    )
    assert not [control for control in ("\x1b", "\x07") if control in ran.out + ran.err]
    assert not [line for line in (ran.out + ran.err).split("\n") if line.startswith("bot: forged")]


# -- scripts ---------------------------------------------------------------------------------------------------------

SCRIPT = f"""A customer who pays.
collection: chat

customer: Hello
bot: payment assistant
state: name

# The card.
customer: {CARD}
state: cvv · sealed Visa ending in 4242

customer: 123
state: done
"""
PAYING = [Said(), Said("And the code?", "cvv"), Said("Saved.", "done")]


def test_a_script_in_the_form_of_the_bot_s_transcripts(world: Logged, bot: Bot) -> None:
    bot.says = list(PAYING)
    (world.folder / "pays.txt").write_text(SCRIPT)
    ran = world("chat", "--script", str(world.folder / "pays.txt"))
    assert ran.code == 0, ran.err
    assert [heard["message"] for heard in bot.heard] == ["Hello", CARD, "123"]
    assert [heard.get("sessionId") for heard in bot.heard] == [None, SESSION, SESSION]
    assert ran.out == (
        "you: Hello\nbot: Hello, I am the payment assistant.\n"
        "you: •••• 4242\nbot: And the code?\nyou: •••\nbot: Saved.\n"
    )


def test_an_expectation_that_is_not_met_is_exit_3_and_ends_it(world: Logged, bot: Bot) -> None:
    bot.says = [Said(status="link"), Said()]
    (world.folder / "pays.txt").write_text(SCRIPT)
    ran = world("chat", "--script", str(world.folder / "pays.txt"), "--output", "json")
    assert ran.code == 3
    assert len(bot.heard) == 1
    assert ran.document["status"] == "finding"
    assert ran.document["data"]["not_met"] == {
        "line": 6,
        "what": "the bot stands at 'link' and should stand at 'name'",
    }
    assert ran.document["error"]["kind"] == "finding"


def test_plain_lines_are_a_script_too(world: Logged, bot: Bot) -> None:
    (world.folder / "lines.txt").write_text("Hello\n\n# nothing\nAda Lovelace\n")
    assert world("chat", "--script", str(world.folder / "lines.txt")).code == 0
    assert [heard["message"] for heard in bot.heard] == ["Hello", "Ada Lovelace"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("customer: •••• 4242\n", "line 1 of the script holds masked digits"),
        ("customer: Hi\nnobody: Hi\n", "line 2 of the script cannot be played"),
        ("customer: Hi\n* 6 minutes pass\n", "cannot make anything happen"),
        ("bot: Hi\ncustomer: Hi\n", "expects an answer before"),
        ("# nothing\n", "says nothing"),
    ],
)
def test_a_script_that_cannot_be_played_says_nothing(world: Logged, bot: Bot, text: str, words: str) -> None:
    (world.folder / "s.txt").write_text(text)
    ran = world("chat", "--script", str(world.folder / "s.txt"))
    assert ran.code == 2
    assert words in ran.err
    assert bot.heard == []


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--message", "a", "--script", "b"), "exclude"),
        (("--message", " "), "empty"),
        (("--script", "absent.txt"), "does not exist"),
        (("--output", "csv"), "csv"),
    ],
)
def test_wrong_options_say_nothing(world: Logged, bot: Bot, arguments: tuple[str, ...], words: str) -> None:
    ran = world("chat", *arguments)
    assert ran.code == 2
    assert words in ran.err
    assert bot.heard == []


# -- pipes -----------------------------------------------------------------------------------------------------------


def test_a_pipe_is_a_script(world: Logged, bot: Bot) -> None:
    bot.says = list(PAYING)
    ran = world("chat", stdin=f"Hello\n{CARD}\nstate: cvv\n123\nstate: done\n")
    assert ran.code == 0, ran.err
    assert "4242 4242" not in ran.out + ran.err
    assert ran.out.endswith("you: •••\nbot: Saved.\n")


def test_an_expectation_in_a_pipe(world: Logged, bot: Bot) -> None:
    ran = world("chat", stdin="Hello\nstate: done\nmore\n")
    assert ran.code == 3
    assert len(bot.heard) == 1
    assert "line 2 is not met" in ran.err


def test_a_line_that_no_message_can_be_is_not_sent_in_pieces(world: Logged, bot: Bot) -> None:
    ran = world("chat", stdin="Hello\n" + "x" * 250_000 + "\n")
    assert ran.code == 2
    assert "more than 100,000 characters" in ran.err
    assert [heard["message"] for heard in bot.heard] == ["Hello"]
    assert world("chat", stdin="x" * 100_000 + "\n").code == 0
    assert len(bot.heard[1]["message"]) == 100_000


def test_an_empty_pipe_never_hangs(world: Logged) -> None:
    ran = world("chat", stdin="")
    assert ran.code == 2
    assert "nothing was said" in ran.err


# -- a terminal ------------------------------------------------------------------------------------------------------


def test_talking_at_a_terminal_until_ctrl_d(world: Logged, bot: Bot) -> None:
    bot.says = [Said(), refused(503, "session_unavailable", "Please try again."), Said("Saved.", "done")]
    terminal = Terminal(world)
    terminal.until("you> ")
    terminal.type("Hello\r")
    terminal.until("you> ", 2)
    terminal.type("Ada\r")
    terminal.until("503 session_unavailable: Please try again.")
    terminal.until("you> ", 3)
    terminal.type("once more\r")
    terminal.until("bot: Saved.")
    terminal.until("you> ", 4)
    terminal.type("\x04")
    assert terminal.end() == 0
    assert [heard["message"] for heard in bot.heard] == ["Hello", "Ada", "once more"]


def test_ctrl_c_is_quiet_and_exit_130(world: Logged) -> None:
    terminal = Terminal(world)
    terminal.until("you> ")
    terminal.type("half a li")
    terminal.until("half a li")
    # Between its prompt and its first wait, readline does not see a signal.
    time.sleep(0.2)
    terminal.interrupt()
    assert terminal.end() == 130
    assert "error" not in terminal.seen
    assert "interrupted" not in terminal.seen


# -- failures of the bot ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("said", "words"),
    [
        (refused(503, "session_unavailable", "Please try again."), ("503 session_unavailable", "Please try again.")),
        (Said(http=429, body={"message": "Too Many Requests"}), ("429", "Too Many Requests")),
        (Said(http=500, body={"message": None}), ("answered 500",)),
        (Said(body={"hello": "there"}), ("no chat answer",)),
    ],
)
def test_an_error_of_the_api_is_exit_1_in_its_own_words(world: Logged, bot: Bot, said: Said, words: tuple[str]) -> None:
    bot.says = [said]
    ran = world("chat", "-m", "Hello", "--output", "json")
    assert ran.code == 1
    assert all(word in ran.err for word in words), ran.err
    assert ran.document["status"] == "error"
    assert ran.document["data"]["turns"][0]["error"]["exit_code"] == 1
    assert len(bot.heard) == 1


def test_what_an_error_quotes_is_masked_wherever_it_goes(world: Logged, bot: Bot) -> None:
    bot.says = [refused(400, "4000 0000 0000 0002", f"{'no ' * 60}{CARD} with {LIVE}")]
    ran = world("chat", "-m", "Hello", "-o", "json", "--transcript", str(world.folder / "t.txt"))
    assert ran.code == 1
    everything = ran.out + ran.err + (world.folder / "t.txt").read_text()
    assert "answered 400 [card number removed]: no no" in everything
    assert not [secret for secret in ("4000 0", "4242", "L" * 8) if secret in everything]


@pytest.mark.parametrize(
    ("failed", "shown"),
    [
        (Said(lost=True), "•"),
        (Said(http=504, body={"message": "Endpoint request timed out"}), "•"),
        (Said(http=502, body={"message": "Internal server error"}), "•"),
        (Said(body={"hello": "there"}), "•"),
        (Said(http=429, body={"message": "Too Many Requests"}), "7"),
    ],
)
def test_after_an_answer_was_lost_any_digit_may_be_of_the_code(bot: Bot, failed: Said, shown: str) -> None:
    talk = Conversation(bot.url, None, pause=lambda _seconds: None)
    talk.say("Hello")
    bot.says = [failed]
    assert talk.say("Ada").error is not None
    bot.says = [Said(), Said()]
    assert talk.say("7").customer == shown
    assert talk.say("7").customer == "7"


def test_a_bot_that_is_paused_says_how_to_wake_it(world: Logged, bot: Bot) -> None:
    world.write_state({"chat_url": bot.url, "paused": True})
    bot.says = [Said(http=500, body={"message": "Internal server error"})]
    ran = world("chat", "-m", "Hello")
    assert ran.code == 1
    assert "paybot resume" in ran.err


@pytest.mark.parametrize("first", [Said(lost=True), Said(http=504, body={"message": "Endpoint request timed out"})])
def test_a_message_whose_answer_was_lost_goes_out_again_under_its_id(world: Logged, bot: Bot, first: Said) -> None:
    bot.says = [first, Said()]
    ran = world("chat", "-m", "Hello", "-o", "json")
    assert ran.code == 0, ran.err
    assert [heard["message"] for heard in bot.heard] == ["Hello", "Hello"]
    assert len({heard["messageId"] for heard in bot.heard}) == 1
    assert ran.document["data"]["turns"][0]["sent"] == 2


def test_no_deployment(world: Logged) -> None:
    world.write_state({})
    ran = world("chat", "-m", "Hello")
    assert ran.code == 1
    assert "nothing is deployed" in ran.err


# -- transcripts -----------------------------------------------------------------------------------------------------


def test_a_transcript_is_private_and_holds_no_card_detail(world: Logged, bot: Bot) -> None:
    bot.says = [Said(), Said("And the code?", "cvv"), Said(f"I heard {CARD}.", "cvv"), Said("Saved.", "done")]
    lines = ["Hello", f"{CARD} 987", "it is 12 3", "654"]
    ran = world("chat", "--transcript", str(world.folder / "t.txt"), stdin="\n".join(lines))
    assert ran.code == 0, ran.err
    path = world.folder / "t.txt"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    text = path.read_text()
    head, _, body = text.partition("\n\n")
    assert head.startswith("A conversation with shop-dev, ")
    assert body == (
        "customer: Hello\nbot: Hello, I am the payment assistant.\nstate: name\n\n"
        "customer: •••\nbot: And the code?\nstate: cvv\n\n"
        "customer: it is •• •\nbot: I heard [card number removed].\nstate: cvv\n\n"
        "customer: •••\nbot: Saved.\nstate: done\n\n"
    )
    seen = ran.out + ran.err
    assert not [secret for secret in ("4242 4242", "987", "12 3", "654", SESSION) if secret in text]
    assert not [secret for secret in ("4242 4242", "987", "12 3", "654") if secret in seen]


def test_where_nobody_knows_what_was_asked_every_digit_is_masked(world: Logged, bot: Bot) -> None:
    ran = world("chat", "--session", SESSION, "-m", "12", "-o", "json")
    assert ran.document["data"]["turns"][0]["customer"] == "••"


def test_a_transcript_replaces_nothing(world: Logged, bot: Bot) -> None:
    (world.folder / "t.txt").write_text("mine")
    ran = world("chat", "-m", "Hello", "--transcript", str(world.folder / "t.txt"))
    assert ran.code == 2
    assert bot.heard == []
    assert (world.folder / "t.txt").read_text() == "mine"


def test_a_transcript_without_masks_is_a_script(world: Logged, bot: Bot) -> None:
    assert world("chat", "-m", "Hello", "--transcript", str(world.folder / "t.txt")).code == 0
    ran = world("chat", "--script", str(world.folder / "t.txt"))
    assert ran.code == 0, ran.err


# -- tokens ----------------------------------------------------------------------------------------------------------


def test_tokens_are_read_from_the_function_s_log(world: Logged, bot: Bot) -> None:
    metrics: dict[str, Any] = {"_aws": {"CloudWatchMetrics": []}, "service": "shop-dev", "Turns": [1.0]}
    other = turn(correlation_id="11112222-aaaa-4bbb-8ccc-ddddeeeeffff")
    world.put(BOT, turn(), metrics | {"InputTokens": [210.0], "OutputTokens": [34.0]}, stream="mine")
    world.put(BOT, other, metrics | {"InputTokens": [999.0]}, stream="other")
    ran = world("chat", "-m", "Hello", "-v", "-o", "json")
    [spoken] = ran.document["data"]["turns"]
    assert (spoken["input_tokens"], spoken["output_tokens"]) == (210, 34)
    assert "210 tokens in, 34 out" in ran.err


def test_tokens_that_may_not_be_read_are_unknown(world: Logged, sandbox: Sandbox) -> None:
    sandbox.faults.replace([Rule(service="logs", status=400, code="AccessDeniedException")])
    ran = world("chat", "-m", "Hello", "-v")
    assert ran.code == 0, ran.err
    assert "the tokens are not known" in ran.err
    assert "tokens unknown" in ran.err


# -- real money ------------------------------------------------------------------------------------------------------


def secret(sandbox: Sandbox, value: str) -> str:
    manager = client(sandbox, "secretsmanager")
    return str(manager.create_secret(Name=f"key-{os.urandom(4).hex()}", SecretString=value)["ARN"])


def test_a_live_key_is_warned_of_before_the_first_word(world: Logged, bot: Bot, sandbox: Sandbox) -> None:
    world.write_state({"chat_url": bot.url, "stripe_secret_arn": secret(sandbox, LIVE)})
    ran = world("chat", "-m", "Hello", "-o", "json")
    assert ran.code == 0
    assert "REAL MONEY" in ran.document["warnings"][0]
    assert LIVE not in ran.out + ran.err


def test_a_test_key_or_a_hosted_page_is_not_warned_of(world: Logged, bot: Bot, sandbox: Sandbox) -> None:
    world.write_state({"chat_url": bot.url, "stripe_secret_arn": secret(sandbox, LIVE.replace("live", "test"))})
    assert "REAL MONEY" not in world("chat", "-m", "Hello").err
    world.write_state({"chat_url": bot.url, "stripe_secret_arn": secret(sandbox, LIVE)})
    (world.folder / "terraform/terraform.tfvars").write_text('card_collection = "hosted_link"\n')
    assert "REAL MONEY" not in world("chat", "-m", "Hello").err


def test_a_key_that_may_not_be_read_is_taken_for_a_live_one(world: Logged, bot: Bot, sandbox: Sandbox) -> None:
    world.write_state({"chat_url": bot.url, "stripe_secret_arn": secret(sandbox, LIVE)})
    sandbox.faults.replace([Rule(service="secretsmanager", status=400, code="AccessDeniedException")])
    ran = world("chat", "-m", "Hello")
    assert ran.code == 0
    assert "take it for one" in ran.err


def test_a_throttled_secret_does_not_stop_the_chat(world: Logged, bot: Bot, sandbox: Sandbox) -> None:
    world.write_state({"chat_url": bot.url, "stripe_secret_arn": secret(sandbox, LIVE)})
    sandbox.faults.replace([Rule(service="secretsmanager", status=400, code="ThrottlingException")])
    ran = world("chat", "-m", "Hello")
    assert ran.code == 0
    assert json.dumps(LIVE) not in ran.err
