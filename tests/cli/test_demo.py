"""`paybot demo`: the whole story in one command, what it answers, and that nothing of it is left."""

from __future__ import annotations

import os
import shutil
import signal
import sys
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from paybot_ops.sandbox import process
from tests.cli.paybot_world import Paybot, Ran, started, until

STEPS = [
    "embedded AWS up",
    "package the bot",
    "deploy with terraform",
    "a test key for Stripe",
    "a test card is accepted",
    "another one is declined",
    "a third customer changes her mind",
    "what the model took",
    "outputs",
    "destroy",
    "embedded AWS down",
]


@pytest.fixture(scope="module")
def paybot(tmp_path_factory: pytest.TempPathFactory) -> Paybot:
    """The command line with temporary files in a folder of its own, so that what is left can be seen."""
    command = Paybot(tmp_path_factory.mktemp("demo"))
    (command.folder / "tmp").mkdir()
    command.environ["TMPDIR"] = str(command.folder / "tmp")
    return command


def left_by(paybot: Paybot) -> list[str]:
    """Files that are left, and processes that run in their folder (where the system tells)."""
    folder = paybot.folder / "tmp"
    working = []
    for path in Path("/proc").glob("[0-9]*/cwd"):
        try:
            working.append(str(path.readlink()))
        except OSError:
            continue
    return [path.name for path in folder.iterdir()] + [name for name in working if name.startswith(str(folder))]


@pytest.fixture(scope="module")
def ran(paybot: Paybot) -> Ran:
    return paybot("demo", "--output", "json", timeout=600)


@pytest.mark.terraform
class TestFromBeginningToEnd:
    def test_every_step_is_done_and_timed(self, ran: Ran) -> None:
        assert ran.code == 0, ran.err
        document = ran.document
        assert (document["command"], document["status"], document["error"]) == ("demo", "ok", None)
        steps = document["data"]["steps"]
        assert [step["name"] for step in steps] == STEPS
        assert all(step["ok"] for step in steps)
        assert sum(step["seconds"] for step in steps) <= document["data"]["seconds"] + 0.1

    def test_it_pays_is_declined_and_cancels(self, ran: Ran) -> None:
        data = ran.document["data"]
        ends = [conversation["turns"][-1] for conversation in data["conversations"]]
        assert [turn["status"] for turn in ends] == ["done", "card", "cancelled"]
        assert "accepted" in ends[0]["bot"]
        assert "did not accept" in ends[1]["bot"]
        assert data["answer"]["response"] == data["conversations"][0]["turns"][0]["bot"]
        assert data["question"] == data["conversations"][0]["turns"][0]["customer"]

    def test_it_says_what_the_model_took_and_cost(self, ran: Ran) -> None:
        bill = ran.document["data"]["bill"]
        assert bill["model"] == "us.amazon.nova-micro-v1:0"
        assert bill["calls"] > 0
        # Dollars per million tokens, in and out, of that model.
        cost = (Decimal("0.035") * bill["input_tokens"] + Decimal("0.14") * bill["output_tokens"]) / 1_000_000
        assert Decimal(bill["dollars"]) == cost > 0

    def test_neither_cards_nor_the_key_are_shown(self, ran: Ran) -> None:
        shown = (ran.out + ran.err).replace(" ", "")
        assert "4242424242424242" not in shown
        assert "4000000000000002" not in shown
        assert "sk_test_…" in shown
        assert not [word for word in shown.split() if "sk_test_" in word and "…" not in word]

    def test_nothing_is_left(self, ran: Ran, paybot: Paybot) -> None:
        assert ran.code == 0
        assert left_by(paybot) == []


@pytest.fixture
def kept(paybot: Paybot) -> Iterator[Ran]:
    yield paybot("demo", "--keep", "--output", "json", timeout=600)
    for folder in (paybot.folder / "tmp").glob("paybot-demo-*"):
        process.stop(folder)
        shutil.rmtree(folder)
    assert left_by(paybot) == []


@pytest.mark.terraform
@pytest.mark.faults
def test_what_is_kept_goes_on_running_where_the_answer_says(kept: Ran) -> None:
    assert kept.code == 0, kept.err
    data: dict[str, Any] = kept.document["data"]
    assert [step["name"] for step in data["steps"]] == STEPS[:-2]
    there = Paybot(Path(data["workspace"]))
    outputs = there("outputs", "--sandbox", "-o", "json")
    assert outputs.document["data"]["chat_url"] == data["chat_url"]
    status = there("secrets", "status", "--sandbox", "--check", "-o", "json")
    assert (status.code, status.document["data"]["mode"]) == (0, "test")
    tokens = there("metrics", "tokens", "--sandbox", "--hours", "2", "-o", "json")
    assert tokens.code == 0, tokens.err


def test_a_step_that_fails_ends_it_with_its_error_and_leaves_nothing(paybot: Paybot) -> None:
    ran = paybot("demo", "--output", "json", environ={"PATH": str(Path(sys.executable).parent)})
    assert ran.code == 1, ran.err
    document = ran.document
    assert (document["status"], document["error"]["kind"]) == ("error", "missing-tool"), ran.err
    steps = document["data"]["steps"]
    assert [(step["name"], step["ok"]) for step in steps] == [(STEPS[0], True), (STEPS[1], True), (STEPS[2], False)]
    assert left_by(paybot) == []
    # A failed demo has nothing to be kept.
    assert paybot("demo", "--keep", environ={"PATH": str(Path(sys.executable).parent)}).code == 1
    assert left_by(paybot) == []


def test_ctrl_c_leaves_nothing(paybot: Paybot) -> None:
    running = started(paybot, "demo")
    until(lambda: any((paybot.folder / "tmp").glob("paybot-demo-*/.paybot/sandbox/server.json")), "a sandbox")
    os.kill(running.pid, signal.SIGINT)
    out, err = running.communicate(timeout=120)
    assert running.returncode == 130, err
    assert "FAIL" in out
    assert left_by(paybot) == []
