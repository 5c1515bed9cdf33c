"""Asks the model through Bedrock Converse; every way to fail is a value, never an exception."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError, HTTPClientError
from botocore.exceptions import ConnectionError as NoConnectionError

from payment_bot.dialogue.prompt import Prompt, Speaker
from payment_bot.settings import Guardrail

if TYPE_CHECKING:
    from mypy_boto3_bedrock_runtime import BedrockRuntimeClient
    from mypy_boto3_bedrock_runtime.type_defs import ConverseRequestTypeDef, ConverseResponseTypeDef, MessageTypeDef

# Two short sentences; also the ceiling of what one turn can cost and how long it can take.
MOST_OUTPUT_TOKENS = 300


class Fault(StrEnum):
    """Why the model gave no answer, for the log."""

    THROTTLED = "throttled"
    DENIED = "denied"
    RETIRED = "retired"
    REFUSED = "refused"
    UNREACHABLE = "unreachable"
    UNAVAILABLE = "unavailable"
    EMPTY = "empty"
    UNFIT = "unfit"
    BUDGET = "budget"


# Bedrock API reference, "Converse", errors. A model past its end of life answers ResourceNotFoundException.
_FAULTS = {
    "ThrottlingException": Fault.THROTTLED,
    "ServiceQuotaExceededException": Fault.THROTTLED,
    "AccessDeniedException": Fault.DENIED,
    "UnrecognizedClientException": Fault.DENIED,
    "ExpiredTokenException": Fault.DENIED,
    "ResourceNotFoundException": Fault.RETIRED,
    "ValidationException": Fault.REFUSED,
}


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of asking: a text, or a fault and no text; in tokens, what was billed for it."""

    text: str = ""
    fault: Fault | None = None
    guarded: bool = False
    """The guardrail blocked it: the text is the deployment's own message."""
    masked: bool = False
    """The guardrail took something out of the model's words; the rest is the model's."""
    input_tokens: int = 0
    output_tokens: int = 0


class Model:
    """The deployment's model, behind its guardrail where one is set."""

    def __init__(self, client: BedrockRuntimeClient, model_id: str, guardrail: Guardrail | None) -> None:
        self._client = client
        self._model_id = model_id
        self._guardrail = guardrail

    @property
    def is_guarded(self) -> bool:
        """Whether a guardrail sees what the model is asked."""
        return self._guardrail is not None

    def ask(self, prompt: Prompt) -> Answer:
        """Ask once (the client retries once); a call that fails or says nothing comes back as a fault."""
        try:
            response = self._client.converse(**self._request(prompt))
        except ClientError as error:
            return Answer(fault=_FAULTS.get(error.response.get("Error", {}).get("Code", ""), Fault.UNAVAILABLE))
        except (HTTPClientError, NoConnectionError):
            return Answer(fault=Fault.UNREACHABLE)
        except BotoCoreError:
            return Answer(fault=Fault.UNAVAILABLE)
        return _read(response, self._guardrail.blocked_message if self._guardrail is not None else "")

    def _request(self, prompt: Prompt) -> ConverseRequestTypeDef:
        messages: list[MessageTypeDef] = [
            {"role": "user" if line.speaker is Speaker.CUSTOMER else "assistant", "content": [{"text": line.text}]}
            for line in prompt.lines
        ]
        request: ConverseRequestTypeDef = {
            "modelId": self._model_id,
            "system": [{"text": prompt.system}],
            "messages": messages,
            "inferenceConfig": {"maxTokens": MOST_OUTPUT_TOKENS, "temperature": 0.2},
        }
        if self._guardrail is not None:
            # The trace would echo what the guardrail found, word for word.
            request["guardrailConfig"] = {
                "guardrailIdentifier": self._guardrail.identifier,
                "guardrailVersion": self._guardrail.version,
                "trace": "disabled",
            }
        return request


def _read(response: ConverseResponseTypeDef, blocked_message: str) -> Answer:
    """Read a response: a model may answer in several blocks, put its reasoning beside them, or say nothing at all."""
    blocks = response.get("output", {}).get("message", {}).get("content", [])
    text = "".join(block["text"] for block in blocks if "text" in block).strip()
    usage = response.get("usage", {})
    intervened = response.get("stopReason") == "guardrail_intervened"
    # Where the message is not known, an intervention counts as a block: the careful side.
    blocked = intervened and (not blocked_message or text == blocked_message)
    return Answer(
        text=text,
        fault=None if text else Fault.EMPTY,
        guarded=blocked,
        masked=intervened and not blocked,
        input_tokens=usage.get("inputTokens", 0),
        output_tokens=usage.get("outputTokens", 0),
    )
