"""The values of a `.tfvars.json` file."""

from __future__ import annotations

import json
from decimal import Decimal

from paybot_ops.core.hcl.decoding import decode_number, negated, normalize
from paybot_ops.core.hcl.values import BOM, HclSyntaxError, Literal

# A key that Terraform takes for a comment.
_COMMENT_KEY = "//"


class _RefusedError(ValueError):
    """What the decoder accepts and Terraform does not; the decoder does not tell where it stands."""


def read_json_assignments(text: str) -> dict[str, Literal]:
    """The values of a `.tfvars.json` file; raises `HclSyntaxError`, for a key that is given twice too."""
    if text.startswith(BOM):
        raise HclSyntaxError(1, 1, "a JSON file starts without a byte order mark")
    try:
        content = _as_terraform_keeps(
            json.loads(
                text,
                object_pairs_hook=_unique,
                parse_int=_whole_number,
                parse_float=Decimal,
                parse_constant=_no_constant,
            )
        )
    except json.JSONDecodeError as refused:
        raise HclSyntaxError(refused.lineno, refused.colno, "this is not JSON") from None
    except _RefusedError as refused:
        raise HclSyntaxError(1, 1, str(refused)) from None
    except RecursionError:
        raise HclSyntaxError(1, 1, "lists and objects are nested too deeply") from None
    if not isinstance(content, dict):
        raise HclSyntaxError(1, 1, "a file of variables holds one JSON object")
    return {key: value for key, value in content.items() if key != _COMMENT_KEY}


def _as_terraform_keeps(value: Literal) -> Literal:
    """Strings in NFC, and half of a surrogate pair, which `\\ud800` can spell, as the replacement character."""
    if isinstance(value, str):
        return normalize(value.encode("utf-16", "surrogatepass").decode("utf-16", "replace"))
    if isinstance(value, list):
        return [_as_terraform_keeps(item) for item in value]
    if isinstance(value, dict):
        return {key: _as_terraform_keeps(item) for key, item in value.items()}
    return value


def _unique(pairs: list[tuple[str, Literal]]) -> dict[str, Literal]:
    values = dict(pairs)
    comments = sum(key == _COMMENT_KEY for key, _ in pairs)
    if len(values) < len(pairs) - max(comments - 1, 0):
        raise _RefusedError("an object in this file has the same key twice")
    return values


def _whole_number(digits: str) -> int | Decimal:
    number = decode_number(digits.removeprefix("-"))
    return negated(number) if digits.startswith("-") else number


def _no_constant(_name: str) -> Literal:
    raise _RefusedError("NaN and Infinity are not JSON")
