"""Changes one value of an HCL file and not one other character of it.

Each change is a single splice. Its result is parsed again and compared with what was there: when anything but the
wanted value differs, `HclEditError` is raised instead of an answer.
"""

from __future__ import annotations

from paybot_ops.core.hcl.body import parse
from paybot_ops.core.hcl.check import changed_places, checked, not_alone, same
from paybot_ops.core.hcl.decoding import normalize
from paybot_ops.core.hcl.layout import Splice, adding_argument, adding_block, removing_argument
from paybot_ops.core.hcl.paths import BlockName, HclEditError, Path, ambiguous, find_holders, find_scope, find_scopes
from paybot_ops.core.hcl.render import render_string, render_value
from paybot_ops.core.hcl.values import Literal


def set_value(text: str, path: Path, value: Literal) -> str:
    """The file with one argument set: replaced where it stands, or added after its neighbours.

    A value that is already there, however it is spelled, leaves the file as it is. Raises `HclSyntaxError` for a file
    that Terraform would refuse and `HclEditError` where the change cannot be made alone.
    """
    wanted = _kept(value, path)
    root = parse(text)
    scope = find_scope(root, path)
    present = scope.find(path.argument)
    source = render_value(wanted)
    if present is None:
        splice = adding_argument(text, scope, path, source)
    elif same(present.value, wanted):
        return text
    else:
        splice = Splice(present.value_start, present.value_end, source)
    return checked(text, root, splice, path, wanted)


def remove_value(text: str, path: Path) -> str:
    """The file without one argument; comments stay, its line goes when it holds nothing else.

    An argument that is not set leaves the file as it is. Raises as `set_value` does.
    """
    root = parse(text)
    holders = find_holders(root, path)
    if not holders:
        return text
    if len(holders) > 1:
        raise ambiguous(path)
    scope, present = holders[0]
    return checked(text, root, removing_argument(text, scope, present), path, None, removed=True)


def add_block(text: str, parents: tuple[BlockName, ...], block: BlockName) -> str:
    """The file with an empty block at the end of the block that the parents lead to, or of the file.

    A block that is there already leaves the file as it is. Raises as `set_value` does.
    """
    root = parse(text)
    if find_scopes(root, (*parents, block)):
        return text
    scopes = find_scopes(root, parents)
    if not scopes:
        raise HclEditError(f"a block {block} cannot be added", why="the file does not hold the block around it")
    header = " ".join([block.type, *map(render_string, block.labels)])
    splice = adding_block(text, scopes[0], header)
    after, places = changed_places(text, root, splice, str(block))
    if len(places) != 1 or not find_scopes(after, (*parents, block)):
        raise not_alone(str(block))
    return splice.applied_to(text)


def _kept(value: Literal, path: Path) -> Literal:
    """The value as Terraform will read it back; raises `HclEditError` for one that HCL cannot hold."""
    try:
        render_value(value)
    except ValueError:
        raise HclEditError(f"{path} cannot be set", why="HCL has no way to write this value") from None
    return _normalized(value)


def _normalized(value: Literal) -> Literal:
    if isinstance(value, str):
        return normalize(value)
    if isinstance(value, list):
        return [_normalized(item) for item in value]
    if isinstance(value, dict):
        return {normalize(key): _normalized(item) for key, item in value.items()}
    return value
