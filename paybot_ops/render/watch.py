"""Drawing the same thing again and again."""

from __future__ import annotations

import time
from collections.abc import Callable

from rich.console import RenderableType
from rich.live import Live

from paybot_ops.screen import Screen


def watch(
    screen: Screen, look: Callable[[], tuple[RenderableType, bool]], seconds: float, *, full_screen: bool = False
) -> bool:
    """Draw in place until `look` says that it is enough: True then. Ctrl-C ends it: False.

    With `full_screen` it has the terminal to itself, and what was drawn last stays. Where nothing can be drawn in
    place, each look is a block of its own.
    """
    out = screen.out
    whole = full_screen and out.is_terminal and not out.is_dumb_terminal
    in_place = whole if full_screen else out.is_terminal
    try:
        with Live(console=out, auto_refresh=False, screen=whole) as live:
            while True:
                drawn, enough = look()
                if not in_place:
                    out.print(drawn)
                    if full_screen:
                        out.print()
                    out.file.flush()
                elif not (whole and enough):
                    live.update(drawn, refresh=True)
                if enough:
                    break
                time.sleep(seconds)
    except KeyboardInterrupt:
        return False
    if whole:  # the screen that it was drawn on is gone
        out.print(drawn)
    return True
