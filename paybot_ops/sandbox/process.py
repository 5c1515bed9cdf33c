"""The embedded AWS as a process of its own: start, find, stop. The CLI imports this, so it loads nothing heavy."""

from __future__ import annotations

import errno
import json
import os
import secrets
import select
import signal
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from paybot_ops.errors import SandboxError
from paybot_ops.sandbox import control_client
from paybot_ops.sandbox.process_files import ProcessFiles

_NEEDED = ("moto", "flask", "flask_cors", "jsonschema", "awslambdaric")
_STOP_SECONDS = 10.0
_POLL_SECONDS = 0.02

# The server must not see the user's AWS account, and moto's switches must not change what is simulated.
_HIDDEN_VARIABLES = ("AWS_", "MOTO_", "TF_", "STRIPE_", "S3_", "INITIAL_NO_AUTH")


@dataclass(frozen=True)
class Running:
    """A running embedded AWS. `started_at` is UTC, ISO 8601."""

    endpoint: str
    pid: int
    account_id: str
    region: str
    instance: str
    started_at: str


def start(
    workspace: Path, *, port: int = 0, region: str = "us-east-1", timeout: float = 30, exit_with_parent: bool = False
) -> Running:
    """The workspace's embedded AWS, started if it is not running.

    A fresh one begins empty, so the copy of the Terraform directory that an earlier one left is removed. Port 0 lets
    the system choose; `timeout` is in seconds; with `exit_with_parent` it ends when this process does. Raises
    SandboxError.
    """
    _require_extra()
    files = ProcessFiles(workspace)
    with files.locked():
        running = find(workspace)
        if running is not None:
            return running
        _kill(files)
        files.remove_copy()
        started = _launch(files, port=port, region=region, timeout=timeout, exit_with_parent=exit_with_parent)
        files.write_record(json.dumps(asdict(started), indent=2) + "\n")
        return started


def find(workspace: Path) -> Running | None:
    """The workspace's embedded AWS if it is running and is the one that was recorded."""
    try:
        recorded = Running(**json.loads(ProcessFiles(workspace).read_record()))
    except (ValueError, TypeError):
        return None
    health = control_client.call(recorded.endpoint, "GET", "/_paybot/health")
    return recorded if health.get("instance") == recorded.instance else None


def stop(workspace: Path) -> bool:
    """Stop the workspace's embedded AWS and remove its files; False when none was running."""
    files = ProcessFiles(workspace)
    if not files.directory.is_dir():
        return False
    with files.locked():
        running = find(workspace)
        if running is not None:
            control_client.call(running.endpoint, "POST", "/_paybot/stop")
            _await_end(files, running.pid)
        killed = _kill(files)
        files.remove_all()
    return running is not None or killed


def _require_extra() -> None:
    missing = [name for name in _NEEDED if find_spec(name) is None]
    if missing:
        raise SandboxError(
            "The embedded AWS is not installed.",
            why=f"Missing: {', '.join(missing)}.",
            hint="pip install 'paybot[sandbox]'",
        )


def _launch(files: ProcessFiles, *, port: int, region: str, timeout: float, exit_with_parent: bool) -> Running:
    instance = secrets.token_hex(16)
    command = [sys.executable, "-P", "-m", "paybot_ops.sandbox.server", "--port", str(port), "--region", region]
    command += ["--instance", instance, *(["--exit-with-parent", str(os.getpid())] if exit_with_parent else [])]
    with files.alive_for_child() as alive, files.open_log() as log:
        process = subprocess.Popen(
            [*command, "--keep-open", str(alive)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=log,
            pass_fds=(alive,),
            start_new_session=True,
            cwd=files.directory,
            env=_environment(),
        )
        os.pwrite(alive, str(process.pid).encode(), 0)
    try:
        said = _first_line(process, timeout)
    except BaseException:
        process.kill()
        process.wait()
        raise
    if "endpoint" not in said:
        process.wait()
        raise _not_started(said, port, files)
    began = datetime.now(UTC).isoformat(timespec="seconds")
    return Running(said["endpoint"], process.pid, said["account_id"], region, instance, began)


def _environment() -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(_HIDDEN_VARIABLES)}
    # moto allows every web page to read it by default.
    kept["MOTO_DISABLE_GLOBAL_CORS"] = "1"
    source = Path(__file__).resolve().parents[2]
    if "site-packages" not in source.parts:
        # Run from a checkout that is not installed: the child must find the same code.
        kept["PYTHONPATH"] = os.pathsep.join(filter(None, (str(source), kept.get("PYTHONPATH", ""))))
    return kept


def _first_line(process: subprocess.Popen[bytes], timeout: float) -> dict[str, Any]:
    """What the server says of itself; {} when it ends without a word. Raises SandboxError after the timeout."""
    assert process.stdout is not None
    deadline = time.monotonic() + timeout
    text = b""
    with process.stdout as pipe:
        while not text.endswith(b"\n"):
            ready, _, _ = select.select([pipe], [], [], max(0.0, deadline - time.monotonic()))
            if not ready:
                raise SandboxError(
                    "The embedded AWS did not start.",
                    why=f"It was not ready after {timeout:g} seconds.",
                    hint="Try again; on a busy machine the first start is slow.",
                )
            part = os.read(pipe.fileno(), 65536)
            if not part:
                return {}
            text += part
    said: dict[str, Any] = json.loads(text)
    return said


def _not_started(said: dict[str, Any], port: int, files: ProcessFiles) -> SandboxError:
    number = said.get("errno")
    if number == errno.EADDRINUSE:
        return SandboxError(
            f"Port {port} is in use.",
            why="Another program listens on it.",
            hint="Choose another with --port, or leave it out to let the system choose.",
        )
    if number is not None:
        return SandboxError(
            f"The embedded AWS cannot use port {port}.", why=os.strerror(number), hint="Choose another with --port."
        )
    why, log = files.last_log_line(), files.log
    return SandboxError("The embedded AWS did not start.", why=why, hint=f"Its log is {log}.")


def _await_end(files: ProcessFiles, pid: int) -> None:
    deadline = time.monotonic() + _STOP_SECONDS
    while time.monotonic() < deadline:
        # Where this very process started it, it stays a zombie until it is waited for.
        with suppress(ChildProcessError):
            os.waitpid(pid, os.WNOHANG)
        if not files.is_alive():
            return
        time.sleep(_POLL_SECONDS)


def _kill(files: ProcessFiles) -> bool:
    """End a server that does not answer, with its workers (they are of its session); True if there was one."""
    if not files.is_alive():
        return False
    pid = files.alive_pid()
    if pid is None:
        return False
    with suppress(ProcessLookupError):
        os.killpg(pid, signal.SIGKILL)
    _await_end(files, pid)
    return True
