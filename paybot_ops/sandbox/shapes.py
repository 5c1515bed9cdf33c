"""Checking a request against botocore's own model of the service, as the service does.

botocore's ParamValidator checks types, required members and minima on the client's side. The service checks the rest
too (maxima, patterns, enumerations), which is what a bad Terraform value runs into.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from botocore.model import ListShape, MapShape, Shape, StructureShape

_NUMBERS = {"integer", "long", "float", "double"}
_TYPES: dict[str, tuple[type, ...]] = {
    "structure": (dict,),
    "map": (dict,),
    "list": (list,),
    "string": (str,),
    "character": (str,),
    "blob": (str,),
    "boolean": (bool,),
    "integer": (int,),
    "long": (int,),
    "float": (int, float),
    "double": (int, float),
}


class WrongTypeError(Exception):
    """A JSON value is of another type than the member; `path` says where."""

    def __init__(self, path: str, expected: str) -> None:
        super().__init__(path)
        self.path = path
        self.expected = expected


def violations(shape: Shape, value: Any, path: str = "") -> Iterator[str]:
    """Every constraint of the shape that the value breaks, in AWS's wording; raises WrongTypeError.

    Members that the shape does not have are ignored, as by the service.
    """
    if getattr(shape, "is_document_type", False):
        return
    allowed = _TYPES.get(shape.type_name)
    if allowed is not None and (not isinstance(value, allowed) or (isinstance(value, bool) and bool not in allowed)):
        raise WrongTypeError(path, shape.type_name)
    yield from _broken_limits(shape, value, path)
    if isinstance(shape, StructureShape):
        yield from _structure(shape, value, path)
    elif isinstance(shape, ListShape):
        for number, item in enumerate(value, start=1):
            yield from violations(shape.member, item, f"{path}.{number}.member")
    elif isinstance(shape, MapShape):
        for key, item in value.items():
            yield from violations(shape.key, key, f"{path}.{key}.key")
            yield from violations(shape.value, item, f"{path}.{key}.value")


def _structure(shape: StructureShape, value: dict[str, Any], path: str) -> Iterator[str]:
    prefix = f"{path}." if path else ""
    for name in shape.required_members:
        if value.get(name) is None:
            yield f"Value null at '{prefix}{name}' failed to satisfy constraint: Member must not be null"
    if shape.is_tagged_union and len([name for name in shape.members if value.get(name) is not None]) != 1:
        yield f"Value at '{path}' failed to satisfy constraint: Member must have exactly one member set"
    for name, member in shape.members.items():
        if value.get(name) is not None:
            yield from violations(member, value[name], f"{prefix}{name}")


def _broken_limits(shape: Shape, value: Any, path: str) -> Iterator[str]:
    low, high, pattern = (shape.metadata.get(name) for name in ("min", "max", "pattern"))
    what = _named(shape, value, path)
    if shape.type_name in _NUMBERS:
        if low is not None and value < low:
            yield f"{what}Member must have value greater than or equal to {low}"
        if high is not None and value > high:
            yield f"{what}Member must have value less than or equal to {high}"
        return
    if isinstance(value, str | list | dict):
        if low is not None and len(value) < low:
            yield f"{what}Member must have length greater than or equal to {low}"
        if high is not None and len(value) > high:
            yield f"{what}Member must have length less than or equal to {high}"
    if isinstance(value, str):
        if pattern and not _compiled(pattern).fullmatch(value):
            yield f"{what}Member must satisfy regular expression pattern: {pattern}"
        enumeration = getattr(shape, "enum", None)
        if enumeration and value not in enumeration:
            yield f"{what}Member must satisfy enum value set: [{', '.join(enumeration)}]"


def _named(shape: Shape, value: Any, path: str) -> str:
    # The service leaves out what its model marks as sensitive; long values are left out here as well.
    shown = isinstance(value, str | int | float) and not shape.metadata.get("sensitive") and len(str(value)) <= 100
    quoted = f"'{value}' " if shown else ""
    return f"Value {quoted}at '{path}' failed to satisfy constraint: "


@lru_cache(maxsize=256)
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)
