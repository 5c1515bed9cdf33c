"""rich's console for text from outside: it reads no markup and no emoji codes, and passes no control character on."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, TextIO

from rich.console import Console
from rich.segment import Segment

from paybot_ops.core.printable import printable

if TYPE_CHECKING:
    from rich.console import ConsoleOptions, RenderableType


class PlainConsole(Console):
    """An ARN holds `:secret:` and an error may hold `[/x]`: neither is ours to interpret."""

    def __init__(self, *, file: TextIO, width: int | None) -> None:
        super().__init__(file=file, width=width, markup=False, emoji=False, highlight=False)

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterable[Segment]:
        """The segments of a renderable, fit for a terminal; rich's own escapes are added after this point."""
        for segment in super().render(renderable, options):
            yield segment if segment.control else Segment(printable(segment.text), segment.style)
