"""What can stand against moving a state, and how all of it is told at once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TypeVar

from paybot_ops.adapters import local_states
from paybot_ops.core.backend import LocalPlace, S3Place
from paybot_ops.core.moving_state import MovingState, arrival_problem
from paybot_ops.core.state_lock import parse_lock
from paybot_ops.errors import CredentialsError, MissingToolError, PaybotError, StateLockedError, UsageError
from paybot_ops.operations.target import Target

T = TypeVar("T")


@dataclass(slots=True)
class Problems:
    """What speaks against a migration, gathered until all of it is known."""

    found: list[PaybotError] = field(default_factory=list)

    def of(self, look: Callable[[], T]) -> T | None:
        """The result of a look, or None with its error kept. Without credentials nothing else can be known."""
        try:
            return look()
        except CredentialsError:
            raise
        except PaybotError as error:
            if all(str(error) != str(known) for known in self.found):
                self.found.append(error)
            return None

    def of_all(self, looks: Sequence[Callable[[], T]]) -> list[T | None]:
        """The results of looks that go out together, in their order."""
        with ThreadPoolExecutor(max_workers=8) as pool:
            return list(pool.map(self.of, looks))

    def tell(self) -> None:
        """Raise what was found: a single problem as it is, several as one error that lists them."""
        if len(self.found) == 1:
            raise self.found[0]
        if self.found:
            raise PreconditionError(
                f"the state cannot be moved yet: {len(self.found)} things stand against it",
                details=tuple(_line(error) for error in self.found),
                why="nothing was changed",
            )


class PreconditionError(PaybotError):
    """Several things must be mended before a state can be moved; `details` holds one a line."""

    kind = "precondition"


def check_terraform(version: tuple[int, int, int], place: S3Place) -> None:
    """Refuse a Terraform that does not know the lock in use."""
    if version < place.needed_terraform:
        raise MissingToolError(
            f"terraform is {'.'.join(map(str, version))}, and the lock needs "
            f"{'.'.join(map(str, place.needed_terraform))} or newer",
            why="use_lockfile came with 1.10" if place.use_lockfile else "",
            hint="upgrade it, or: paybot bootstrap-state --lock dynamodb",
        )


def check_arrival(moving: MovingState, destination: S3Place | LocalPlace) -> None:
    """Refuse a destination that holds something else."""
    problem = arrival_problem(moving, destination)
    if problem is not None:
        raise problem


def check_local_lock(target: Target, place: LocalPlace, workspace: str) -> None:
    path = target.workspace.directory / place.path_of(workspace)
    if local_states.is_locked(path):
        info = parse_lock(local_states.lock_text(path))
        raise StateLockedError(
            f"{place.shown(workspace)} is locked by {info.who or 'a running Terraform'}",
            why=f"{info.operation or 'an operation'} is under way on this machine",
            hint="wait until it has ended",
        )


def check_alone(target: Target) -> None:
    """Refuse to make the state of one environment local while that of another one stays in S3."""
    own = f"{target.settings.environment}.s3.tfbackend"
    others = sorted(path.name for path in target.workspace.directory.glob("*.s3.tfbackend") if path.name != own)
    if others:
        raise UsageError(
            f"other environments have their state in S3 too: {', '.join(others)}",
            why="a local state serves one environment: the module cannot say local for one and S3 for the others",
            hint="if they are no longer used, move their files out of the way",
        )


def _line(error: PaybotError) -> str:
    reasons = "; ".join(filter(None, (*error.details, error.why)))
    why = f" ({reasons})" if reasons else ""
    hint = f"; next: {error.hint}" if error.hint else ""
    return f"{error.what}{why}{hint}"
