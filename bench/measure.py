"""Timings that mean something on a noisy machine: both sides alternate in one run, and only ratios are reported."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Ratio:
    """One figure: ours against theirs, in seconds unless said otherwise, and the ratio that it must not exceed."""

    name: str
    ours: float
    theirs: float
    limit: float
    unit: str = "s"

    @property
    def value(self) -> float:
        """Ours divided by theirs."""
        return self.ours / self.theirs

    def __str__(self) -> str:
        verdict = "ok" if self.value <= self.limit else "MISSED"
        return (
            f"{self.name:<58} {self._shown(self.ours):>9} / {self._shown(self.theirs):>9} = {self.value:5.2f}"
            f"  (≤ {self.limit:g})  {verdict}"
        )

    def _shown(self, value: float) -> str:
        if self.unit != "s":
            return f"{value:.1f} {self.unit}"
        return f"{value * 1000:.1f} ms" if value < 1 else f"{value:.2f} s"


def seconds(act: Callable[[], object]) -> float:
    """How long one call takes."""
    started = time.perf_counter()
    act()
    return time.perf_counter() - started


def compare(name: str, limit: float, ours: Callable[[], object], theirs: Callable[[], object], *, rounds: int) -> Ratio:
    """Run both in turn and compare their medians, so that a slow moment of the machine hits both."""
    pairs = [(seconds(ours), seconds(theirs)) for _ in range(rounds)]
    return Ratio(name, statistics.median(a for a, _ in pairs), statistics.median(b for _, b in pairs), limit)
