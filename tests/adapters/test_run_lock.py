"""The lock on a data directory: it outlives a killed paybot with its Terraform, and not with what that left behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from paybot_ops.adapters.run_lock import run_lock
from paybot_ops.adapters.terraform.process import TerraformProcess
from paybot_ops.errors import StateLockedError
from tests.cli.paybot_world import until

# Takes the lock, starts a child that inherits it, notes it as the leader, and is gone.
KILLED = """
import os, pathlib, subprocess, sys
from paybot_ops.adapters.run_lock import run_lock
with run_lock(pathlib.Path(sys.argv[1]), lambda: None) as lock:
    silent = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.DEVNULL)
    child = subprocess.Popen(["sh", "-c", sys.argv[2]], pass_fds=[lock.descriptor], start_new_session=True, **silent)
    lock.began(child.pid)
    print(child.pid, flush=True)
    os._exit(9)
"""


def nothing() -> None:
    pass


def killed_run(folder: Path, child: str) -> int:
    done = subprocess.run([sys.executable, "-c", KILLED, str(folder), child], capture_output=True, text=True)
    assert done.returncode == 9, done.stderr
    return int(done.stdout)


def test_a_terraform_that_outlives_paybot_still_holds_it(tmp_path: Path) -> None:
    leader = killed_run(tmp_path, "sleep 60; true")
    try:
        with pytest.raises(StateLockedError), run_lock(tmp_path, nothing, patience_seconds=0.5):
            pass
        os.kill(leader, 0)
    finally:
        os.killpg(leader, signal.SIGKILL)


def test_what_a_killed_terraform_left_behind_does_not(tmp_path: Path) -> None:
    killed_run(tmp_path, "sleep 60 & true")
    with run_lock(tmp_path, nothing, patience_seconds=10):
        pass


def test_two_runs_wait_for_each_other(tmp_path: Path) -> None:
    heard: list[str] = []
    with run_lock(tmp_path, nothing) as first:
        first.began(os.getpid())
        with (
            pytest.raises(StateLockedError),
            run_lock(tmp_path, lambda: heard.append("waits"), patience_seconds=0.3),
        ):
            pass
    assert heard == ["waits"]
    with run_lock(tmp_path, nothing):
        pass


def test_a_killed_terraform_takes_its_providers_with_it(tmp_path: Path) -> None:
    script = tmp_path / "terraform"
    script.write_text(f"#!/bin/sh\nsleep 60 > /dev/null 2>&1 &\necho $! > {tmp_path}/provider\nkill -9 $$\n")
    script.chmod(0o755)
    with run_lock(tmp_path, nothing) as lock:
        process = TerraformProcess(tmp_path, {"PATH": f"{tmp_path}:/usr/bin:/bin"}, lease=lock)
        assert process.captured("apply").returncode == -signal.SIGKILL
    provider = int((tmp_path / "provider").read_text())
    until(lambda: not is_running(provider), "the provider is gone")
    started = time.monotonic()
    with run_lock(tmp_path, nothing, patience_seconds=5):
        assert time.monotonic() - started < 2


@pytest.mark.parametrize("noted", ["{group}", "99999999999999999999", "123\n8", "nonsense"])
def test_a_number_of_a_run_that_is_over_ends_nobody(tmp_path: Path, noted: str) -> None:
    """The group is somebody else's by now, and its leader has ended."""
    shell = subprocess.Popen(["sh", "-c", "sleep 60 & true"], start_new_session=True)
    shell.wait()
    (tmp_path / "paybot.lock").write_text(noted.format(group=shell.pid))
    try:
        with (
            run_lock(tmp_path, nothing),
            pytest.raises(StateLockedError),
            run_lock(tmp_path, nothing, patience_seconds=0.3),
        ):
            pass
        os.killpg(shell.pid, 0)
    finally:
        os.killpg(shell.pid, signal.SIGKILL)


def is_running(process: int) -> bool:
    done = subprocess.run(["ps", "-o", "stat=", "-p", str(process)], capture_output=True, text=True)
    return done.returncode == 0 and not done.stdout.startswith("Z")
