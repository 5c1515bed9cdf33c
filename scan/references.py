"""Which resource speaks of which, in the form of a plan's `configuration`: its values do not say."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from paybot_ops.core.hcl.body import Body, parse
from paybot_ops.core.hcl.scanner import NAME, scan
from paybot_ops.core.hcl.values import Positions


def configuration_of(text: str) -> Iterator[dict[str, Any]]:
    """The resources of a file, each with the resources that its arguments name; raises `HclSyntaxError`."""
    body = parse(text)
    for block in body.blocks:
        if block.type == "resource":
            kind, name = block.labels
            expressions = {argument: {"references": found} for argument, found in _references(text, block.body)}
            yield {
                "address": f"{kind}.{name}",
                "mode": "managed",
                "type": kind,
                "name": name,
                "expressions": expressions,
            }


def _references(text: str, body: Body) -> Iterator[tuple[str, list[str]]]:
    for attribute in body.attributes.values():
        if found := list(_names(text[attribute.value_start : attribute.value_end])):
            yield attribute.name, found
    for block in body.blocks:
        yield from _references(text, block.body)


def _names(expression: str) -> Iterator[str]:
    """Each `type.name.attribute` of AWS's in an expression, and the `type.name` of it, as Terraform gives both."""
    tokens = [token for token in scan(expression, Positions(expression)) if token.kind in (NAME, ".", "[", "]")]
    words = [expression[token.start : token.end] for token in tokens]
    for place, word in enumerate(words):
        if word.startswith("aws_") and words[place + 1 : place + 2] == ["."] and place + 2 < len(words):
            yield f"{word}.{words[place + 2]}"
