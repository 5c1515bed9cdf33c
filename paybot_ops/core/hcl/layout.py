"""Where a new argument or block goes in a file, how it is laid out there, and what goes with one that is removed."""

from __future__ import annotations

from dataclasses import dataclass

from paybot_ops.core.hcl.body import Attribute, Block
from paybot_ops.core.hcl.paths import HclEditError, Path, Scope
from paybot_ops.core.hcl.values import BOM

_BLANK = " \t"


@dataclass(frozen=True, slots=True)
class Splice:
    """The characters from `start` to `end` are replaced; nothing else changes."""

    start: int
    end: int
    replacement: str

    def applied_to(self, text: str) -> str:
        """The text after the change."""
        return text[: self.start] + self.replacement + text[self.end :]


def adding_argument(text: str, scope: Scope, path: Path, source: str) -> Splice:
    """A line for a new argument: after the last one of its scope, laid out like its neighbours."""
    _refuse_one_line(scope, str(path))
    last = next(reversed(scope.body.attributes.values()), None)
    if last is not None:
        line = _like_neighbours(text, list(scope.body.attributes.values()), path.argument) + source
        return _line_at(text, last.end, line)
    if scope.block is None:
        return _line_at(text, len(text), f"{path.argument} = {source}")
    line = f"{_inner_indent(text, scope.block)}{path.argument} = {source}"
    if scope.body.blocks and (first_line_end := text.find("\n", scope.body.start)) < scope.body.blocks[0].start:
        return _line_at(text, first_line_end + 1, line)
    return _line_before_brace(text, scope.block, line)


def adding_block(text: str, scope: Scope, header: str) -> Splice:
    """Lines for a new block: the last of its scope; at the end of a file a blank line sets it apart."""
    _refuse_one_line(scope, header)
    if scope.block is not None:
        return _line_before_brace(text, scope.block, f"{_inner_indent(text, scope.block)}{header} {{}}")
    newline = _newline(text, len(text))
    apart = newline if text.removeprefix(BOM).strip() else ""
    ended = "" if not apart or text.endswith("\n") else newline
    return Splice(len(text), len(text), f"{ended}{apart}{header} {{}}{newline}")


def removing_argument(text: str, scope: Scope, present: Attribute) -> Splice:
    """What goes with an argument: its whole line when nothing else stands there, else no more than itself.

    Undoes `adding_argument` to the character: a file without a last line end stays without one, and a block that
    held nothing else is closed up again.
    """
    start = _line_start(text, present.start)
    own_start = not text[start : present.start].strip(_BLANK)
    own_end = not text[present.value_end : present.end].strip(_BLANK + "\r\n")
    if not own_start or not own_end or (scope.block is not None and scope.block.on_one_line):
        end = present.value_end
        while text[end : end + 1] in tuple(_BLANK):
            end += 1
        return Splice(present.start, end, "")
    end = present.end
    if end == len(text) and not text.endswith("\n"):
        return Splice(_before_newline(text, start), end, "")
    if scope.block is not None:
        inside_before, inside_after = text[scope.body.start : start], text[end : scope.block.close]
        if inside_before.endswith("\n") and not (inside_before + inside_after).strip(_BLANK + "\r\n"):
            start = _before_newline(text, start)
            if "\n" not in text[scope.body.start : start] + inside_after:
                end = scope.block.close
    return Splice(start, end, "")


def _refuse_one_line(scope: Scope, what: str) -> None:
    if scope.block is not None and scope.block.on_one_line:
        raise HclEditError(
            f"{what} cannot be added",
            why="the block around it is written on one line, where HCL allows one argument",
            hint="put the braces of that block on lines of their own",
        )


def _line_at(text: str, place: int, line: str) -> Splice:
    """A new line at the start of a line, or after a last line that has no line end."""
    newline = _newline(text, place)
    if place > 0 and text[place - 1] not in ("\n", BOM):
        return Splice(place, place, newline + line)
    return Splice(place, place, line + newline)


def _line_before_brace(text: str, block: Block, line: str) -> Splice:
    """A new line before a block's closing brace; an empty block is opened for it."""
    newline = _newline(text, block.close)
    inside = text[block.body.start : block.close]
    brace_line = _line_start(text, block.close)
    if "\n" not in inside:
        return Splice(block.close, block.close, f"{newline}{line}{newline}{_indent(text, block.start)}")
    opening = "" if inside.strip(_BLANK + "\r\n") else newline
    return Splice(brace_line, brace_line, f"{opening}{line}{newline}")


def _like_neighbours(text: str, attributes: list[Attribute], name: str) -> str:
    """The new line up to its value: indented and aligned as the lines before it are."""
    group = _group_before_end(text, attributes)
    last = attributes[-1]
    start = _line_start(text, last.start)
    indent = text[start : last.start] if not text[start : last.start].strip(_BLANK) else ""
    columns = {attribute.equals - attribute.start for attribute in group}
    gaps = [attribute.equals - attribute.start - len(attribute.name) for attribute in group]
    gap = min(gaps, default=1)
    if len(columns) == 1:
        gap = max(columns.pop() - len(name), gap)
    after = text[last.equals + 1 : last.value_start] if group else " "
    return f"{indent}{name}{' ' * gap}={after}"


def _group_before_end(text: str, attributes: list[Attribute]) -> list[Attribute]:
    """The last arguments that stand on consecutive lines, one line each: those that are aligned with each other."""
    group: list[Attribute] = []
    following = attributes[-1].end
    for attribute in reversed(attributes):
        source = text[attribute.start : attribute.value_end]
        plain = not text[attribute.start + len(attribute.name) : attribute.equals].strip(" ")
        plain = plain and not text[attribute.equals + 1 : attribute.value_start].strip(_BLANK)
        if "\n" in source or not plain or (group and attribute.end != following):
            break
        group.append(attribute)
        following = _line_start(text, attribute.start)
    return group


def _inner_indent(text: str, block: Block) -> str:
    """The indentation inside a block: that of its first nested block, else two more than its own."""
    if block.body.blocks:
        return _indent(text, block.body.blocks[0].start)
    return _indent(text, block.start) + "  "


def _indent(text: str, place: int) -> str:
    start = _line_start(text, place)
    line = text[start:place]
    return line[: len(line) - len(line.lstrip(_BLANK))]


def _line_start(text: str, place: int) -> int:
    start = text.rfind("\n", 0, place) + 1
    return start + len(BOM) if text.startswith(BOM, start) and start == 0 else start


def _before_newline(text: str, place: int) -> int:
    """The place before the line end that ends at `place`, if one does."""
    if text[:place].endswith("\r\n"):
        return place - 2
    return place - 1 if text[:place].endswith("\n") else place


def _newline(text: str, place: int) -> str:
    """The line end in use before a place, else the first of the file."""
    end = text.rfind("\n", 0, place)
    end = end if end >= 0 else text.find("\n")
    return "\r\n" if end > 0 and text[end - 1] == "\r" else "\n"
