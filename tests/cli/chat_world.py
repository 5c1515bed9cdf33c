"""A bot on a socket of its own that answers as it was told to, for a deployment whose state names it."""

from __future__ import annotations

import http.server
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

SESSION = "s" * 32


@dataclass
class Said:
    """One answer of the bot; `lost` is carried out and never answered, `delay` is in seconds."""

    response: str = "Hello, I am the payment assistant."
    status: str = "name"
    http: int = 200
    body: dict[str, Any] | None = None
    lost: bool = False
    delay: float = 0.0
    request_id: str = "7f0c1d2e-3a4b-4c5d-8e6f-708192a3b4c5"

    def document(self) -> bytes:
        """The body of the answer."""
        found = self.body or {"response": self.response, "status": self.status, "sessionId": SESSION}
        return json.dumps(found).encode()


@dataclass
class Bot:
    """The bot: what it will say, in turn (the last for ever), and what it was told."""

    says: list[Said] = field(default_factory=lambda: [Said()])
    heard: list[dict[str, Any]] = field(default_factory=list)
    url: str = ""

    def next(self, heard: dict[str, Any]) -> Said:
        """The answer to a message."""
        self.heard.append(heard)
        return self.says.pop(0) if len(self.says) > 1 else self.says[0]


def refused(status: int, code: str, message: str) -> Said:
    """An error as the bot words it."""
    return Said(http=status, body={"error": {"code": code, "message": message}})


@contextmanager
def serving(bot: Bot) -> Iterator[Bot]:
    """The bot on a loopback port."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            said = bot.next(json.loads(body) | {"_headers": dict(self.headers)})
            time.sleep(said.delay)
            if said.lost:
                self.close_connection = True
                return
            answer = said.document()
            self.send_response(said.http)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(answer)))
            self.send_header("x-correlation-id", said.request_id)
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_: object) -> None:
            """Nothing: a test reads what the bot heard."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    bot.url = f"http://127.0.0.1:{server.server_address[1]}/dev/chat"
    try:
        yield bot
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
