"""Proves that a splice changed what was wanted and nothing else, by parsing its result."""

from __future__ import annotations

from decimal import Decimal

from paybot_ops.core.hcl.body import Body, parse
from paybot_ops.core.hcl.layout import Splice
from paybot_ops.core.hcl.paths import HclEditError, Path, find_holders
from paybot_ops.core.hcl.values import HclSyntaxError, Value


def same(left: Value, right: Value) -> bool:
    """Equal in Terraform's eyes: 1 and 1.0 are, 1 and true are not."""
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(same, left, right))
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(same(left[key], right[key]) for key in left)
    if isinstance(left, bool) or isinstance(right, bool):
        return left is right
    if isinstance(left, int | Decimal) and isinstance(right, int | Decimal):
        return left == right
    return type(left) is type(right) and left == right


def checked(text: str, before: Body, splice: Splice, path: Path, wanted: Value, *, removed: bool = False) -> str:
    """The text after a splice, provided that the wanted value is all that changed; else raises `HclEditError`."""
    after, places = changed_places(text, before, splice, str(path))
    found = find_holders(after, path)
    done = not found if removed else len(found) == 1 and same(found[0][1].value, wanted)
    if len(places) != 1 or not done:
        raise not_alone(str(path))
    return splice.applied_to(text)


def changed_places(text: str, before: Body, splice: Splice, what: str) -> tuple[Body, set[str]]:
    """The structure after a splice, and the addresses at which it differs from that before."""
    result = splice.applied_to(text)
    try:
        after = parse(result)
    except HclSyntaxError:
        raise not_alone(what) from None
    old, new = _outline(before, text), _outline(after, result)
    places = {address for address in old.keys() | new.keys() if old.get(address) != new.get(address)}
    kept_order = [address for address in old if address in new] == [address for address in new if address in old]
    return after, places if kept_order else set(old)


def not_alone(what: str) -> HclEditError:
    """The error of a change that would change something else too."""
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
