"""Pages of a list, as Bedrock's list operations give them."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from paybot_ops.sandbox.rest_json import invalid

Item = TypeVar("Item")
DEFAULT_SIZE = 100


def page(items: Sequence[Item], params: Mapping[str, Any]) -> tuple[Sequence[Item], dict[str, str]]:
    """The page that `maxResults` and `nextToken` ask for, and {"nextToken": ...} unless it is the last."""
    start = _offset(params["nextToken"]) if "nextToken" in params else 0
    end = start + params.get("maxResults", DEFAULT_SIZE)
    token = base64.urlsafe_b64encode(f"from {end}".encode()).decode()
    return items[start:end], {"nextToken": token} if end < len(items) else {}


def _offset(token: str) -> int:
    try:
        word, _, number = base64.urlsafe_b64decode(token.encode()).decode().partition(" ")
        if word == "from":
            return int(number)
    except (binascii.Error, ValueError):
        pass
    raise invalid("The pagination token that was provided is invalid.")
