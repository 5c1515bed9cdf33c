"""One execution environment of a function: its process, its runtime API, its log, and the enforced timeout."""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import shutil
import signal
import subprocess
import tempfile
import threading
import time
import uuid
from dataclasses import dataclass
from pathlib import Path
from queue import Empty

from paybot_ops.sandbox import platform_lines
from paybot_ops.sandbox.function_environment import environment
from paybot_ops.sandbox.function_logs import WorkerLog
from paybot_ops.sandbox.functions import Function
from paybot_ops.sandbox.interpreter import command
from paybot_ops.sandbox.part import Moto
from paybot_ops.sandbox.platform_lines import Measured
from paybot_ops.sandbox.runtime_api import Answered, Event, Exited, InitFailed, Ready, RuntimeApi, Task

_INIT_SECONDS = 10
"""Lambda's own limit of the init phase ("Understanding the Lambda execution environment lifecycle")."""

_RESPONSE_TOO_LARGE = {
    "errorMessage": "Response payload size exceeded maximum allowed payload size (6291556 bytes).",
    "errorType": "Function.ResponseSizeTooLarge",
}


@dataclass(frozen=True)
class Outcome:
    """What one invocation came to; `function_error` is None or "Unhandled"."""

    payload: bytes
    function_error: str | None
    measured: Measured
    log_tail: str


@dataclass(frozen=True)
class _Ending:
    """How the handler, or the import before it, ended; `line` is what Lambda itself adds to the log."""

    payload: bytes
    status: str
    line: str = ""


class Worker:
    """A process that serves one invocation at a time, from its cold start until it dies or is closed.

    Raises OSError when the process cannot be started.
    """

    def __init__(self, moto: Moto, function: Function, task_root: Path, runtime_folder: Path) -> None:
        self._function = function
        self._started = time.perf_counter()
        self._initialized, self._broken = False, False
        self._tmp = Path(tempfile.mkdtemp(prefix="tmp-", dir=runtime_folder.parent))
        self._api = RuntimeApi()
        self.log = WorkerLog(moto, function)
        self._say(platform_lines.init_start(function))
        variables = environment(
            function,
            endpoint=moto.endpoint,
            runtime_api=self._api.address,
            log_stream=self.log.stream,
            task_root=task_root,
            runtime=runtime_folder,
            tmp=self._tmp,
        )
        try:
            self._process, self._lifeline = _spawn(variables, task_root, runtime_folder, self.log.writer)
        except OSError:
            self._free()
            raise
        self.log.start()
        self._watch = threading.Thread(target=self._wait, name=f"worker {self._process.pid}", daemon=True)
        self._watch.start()

    @property
    def alive(self) -> bool:
        """Whether the process can take another invocation."""
        return not self._broken and self._process.returncode is None

    @property
    def pid(self) -> int:
        """The process id."""
        return self._process.pid

    def invoke(self, payload: bytes, client_context: str = "") -> Outcome:
        """Run the handler once, and have its log in CloudWatch Logs before returning."""
        request_id = str(uuid.uuid4())
        self.log.begin()
        ending, init_ms = None, None
        if not self._initialized:
            ending = self._initialize(request_id)
            init_ms = _milliseconds_since(self._started)
        self._say(platform_lines.start(self._function, request_id))
        began = time.perf_counter()
        ending = ending or self._handle(request_id, payload, client_context)
        duration_ms = _milliseconds_since(began)
        measured = Measured(duration_ms, init_ms, _peak_memory_mb(self.pid), ending.status)
        return self._conclude(request_id, ending, measured)

    def kill(self) -> None:
        """End the process now; a running `invoke` returns with Runtime.ExitError."""
        self._broken = True
        self._kill_group()

    def close(self) -> None:
        """Kill the process and all that it started, then deliver its last lines and free everything."""
        self.kill()
        self._watch.join()
        self._free()
        os.close(self._lifeline)

    def _free(self) -> None:
        self._api.close()
        self.log.close()
        shutil.rmtree(self._tmp, ignore_errors=True)

    def _initialize(self, request_id: str) -> _Ending | None:
        # Lambda repeats an init that took too long inside the invocation, within the function's own timeout.
        match self._next_event(_INIT_SECONDS + self._function.timeout):
            case Ready():
                self._initialized = True
                return None
            case InitFailed(body):
                self._broken = True
                return _Ending(_with_request_id(body, request_id), "error")
            case Exited(returncode):
                return _exited(request_id, returncode)
            case _:
                return self._timed_out(request_id)

    def _handle(self, request_id: str, payload: bytes, client_context: str) -> _Ending:
        seconds = self._function.timeout
        deadline_ms = time.time_ns() // 1_000_000 + seconds * 1000
        until = time.monotonic() + seconds
        arn, trace_id = self._function.arn, _trace_id()
        self._api.tasks.put(Task(request_id, payload, deadline_ms, arn, trace_id, client_context))
        while True:
            match self._next_event(until - time.monotonic()):
                case Answered(answered, body, failed, too_large) if answered == request_id:
                    if too_large:
                        return _Ending(json.dumps(_RESPONSE_TOO_LARGE).encode(), "error")
                    return _Ending(body, "error" if failed else "success")
                case Exited(returncode):
                    return _exited(request_id, returncode)
                case None:
                    return self._timed_out(request_id)

    def _next_event(self, seconds: float) -> Event | None:
        try:
            return self._api.events.get(timeout=max(seconds, 0))
        except Empty:
            return None

    def _timed_out(self, request_id: str) -> _Ending:
        self._broken = True
        message = platform_lines.timed_out(self._function, request_id)
        return _Ending(json.dumps({"errorMessage": message}).encode(), "timeout", f"{message}\n\n")

    def _conclude(self, request_id: str, ending: _Ending, measured: Measured) -> Outcome:
        if self._broken:
            self._kill_group()
        self.log.drain()
        for line in filter(None, [ending.line, *platform_lines.end(self._function, request_id, measured)]):
            self._say(line, ending.status)
        error = None if ending.status == "success" else "Unhandled"
        return Outcome(ending.payload, error, measured, self.log.finish())

    def _say(self, line: str, status: str = "success") -> None:
        if platform_lines.shown(self._function, status):
            self.log.say(line)

    def _wait(self) -> None:
        returncode = self._process.wait()
        # What the function started must not outlive it.
        self._kill_group()
        self._api.events.put(Exited(returncode))

    def _kill_group(self) -> None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)


def _spawn(
    variables: dict[str, str], task_root: Path, runtime_folder: Path, output: int
) -> tuple[subprocess.Popen[bytes], int]:
    """The process, and the end of its lifeline to keep open for as long as it shall live."""
    theirs, ours = os.pipe()
    try:
        process = subprocess.Popen(
            command(theirs, runtime_folder),
            env=variables,
            cwd=task_root,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            pass_fds=(theirs,),
            # A group of its own: Ctrl-C in the terminal is the sandbox's to handle, and one kill reaches every child.
            start_new_session=True,
        )
    except OSError:
        os.close(ours)
        raise
    finally:
        os.close(theirs)
    return process, ours


def _exited(request_id: str, returncode: int) -> _Ending:
    if returncode < 0:
        how = f"Runtime exited with error: signal: {signal.Signals(-returncode).name.removeprefix('SIG').lower()}"
    elif returncode:
        how = f"Runtime exited with error: exit status {returncode}"
    else:
        how = "Runtime exited without providing a reason"
    error = {"errorType": "Runtime.ExitError", "errorMessage": f"RequestId: {request_id} Error: {how}"}
    return _Ending(json.dumps(error).encode(), "error", f"{error['errorMessage']}\nRuntime.ExitError\n")


def _with_request_id(body: bytes, request_id: str) -> bytes:
    with contextlib.suppress(ValueError, TypeError):
        return json.dumps({**json.loads(body), "requestId": request_id}).encode()
    return body


def _trace_id() -> str:
    return f"Root=1-{int(time.time()):08x}-{secrets.token_hex(12)};Parent={secrets.token_hex(8)};Sampled=0"


def _milliseconds_since(moment: float) -> float:
    return (time.perf_counter() - moment) * 1000


def _peak_memory_mb(pid: int) -> int:
    """The process's peak in MiB where the system tells (Linux), else 0."""
    with contextlib.suppress(OSError):
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) // 1024
    return 0
