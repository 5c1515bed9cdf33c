"""What an HCL expression can be worth without evaluating it, and how a syntax error is told."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from decimal import Decimal

from paybot_ops.errors import UsageError

BOM = "\ufeff"


@dataclass(frozen=True, slots=True)
class NotLiteral:
    """An expression that only Terraform can evaluate: what it is and where it starts (both counted from 1)."""

    kind: str
    line: int
    column: int


Literal = str | bool | int | Decimal | None | list["Literal"] | dict[str, "Literal"]
Value = Literal | NotLiteral


class HclSyntaxError(UsageError):
    """A file that Terraform's own parser refuses; it names the place and the rule, and never quotes the file.

    Lines and columns count from 1; a column is a number of characters.
    """

    kind = "hcl-syntax"

    def __init__(self, line: int, column: int, rule: str, *, file: str = "") -> None:
        place = f"{file}:{line}:{column}" if file else f"{line}:{column}"
        super().__init__(f"{place}: {rule}", hint="mend the file and run the same again; terraform fmt shows the place")
        self.line = line
        self.column = column
        self.rule = rule
        self.file = file

    def named(self, file: str) -> HclSyntaxError:
        """The same error with the name of the file in front."""
        return HclSyntaxError(self.line, self.column, self.rule, file=file)


class Positions:
    """Turns offsets into lines and columns; the table of lines is made once, when the first is asked for."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._starts: list[int] = []

    def at(self, offset: int) -> tuple[int, int]:
        """Line and column of a character, both from 1; a byte order mark takes no column, as in Terraform."""
        if not self._starts:
            self._starts = [0]
            self._starts += [place + 1 for place, letter in enumerate(self._text) if letter == "\n"]
        line = bisect_right(self._starts, offset)
        column = offset - self._starts[line - 1] + 1
        if line == 1 and column > 1 and self._text.startswith(BOM):
            column -= 1
        return line, column

    def error(self, offset: int, rule: str) -> HclSyntaxError:
        """The error that says which rule is broken at an offset."""
        line, column = self.at(offset)
        return HclSyntaxError(line, column, rule)

    def not_literal(self, kind: str, offset: int) -> NotLiteral:
        """The marker of an expression that starts at an offset."""
        line, column = self.at(offset)
        return NotLiteral(kind, line, column)
