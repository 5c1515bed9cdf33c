"""Whether a policy allows what a call needs.

A part of IAM's own logic ("Policy evaluation logic"): patterns of actions and resources, and the conditions that our
policies have. An unknown condition is an error here, so that none is taken for fulfilled.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tests.sandbox.iam_calls import Context, Need

Document = Mapping[str, Any]


@dataclass(frozen=True)
class Permission:
    """One action on the resources of one statement."""

    action: str
    resources: tuple[str, ...]
    condition: Document = field(default_factory=dict, compare=False, hash=False)

    def __str__(self) -> str:
        return f"{self.action} on {', '.join(self.resources)}"

    def allows(self, need: Need) -> bool:
        """Whether this alone allows it; conditions on what only AWS knows are taken from the need's context."""
        return (
            _matches(self.action, need.action)
            and any(_matches(pattern, need.resource) for pattern in self.resources)
            and fulfilled(self.condition, need.context)
        )


def permissions(documents: Iterable[Document], effect: str = "Allow") -> list[Permission]:
    """Every action of every statement of one effect."""
    found = []
    for statement in (statement for document in documents for statement in _listed(document["Statement"])):
        if statement["Effect"] == effect:
            for action in _listed(statement["Action"]):
                found.append(
                    Permission(action, tuple(_listed(statement["Resource"])), statement.get("Condition") or {})
                )
    return found


def not_allowed(needs: Iterable[Need], document: Document) -> list[str]:
    """What a policy does not allow of what is needed."""
    allowed = permissions([document])
    return [str(need) for need in needs if not any(each.allows(need) for each in allowed)]


def on_behalf(permission: Permission, called: Collection[str]) -> bool:
    """Whether it is there for services that were called, which ask in the caller's name: such a call is theirs."""
    wanted = [text for keys in permission.condition.values() for text in _listed(keys.get("kms:ViaService", []))]
    services = [text.partition(".")[0].removesuffix("-runtime") for text in wanted]
    return bool(services) and all(any(_matches(service, name) for name in called) for service in services)


def fulfilled(condition: Document, context: Context) -> bool:
    """Whether a statement's condition holds for what is known of the call."""
    return all(
        _holds(operator, _listed(wanted), dict(context).get(key))
        for operator, keys in condition.items()
        for key, wanted in keys.items()
    )


def _holds(operator: str, wanted: Sequence[str], given: tuple[str, ...] | None) -> bool:
    match operator:
        case "StringEquals":
            return given is not None and bool(set(given) & set(wanted))
        case "StringNotLike":
            return given is None or not any(_matches(pattern, text) for pattern in wanted for text in given)
        case "StringLike" | "ArnLike":
            return given is not None and any(_matches(pattern, text) for pattern in wanted for text in given)
        case "ForAnyValue:StringEquals":
            return bool(set(given or ()) & set(wanted))
        case "ForAllValues:StringEquals":
            return set(given or ()) <= set(wanted)
        case "Null":
            return all((given is None) == (text == "true") for text in wanted)
    raise AssertionError(f"the condition {operator} is not known here")


def _listed(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list | tuple) else [value]


def _matches(pattern: str, text: str) -> bool:
    parts = (".*" if part == "*" else "." if part == "?" else re.escape(part) for part in re.split(r"([*?])", pattern))
    return re.fullmatch("".join(parts), text, re.DOTALL) is not None
