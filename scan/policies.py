"""IAM policies inside of what a resource says, and the actions that they name."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection, Iterator, Mapping
from fnmatch import fnmatchcase
from typing import Any

# An action has neither a dot nor a bracket nor a dollar sign.
_EXPRESSION = re.compile(r"[.($]")

Catalogue = Callable[[str], Collection[str] | None]
"""The actions of a service by its prefix, all in lower case; None for a prefix that no service has."""


def policies_in(value: Any) -> Iterator[Mapping[str, Any]]:
    """Every policy document in a value, however deep, whether it is written as JSON text or as an object."""
    if isinstance(value, str):
        if value.lstrip().startswith("{") and '"Statement"' in value:
            try:
                yield from policies_in(json.loads(value))
            except json.JSONDecodeError:
                return
    elif isinstance(value, Mapping):
        if "Statement" in value:
            yield value
        else:
            for part in value.values():
                yield from policies_in(part)
    elif isinstance(value, list | tuple):
        for part in value:
            yield from policies_in(part)


def actions_in(policy: Mapping[str, Any]) -> Iterator[str]:
    """The actions of a policy, as they are written; what is no text is left out."""
    for statement in _listed(policy.get("Statement")):
        if isinstance(statement, Mapping):
            for key in ("Action", "NotAction"):
                yield from (action for action in _listed(statement.get(key)) if isinstance(action, str))


def unknown_actions(policy: Mapping[str, Any], catalogue: Catalogue) -> list[str]:
    """Actions, and patterns of actions, that match nothing which AWS documents: such a statement allows nothing.

    An expression that checkov could not work out is left out: the plans hold its value.
    """
    known = (action for action in actions_in(policy) if not _EXPRESSION.search(action))
    return sorted({action for action in known if not _exists(action, catalogue)})


def _exists(action: str, catalogue: Catalogue) -> bool:
    if action == "*":
        return True
    service, colon, name = action.lower().partition(":")
    known = catalogue(service) if colon else None
    return known is not None and any(fnmatchcase(one, name) for one in known)


def _listed(value: Any) -> list[Any]:
    # checkov wraps what it reads into lists, some of them twice.
    if not isinstance(value, list):
        return [] if value is None else [value]
    return [part for one in value for part in _listed(one)]
