"""Which worker serves an invocation: a warm one of exactly this code and configuration, else a new one."""

from __future__ import annotations

import shutil
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from paybot_ops.sandbox.function_code import CodeRefused, unpack
from paybot_ops.sandbox.functions import Function
from paybot_ops.sandbox.interpreter import build_runtime_folder
from paybot_ops.sandbox.part import Moto
from paybot_ops.sandbox.rest_json import ApiError
from paybot_ops.sandbox.runtime import Worker

_MOST_WORKERS = 16
"""Processes at once; an invocation beyond it waits for a free one, where Lambda would start another."""

_IDLE_SECONDS = 600
"""How long a warm worker is kept without work; Lambda promises nothing, some minutes are usual."""

_THROTTLED = {"Reason": "ReservedFunctionConcurrentInvocationLimitExceeded", "Type": "User"}
"""Why one beyond the reserved concurrency is refused, in Lambda's words (Invoke: TooManyRequestsException)."""


@dataclass
class _Idle:
    worker: Worker
    key: tuple[object, ...]
    since: float


class WorkerPool:
    """All workers of a sandbox, their unpacked code, and the folder that holds both."""

    def __init__(self, moto: Moto, folder: Path | None = None) -> None:
        self._moto = moto
        self._folder = folder
        self._root: Path | None = None
        self._idle: list[_Idle] = []
        self._busy: set[Worker] = set()
        self._starting = 0
        self._in_flight: Counter[tuple[str, str]] = Counter()
        self._closing = False
        self._changed = threading.Condition()
        self._unpacking = threading.Lock()

    @contextmanager
    def lend(self, function: Function) -> Iterator[tuple[Worker, int]]:
        """A worker for one invocation, and how many invocations of the function now run, this one included.

        Raises ApiError: TooManyRequestsException (429) beyond the reserved concurrency, InvalidZipFileException (502)
        for code that cannot be unpacked, ServiceException (500) when no worker can start or the pool is closing.
        """
        name = (function.region, function.name)
        with self._changed:
            running = self._in_flight[name] + 1
            if function.reserved_concurrency is not None and running > function.reserved_concurrency:
                raise ApiError("TooManyRequestsException", "Rate Exceeded.", status=429, members=_THROTTLED)
            self._in_flight[name] = running
        try:
            worker = self._take(function)
            try:
                yield worker, running
            finally:
                self._give_back(worker, function)
        finally:
            with self._changed:
                self._in_flight[name] -= 1

    def close(self) -> None:
        """Kill every worker, also the busy ones, and remove every file."""
        with self._changed:
            self._closing = True
            for worker in self._busy:
                worker.kill()
            self._changed.notify_all()
            self._changed.wait_for(lambda: not self._busy and not self._starting)
            idle, self._idle = self._idle, []
        for one in idle:
            one.worker.close()
        if self._root is not None:
            shutil.rmtree(self._root, ignore_errors=True)

    def _take(self, function: Function) -> Worker:
        with self._changed:
            stale = self._pop_stale(function)
            self._changed.wait_for(lambda: self._closing or len(self._busy) + self._starting < _MOST_WORKERS)
            if self._closing:
                raise ApiError("ServiceException", "The sandbox is stopping.", status=500)
            worker = self._pop_idle(function)
            if worker is None:
                self._starting += 1
            else:
                self._busy.add(worker)
        for one in stale:
            one.close()
        return worker or self._start(function)

    def _pop_idle(self, function: Function) -> Worker | None:
        for one in reversed(self._idle):
            if one.key == function.sandbox_key and one.worker.alive:
                self._idle.remove(one)
                return one.worker
        return None

    def _pop_stale(self, function: Function) -> list[Worker]:
        """Idle workers that are dead, unused for long, or of code that this version no longer is."""
        replaced = (function.region, function.name, function.version)
        now = time.monotonic()

        def is_stale(one: _Idle) -> bool:
            outdated = one.key[:3] == replaced and one.key != function.sandbox_key
            return outdated or not one.worker.alive or now - one.since > _IDLE_SECONDS

        stale = [one for one in self._idle if is_stale(one)]
        self._idle = [one for one in self._idle if one not in stale]
        return [one.worker for one in stale]

    def _start(self, function: Function) -> Worker:
        worker = None
        try:
            root, code = self._unpacked(function)
            worker = Worker(self._moto, function, code, root / "runtime")
        except OSError as error:
            # No memory, no process or no disk space left: this machine's trouble, in Lambda's words.
            raise ApiError("ServiceException", f"No worker could be started: {error.strerror}", status=500) from error
        finally:
            with self._changed:
                self._starting -= 1
                if worker is not None:
                    self._busy.add(worker)
                    if self._closing:
                        worker.kill()
                self._changed.notify_all()
        return worker

    def _give_back(self, worker: Worker, function: Function) -> None:
        keep = worker.alive and not self._closing
        if not keep:
            worker.close()
        with self._changed:
            self._busy.remove(worker)
            if keep:
                self._idle.append(_Idle(worker, function.sandbox_key, time.monotonic()))
            self._changed.notify_all()

    def _unpacked(self, function: Function) -> tuple[Path, Path]:
        with self._unpacking:
            if self._root is None:
                # macOS reaches its temporary folder through a link; the bundle sees one path only.
                self._root = Path(tempfile.mkdtemp(prefix="paybot-lambda-", dir=self._folder)).resolve()
                build_runtime_folder(self._root / "runtime")
            # The digest is base64: a slash in it is no folder.
            code = self._root / "code" / function.code_sha256.replace("/", "_")
            if not code.exists():
                try:
                    unpack(function.code, code)
                except CodeRefused as error:
                    message = f"Lambda could not unzip the deployment package: {error}"
                    raise ApiError("InvalidZipFileException", message, status=502) from error
            return self._root, code
