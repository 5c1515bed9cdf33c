"""The backend block of a module: turned from local to S3 and back, and nothing else of the file changed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeGuard

from paybot_ops.core.hcl.body import Block, parse
from paybot_ops.core.hcl.edit import add_block, remove_value, set_value
from paybot_ops.core.hcl.layout import Splice
from paybot_ops.core.hcl.paths import BlockName, HclEditError, Path
from paybot_ops.core.hcl.reading import read_assignments
from paybot_ops.core.hcl.render import render_string, render_value
from paybot_ops.core.hcl.values import Literal, NotLiteral, Value

BACKEND_FILE = "backend.tf"
BACKEND_TEXT = """\
# Written by paybot migrate-state. The values are in <environment>.s3.tfbackend:
#   terraform init -backend-config=<environment>.s3.tfbackend
terraform {
  backend "s3" {}
}
"""
_LOCK_ARGUMENTS = ("dynamodb_table", "use_lockfile")
_TERRAFORM = BlockName("terraform")


def to_s3(text: str, values: Mapping[str, Value]) -> str:
    """The file with its active backend block made an S3 one that agrees with the values of the backend file.

    Arguments that the values set differently are changed, a lock that they do not name is removed; what the values do
    not speak of, comments and layout stay. Raises `HclEditError` where that cannot be done alone.
    """
    block = _backend(text)
    if block.labels != ("s3",):
        for name in block.body.attributes:
            text = remove_value(text, _path(block.labels, name))
        return _relabelled(text, "s3")
    for name in block.body.attributes:
        path = _path(block.labels, name)
        if name in values:
            value = values[name]
            if _is_literal(value):
                text = set_value(text, path, value)
        elif name in _LOCK_ARGUMENTS:
            text = remove_value(text, path)
    return text


def with_block(text: str | None) -> str:
    """The text of a file of the module with an S3 backend block; that of a new file where there is none."""
    if text is None:
        return BACKEND_TEXT
    return add_block(add_block(text, (), _TERRAFORM), (_TERRAFORM,), BlockName("backend", ("s3",)))


def with_values(text: str | None, values: Mapping[str, Value]) -> str:
    """The text of a backend file in which no value of these is missing; those that it sets itself stay."""
    present = read_assignments(text or "")
    missing = {name: value for name, value in values.items() if name not in present and _is_literal(value)}
    if text is None:
        width = max((len(name) for name in missing), default=0)
        return "".join(f"{name:<{width}} = {render_value(value)}\n" for name, value in missing.items())
    for name, value in missing.items():
        text = set_value(text, Path(name), value)
    return text


def to_local(text: str) -> str:
    """The file with its active backend block made a local one: the S3 arguments go, comments stay."""
    block = _backend(text)
    for name in block.body.attributes:
        text = remove_value(text, _path(block.labels, name))
    return _relabelled(text, "local")


def _backend(text: str) -> Block:
    found = [
        block
        for terraform in parse(text).blocks
        if terraform.type == "terraform"
        for block in terraform.body.blocks
        if block.type == "backend" and len(block.labels) == 1
    ]
    if len(found) != 1:
        raise HclEditError("the backend cannot be changed", why=f"the file holds {len(found)} backend blocks")
    if found[0].body.blocks:
        raise HclEditError(
            "the backend cannot be changed",
            why="its block holds blocks of its own",
            hint="move them to the backend file, or edit it by hand",
        )
    return found[0]


def _relabelled(text: str, label: str) -> str:
    """The file with another type of backend: one splice, checked by parsing the result."""
    block = _backend(text)
    if block.labels == (label,):
        return text
    header = text[block.start : block.body.start]
    spelled = next((item for item in (render_string(block.labels[0]), block.labels[0]) if item in header), None)
    if spelled is None:
        raise HclEditError("the backend cannot be changed", why="its type is spelled in an unusual way")
    start = block.start + header.rindex(spelled)
    changed = Splice(start, start + len(spelled), render_string(label)).applied_to(text)
    after = _backend(changed)
    if after.labels != (label,) or after.body.attributes.keys() != block.body.attributes.keys():
        raise HclEditError("the backend cannot be changed without changing something else")
    return changed


def _path(labels: tuple[str, ...], argument: str) -> Path:
    return Path(argument, (_TERRAFORM, BlockName("backend", labels)))


def _is_literal(value: Value) -> TypeGuard[Literal]:
    return not isinstance(value, NotLiteral)
