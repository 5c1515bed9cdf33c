"""Which function is the bot, and which alias customers reach it by, as a Terraform state records them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from paybot_ops.errors import PaybotError

USUAL_ALIAS = "live"
"""What paybot's own module calls it (terraform/lambda.tf)."""


@dataclass(frozen=True, slots=True)
class LiveFunction:
    """The bot's function and its alias, "" in a module without one; and the reservation that Terraform last saw.

    `attributes` are all that the state records of the function, its environment too.
    """

    function: str
    alias: str
    reserved: int | None = None
    outputs: Mapping[str, Any] = field(default_factory=dict, repr=False)
    attributes: Mapping[str, Any] = field(default_factory=dict, repr=False)


def open_outputs(document: Mapping[str, Any] | None) -> dict[str, Any]:
    """The outputs that a state document records and that are not sensitive."""
    return {
        name: item["value"]
        for name, item in ((document or {}).get("outputs") or {}).items()
        if isinstance(item, Mapping) and not item.get("sensitive") and item.get("value") is not None
    }


def parse_live(document: Mapping[str, Any] | None, outputs: Mapping[str, Any]) -> LiveFunction | None:
    """The function that a state records; None where it records none.

    Raises:
        PaybotError: it records several, and nothing says which one is the bot.
    """
    functions = {str(item["function_name"]): item for item in _attributes(document, "aws_lambda_function")}
    aliases = [item for item in _attributes(document, "aws_lambda_alias") if item.get("name")]
    named = str(outputs.get("lambda_function_name") or "")
    if not named and len(functions) > 1:
        named = _aliased(functions, aliases)
    name = named or next(iter(functions), "")
    if not name:
        return None
    own = [str(item["name"]) for item in aliases if _is_of(item, name)]
    wanted = str(outputs.get("lambda_alias") or "")
    alias = wanted or (USUAL_ALIAS if USUAL_ALIAS in own else own[0] if len(own) == 1 else "")
    attributes = functions.get(name, {})
    reserved = attributes.get("reserved_concurrent_executions")
    return LiveFunction(name, alias, int(reserved) if isinstance(reserved, int) else None, outputs, attributes)


def _aliased(functions: Mapping[str, Any], aliases: list[Mapping[str, Any]]) -> str:
    found = {name for name in functions for item in aliases if item["name"] == USUAL_ALIAS and _is_of(item, name)}
    if len(found) == 1:
        return found.pop()
    raise PaybotError(
        f"the state holds several functions: {', '.join(sorted(functions))}",
        why="no output lambda_function_name says which one is the bot",
        hint="add that output to the module, and apply it",
    )


def _is_of(alias: Mapping[str, Any], function: str) -> bool:
    # A module may name the function by its ARN.
    return str(alias.get("function_name", "")).rpartition(":")[2] == function


def _attributes(document: Mapping[str, Any] | None, kind: str) -> list[Mapping[str, Any]]:
    return [
        attributes
        for resource in (document or {}).get("resources") or ()
        if resource.get("mode") == "managed" and resource.get("type") == kind
        for instance in resource.get("instances") or ()
        if (attributes := instance.get("attributes") or {}).get("function_name")
    ]
