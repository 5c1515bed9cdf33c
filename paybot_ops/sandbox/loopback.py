"""The HTTP server of the embedded AWS: loopback only, threaded, HTTP/1.1 connections kept alive."""

from __future__ import annotations

import http.server
import io
import socket
import socketserver
import sys
from typing import Any, cast
from wsgiref.types import WSGIApplication

from moto.moto_server.werkzeug_app import MotoRequestHandler
from werkzeug import Request, Response
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge

HOST = "127.0.0.1"

# Lambda takes a 50 MB zip in one request, about 67 MB of it as base64; nothing that is served here needs more.
# Source: AWS Lambda quotas.
LARGEST_REQUEST = 80 * 1024 * 1024

# A client that stops in the middle of a request, or forgets its connection, gives its thread back after this.
IDLE_SECONDS = 300


class DropConnection(Exception):
    """Raised by a part to close the client's connection without an answer."""


class Handler(MotoRequestHandler):
    """werkzeug's handler (by way of moto's, which keeps S3's odd header names) with connections kept alive.

    werkzeug closes every connection because a body may be left unread; here the body is read before the
    application runs. Buffered writes and no Nagle delay: without both, a call takes 40 ms longer.
    """

    protocol_version = "HTTP/1.1"
    wbufsize = -1
    disable_nagle_algorithm = True
    timeout = IDLE_SECONDS

    def handle_expect_100(self) -> bool:
        """Invite the body at once: with buffered writes the standard library's invitation would stay in the buffer."""
        super().handle_expect_100()
        self.wfile.flush()
        return True

    def run_wsgi(self) -> None:
        """Read one request whole, run the application, write its answer."""
        environ = self.make_environ()
        try:
            self._read_body(environ)
            application = cast("LoopbackServer", self.server).application
            response = Response.from_app(application, environ, buffered=True)
        except DropConnection:
            self.close_connection = True
            return
        except RequestEntityTooLarge as error:
            self.close_connection = True
            response = Response.from_app(error, environ, buffered=True)
        except HTTPException as error:
            response = Response.from_app(error, environ, buffered=True)
        self._write(response, with_body=environ["REQUEST_METHOD"] != "HEAD")

    def _read_body(self, environ: dict[str, Any]) -> None:
        request = Request(environ)
        request.max_content_length = LARGEST_REQUEST
        body = request.get_data(cache=False)
        environ["wsgi.input"] = io.BytesIO(body)
        environ["CONTENT_LENGTH"] = str(len(body))
        environ.pop("HTTP_TRANSFER_ENCODING", None)
        environ.pop("wsgi.input_terminated", None)

    def _write(self, response: Response, *, with_body: bool) -> None:
        body = response.get_data()
        self.send_response(response.status_code, response.status.partition(" ")[2])
        for name, value in response.headers:
            if name.lower() not in ("content-length", "connection"):
                self.send_header(name, value)
        if with_body and response.status_code not in (204, 304):
            self.send_header("Content-Length", str(len(body)))
        elif not with_body:
            self.send_header("Content-Length", response.headers.get("Content-Length", str(len(body))))
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        if with_body and response.status_code not in (204, 304):
            self.wfile.write(body)

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Requests are not logged: their URLs may carry signatures, and a deploy makes thousands."""

    def log(self, type: str, message: str, *args: Any) -> None:  # noqa: A002 - werkzeug's signature
        """Failures of the server itself, one line each, on stderr."""
        sys.stderr.write(f"{type}: {message % args if args else message}\n")


class LoopbackServer(socketserver.ThreadingMixIn, http.server.HTTPServer):
    """A WSGI server on 127.0.0.1 that a thread can be started for at once: the socket listens when this returns.

    Port 0 lets the system choose. Raises OSError when the port is taken.
    """

    daemon_threads = True
    # A restart must not wait for the old connections to time out; another server on the port is still refused.
    allow_reuse_address = True
    request_queue_size = 128
    # What werkzeug's handler asks of its server.
    ssl_context = None
    multithread = True
    multiprocess = False
    passthrough_errors = False
    _server_version = "paybot-sandbox"

    def __init__(self, port: int) -> None:
        self.application: WSGIApplication = Response("Starting.", status=503)
        self._connections: set[socket.socket] = set()
        super().__init__((HOST, port), Handler)

    @property
    def endpoint(self) -> str:
        """The URL to give to AWS clients."""
        return f"http://{HOST}:{self.server_port}"

    def server_bind(self) -> None:
        """Bind without the reverse DNS lookup of the standard library, which can take seconds."""
        socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = HOST, self.server_address[1]

    def process_request(self, request: Any, client_address: Any) -> None:
        """Handle a connection in a thread of its own."""
        self._connections.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        """End one connection."""
        self._connections.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ARG002 - the library's signature
        """A client that went away is no error; anything else is one line in the log."""
        error = sys.exc_info()[1]
        if not isinstance(error, ConnectionError | TimeoutError):
            sys.stderr.write(f"error: {type(error).__name__} while handling a connection\n")

    def server_close(self) -> None:
        """Stop listening and end every connection, also the idle ones that clients keep."""
        super().server_close()
        for connection in list(self._connections):
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue
