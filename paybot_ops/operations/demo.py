"""`paybot demo`: a new workspace, an embedded AWS, a real deploy, a chat, and nothing left behind."""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from paybot_ops.adapters.bundled import copy_workspace
from paybot_ops.adapters.chat import send_message
from paybot_ops.core.reports import DemoReport, DemoStep, DeployReport
from paybot_ops.errors import PaybotError, SandboxError, StoppedError
from paybot_ops.operations.deploy import deploy, prepare_bundle
from paybot_ops.operations.destroy import destroy
from paybot_ops.operations.gate import Gate
from paybot_ops.operations.outputs import read_outputs
from paybot_ops.operations.target import Choice, Target, find_target
from paybot_ops.sandbox import process
from paybot_ops.screen import Screen

QUESTION = "Hello, what can you do for me?"

T = TypeVar("T")


def demo(screen: Screen, *, keep: bool, verbose: bool) -> DemoReport:
    """Run it; a step that fails ends it, and what was started is taken down all the same."""
    started = time.monotonic()
    report = DemoReport(QUESTION)
    folder = Path(tempfile.mkdtemp(prefix="paybot-demo-"))
    try:
        _story(_Stage(screen, report, folder, verbose), keep=keep)
    except PaybotError as error:
        report.failure = error
    except KeyboardInterrupt:
        report.failure = StoppedError("interrupted", why="the sandbox is stopped, and its files are gone")
    finally:
        if keep and report.failure is None:
            report.workspace = folder
        else:
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


def _story(stage: _Stage, *, keep: bool) -> None:
    report = stage.report
    stage.step("embedded AWS up", lambda: _start(stage.folder))
    target = stage.step("package the bot", lambda: _package(stage))
    stage.step("deploy with terraform", lambda: _done(deploy(target, Gate(yes=True), smoke=False)))
    report.chat_url = str(read_outputs(target)["chat_url"])
    report.answer = stage.step("the bot answers", lambda: send_message(report.chat_url, QUESTION))
    stage.screen.note(f"  you: {QUESTION}\n  bot: {report.answer.response}")
    stage.step("outputs", lambda: read_outputs(stage.target()))
    if keep:
        return
    stage.step("destroy", lambda: _done(destroy(stage.target(), Gate(yes=True, allow_data_loss=True))))
    stage.step("embedded AWS down", lambda: _stop(stage.folder))


def _done(report: DeployReport) -> None:
    """A step that ended half-way has failed, although its report says how far it got."""
    if report.error is not None:
        raise report.error


def _start(folder: Path) -> None:
    copy_workspace(folder)
    process.start(folder)


def _package(stage: _Stage) -> Target:
    target = stage.target()
    prepare_bundle(target)
    return target


def _stop(folder: Path) -> None:
    if not process.stop(folder):
        raise SandboxError("the embedded AWS had ended by itself", hint="see what it said: paybot demo --keep")
