"""`paybot demo`: a new workspace, an embedded AWS, a real deploy, conversations, their cost, nothing left behind."""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

from paybot_ops.adapters.bundled import copy_workspace
from paybot_ops.adapters.chat import send_message
from paybot_ops.core.chat import ChatReply
from paybot_ops.core.dialogues import Dialogue, ModelBill, Spoken, Turn, demo_dialogues, hold
from paybot_ops.core.metric_window import Asked
from paybot_ops.core.reports import DemoReport, DemoStep, DeployReport
from paybot_ops.core.stripe_keys import KeyReport
from paybot_ops.errors import PaybotError, SandboxError, StoppedError
from paybot_ops.operations.deploy import deploy, prepare_bundle
from paybot_ops.operations.destroy import destroy
from paybot_ops.operations.gate import Gate
from paybot_ops.operations.metrics import TokenWish, read_tokens
from paybot_ops.operations.outputs import read_outputs
from paybot_ops.operations.secrets import make_test_key, set_stripe_key
from paybot_ops.operations.target import Choice, Target, find_target
from paybot_ops.sandbox import process
from paybot_ops.screen import Screen

T = TypeVar("T")

_CARDS_IN_THE_CHAT = 'card_collection = "chat"'


def demo(screen: Screen, *, keep: bool, verbose: bool) -> DemoReport:
    """Run it; a step that fails ends it, and what was started is taken down all the same."""
    started = time.monotonic()
    dialogues = demo_dialogues(datetime.now(UTC).date())
    report = DemoReport(dialogues[0].lines[0].say)
    folder = Path(tempfile.mkdtemp(prefix="paybot-demo-"))
    try:
        _story(_Stage(screen, report, folder, verbose), dialogues, keep=keep)
        report.workspace = folder if keep else None
    except PaybotError as error:
        report.failure = error
    except KeyboardInterrupt:
        report.failure = StoppedError("interrupted", why="the sandbox is stopped, and its files are gone")
    finally:
        if report.workspace is None:
            process.stop(folder)
            shutil.rmtree(folder, ignore_errors=True)
        report.seconds = time.monotonic() - started
    return report


@dataclass(slots=True)
class _Stage:
    screen: Screen
    report: DemoReport
    folder: Path
    verbose: bool

    def step(self, name: str, act: Callable[[], T]) -> T:
        """Run one step and record its time, failed or not."""
        with self._timed(name):
            return act()

    @contextmanager
    def _timed(self, name: str) -> Iterator[None]:
        started, ok = time.monotonic(), False
        self.screen.note(f"▸ {name}", style="bold")
        try:
            yield
            ok = True
        finally:
            self.report.steps.append(DemoStep(name, round(time.monotonic() - started, 3), ok))

    def target(self) -> Target:
        """The deployment in the embedded AWS, read anew."""
        choice = Choice(directory=self.folder, sandbox=True, verbose=self.verbose)
        return find_target(self.screen, choice)


def _story(stage: _Stage, dialogues: tuple[Dialogue, ...], *, keep: bool) -> None:
    report = stage.report
    stage.step("embedded AWS up", lambda: _start(stage.folder))
    target = stage.step("package the bot", lambda: _package(stage))
    stage.step("deploy with terraform", lambda: _deployed(deploy(target, Gate(yes=True), smoke=False)))
    report.chat_url = str(read_outputs(target)["chat_url"])
    stage.step("a test key for Stripe", lambda: _set_key(target))
    for dialogue in dialogues:
        first = stage.step(dialogue.title, lambda dialogue=dialogue: _talk(stage, dialogue))  # type: ignore[misc]
        report.answer = report.answer or first
    report.bill = stage.step("what the model took", lambda: _read_bill(target))
    stage.step("outputs", lambda: read_outputs(stage.target()))
    if keep:
        return
    stage.step("destroy", lambda: _deployed(destroy(stage.target(), Gate(yes=True, allow_data_loss=True))))
    stage.step("embedded AWS down", lambda: _stop(stage.folder))


def _deployed(report: DeployReport) -> None:
    """A step that ended half-way has failed, although its report says how far it got."""
    if report.error is not None:
        raise report.error


def _start(folder: Path) -> None:
    copy_workspace(folder)
    # Cards in the chat, which needs a test key and nothing else.
    example = folder / "terraform/terraform.tfvars.example"
    if example.is_file():
        values = example.read_text(encoding="utf-8") + f"\n{_CARDS_IN_THE_CHAT}\n"
        example.with_suffix("").write_text(values, encoding="utf-8")
    process.start(folder)


def _package(stage: _Stage) -> Target:
    target = stage.target()
    prepare_bundle(target)
    return target


def _set_key(target: Target) -> KeyReport:
    report = set_stripe_key(target, Gate(yes=True), lambda: make_test_key(target))
    if report.error is not None:
        raise report.error
    return report


def _talk(stage: _Stage, dialogue: Dialogue) -> ChatReply:
    spoken = Spoken(dialogue.title)
    stage.report.conversations.append(spoken)

    def send(message: str, session_id: str | None) -> ChatReply:
        return send_message(stage.report.chat_url, message, session_id=session_id)

    try:
        return hold(dialogue, send, spoken)
    finally:
        for turn in spoken.turns:
            stage.screen.note(_shown(turn))


def _shown(turn: Turn) -> str:
    answer = turn.bot.replace("\n\n", "\n       ")
    return f"  you: {turn.customer}\n  bot: {answer}"


def _read_bill(target: Target) -> ModelBill:
    # Two hours, because the conversations may have begun in the one before.
    total = read_tokens(target, TokenWish(asked=Asked(hours=2))).total
    if total.usage is None or total.usage.is_empty:
        raise SandboxError("the embedded AWS counted no token", why="the conversations have asked the model")
    usage = total.usage
    return ModelBill(
        model=target.settings.bedrock_model_id,
        calls=int(usage.calls),
        input_tokens=int(usage.input_tokens),
        output_tokens=int(usage.output_tokens),
        dollars=total.cost.dollars,
    )


def _stop(folder: Path) -> None:
    if not process.stop(folder):
        raise SandboxError("the embedded AWS had ended by itself", hint="see what it said: paybot demo --keep")
