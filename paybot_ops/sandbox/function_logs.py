"""A worker's log stream in CloudWatch Logs: its output as it comes, its embedded metrics, the tail of an invocation."""

from __future__ import annotations

import contextlib
import os
import secrets
import select
import threading
import time
from datetime import UTC, datetime
from typing import Any

from paybot_ops.sandbox.embedded_metrics import metrics_in
from paybot_ops.sandbox.functions import Function
from paybot_ops.sandbox.log_delivery import deliver
from paybot_ops.sandbox.metrics import publish
from paybot_ops.sandbox.part import Moto
from paybot_ops.sandbox.worker_output import OutputSplitter

_TAIL = 4096
"""Bytes of log that an Invoke answer carries ("Invoke", X-Amz-Log-Result)."""

_DELIVER_EVERY = 0.5
"""Seconds that a line of a running invocation waits at most."""


class WorkerLog:
    """Reads a worker's pipe and keeps its log stream; every method may be called from any thread."""

    def __init__(self, moto: Moto, function: Function) -> None:
        self._moto, self._function = moto, function
        self.stream = f"{datetime.now(UTC):%Y/%m/%d}/[{function.version}]{secrets.token_hex(16)}"
        self._splitter = OutputSplitter()
        self._pending: list[dict[str, Any]] = []
        self._tail = ""
        self._last_ms = 0
        # Two locks: a delivery waits for moto, and the worker must be able to go on writing meanwhile.
        self._lock, self._delivery = threading.RLock(), threading.Lock()
        self._reader, self.writer = os.pipe()
        os.set_blocking(self._reader, False)
        self._wake_reader, self._wake = os.pipe()
        self._thread = threading.Thread(target=self._read, name=f"log {self.stream}", daemon=True)

    def start(self) -> None:
        """Begin to read; the worker's process has its own copy of the writing end now."""
        os.close(self.writer)
        self._thread.start()

    def begin(self) -> None:
        """An invocation begins: its tail starts here."""
        with self._lock:
            self._tail = ""

    def say(self, message: str) -> None:
        """Add an event of Lambda's own."""
        with self._lock:
            self._add([message])

    def drain(self) -> None:
        """Take in all that the worker has written so far: what it wrote before it answered is in the pipe by then."""
        with self._lock:
            while chunk := self._chunk():
                self._add(self._splitter.feed(chunk))

    def finish(self) -> str:
        """An invocation ended: deliver its events, and return its tail."""
        with self._lock:
            tail = self._tail
        self._deliver()
        return tail.encode()[-_TAIL:].decode(errors="ignore")

    def close(self) -> None:
        """Stop reading and deliver the rest; call it once the process is gone."""
        if self._thread.ident is None:
            os.close(self.writer)
        else:
            os.write(self._wake, b".")
            self._thread.join()
        self.drain()
        with self._lock:
            self._add(self._splitter.flush())
        self._deliver()
        for end in (self._reader, self._wake_reader, self._wake):
            os.close(end)

    def _read(self) -> None:
        poller = select.poll()
        poller.register(self._reader, select.POLLIN)
        poller.register(self._wake_reader, select.POLLIN)
        while True:
            ready = poller.poll(_DELIVER_EVERY * 1000 if self._pending else None)
            if any(end == self._wake_reader for end, _ in ready):
                return
            if any(not flags & select.POLLIN for _, flags in ready):
                # Nobody holds the writing end any more; only the wake-up is left to wait for.
                poller.unregister(self._reader)
            self.drain()
            if self._overdue():
                self._deliver()

    def _overdue(self) -> bool:
        with self._lock:
            return bool(self._pending) and time.time() - self._pending[0]["timestamp"] / 1000 >= _DELIVER_EVERY

    def _chunk(self) -> bytes:
        with contextlib.suppress(BlockingIOError):
            return os.read(self._reader, 1 << 16)
        return b""

    def _add(self, messages: list[str]) -> None:
        # CloudWatch Logs refuses a batch that is not in chronological order, so the clock may not go backwards.
        self._last_ms = max(self._last_ms, time.time_ns() // 1_000_000)
        for message in messages:
            self._pending.append({"timestamp": self._last_ms, "message": message})
            self._tail = (self._tail + message + ("" if message.endswith("\n") else "\n"))[-_TAIL:]

    def _deliver(self) -> None:
        with self._delivery:
            with self._lock:
                events, self._pending = self._pending, []
            if not events:
                return
            function = self._function
            deliver(self._moto, function.region, function.logs.group, self.stream, events, role=function.role)
            self._publish(events)

    def _publish(self, events: list[dict[str, Any]]) -> None:
        found: dict[str, list[dict[str, Any]]] = {}
        for event in events:
            for namespace, datum in metrics_in(event["message"]):
                found.setdefault(namespace, []).append(datum)
        for namespace, data in found.items():
            publish(self._moto, self._function.region, namespace, data)
