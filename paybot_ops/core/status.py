"""A whole deployment in lines: how each thing is, what is wrong with it, and what mends it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from paybot_ops.errors import AccessDeniedError, ExitCode, PaybotError

DEPLOY = "paybot deploy"
_MOST_NAMES = 2


class Mark(StrEnum):
    """How a line is. `unknown` is what could not be read: it is neither in order nor wrong."""

    OK = "ok"
    INFO = "info"
    ATTENTION = "attention"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line: its name, its words, the command that mends it, and its facts for machines.

    `share` is how much of a limit is used, where there is one.
    """

    name: str
    mark: Mark
    text: str
    cure: str = ""
    share: Decimal | None = None
    data: Mapping[str, Any] = field(default_factory=dict)

    @property
    def calls(self) -> bool:
        """Whether somebody has to look: it is wrong, or nobody knows."""
        return self.mark in (Mark.ATTENTION, Mark.UNKNOWN)


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusReport:
    """The deployment at one moment. `endpoint` is the embedded AWS's, "" for the account itself."""

    name: str
    environment: str
    account: str
    region: str
    endpoint: str
    at: datetime
    deployed: bool = True
    lines: tuple[Line, ...] = ()
    warnings: tuple[str, ...] = ()

    def marked(self, mark: Mark) -> tuple[Line, ...]:
        """The lines of one kind."""
        return tuple(line for line in self.lines if line.mark is mark)

    @property
    def in_order(self) -> bool:
        """True when all is deployed, all could be read, and nothing needs attention."""
        return self.deployed and not any(line.calls for line in self.lines)

    def code(self, *, check: bool) -> ExitCode:
        """The exit code: a finding only where that was asked for."""
        return ExitCode.FINDING if check and not self.in_order else ExitCode.OK


def few(names: Iterable[str]) -> str:
    """The first two names, and how many more there are."""
    listed = list(names)
    more = f" and {len(listed) - _MOST_NAMES} more" if len(listed) > _MOST_NAMES else ""
    return ", ".join(listed[:_MOST_NAMES]) + more


def unknown_line(name: str, error: PaybotError) -> Line:
    """The line of what could not be read, with the reason; for a refusal, the IAM action that is missing."""
    why = error.why or error.what
    action = error.action if isinstance(error, AccessDeniedError) else None
    data = {"why": error.brief, "missing_iam_action": action}
    return Line(name=name, mark=Mark.UNKNOWN, text=f"unknown: {why}", cure=error.hint, data=data)
