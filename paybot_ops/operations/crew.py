"""Readings that run beside each other: what is refused, or not there in time, is told and does not hold up the rest."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from concurrent.futures import TimeoutError as NotInTime
from contextlib import contextmanager
from typing import TypeVar

from paybot_ops.core.status import Line, unknown_line
from paybot_ops.errors import CredentialsError, PaybotError
from paybot_ops.operations.daemon_pool import start
from paybot_ops.screen import Screen

T = TypeVar("T")


class QuietScreen(Screen):
    """A screen on which nothing is drawn; warnings are kept for the one who asks."""

    def note(self, text: str, *, style: str = "") -> None:
        """Not shown."""

    def warn(self, text: str) -> None:
        """Kept, each once."""
        if text not in self.warnings:
            self.warnings.append(text)

    @contextmanager
    def step(self, title: str) -> Iterator[None]:  # noqa: ARG002 -- the screen's own signature
        """Not shown."""
        yield


class Crew:
    """Readings in threads of their own, for at most so many seconds in all.

    What does not come back in time is left behind, and does not keep the process alive.
    """

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._until = time.monotonic() + seconds

    def start(self, read: Callable[[], T]) -> Future[T]:
        """Begin a reading."""
        return start(read)

    def wait(self, future: Future[T], *, share: float = 1.0) -> T:
        """The result of a reading; `share` is how much of the time it may take.

        Raises:
            PaybotError: why there is none; an answer that is not there in time too.
        """
        try:
            return future.result(max(0.0, self._until - self._seconds * (1 - share) - time.monotonic()))
        except NotInTime as error:
            if future.done():  # a time-out of the reading's own
                raise _misunderstood(error) from error
            raise PaybotError(
                "a reading is not there yet",
                why=f"no answer within {self._seconds:g} s",
                hint="run the same again, or wait longer: --timeout",
            ) from None
        except (PaybotError, KeyboardInterrupt):
            raise
        except Exception as error:  # an answer that nothing here foresees must not spoil the others
            raise _misunderstood(error) from error

    def lines(self, name: str, future: Future[tuple[Line, ...]]) -> tuple[Line, ...]:
        """The lines of a reading; where it failed, one of this name with the reason.

        Raises:
            CredentialsError: AWS does not accept the caller, whatever is asked.
        """
        try:
            return self.wait(future)
        except CredentialsError:
            raise
        except PaybotError as error:
            return (unknown_line(name, error),)


def _misunderstood(error: Exception) -> PaybotError:
    return PaybotError(
        "an answer was not understood",
        why=f"it is not as expected ({type(error).__name__})",
        hint="paybot --debug status shows where",
    )
