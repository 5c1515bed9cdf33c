from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from botocore.awsrequest import AWSResponse
from botocore.exceptions import ConnectTimeoutError, ReadTimeoutError
from payment_bot import clients
from payment_bot.dialogue.prompt import Line, Prompt, Speaker
from payment_bot.model import Answer, Fault
from payment_bot.settings import Guardrail

from tests.lambda_bot.bot_world import Wire, model_on, spoken, wire_response

PROMPT = Prompt("Be kind.", (Line(Speaker.CUSTOMER, "hi"), Line(Speaker.BOT, "hello"), Line(Speaker.CUSTOMER, "how?")))


def failing(status: int, code: str) -> Callable[[], AWSResponse]:
    return lambda: wire_response(status, {"message": "the words of the service"}, code)


def test_the_question_is_sent_with_its_instructions_and_history() -> None:
    wire = Wire()

    answer = model_on(wire).ask(PROMPT)

    assert answer == Answer("Certainly.", input_tokens=20, output_tokens=10)
    (request,) = wire.requests
    assert request["system"] == [{"text": "Be kind."}]
    assert request["messages"] == [
        {"role": "user", "content": [{"text": "hi"}]},
        {"role": "assistant", "content": [{"text": "hello"}]},
        {"role": "user", "content": [{"text": "how?"}]},
    ]
    assert request["inferenceConfig"]["maxTokens"] == 300
    assert "guardrailConfig" not in request


def test_the_guardrail_goes_with_every_question_and_never_echoes_what_it_found() -> None:
    wire = Wire()

    model_on(wire, Guardrail("abc123", "2")).ask(PROMPT)

    assert wire.requests[0]["guardrailConfig"] == {
        "guardrailIdentifier": "abc123",
        "guardrailVersion": "2",
        "trace": "disabled",
    }


def test_an_answer_in_several_blocks_is_one_text_without_the_reasoning() -> None:
    reasoning = {"reasoningContent": {"reasoningText": {"text": "hm"}}}
    wire = Wire([lambda: spoken(reasoning, {"text": "Yes, "}, {"text": "soon. "})])

    assert model_on(wire).ask(PROMPT).text == "Yes, soon."


@pytest.mark.parametrize("blocks", [(), ({"text": ""},), ({"text": " \n"},), ({"toolUse": {}},)])
def test_an_empty_answer_is_a_fault_whose_tokens_still_count(blocks: tuple[object, ...]) -> None:
    answer = model_on(Wire([lambda: spoken(*blocks)])).ask(PROMPT)

    assert answer == Answer(fault=Fault.EMPTY, input_tokens=20, output_tokens=10)


def test_a_response_without_anything_is_a_fault() -> None:
    assert model_on(Wire([lambda: wire_response(200, {})])).ask(PROMPT) == Answer(fault=Fault.EMPTY)


def test_what_a_guardrail_answers_is_passed_on_and_marked() -> None:
    wire = Wire([lambda: spoken({"text": "I cannot discuss that."}, stop="guardrail_intervened")])

    answer = model_on(wire).ask(PROMPT)

    assert (answer.text, answer.fault, answer.guarded) == ("I cannot discuss that.", None, True)


@pytest.mark.parametrize(("text", "guarded", "masked"), [("No.", True, False), ("It is {NAME}.", False, True)])
def test_a_blocked_text_is_told_from_a_masked_one_by_its_message(text: str, guarded: bool, masked: bool) -> None:
    wire = Wire([lambda: spoken({"text": text}, stop="guardrail_intervened")])

    answer = model_on(wire, Guardrail("abc123", "2", "No.")).ask(PROMPT)

    assert (answer.text, answer.guarded, answer.masked) == (text, guarded, masked)


@pytest.mark.parametrize(
    ("status", "code", "fault", "attempts"),
    [
        (429, "ThrottlingException", Fault.THROTTLED, 2),
        (400, "ServiceQuotaExceededException", Fault.THROTTLED, 1),
        (403, "AccessDeniedException", Fault.DENIED, 1),
        (403, "ExpiredTokenException", Fault.DENIED, 1),
        (404, "ResourceNotFoundException", Fault.RETIRED, 1),
        (400, "ValidationException", Fault.REFUSED, 1),
        (500, "InternalServerException", Fault.UNAVAILABLE, 2),
        (503, "ServiceUnavailableException", Fault.UNAVAILABLE, 2),
        (418, "SomethingNew", Fault.UNAVAILABLE, 1),
    ],
)
def test_each_refusal_is_a_fault_and_only_a_passing_one_is_retried_once(
    status: int, code: str, fault: Fault, attempts: int
) -> None:
    wire = Wire([failing(status, code)])

    assert model_on(wire).ask(PROMPT) == Answer(fault=fault)
    assert len(wire.requests) == attempts


@pytest.mark.parametrize("error", [ReadTimeoutError, ConnectTimeoutError])
def test_a_silent_service_is_asked_twice_then_unreachable(error: type[ReadTimeoutError | ConnectTimeoutError]) -> None:
    def silence() -> AWSResponse:
        raise error(endpoint_url="http://wire")

    wire = Wire([silence])

    assert model_on(wire).ask(PROMPT) == Answer(fault=Fault.UNREACHABLE)
    assert len(wire.requests) == 2


def test_the_retry_can_succeed() -> None:
    wire = Wire([failing(429, "ThrottlingException"), lambda: spoken({"text": "Here."})])

    assert model_on(wire).ask(PROMPT).text == "Here."


def test_without_credentials_the_model_is_unavailable(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")

    # A fresh session, because the shared one may have found the credentials already.
    clients._session.cache_clear()
    assert model_on(Wire()).ask(PROMPT) == Answer(fault=Fault.UNAVAILABLE)
    clients._session.cache_clear()


def test_a_turns_calls_at_their_slowest_fit_the_29_seconds_of_api_gateway() -> None:
    seconds = 0.0
    for client, calls in ((clients.dynamodb(), 2), (clients.dynamodb_once(), 2), (clients.bedrock_runtime(), 1)):
        config: Any = client.meta.config
        attempts = config.retries["total_max_attempts"]
        longest_wait = 1.0
        seconds += calls * (attempts * (config.connect_timeout + config.read_timeout) + (attempts - 1) * longest_wait)

    assert seconds <= 28
