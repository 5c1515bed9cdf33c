"""What is shown: one answer as a table, as JSON or as CSV."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from paybot_ops.errors import ExitCode
from paybot_ops.render.envelope import Answer, DocumentFormat, Format, to_csv, to_json
from paybot_ops.screen import Screen

if TYPE_CHECKING:
    from rich.console import RenderableType


def show(
    screen: Screen, output: Format | DocumentFormat, answer: Answer, table: Callable[[], RenderableType]
) -> ExitCode:
    """Put the answer on stdout in the format asked for, its error on stderr as well; gives its exit code."""
    if output.value == Format.JSON.value:
        screen.answer_text(to_json(answer))
    elif output.value == Format.CSV.value:
        screen.answer_text(to_csv(answer))
    else:
        drawn = table()
        if drawn:
            screen.answer(drawn)
    if answer.error is not None:
        screen.fail(answer.error)
    return answer.code
