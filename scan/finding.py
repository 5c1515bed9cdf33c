"""What the scan found: the one form in which every judge reports."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """One thing that must not be so; `place` is a file with a line, or a resource of a plan. It quotes no value."""

    place: str
    check: str
    what: str

    def __str__(self) -> str:
        return f"{self.place}: {self.check}: {self.what}"
