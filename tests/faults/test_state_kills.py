"""Killed after every AWS call and before every file write, and run again: the end is that of an undisturbed run.

The points are counted in an undisturbed run. All of them are tried under `make faults`, a fixed sample everywhere.
"""

from __future__ import annotations

import itertools
import json
import os
import random
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.cli.migration_world import KEY, Deployment, endpoints
from tests.cli.state_world import Call, WatchedSandbox

pytestmark = pytest.mark.terraform
ROOT = Path(__file__).resolve().parents[2]
SAMPLE = 1
_numbers = itertools.count()


@dataclass(frozen=True)
class Journey:
    """A command, and what it starts from."""

    prepare: Callable[[Deployment], tuple[str, ...]]


def _to_s3(_deployment: Deployment) -> tuple[str, ...]:
    return ("migrate-state", "--yes")


def _to_local(deployment: Deployment) -> tuple[str, ...]:
    assert deployment.migrate().code == 0
    return ("migrate-state", "--yes", "--to", "local")


def _restore(deployment: Deployment) -> tuple[str, ...]:
    assert deployment.migrate().code == 0
    (first,) = deployment.client("s3").list_object_versions(Bucket=deployment.name, Prefix=KEY)["Versions"]
    document = json.loads(deployment.remote() or b"")
    later = json.dumps({**document, "serial": document["serial"] + 1, "resources": []}, indent=2)
    deployment.client("s3").put_object(Bucket=deployment.name, Key=KEY, Body=later.encode())
    return ("state", "restore", first["VersionId"], "--yes")


JOURNEYS = {"to s3": Journey(_to_s3), "to local": Journey(_to_local), "restore": Journey(_restore)}


class Runner:
    """Runs journeys on fresh deployments of one embedded AWS, disturbed or not."""

    def __init__(self, sandbox: WatchedSandbox, folder: Path) -> None:
        self.sandbox = sandbox
        self.folder = folder
        self.expected: dict[str, tuple[dict[str, Any], int, int]] = {}

    def deployment(self) -> Deployment:
        """A new one, with a local state and a home for it."""
        number = next(_numbers)
        made = Deployment(self.sandbox, self.folder / f"shop-{number}", f"killed-{number}")
        made.apply()
        made.bootstrap()
        return made

    def undisturbed(self, name: str) -> tuple[dict[str, Any], int, int]:
        """How a journey ends when nothing happens, after how many AWS calls and file events."""
        if name not in self.expected:
            deployment = self.deployment()
            arguments = JOURNEYS[name].prepare(deployment)
            report = self.folder / "report"
            assert self.run(deployment, arguments, report=report) == 0
            calls = len(self.sandbox.calls)
            self.expected[name] = (deployment.snapshot(), calls, int(report.read_text()))
        return self.expected[name]

    def run(self, deployment: Deployment, arguments: tuple[str, ...], *, number: int = 0, report: Path = Path()) -> int:
        """The command in a process of its own; negative when it was killed."""
        self.sandbox.calls.clear()
        child = subprocess.Popen(
            [
                *(sys.executable, "-m", "tests.faults.killed_run", str(number), str(deployment.folder), str(report)),
                *arguments,
                *("--dir", str(deployment.folder)),
            ],
            cwd=ROOT,
            env=os.environ | deployment.environ,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        self.child = child
        return child.wait(timeout=120)

    def killed_at_call(
        self, deployment: Deployment, arguments: tuple[str, ...], at: int, *, terraform_too: bool
    ) -> int:
        """The command, killed when its `at`th AWS call has taken effect and before it hears of it."""

        def kill(_call: Call, number: int) -> None:
            if number == at:
                victims = [self.child.pid, *(_children(self.child.pid) if terraform_too else [])]
                for pid in victims:
                    os.kill(pid, signal.SIGKILL)

        self.sandbox.after = kill
        try:
            return self.run(deployment, arguments)
        finally:
            self.sandbox.after = lambda _call, _number: None


@pytest.fixture(scope="module")
def runner(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Runner]:
    with WatchedSandbox() as sandbox, pytest.MonkeyPatch.context() as patch:
        for name, value in endpoints(sandbox.endpoint).items():
            patch.setenv(name, value)
        yield Runner(sandbox, tmp_path_factory.mktemp("killed"))


def after_a_call(runner: Runner, name: str, at: int, *, terraform_too: bool) -> None:
    deployment = runner.deployment()
    arguments = JOURNEYS[name].prepare(deployment)
    original = _whole(deployment)
    code = runner.killed_at_call(deployment, arguments, at, terraform_too=terraform_too)
    assert code in (-signal.SIGKILL, 0)
    _ends_well(runner, name, deployment, arguments, original, f"call {at}")


def before_a_file_event(runner: Runner, name: str, at: int) -> None:
    deployment = runner.deployment()
    arguments = JOURNEYS[name].prepare(deployment)
    original = _whole(deployment)
    assert runner.run(deployment, arguments, number=at) == -signal.SIGKILL
    _ends_well(runner, name, deployment, arguments, original, f"file event {at}")


def _ends_well(
    runner: Runner, name: str, deployment: Deployment, arguments: tuple[str, ...], original: set[bytes], point: str
) -> None:
    assert original & _whole(deployment), f"{point}: the state is nowhere whole"
    expected, _calls, _files = runner.undisturbed(name)
    ran = deployment.paybot(*arguments)
    assert ran.code == 0, f"{point}: {ran.err}"
    assert deployment.snapshot() == expected, point
    assert not (deployment.folder / ".terraform/paybot-migration").exists()


def _whole(deployment: Deployment) -> set[bytes]:
    """Every whole copy of a state that a person could find."""
    found = {path.read_bytes() for path in deployment.folder.glob("terraform.tfstate*")}
    return {content for content in (*found, deployment.remote() or b"") if content.startswith(b"{")}


def _children(pid: int) -> list[int]:
    found = []
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = status.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[1]) == pid:
            found.append(int(status.parent.name))
    return found


@pytest.mark.parametrize("name", list(JOURNEYS))
def test_a_sample_of_kills(runner: Runner, name: str) -> None:
    _expected, calls, files = runner.undisturbed(name)
    chosen = random.Random(f"paybot {name}")
    for at in chosen.sample(range(1, calls + 1), SAMPLE):
        after_a_call(runner, name, at, terraform_too=bool(at % 2))
    for at in chosen.sample(range(1, files + 1), min(SAMPLE, files)):
        before_a_file_event(runner, name, at)


@pytest.mark.faults
@pytest.mark.parametrize("name", list(JOURNEYS))
def test_a_kill_after_every_call(runner: Runner, name: str) -> None:
    _expected, calls, _files = runner.undisturbed(name)
    assert calls > 5
    for at in range(1, calls + 1):
        for terraform_too in (False, True):
            after_a_call(runner, name, at, terraform_too=terraform_too)


@pytest.mark.faults
@pytest.mark.parametrize("name", list(JOURNEYS))
def test_a_kill_before_every_file_event(runner: Runner, name: str) -> None:
    _expected, _calls, files = runner.undisturbed(name)
    assert files
    for at in range(1, files + 1):
        before_a_file_event(runner, name, at)


def test_what_is_killed_leaves_no_second_truth(runner: Runner) -> None:
    """Between a kill and the next run, deploy refuses to work on a state that is neither here nor there."""
    deployment = runner.deployment()
    _to_s3(deployment)
    wrote = {"seen": False}

    def kill(call: Call, _number: int) -> None:
        if call.operation == "PutItem" and not wrote["seen"]:
            wrote["seen"] = True
            os.kill(runner.child.pid, signal.SIGKILL)

    runner.sandbox.after = kill
    assert runner.run(deployment, ("migrate-state", "--yes")) == -signal.SIGKILL
    runner.sandbox.after = lambda _call, _number: None
    ran = deployment.paybot("deploy", "--check")
    assert ran.code == 2
    assert "a migration was interrupted" in ran.err
    # A Terraform that died with it may have left its own record of the backend half-written.
    (deployment.folder / ".terraform/terraform.tfstate").write_text("")
    assert deployment.migrate().code == 0
