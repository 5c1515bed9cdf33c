"""Changes one value of an HCL file and not one other character of it.

Each change is a single splice. Its result is parsed again and compared with what was there: when anything but the
wanted value differs, `HclEditError` is raised instead of an answer.
"""

from __future__ import annotations

from decimal import Decimal

from paybot_ops.core.hcl.body import Body, parse
from paybot_ops.core.hcl.decoding import normalize
from paybot_ops.core.hcl.layout import Splice, adding_argument, adding_block, removing_argument
from paybot_ops.core.hcl.paths import BlockName, HclEditError, Path, ambiguous, find_holders, find_scope, find_scopes
from paybot_ops.core.hcl.render import render_string, render_value
from paybot_ops.core.hcl.values import HclSyntaxError, Literal, Value


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
    elif _same(present.value, wanted):
        return text
    else:
        splice = Splice(present.value_start, present.value_end, source)
    return _checked(text, root, splice, path, wanted)


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
    return _checked(text, root, removing_argument(text, scope, present), path, None, removed=True)


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
    after, changes = _changes(text, root, splice, str(block))
    if len(changes) != 1 or not find_scopes(after, (*parents, block)):
        raise _not_alone(str(block))
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


def _same(left: Value, right: Value) -> bool:
    """Equal in Terraform's eyes: 1 and 1.0 are, 1 and true are not."""
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(_same, left, right))
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(_same(left[key], right[key]) for key in left)
    if isinstance(left, bool) or isinstance(right, bool):
        return left is right
    if isinstance(left, int | Decimal) and isinstance(right, int | Decimal):
        return left == right
    return type(left) is type(right) and left == right


def _checked(text: str, before: Body, splice: Splice, path: Path, wanted: Value, *, removed: bool = False) -> str:
    """The text after a splice, provided that the wanted value is all that changed."""
    after, changes = _changes(text, before, splice, str(path))
    found = find_holders(after, path)
    done = not found if removed else len(found) == 1 and _same(found[0][1].value, wanted)
    if len(changes) != 1 or not done:
        raise _not_alone(str(path))
    return splice.applied_to(text)


def _changes(text: str, before: Body, splice: Splice, what: str) -> tuple[Body, set[str]]:
    """The structure after a splice, and the addresses at which it differs from that before."""
    result = splice.applied_to(text)
    try:
        after = parse(result)
    except HclSyntaxError:
        raise _not_alone(what) from None
    old, new = _outline(before, text), _outline(after, result)
    changes = {address for address in old.keys() | new.keys() if old.get(address) != new.get(address)}
    kept_order = [address for address in old if address in new] == [address for address in new if address in old]
    return after, changes if kept_order else set(old)


def _not_alone(what: str) -> HclEditError:
    return HclEditError(f"{what} cannot be changed without changing something else", hint="edit the file by hand")


def _outline(root: Body, text: str) -> dict[str, str]:
    """Every argument and block of a file by its address, with the source of its value."""
    outline: dict[str, str] = {}
    pending = [("", root)]
    while pending:
        prefix, body = pending.pop()
        for name, attribute in body.attributes.items():
            outline[f"{prefix}{name}"] = text[attribute.value_start : attribute.value_end]
        for index, block in enumerate(body.blocks):
            address = f"{prefix}{index}:{block.type}{block.labels!r}"
            outline[address] = ""
            pending.append((f"{address}/", block.body))
    return outline
