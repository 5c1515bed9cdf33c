"""What a deployment's resources are called: as its state says, or as the module names them where that is unreadable."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from paybot_ops.core.guardrails import Deployed, parse_deployed
from paybot_ops.core.live_function import USUAL_ALIAS, LiveFunction, open_outputs, parse_live
from paybot_ops.errors import PaybotError


@dataclass(frozen=True, slots=True)
class Names:
    """The resources that a look needs; "" for what is not there. `known` is False when the state was not readable.

    `source_hash` and `code_sha256` are what Terraform recorded of the code that it uploaded last, `reserved` the
    reservation that it saw. `unclear` is why the state does not say which function is the bot.
    """

    function: str = ""
    alias: str = ""
    published: str = ""
    source_hash: str = ""
    code_sha256: str = ""
    chat_url: str = ""
    topic: str = ""
    secret: str = ""
    guardrail: Deployed = field(default_factory=Deployed)
    known: bool = True
    reserved: int | None = None
    unclear: PaybotError | None = None


def parse_names(document: Mapping[str, Any] | None) -> Names:
    """The names in a state document: the module's outputs first, then the resources themselves."""
    found = dict(_resources(document or {}))
    outputs = {name: str(value) for name, value in open_outputs(document).items()}
    live, unclear = _live(document, outputs)
    return Names(
        function=live.function if live else "",
        alias=live.alias if live else "",
        published=outputs.get("lambda_version") or (_text(live.attributes, "version") if live else ""),
        source_hash=_text(live.attributes, "source_code_hash") if live else "",
        code_sha256=_text(live.attributes, "code_sha256") if live else "",
        # Of paybot's own module alone is it known that OPTIONS reaches no function.
        chat_url=outputs.get("chat_url", ""),
        topic=outputs.get("alerts_topic_arn") or _text(found.get("aws_sns_topic", {}), "arn"),
        secret=outputs.get("stripe_secret_arn", ""),
        guardrail=Deployed() if unclear else parse_deployed(document),
        reserved=live.reserved if live else None,
        unclear=unclear,
    )


def conventional_names(project: str, environment: str) -> Names:
    """The names that paybot's own module gives (terraform/locals.tf), where the state cannot say them."""
    function = f"{project}-bot-{environment}" if project and environment else ""
    return Names(function=function, alias=USUAL_ALIAS, known=False)


def _live(
    document: Mapping[str, Any] | None, outputs: Mapping[str, str]
) -> tuple[LiveFunction | None, PaybotError | None]:
    try:
        return parse_live(document, outputs), None
    except PaybotError as unclear:
        return None, unclear


def _resources(document: Mapping[str, Any]) -> list[tuple[str, Mapping[str, Any]]]:
    """The attributes of each type's first resource; the first one counts."""
    listed = [
        (str(item.get("type")), item["instances"][-1].get("attributes") or {})
        for item in document.get("resources") or ()
        if item.get("mode") == "managed" and item.get("instances")
    ]
    return listed[::-1]


def _text(attributes: Mapping[str, Any], name: str) -> str:
    return str(attributes.get(name) or "")
