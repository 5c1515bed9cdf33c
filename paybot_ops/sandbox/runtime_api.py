"""The Lambda runtime API as one worker sees it, on a loopback port of its own.

Its paths and headers are those of "Using the Lambda runtime API for custom runtimes" in the Lambda guide.
"""

from __future__ import annotations

import contextlib
import socket
import threading
from dataclasses import dataclass
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from queue import SimpleQueue
from typing import Any

_BASE = "/2018-06-01/runtime"

RESPONSE_LIMIT = 6 * 1024 * 1024 + 100
"""Bytes of a synchronous response; Lambda's own message names 6291556."""


@dataclass(frozen=True)
class Task:
    """One invocation as the worker receives it; the deadline is in milliseconds since the epoch."""

    request_id: str
    payload: bytes
    deadline_ms: int
    function_arn: str
    trace_id: str
    client_context: str = ""


@dataclass(frozen=True)
class Ready:
    """The worker asks for its next invocation: it is initialized, or done with the one before."""


@dataclass(frozen=True)
class Answered:
    """The handler returned (`failed` is false) or raised; `body` is what the runtime client made of it."""

    request_id: str
    body: bytes
    failed: bool
    too_large: bool = False


@dataclass(frozen=True)
class InitFailed:
    """The bundle could not be imported, or has no such handler; `body` is the error as JSON."""

    body: bytes


@dataclass(frozen=True)
class Exited:
    """The worker's process is gone; the code is negative for a signal, as in subprocess."""

    returncode: int


Event = Ready | Answered | InitFailed | Exited


class RuntimeApi:
    """Hands tasks to one worker and collects what becomes of them in `events`."""

    def __init__(self) -> None:
        self.events: SimpleQueue[Event] = SimpleQueue()
        self.tasks: SimpleQueue[Task | None] = SimpleQueue()
        self._closing = False
        self._connections: dict[socket.socket, threading.Thread] = {}
        self._lock = threading.Lock()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.address = "{}:{}".format(*self._listener.getsockname())
        self._acceptor = threading.Thread(target=self._accept, name=f"runtime-api {self.address}", daemon=True)
        self._acceptor.start()

    def _accept(self) -> None:
        while True:
            connection, peer = self._listener.accept()
            with self._lock:
                if self._closing:
                    connection.close()
                    return
                thread = threading.Thread(target=self._serve, args=(connection, peer), daemon=True)
                self._connections[connection] = thread
            thread.start()

    def _serve(self, connection: socket.socket, peer: tuple[str, int]) -> None:
        # A worker may be killed in the middle of anything; the process watch reports that.
        with contextlib.suppress(OSError):
            _Handler(connection, peer, self)
        with self._lock:
            self._connections.pop(connection, None)
        connection.close()

    def close(self) -> None:
        """End every thread and free the port."""
        with self._lock:
            if self._closing:
                return
            self._closing = True
            open_ones = dict(self._connections)
        with contextlib.suppress(OSError):
            # Closing a listener does not wake a blocked accept; a connection does.
            socket.create_connection(self._listener.getsockname(), timeout=1).close()
        self._acceptor.join()
        self._listener.close()
        for connection, thread in open_ones.items():
            self.tasks.put(None)
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
            thread.join()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # One packet per answer: otherwise each call waits some 40 ms for a delayed acknowledgement.
    wbufsize = -1
    disable_nagle_algorithm = True

    def __init__(self, connection: socket.socket, peer: tuple[str, int], api: RuntimeApi) -> None:
        self.api = api
        super().__init__(connection, peer, None)  # type: ignore[arg-type]

    def do_GET(self) -> None:
        """Give out the next invocation; the call stays open until there is one."""
        if self.path != f"{_BASE}/invocation/next":
            return self._send(HTTPStatus.NOT_FOUND, {}, b"{}")
        self.api.events.put(Ready())
        task = self.api.tasks.get()
        if task is None:
            self.close_connection = True
            return None
        headers = {
            "Lambda-Runtime-Aws-Request-Id": task.request_id,
            "Lambda-Runtime-Deadline-Ms": str(task.deadline_ms),
            "Lambda-Runtime-Invoked-Function-Arn": task.function_arn,
            "Lambda-Runtime-Trace-Id": task.trace_id,
        }
        if task.client_context:
            headers["Lambda-Runtime-Client-Context"] = task.client_context
        return self._send(HTTPStatus.OK, headers, task.payload)

    def do_POST(self) -> None:
        """Take a response, an error of the handler, or an error of its import."""
        body, too_large = self._body()
        what = self.path.removeprefix(f"{_BASE}/").split("/")
        match what:
            case ["invocation", request_id, "response" | "error" as kind]:
                self._send(HTTPStatus.ACCEPTED, {}, b'{"status":"OK"}')
                self.api.events.put(Answered(request_id, body, kind == "error", too_large))
            case ["init", "error"]:
                # First the event: the process exits as soon as it has the answer.
                self.api.events.put(InitFailed(body))
                self._send(HTTPStatus.ACCEPTED, {}, b'{"status":"OK"}')
            case _:
                self._send(HTTPStatus.NOT_FOUND, {}, b"{}")

    def _body(self) -> tuple[bytes, bool]:
        size = int(self.headers.get("Content-Length") or 0)
        if size <= RESPONSE_LIMIT:
            return self.rfile.read(size), False
        while size > 0:
            size -= len(self.rfile.read(min(size, 1 << 20))) or size
        return b"", True

    def _send(self, status: HTTPStatus, headers: dict[str, str], body: bytes) -> None:
        self.send_response_only(status)
        for name, value in {"Content-Type": "application/json", **headers}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
        self.wfile.flush()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class's own name
        """Say nothing: the sandbox's own output is not the place for a worker's calls."""
