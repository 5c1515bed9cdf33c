"""How far a change may go."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Gate:
    """Looked at, checked, confirmed by flag, and whether data may be lost."""

    dry_run: bool = False
    check: bool = False
    yes: bool = False
    allow_data_loss: bool = False

    @property
    def looks_only(self) -> bool:
        """True when nothing may be changed, not even the state."""
        return self.dry_run or self.check
