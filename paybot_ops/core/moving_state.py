"""One state on its way from one place to another: what awaits it there, whether it may go, whether it has arrived."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from paybot_ops.core.backend import Place
from paybot_ops.core.state_document import StateDocument, compare_states
from paybot_ops.errors import PaybotError, UsageError


class Arrival(StrEnum):
    """What is at the destination, seen from the state that is to go there."""

    FREE = "nothing is there"
    EMPTY = "an empty state is there"
    SAME = "it is there already"
    OLDER = "an older one of the same lineage is there"
    NEWER = "a newer one of the same lineage is there"
    OTHER_CONTENT = "one of the same lineage and serial, but with other content, is there"
    FOREIGN = "the state of something else is there"


@dataclass(frozen=True, slots=True)
class MovingState:
    """One workspace's state on its way: the state, and what is at the destination now (`etag` is that object's)."""

    workspace: str
    state: StateDocument
    there: StateDocument | None = None
    etag: str = ""

    @property
    def arrival(self) -> Arrival:
        """What is at the destination."""
        there, ours = self.there, self.state.summary
        if there is None:
            return Arrival.FREE
        if there.content == self.state.content or not compare_states(self.state, there):
            return Arrival.SAME
        if there.is_empty:
            return Arrival.EMPTY
        if there.summary.lineage != ours.lineage:
            return Arrival.FOREIGN
        if there.summary.serial == ours.serial:
            return Arrival.OTHER_CONTENT
        return Arrival.NEWER if there.summary.serial > ours.serial else Arrival.OLDER


def arrival_problem(moving: MovingState, destination: Place) -> PaybotError | None:
    """Why a state may not go where it should; None when it may."""
    where, arrival = destination.shown(moving.workspace), moving.arrival
    if arrival in (Arrival.FREE, Arrival.EMPTY, Arrival.SAME, Arrival.OLDER):
        return None
    hints = {
        Arrival.FOREIGN: "give this deployment a key of its own in the backend file",
        Arrival.NEWER: "somebody has worked on it there: what is here is out of date, move it out of the way",
        Arrival.OTHER_CONTENT: "compare the two before you decide which one counts: terraform show",
    }
    ours, theirs = moving.state.summary, moving.there.summary if moving.there else moving.state.summary
    why = f"{arrival}: lineage {theirs.lineage}, serial {theirs.serial}; ours is {ours.lineage}, serial {ours.serial}"
    return UsageError(f"{where} is taken", why=why, hint=hints[arrival])


def verify_arrival(moving: MovingState, arrived: StateDocument | None, where: str) -> tuple[str, ...]:
    """In what the state that arrived differs from the one that left; empty when in nothing."""
    if arrived is None:
        return (f"{where}: no state has arrived",)
    if moving.arrival is Arrival.NEWER and arrived.summary.lineage == moving.state.summary.lineage:
        return ()  # it had arrived in an earlier, interrupted run, and was worked on there since
    return tuple(f"{where}: {difference}" for difference in compare_states(moving.state, arrived))
