"""paybot's own messages carry what the deployed API asks for, and show it to nobody."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any, cast

import pytest
from botocore.stub import Stubber

from paybot_ops.adapters.chat import send_message
from paybot_ops.adapters.session import Session
from paybot_ops.errors import AccessDeniedError, PaybotError
from paybot_ops.operations.authorization import chat_authorization
from paybot_ops.operations.target import Target

KEY = "canary-key-5c1d"
URL = "https://api1234567.execute-api.eu-west-1.amazonaws.com/prod/chat"


@dataclass
class Deployment:
    """As much of a target as the question needs."""

    session: Session


@pytest.fixture
def deployment() -> Deployment:
    return Deployment(Session("eu-west-1", "http://127.0.0.1:9"))


def authorization(deployment: Deployment, **outputs: Any) -> Any:
    return chat_authorization(cast("Target", deployment), outputs)


def stubbed(deployment: Deployment) -> Stubber:
    stub = Stubber(deployment.session.client("apigateway"))
    stub.activate()
    return stub


def test_an_open_chat_needs_nothing(deployment: Deployment) -> None:
    assert authorization(deployment) is None
    assert authorization(deployment, api_key_id=None, api_authorization="NONE") is None


def test_the_key_is_read_once_and_sent(deployment: Deployment) -> None:
    stub = stubbed(deployment)
    stub.add_response("get_api_key", {"id": "k1", "value": KEY}, {"apiKey": "k1", "includeValue": True})
    found = authorization(deployment, api_key_id="k1", api_authorization="NONE")
    assert found(URL, b"{}") == found(URL, b"{}") == {"x-api-key": KEY}
    assert KEY not in repr(found)


def test_each_message_is_signed_for_the_api_s_own_service_and_region(deployment: Deployment) -> None:
    found = authorization(deployment, api_authorization="AWS_IAM")
    one, other = found(URL, b'{"message":"a"}'), found(URL, b'{"message":"b"}')
    assert "/eu-west-1/execute-api/aws4_request" in one["Authorization"]
    assert one["Authorization"] != other["Authorization"]


def test_a_key_that_is_gone_or_not_to_be_read_is_said(deployment: Deployment) -> None:
    stub = stubbed(deployment)
    stub.add_client_error("get_api_key", "NotFoundException")
    with pytest.raises(PaybotError, match="k1 is gone"):
        authorization(deployment, api_key_id="k1")
    stub.add_client_error(
        "get_api_key", "AccessDeniedException", "User: x is not authorized to perform: apigateway:GET"
    )
    with pytest.raises(AccessDeniedError) as caught:
        authorization(deployment, api_key_id="k1")
    assert "apigateway:GET" in caught.value.action


class Elsewhere(BaseHTTPRequestHandler):
    """Sends every POST on to another address, and keeps the headers of all that comes."""

    seen: list[dict[str, str]] = []  # noqa: RUF012 -- one server at a time

    def do_POST(self) -> None:
        self.seen.append({name.lower(): value for name, value in self.headers.items()})
        self.send_response(302)
        self.send_header("Location", "/elsewhere")
        self.end_headers()

    def do_GET(self) -> None:
        self.seen.append({name.lower(): value for name, value in self.headers.items()})
        body = b'{"response": "x", "status": "x", "sessionId": "x"}'
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def elsewhere() -> Iterator[str]:
    Elsewhere.seen.clear()
    server = HTTPServer(("127.0.0.1", 0), Elsewhere)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/chat"
    server.shutdown()
    server.server_close()
    thread.join()


def test_a_key_does_not_follow_a_redirect(elsewhere: str) -> None:
    send_message(elsewhere, "hi", authorization=lambda _url, _body: {"X-api-key": KEY})
    first, second = Elsewhere.seen
    assert first["x-api-key"] == KEY
    assert KEY not in str(second)
