"""API Gateway's side: what a proxy event asks for, and the answers in the form that API Gateway sends on."""

from __future__ import annotations

import base64
import binascii
import json
import re
from dataclasses import dataclass, field, replace
from typing import TypedDict

from payment_bot.errors import ChatError, RequestError

# A message is something that a person typed; a body leaves room for its JSON escapes.
LONGEST_MESSAGE = 2_000
LARGEST_BODY = 32_768

_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
_DOMAIN = re.compile(r"[A-Za-z0-9.-]{4,253}")
_PATH = re.compile(r"(?:/[A-Za-z0-9._~-]{1,128}){0,4}/chat/?")
_CORRELATION_ID = re.compile(r"[A-Za-z0-9_=-]{1,128}")


@dataclass(frozen=True, slots=True)
class ChatRequest:
    """One valid chat message; its text stays out of every repr, and so out of logs and tracebacks."""

    message: str = field(repr=False)
    session_id: str | None = field(default=None, repr=False)
    message_id: str | None = None
    done_url: str = ""


class Response(TypedDict):
    """A Lambda proxy integration's response (API Gateway: "Lambda proxy integrations, output format")."""

    statusCode: int
    headers: dict[str, str]
    body: str
    isBase64Encoded: bool


def parse_event(event: object) -> ChatRequest:
    """Read a proxy event of `POST /chat`; raises RequestError (400, 404, 405, 413) for anything else."""
    if not isinstance(event, dict):
        raise RequestError(400, "invalid_request", "This is not a request of the chat API.")
    if (event.get("resource") or event.get("path")) != "/chat":
        raise RequestError(404, "not_found", "The chat is at POST /chat.")
    if event.get("httpMethod") != "POST":
        raise RequestError(405, "method_not_allowed", "The chat is at POST /chat.")
    request = parse_body(_body_bytes(event.get("body"), encoded=event.get("isBase64Encoded") is True))
    return replace(request, done_url=_done_url(event.get("requestContext")))


def parse_body(body: bytes) -> ChatRequest:
    """Read a chat message from a JSON body; raises RequestError (400, 413) and never quotes what was sent."""
    if len(body) > LARGEST_BODY:
        raise RequestError(413, "too_large", f"The body may have {LARGEST_BODY} bytes at most.")
    if not body.strip():
        raise RequestError(400, "empty_body", 'Send a JSON body with a "message".')
    try:
        document = json.loads(body.decode("utf-8"))
    # ValueError: no JSON, no UTF-8, or a number of thousands of digits; RecursionError: brackets nested that deep.
    except (ValueError, RecursionError):
        raise RequestError(400, "invalid_json", "The body is not valid JSON in UTF-8.") from None
    if not isinstance(document, dict):
        raise RequestError(400, "invalid_request", 'The body must be a JSON object with a "message".')
    return ChatRequest(
        message=_message(document),
        session_id=_identifier(document, "sessionId"),
        message_id=_identifier(document, "messageId"),
    )


def correlation_id(event: object, invocation_id: str) -> str:
    """Return the API's request id, or the invocation's own where the event has none that is fit for a header."""
    context = event.get("requestContext") if isinstance(event, dict) else None
    request_id = context.get("requestId") if isinstance(context, dict) else None
    if isinstance(request_id, str) and _CORRELATION_ID.fullmatch(request_id):
        return request_id
    return invocation_id


def reply(document: dict[str, str], *, origin: str, correlation: str) -> Response:
    """Wrap the reply to a message."""
    return _response(200, document, origin, correlation)


def refusal(error: ChatError, *, origin: str, correlation: str) -> Response:
    """Wrap an error; it carries the CORS headers too, or a browser would hide it from the page."""
    body = {"error": {"code": error.code, "message": error.message}}
    response = _response(error.status, body, origin, correlation)
    if error.status == 405:
        response["headers"]["allow"] = "POST, OPTIONS"
    return response


def _done_url(context: object) -> str:
    """The API's own page that Stripe sends customers back to: API Gateway knows under which address it was called."""
    domain = context.get("domainName") if isinstance(context, dict) else None
    path = context.get("path") if isinstance(context, dict) else None
    if not isinstance(domain, str) or not isinstance(path, str) or not _DOMAIN.fullmatch(domain):
        return ""
    return f"https://{domain}{path.rstrip('/').removesuffix('chat')}done" if _PATH.fullmatch(path) else ""


def _body_bytes(body: object, *, encoded: bool) -> bytes:
    if body is None:
        return b""
    if not isinstance(body, str):
        raise RequestError(400, "invalid_request", "The body must be text.")
    if not encoded:
        # A lone surrogate cannot be encoded as it stands; parse_body refuses the bytes that this leaves.
        return body.encode("utf-8", "surrogatepass")
    try:
        return base64.b64decode(body, validate=True)
    except (binascii.Error, ValueError):
        raise RequestError(400, "invalid_base64", "The body is not valid base64.") from None


def _message(document: dict[str, object]) -> str:
    message = document.get("message")
    if not isinstance(message, str):
        raise RequestError(400, "invalid_message", '"message" must be a string.')
    if not message.strip():
        raise RequestError(400, "empty_message", '"message" is empty.')
    if len(message) > LONGEST_MESSAGE:
        raise RequestError(413, "too_large", f'"message" may have {LONGEST_MESSAGE} characters at most.')
    if "\0" in message or not _is_unicode(message):
        raise RequestError(400, "invalid_message", '"message" holds characters that are not text.')
    return message


def _is_unicode(text: str) -> bool:
    """Tell whether a text can be sent on: JSON's escapes can spell half a surrogate pair, which no encoding takes."""
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def _identifier(document: dict[str, object], name: str) -> str | None:
    if name not in document:
        return None
    value = document[name]
    if not isinstance(value, str) or not _ID.fullmatch(value):
        raise RequestError(400, "invalid_request", f'"{name}" must be 1 to 64 letters, digits, "-" or "_".')
    return value


def _response(status: int, document: object, origin: str, correlation: str) -> Response:
    headers = {
        "content-type": "application/json",
        "cache-control": "no-store",
        "x-content-type-options": "nosniff",
        "x-correlation-id": correlation,
    }
    if origin:
        headers["access-control-allow-origin"] = origin
        headers["access-control-expose-headers"] = "x-correlation-id"
    if origin not in ("", "*"):
        headers["vary"] = "Origin"
    return {"statusCode": status, "headers": headers, "body": json.dumps(document), "isBase64Encoded": False}
