from __future__ import annotations

import base64
import json

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from payment_bot.errors import ChatError, RequestError
from payment_bot.gateway import (
    LARGEST_BODY,
    LONGEST_MESSAGE,
    ChatRequest,
    correlation_id,
    parse_body,
    parse_event,
    refusal,
    reply,
)

from tests.lambda_bot.bot_world import DONE_URL, chat_event, document_of


def refused(event: object) -> tuple[int, str]:
    with pytest.raises(RequestError) as caught:
        parse_event(event)
    return caught.value.status, caught.value.code


def test_a_message_with_its_ids() -> None:
    event = chat_event({"sessionId": "s-1", "messageId": "m_1", "message": "שלום 💳", "extra": [1]})

    assert parse_event(event) == ChatRequest("שלום 💳", "s-1", "m_1", DONE_URL)


def test_the_ids_are_optional_and_a_base64_body_is_read() -> None:
    body = base64.b64encode(b'{"message": "hi"}').decode()

    assert parse_event(chat_event(body, isBase64Encoded=True)) == ChatRequest("hi", done_url=DONE_URL)


@pytest.mark.parametrize(
    ("context", "url"),
    [
        ({"domainName": "abc.execute-api.us-east-1.amazonaws.com", "path": "/prod/chat"}, "/prod/done"),
        ({"domainName": "pay.example.com", "path": "/chat"}, "/done"),
        ({"domainName": "pay.example.com", "path": "/v1/shop/chat/"}, "/v1/shop/done"),
        ({"domainName": "pay.example.com", "path": "/chat/x"}, None),
        ({"domainName": "pay.example.com/evil", "path": "/chat"}, None),
        ({"domainName": "pay.example.com", "path": "/../chat?x="}, None),
        ({"domainName": 5, "path": "/chat"}, None),
        ({"domainName": "pay.example.com"}, None),
        ("context", None),
        (None, None),
    ],
)
def test_the_way_back_from_stripe_is_the_apis_own_page(context: object, url: str | None) -> None:
    request = parse_event(chat_event({"message": "hi"}, requestContext=context))

    domain = context["domainName"] if isinstance(context, dict) else ""
    assert request.done_url == (f"https://{domain}{url}" if url else "")


def test_a_request_shows_no_message_in_its_repr() -> None:
    assert "secret words" not in repr(ChatRequest("secret words", "session", None))


@pytest.mark.parametrize(
    ("body", "refusal"),
    [
        (None, (400, "empty_body")),
        ("", (400, "empty_body")),
        (" \n", (400, "empty_body")),
        ("hello", (400, "invalid_json")),
        ("{", (400, "invalid_json")),
        ("[" * 30_000, (400, "invalid_json")),
        ('{"message": "\ud800"}', (400, "invalid_json")),
        ('{"message": ' + "9" * 10_000 + "}", (400, "invalid_json")),
        ("9" * 1_000_000, (413, "too_large")),
        ("x" * 1_048_576, (413, "too_large")),
        ("null", (400, "invalid_request")),
        ('["message"]', (400, "invalid_request")),
        ("{}", (400, "invalid_message")),
        ({"message": None}, (400, "invalid_message")),
        ({"message": 5}, (400, "invalid_message")),
        ({"message": {"text": "hi"}}, (400, "invalid_message")),
        ({"message": " \t\u2003"}, (400, "empty_message")),
        ({"message": "a\0b"}, (400, "invalid_message")),
        ('{"message": "\\ud800"}', (400, "invalid_message")),
        ({"message": "m" * (LONGEST_MESSAGE + 1)}, (413, "too_large")),
        ({"message": "hi", "sessionId": None}, (400, "invalid_request")),
        ({"message": "hi", "sessionId": ""}, (400, "invalid_request")),
        ({"message": "hi", "sessionId": "a" * 65}, (400, "invalid_request")),
        ({"message": "hi", "sessionId": "a\n"}, (400, "invalid_request")),
        ({"message": "hi", "sessionId": "../etc"}, (400, "invalid_request")),
        ({"message": "hi", "messageId": 7}, (400, "invalid_request")),
    ],
)
def test_a_bad_body_is_refused(body: object, refusal: tuple[int, str]) -> None:
    assert refused(chat_event(body)) == refusal


@pytest.mark.parametrize(
    ("event", "refusal"),
    [
        (None, (400, "invalid_request")),
        ([], (400, "invalid_request")),
        ({}, (404, "not_found")),
        (chat_event({"message": "hi"}, resource="/other"), (404, "not_found")),
        (chat_event({"message": "hi"}, httpMethod="GET"), (405, "method_not_allowed")),
        (chat_event(None) | {"body": {"message": "hi"}}, (400, "invalid_request")),
        (chat_event("äöü", isBase64Encoded=True), (400, "invalid_base64")),
        (chat_event("abc", isBase64Encoded=True), (400, "invalid_base64")),
        (chat_event("eyJtZXNzYWdlIjoi!aGkifQ==", isBase64Encoded=True), (400, "invalid_base64")),
        (chat_event("/w==", isBase64Encoded=True), (400, "invalid_json")),
    ],
)
def test_a_bad_event_is_refused(event: object, refusal: tuple[int, str]) -> None:
    assert refused(event) == refusal


def test_the_longest_message_fits_the_body_even_escaped() -> None:
    body = json.dumps({"sessionId": "s" * 64, "messageId": "m" * 64, "message": "💳" * LONGEST_MESSAGE})

    assert len(body) <= LARGEST_BODY
    assert len(parse_event(chat_event(body)).message) == LONGEST_MESSAGE


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from(["message", "sessionId", "messageId", "x"]), inner),
)


@settings(deadline=None)
@given(st.binary())
@example(b"\xff\xfe{}")
@example(b'{"message": "\\u0000"}')
def test_any_bytes_are_a_message_or_a_4xx(body: bytes) -> None:
    try:
        parse_body(body)
    except RequestError as error:
        assert 400 <= error.status < 500


@settings(deadline=None)
@given(JSON)
def test_any_json_is_a_message_or_a_4xx(document: object) -> None:
    try:
        request = parse_event(chat_event(json.dumps(document)))
    except RequestError as error:
        assert 400 <= error.status < 500
    else:
        request.message.encode()


@settings(deadline=None)
@given(st.dictionaries(st.sampled_from(["body", "httpMethod", "resource", "isBase64Encoded", "requestContext"]), JSON))
def test_any_event_is_a_message_or_a_4xx(changes: dict[str, object]) -> None:
    event = chat_event({"message": "hi"}) | changes
    assert correlation_id(event, "invocation")
    try:
        parse_event(event)
    except RequestError as error:
        assert 400 <= error.status < 500


@pytest.mark.parametrize("request_id", [None, 5, "", "a b", "a\r\nset-cookie: x", "é"])
def test_a_request_id_that_is_no_header_value_is_not_repeated(request_id: object) -> None:
    assert correlation_id({"requestContext": {"requestId": request_id}}, "invocation") == "invocation"


def test_a_reply_carries_its_correlation_id_and_the_configured_origin() -> None:
    response = reply({"response": "hi"}, origin="https://shop.example", correlation="c-1")

    assert (response["statusCode"], document_of(response)) == (200, {"response": "hi"})
    assert response["headers"]["x-correlation-id"] == "c-1"
    assert response["headers"]["access-control-allow-origin"] == "https://shop.example"
    assert response["headers"]["vary"] == "Origin"


def test_an_error_is_json_with_the_cors_headers() -> None:
    response = refusal(ChatError(405, "method_not_allowed", "No."), origin="*", correlation="c-1")

    assert response["statusCode"] == 405
    assert document_of(response) == {"error": {"code": "method_not_allowed", "message": "No."}}
    assert response["headers"]["access-control-allow-origin"] == "*"
    assert response["headers"]["allow"] == "POST, OPTIONS"
    assert "vary" not in response["headers"]
