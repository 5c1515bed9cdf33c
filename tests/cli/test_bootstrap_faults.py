"""`paybot bootstrap-state` when AWS, the network or the machine fails: at every call, found by recording a run."""

from __future__ import annotations

import itertools
import os
import random
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from paybot_ops.sandbox.faults import Rule
from paybot_ops.sandbox.loopback import DropConnection
from tests.cli.state_world import Call, State, WatchedSandbox, iam_action

_numbers = itertools.count()
# The same few in every run, so that a failure is there again; `make faults` runs all.
_chosen = random.Random(3)
# Of one kind each: a read of S3 and of DynamoDB, a write of each.
_SAMPLE = ("GetBucketPolicy", "DescribeTable", "PutBucketEncryption", "CreateTable")


@pytest.fixture
def fresh(sandbox: WatchedSandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], State]]:
    """Makes a state home with names and a folder that nothing else uses."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", sandbox.endpoint)

    def make() -> State:
        number = next(_numbers)
        return State(sandbox, tmp_path / str(number) / "shop", f"fault-{number}")

    yield make
    sandbox.faults.replace([])
    sandbox.after = lambda _call, _number: None


@pytest.fixture
def calls(fresh: Callable[[], State]) -> list[Call]:
    """The calls of an undisturbed run, in their order."""
    state = fresh()
    assert state("--yes").code == 0
    return list(state.sandbox.calls)


@pytest.fixture
def whole(fresh: Callable[[], State]) -> dict[str, Any]:
    """What an undisturbed run leaves."""
    state = fresh()
    assert state("--yes").code == 0
    return state.snapshot()


def converges(state: State, whole: dict[str, Any]) -> None:
    state.sandbox.faults.replace([])
    state.sandbox.after = lambda _call, _number: None
    assert state("--yes").code == 0
    assert state.snapshot() == whole
    assert state("--check").code == 0


def test_access_denied_at_a_sample_of_calls(
    fresh: Callable[[], State], calls: list[Call], whole: dict[str, Any]
) -> None:
    # One of each kind: a read of S3, of DynamoDB and a write of each, and one more.
    denied(fresh, whole, [call for call in dict.fromkeys(calls) if call.operation in (*_SAMPLE, "PutBucketPolicy")])


@pytest.mark.faults
def test_access_denied_at_every_call(fresh: Callable[[], State], calls: list[Call], whole: dict[str, Any]) -> None:
    denied(fresh, whole, list(dict.fromkeys(calls)))


def denied(fresh: Callable[[], State], whole: dict[str, Any], calls: list[Call]) -> None:
    """The missing action is named; what was done, failed and was not run is told; nothing after the failure is run."""
    assert calls
    for call in calls:
        if call.operation in ("GetCallerIdentity", "HeadBucket"):
            continue  # no policy can deny the one; the other has a test of its own
        state = fresh()
        code = "AccessDenied" if call.service == "s3" else "AccessDeniedException"
        state.sandbox.faults.replace([Rule(call.service, call.operation, status=403, code=code)])
        exit_code, document = state.json("--yes")
        told = (call.service, call.operation)
        if exit_code == 0:
            # The settings of a bucket that was not there yet were asked for, and not needed. Now they are.
            exit_code, document = state.json("--yes")
            assert document["data"] is None, told
        else:
            assert state.file_text is None, told
        assert (exit_code, document["error"]["kind"]) == (1, "access-denied"), told
        assert iam_action(call) in document["error"]["why"], told
        outcomes = [item["outcome"] for item in document["data"]["result"]] if document["data"] else []
        if outcomes:
            failed = outcomes.index("failed")
            assert set(outcomes[:failed]) <= {"done"}, told
            assert set(outcomes[failed + 1 :]) <= {"not run"}, told
            if call.writes:
                assert "not run" in state("--yes").err, told
        converges(state, whole)


def test_two_denied_reads_are_told_together(fresh: Callable[[], State]) -> None:
    state = fresh()
    assert state("--yes").code == 0
    names = ("GetBucketPolicy", "GetBucketEncryption")
    state.sandbox.faults.replace([Rule("s3", name, status=403, code="AccessDenied") for name in names])
    _, document = state.json("--yes")
    assert "s3:GetBucketPolicy, s3:GetEncryptionConfiguration" in document["error"]["why"]


_FAULTS: dict[str, tuple[int, Callable[[Call], Rule]]] = {
    "throttled": (1, lambda call: Rule(call.service, call.operation, status=503, code="SlowDown")),
    "broken": (1, lambda call: Rule(call.service, call.operation, status=500, code="InternalError")),
    "dropped": (1, lambda call: Rule(call.service, call.operation, drop=True)),
    "throttled once": (0, lambda call: Rule(call.service, call.operation, status=503, code="SlowDown", times=1)),
    "broken once": (0, lambda call: Rule(call.service, call.operation, status=500, code="InternalError", times=1)),
    "dropped once": (0, lambda call: Rule(call.service, call.operation, drop=True, times=1)),
    "slow": (0, lambda call: Rule(call.service, call.operation, delay_seconds=0.7, times=1)),
}


def faulty(
    fresh: Callable[[], State], calls: list[Call], whole: dict[str, Any], kind: str, wanted: Callable[[Call], bool]
) -> None:
    expected, rule = _FAULTS[kind]
    for call in dict.fromkeys(calls):
        if not wanted(call):
            continue
        state = fresh()
        state.sandbox.faults.replace([rule(call)])
        ran = state("--yes")
        assert ran.code == expected, (kind, call, ran.err)
        if expected:
            assert "Traceback" not in ran.err
            assert state.file_text is None
        converges(state, whole)


@pytest.mark.parametrize("kind", ["broken", "throttled once", "dropped once", "slow"])
def test_a_call_that_fails_in_some_way(
    fresh: Callable[[], State], calls: list[Call], whole: dict[str, Any], kind: str
) -> None:
    one = _chosen.choice(_SAMPLE)
    faulty(fresh, calls, whole, kind, lambda call: call.operation == one)


@pytest.mark.faults
@pytest.mark.parametrize("kind", list(_FAULTS))
def test_every_call_that_fails_in_every_way(
    fresh: Callable[[], State], calls: list[Call], whole: dict[str, Any], kind: str
) -> None:
    # A bucket that is not there yet has no settings whose reading could fail the run.
    needed = {call.operation for call in calls if call.writes} | {"HeadBucket", "DescribeTable", "GetCallerIdentity"}
    always = _FAULTS[kind][0] == 0
    faulty(fresh, calls, whole, kind, lambda call: always or call.operation in needed)


def test_a_created_bucket_and_table_whose_answers_were_lost(fresh: Callable[[], State], whole: dict[str, Any]) -> None:
    """The repeated call finds its own work: that is no conflict."""
    state = fresh()
    lost: set[str] = set()

    def lose(call: Call, _number: int) -> None:
        if call.operation in ("CreateBucket", "CreateTable") and call.operation not in lost:
            lost.add(call.operation)
            raise DropConnection

    state.sandbox.after = lose
    assert state("--yes").code == 0
    assert lost == {"CreateBucket", "CreateTable"}
    assert state.snapshot() == whole


def killed_after_call(state: State, number: int) -> None:
    """Run it in a process of its own, which dies when the embedded AWS has answered that many calls."""
    environ = os.environ | {"AWS_ENDPOINT_URL": state.sandbox.endpoint}
    process: list[subprocess.Popen[bytes]] = []

    def kill(_call: Call, answered: int) -> None:
        if answered == number:
            process[0].kill()

    state.sandbox.calls.clear()
    state.sandbox.after = kill
    command = [sys.executable, "-m", "paybot_ops.cli", *state.arguments, "--yes"]
    process.append(subprocess.Popen(command, env=environ, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL))
    assert process[0].wait(60) == -signal.SIGKILL, number


def test_killed_after_a_call(fresh: Callable[[], State], calls: list[Call], whole: dict[str, Any]) -> None:
    for number in sorted(_chosen.sample(range(1, len(calls) + 1), 3)):
        state = fresh()
        killed_after_call(state, number)
        converges(state, whole)


@pytest.mark.faults
def test_killed_after_every_call(fresh: Callable[[], State], calls: list[Call], whole: dict[str, Any]) -> None:
    for number in range(1, len(calls) + 1):
        state = fresh()
        killed_after_call(state, number)
        converges(state, whole)


def run_killed_at_write(state: State, last: int) -> int:
    environ = os.environ | {"AWS_ENDPOINT_URL": state.sandbox.endpoint}
    command = [sys.executable, "-m", "tests.cli.killed_at_write", str(state.folder), str(last)]
    done = subprocess.run([*command, *state.arguments, "--yes"], env=environ, capture_output=True, timeout=60)
    return done.returncode


def test_killed_at_a_file_write(fresh: Callable[[], State], whole: dict[str, Any]) -> None:
    _killed_at_writes(fresh, whole, 2)


@pytest.mark.faults
def test_killed_at_every_file_write(fresh: Callable[[], State], whole: dict[str, Any]) -> None:
    _killed_at_writes(fresh, whole, None)


def _killed_at_writes(fresh: Callable[[], State], whole: dict[str, Any], count: int | None) -> None:
    state = fresh()
    assert run_killed_at_write(state, 0) == 0
    assert state.snapshot() == whole
    changes = int((state.folder.parent / "changes").read_text())
    points = range(1, changes)
    # The last changes are those of the backend file: the sample always holds one of them.
    for last in points if count is None else {changes - 2, *_chosen.sample(points, count - 1)}:
        state = fresh()
        assert run_killed_at_write(state, last) == -signal.SIGKILL
        assert state.file_text in (None, whole["file"].replace("NAME", state.name))
        converges(state, whole)
