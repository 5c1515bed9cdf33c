"""The time that a turn has, so that whatever is slow the customer gets an answer of ours."""

from __future__ import annotations

from collections.abc import Callable

# API Gateway gives an integration 29 seconds ("Amazon API Gateway quotas").
TURN_SECONDS = 28.0


class Deadline:
    """Counts down from the moment that it is made; `clock` gives seconds that never go back."""

    def __init__(self, clock: Callable[[], float], seconds: float = TURN_SECONDS) -> None:
        self._clock = clock
        self._end = clock() + seconds

    def left(self) -> float:
        """Seconds until the turn must be over."""
        return self._end - self._clock()
