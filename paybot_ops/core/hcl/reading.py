"""What paybot reads out of Terraform's files: settings, declared variables, the backend. Nothing is evaluated."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from paybot_ops.core.hcl.body import Block, Body, parse
from paybot_ops.core.hcl.values import Positions, Value


@dataclass(frozen=True, slots=True)
class Variable:
    """A `variable` block; `type_text` is its type constraint as written, `line` that of its first word."""

    name: str
    default: Value
    has_default: bool
    type_text: str
    sensitive: bool
    line: int


@dataclass(frozen=True, slots=True)
class Backend:
    """The active `backend` block: its type, its arguments, and the line of its first word."""

    type: str
    attributes: Mapping[str, Value]
    line: int


@dataclass(frozen=True, slots=True)
class Declarations:
    """What one `.tf` file declares that paybot must know before Terraform runs."""

    variables: Mapping[str, Variable] = field(default_factory=dict)
    backend: Backend | None = None


def read_assignments(text: str) -> dict[str, Value]:
    """The values of a `.tfvars` file; raises `HclSyntaxError`, for a block too, which such a file cannot hold."""
    positions = Positions(text)
    body = parse(text, positions)
    if body.blocks:
        raise positions.error(body.blocks[0].start, "a file of variables holds no blocks")
    return {name: attribute.value for name, attribute in body.attributes.items()}


def read_declarations(text: str) -> Declarations:
    """The variables and the backend of a `.tf` file; raises `HclSyntaxError`, for a second one of a name too.

    A file without the words `variable` and `backend` is not parsed at all: most files of a module.
    """
    if "variable" not in text and "backend" not in text:
        return Declarations()
    positions = Positions(text)
    body = parse(text, positions)
    return Declarations(_variables(text, body, positions), _backend(body, positions))


def read_variables(text: str) -> Mapping[str, Variable]:
    """The variables that a `.tf` file declares; raises `HclSyntaxError`."""
    return read_declarations(text).variables


def find_backend(text: str) -> Backend | None:
    """The active `backend` block of a `.tf` file (one in a comment is not active); raises `HclSyntaxError`."""
    return read_declarations(text).backend


def _variables(text: str, body: Body, positions: Positions) -> dict[str, Variable]:
    variables: dict[str, Variable] = {}
    for block in body.blocks:
        if block.type != "variable" or len(block.labels) != 1:
            continue
        variable = _variable(text, block, positions)
        if variable.name in variables:
            line = variables[variable.name].line
            raise positions.error(block.start, f"this variable is already declared in line {line}")
        variables[variable.name] = variable
    return variables


def _variable(text: str, block: Block, positions: Positions) -> Variable:
    attributes = block.body.attributes
    default, type_of, sensitive = (attributes.get(name) for name in ("default", "type", "sensitive"))
    return Variable(
        name=block.labels[0],
        default=default.value if default else None,
        has_default=default is not None,
        type_text=text[type_of.value_start : type_of.value_end] if type_of else "",
        # A value that is no literal is treated as a secret: the careful side.
        sensitive=sensitive is not None and sensitive.value is not False,
        line=positions.at(block.start)[0],
    )


def _backend(body: Body, positions: Positions) -> Backend | None:
    found: Backend | None = None
    for terraform in body.blocks:
        if terraform.type != "terraform":
            continue
        for block in terraform.body.blocks:
            if block.type != "backend" or len(block.labels) != 1:
                continue
            line, _ = positions.at(block.start)
            if found:
                raise positions.error(block.start, f"a backend is already set in line {found.line}")
            values = {name: attribute.value for name, attribute in block.body.attributes.items()}
            found = Backend(block.labels[0], values, line)
    return found
