"""Bedrock Converse: the service's checks around a deterministic answer, and the metrics that it would publish."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from werkzeug import Request, Response

from paybot_ops.sandbox.catalogue import Model, find_model, find_profile
from paybot_ops.sandbox.guardrail_apply import publish_usage, units
from paybot_ops.sandbox.guardrail_check import Assessment, Side, assess
from paybot_ops.sandbox.guardrails import Guardrails
from paybot_ops.sandbox.metrics import datum, publish
from paybot_ops.sandbox.part import Moto
from paybot_ops.sandbox.reply import count_tokens, reply_to
from paybot_ops.sandbox.rest_json import ApiError, RestJson, invalid, not_found

NAMESPACE = "AWS/Bedrock"
INTERVENED = "guardrail_intervened"


class Converse:
    """POST /model/{modelId}/converse. `now` is the clock by which a model's end of life is told.

    `record` is handed every request, before anything is checked.
    """

    def __init__(
        self,
        moto: Moto,
        guardrails: Guardrails,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        record: Callable[[Mapping[str, Any]], None] = lambda _params: None,
    ) -> None:
        self._moto = moto
        self._guardrails = guardrails
        self._now = now
        self._record = record
        self._api = RestJson("bedrock-runtime", {"Converse": self._converse})

    def answer(self, request: Request) -> Response | None:
        """The answer to a Converse request, None to any other."""
        return self._api.answer(request, signing_name="bedrock")

    def _converse(self, params: dict[str, Any], region: str) -> dict[str, Any]:
        began = time.perf_counter()
        self._record(params)
        invoked = params["modelId"].rpartition("/")[2]
        self._resolve(params["modelId"], region)
        try:
            _check_messages(params.get("messages", []))
            answer = self._respond(params, region)
        except ApiError:
            self._publish(region, datum("InvocationClientErrors", 1, "Count", ModelId=invoked))
            raise
        answer["metrics"] = {"latencyMs": round((time.perf_counter() - began) * 1000)}
        usage = answer["usage"]
        self._publish(
            region,
            datum("Invocations", 1, "Count", ModelId=invoked),
            datum("InvocationLatency", answer["metrics"]["latencyMs"], "Milliseconds", ModelId=invoked),
            datum("InputTokenCount", usage["inputTokens"], "Count", ModelId=invoked),
            datum("OutputTokenCount", usage["outputTokens"], "Count", ModelId=invoked),
        )
        return answer

    def _publish(self, region: str, *data: dict[str, Any]) -> None:
        publish(self._moto, region, NAMESPACE, data)

    def _resolve(self, identifier: str, region: str) -> Model:
        profile = find_profile(identifier, region)
        model = profile.model if profile else find_model(identifier, region)
        if model is None:
            raise invalid("The provided model identifier is invalid.")
        if model.retired(self._now()):
            raise not_found(
                "This model version has reached the end of its life. "
                "Please refer to the AWS documentation for more details."
            )
        if profile is None and region not in model.on_demand:
            raise invalid(
                f"Invocation of model ID {model.id} with on-demand throughput isn\u2019t supported. Retry your request "
                "with the ID or ARN of an inference profile that contains this model."
            )
        return model

    def _respond(self, params: dict[str, Any], region: str) -> dict[str, Any]:
        guardrail = self._guardrail(params.get("guardrailConfig"), region)
        messages = [_text_of(message) for message in params["messages"]]
        limit = params.get("inferenceConfig", {}).get("maxTokens")
        if guardrail is None:
            said, stop = reply_to(messages[-1], limit)
            return _answer(said, (_input_tokens(params), count_tokens(said)), stop)
        # The service looks at every message of the request, so that an earlier one can stop a later turn.
        whole = "\n".join(messages)
        heard = assess(guardrail, whole, "input")
        self._use_guardrail(params, region, whole, "input", intervened=heard.intervened)
        if heard.blocked:
            # The model is never asked: no tokens are used.
            answer = _answer(guardrail["blockedInputMessaging"], (0, 0), INTERVENED)
            return answer | _trace(params["guardrailConfig"], heard, None)
        said, stop = reply_to(assess(guardrail, messages[-1], "input").text, limit)
        usage = (_input_tokens(params), count_tokens(said))
        spoken = assess(guardrail, said, "output")
        self._use_guardrail(params, region, said, "output", intervened=spoken.intervened)
        text = guardrail["blockedOutputsMessaging"] if spoken.blocked else spoken.text
        answer = _answer(text, usage, INTERVENED if heard.intervened or spoken.intervened else stop)
        return answer | _trace(params["guardrailConfig"], heard, spoken)

    def _use_guardrail(self, params: dict[str, Any], region: str, text: str, side: Side, *, intervened: bool) -> None:
        asked = params["guardrailConfig"]
        config = self._guardrail(asked, region)
        if config is not None:
            known = (asked["guardrailIdentifier"], asked["guardrailVersion"])
            publish_usage(self._moto, region, known, units(config, text, side), "Converse", intervened=intervened)

    def _guardrail(self, asked: dict[str, Any] | None, region: str) -> dict[str, Any] | None:
        if asked is None:
            return None
        identifier, version = asked.get("guardrailIdentifier"), asked.get("guardrailVersion")
        if not identifier or not version:
            raise invalid("guardrailConfig needs both guardrailIdentifier and guardrailVersion.")
        config = self._guardrails.config_of(identifier, version, region)
        if config is None:
            raise invalid("The guardrail identifier or version provided in the request does not exist.")
        return config


def _trace(asked: dict[str, Any], heard: Assessment, spoken: Assessment | None) -> dict[str, Any]:
    if asked.get("trace", "disabled") == "disabled":
        return {}
    name = asked["guardrailIdentifier"].rpartition("/")[2]
    trace: dict[str, Any] = {"inputAssessment": {name: heard.as_trace()}}
    if spoken is not None:
        trace["outputAssessments"] = {name: [spoken.as_trace()]}
    return {"trace": {"guardrail": trace}}


def _answer(text: str, usage: tuple[int, int], stop: str) -> dict[str, Any]:
    return {
        "output": {"message": {"role": "assistant", "content": [{"text": text}]}},
        "stopReason": stop,
        "usage": {"inputTokens": usage[0], "outputTokens": usage[1], "totalTokens": sum(usage)},
    }


def _check_messages(messages: list[dict[str, Any]]) -> None:
    if not messages or messages[0]["role"] != "user":
        raise invalid(
            "A conversation must start with a user message. "
            "Try again with a conversation that starts with a user message."
        )
    for number, (message, following) in enumerate(zip(messages, [*messages[1:], None], strict=True)):
        if not message["content"]:
            raise invalid(
                f"The content field in the Message object at messages.{number} is empty. "
                "Add a ContentBlock object to the content field and try again."
            )
        for place, block in enumerate(message["content"]):
            if not block.get("text", "text").strip():
                raise invalid(
                    f"The text field in the ContentBlock object at messages.{number}.content.{place} is blank. "
                    "Add text to the text field, and try again."
                )
        if following and following["role"] == message["role"]:
            raise invalid(
                "A conversation must alternate between user and assistant roles. "
                "Make sure the conversation alternates between user and assistant roles and try again."
            )


def _text_of(message: dict[str, Any]) -> str:
    return "\n".join(block["text"] for block in message["content"] if "text" in block)


def _input_tokens(params: dict[str, Any]) -> int:
    system = "".join(block.get("text", "") for block in params.get("system", []))
    return count_tokens(system) + sum(count_tokens(_text_of(message)) for message in params["messages"])
