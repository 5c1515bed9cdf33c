from __future__ import annotations

import base64
import json
from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from payment_bot.errors import ChatError
from payment_bot.gateway import Response
from payment_bot.handler import Entry
from payment_bot.settings import Settings, SettingsError
from payment_bot.turns import Bot

from tests.lambda_bot.bot_world import SETTINGS, Invocation, Wire, World, chat_event, cut, document_of, wire_response


def invoke(world: World, event: object) -> Response:
    return Entry(lambda: SETTINGS, lambda: world.bot)(event, Invocation())


def raising(error: Exception) -> Callable[[], Bot]:
    def bot() -> Bot:
        raise error

    return bot


def log_lines(text: str) -> list[dict[str, object]]:
    return [json.loads(line) for line in text.splitlines()]


def test_a_message_is_answered(world: World) -> None:
    response = invoke(world, chat_event({"message": "Hello"}))

    assert response["statusCode"] == 200
    assert document_of(response).keys() == {"response", "status", "sessionId"}
    assert response["headers"]["x-correlation-id"] == "c6af9ac6-request"
    assert response["headers"]["access-control-allow-origin"] == "https://shop.example"


def test_a_turn_writes_its_metrics_as_one_emf_line(
    world: World, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("POWERTOOLS_SERVICE_NAME", "shop-test")
    world.wire.script = [lambda: wire_response(403, {}, "AccessDeniedException")]

    invoke(world, chat_event({"message": "Hello"}))

    (line,) = log_lines(capsys.readouterr().out)
    (directive,) = line["_aws"]["CloudWatchMetrics"]  # type: ignore[index]
    assert directive["Namespace"] == "PaymentBot"
    assert directive["Dimensions"] == [["service"]]
    assert {metric["Name"]: metric["Unit"] for metric in directive["Metrics"]} == dict.fromkeys(
        ("Turns", "ModelFallback", "InputTokens", "OutputTokens"), "Count"
    )
    assert (line["service"], line["Turns"], line["ModelFallback"]) == ("shop-test", [1], [1])


def test_a_bad_request_is_a_4xx_that_needs_no_bot() -> None:
    entry = Entry(lambda: SETTINGS, raising(AssertionError("no bot is needed")))

    response = entry(chat_event("not json"), Invocation())

    assert response["statusCode"] == 400
    assert document_of(response)["error"]["code"] == "invalid_json"
    assert response["headers"]["access-control-allow-origin"] == "https://shop.example"


def test_a_table_error_is_a_503_in_json(world: World) -> None:
    refusal = {"__type": "com.amazonaws.dynamodb.v20120810#AccessDeniedException", "message": "no"}
    cut(world.table, Wire([lambda: wire_response(400, refusal)]), "PutItem")

    response = invoke(world, chat_event({"message": "Hello"}))

    assert response["statusCode"] == 503
    assert document_of(response)["error"]["code"] == "session_unavailable"
    assert response["headers"]["access-control-allow-origin"] == "https://shop.example"


@pytest.mark.parametrize("error", [ValueError("words of the customer"), KeyError("words of the customer")])
def test_an_unforeseen_failure_is_a_500_in_json_without_its_text(error: Exception) -> None:
    response = Entry(lambda: SETTINGS, raising(error))(chat_event({"message": "Hello"}), Invocation())

    assert response["statusCode"] == 500
    assert document_of(response)["error"]["code"] == "internal_error"
    assert "words of the customer" not in repr(response)


def test_unusable_settings_are_a_500_in_json() -> None:
    def unusable() -> Settings:
        raise SettingsError("SESSION_TABLE is not set")

    response = Entry(unusable, raising(ChatError(418, "unused", "")))(chat_event({"message": "Hello"}), Invocation())

    assert response["statusCode"] == 500
    assert "SESSION_TABLE" not in response["body"]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=40)
@given(body=st.binary(max_size=200), message=st.text(max_size=60))
def test_any_body_and_any_text_gets_a_2xx_or_a_4xx(world: World, body: bytes, message: str) -> None:
    encoded = base64.b64encode(body).decode()

    assert invoke(world, chat_event(encoded, isBase64Encoded=True))["statusCode"] in (200, 400)
    assert invoke(world, chat_event({"message": message}))["statusCode"] in (200, 400)
