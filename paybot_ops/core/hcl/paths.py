"""Where in a file a value stands, and finding it there."""

from __future__ import annotations

from dataclasses import dataclass

from paybot_ops.core.hcl.body import Attribute, Block, Body
from paybot_ops.errors import PaybotError


class HclEditError(PaybotError):
    """A change of a file that cannot be made without touching something else; nothing was changed."""

    kind = "hcl-edit"


@dataclass(frozen=True, slots=True)
class BlockName:
    """A block by its type and its labels: `BlockName("backend", ("s3",))`."""

    type: str
    labels: tuple[str, ...] = ()

    def __str__(self) -> str:
        return " ".join([self.type, *(f'"{label}"' for label in self.labels)])


@dataclass(frozen=True, slots=True)
class Path:
    """An argument, at the top of a file or inside blocks from the outermost in."""

    argument: str
    blocks: tuple[BlockName, ...] = ()

    def __str__(self) -> str:
        return " › ".join([*map(str, self.blocks), self.argument])


@dataclass(frozen=True, slots=True)
class Scope:
    """The body that a path leads to, and the block around it (none at the top of a file)."""

    body: Body
    block: Block | None = None

    def find(self, argument: str) -> Attribute | None:
        """The argument of this name, if it is set here."""
        return self.body.attributes.get(argument)


def find_scope(root: Body, path: Path) -> Scope:
    """The body that a path leads to; of several blocks of one name, the only one that sets the argument.

    Raises `HclEditError` when there is no such block, or no telling which one is meant.
    """
    scopes = [scope for scope, _ in find_holders(root, path)] or find_scopes(root, path.blocks)
    if not scopes:
        raise HclEditError(f"{path} cannot be changed", why="the file holds no such block")
    if len(scopes) > 1:
        raise ambiguous(path)
    return scopes[0]


def find_holders(root: Body, path: Path) -> list[tuple[Scope, Attribute]]:
    """Every place where the argument of a path is set."""
    return [(scope, found) for scope in find_scopes(root, path.blocks) if (found := scope.find(path.argument))]


def find_scopes(root: Body, names: tuple[BlockName, ...]) -> list[Scope]:
    """Every body that the names lead to, in the order of the file."""
    scopes = [Scope(root)]
    for name in names:
        scopes = [
            Scope(block.body, block)
            for scope in scopes
            for block in scope.body.blocks
            if block.type == name.type and block.labels == name.labels
        ]
    return scopes


def ambiguous(path: Path) -> HclEditError:
    """The error of a path that leads to several places."""
    return HclEditError(f"{path} cannot be changed", why="the file holds several such blocks")
