"""What `paybot doctor` says of one check."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from difflib import get_close_matches
from enum import StrEnum

from paybot_ops.errors import AccessDeniedError, AwsError, PaybotError, UsageError
from paybot_ops.plan import Action


class Status(StrEnum):
    """How a check ended. A warning is for a person to weigh; a failure stops a deployment or a payment, or leaks."""

    PASS = "pass"  # noqa: S105 -- no password
    WARN = "warn"
    FAIL = "fail"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What one check found: in a line, with details, and with the command that mends it.

    `action` is the IAM action that was missing; `fixes` are harmless changes that `--fix` may make.
    """

    status: Status
    what: str
    details: tuple[str, ...] = ()
    cure: str = ""
    action: str = ""
    fixes: tuple[Action, ...] = ()


@dataclass(frozen=True, slots=True)
class Checked:
    """A check by its name, with its verdict."""

    name: str
    verdict: Verdict


def passed(what: str, *details: str) -> Verdict:
    """All is as it should be."""
    return Verdict(Status.PASS, what, details)


def warned(what: str, cure: str, *details: str) -> Verdict:
    """Something that a person should know."""
    return Verdict(Status.WARN, what, details, cure)


def failed(what: str, cure: str, *details: str) -> Verdict:
    """Something that stops a deployment or a payment, or lets a secret out."""
    return Verdict(Status.FAIL, what, details, cure)


def skipped(reason: str) -> Verdict:
    """There is nothing to look at."""
    return Verdict(Status.SKIPPED, reason)


def unanswered(seconds: float, name: str) -> Verdict:
    """A check that took longer than it may."""
    return warned(f"not checked: no answer within {seconds:g} s", f"paybot doctor --only {name} --timeout 60")


def verdict_of(error: PaybotError) -> Verdict:
    """What an error that ended a check says: what could not be looked at is a warning, and never a pass."""
    if isinstance(error, AccessDeniedError):
        verdict = warned(f"not checked: {error.what}", f"allow {error.action}, or use other credentials (AWS_PROFILE)")
        return replace(verdict, action=error.action)
    details = (error.why, *error.details) if error.why else error.details
    if isinstance(error, AwsError):
        return warned(f"not checked: {error.what}", error.hint or "run the same again", *details)
    return failed(error.what, error.hint or "paybot --debug doctor", *details)


def with_notes(verdict: Verdict, notes: Iterable[str]) -> Verdict:
    """The verdict with what could not be seen on the way to it: then it is no clean pass."""
    heard = tuple(note for note in dict.fromkeys(notes) if note not in verdict.details)
    if not heard:
        return verdict
    status = Status.WARN if verdict.status is Status.PASS else verdict.status
    cure = verdict.cure or "allow what is named, or use other credentials (AWS_PROFILE)"
    return replace(verdict, status=status, details=(*verdict.details, *heard), cure=cure)


def choose(names: Iterable[str], wanted: Iterable[str]) -> tuple[str, ...]:
    """The names that are meant, in the table's order; all of them when none is named.

    Raises:
        UsageError: one of them is no check; it says which is near.
    """
    known, asked = tuple(names), tuple(wanted)
    for name in asked:
        if name not in known:
            near = get_close_matches(name, known, n=1)
            raise UsageError(
                f"there is no check {name!r}",
                hint=f"did you mean {near[0]}? paybot doctor --list shows them all" if near else "paybot doctor --list",
            )
    return tuple(name for name in known if name in asked) if asked else known


def worst(verdicts: Iterable[Verdict], good: Callable[[], Verdict]) -> Verdict:
    """One verdict out of several: the gravest leads, the others are its details; `good` where there is none."""
    found = sorted(verdicts, key=lambda item: item.status is not Status.FAIL)
    if not found:
        return good()
    first, *rest = found
    more = tuple(f"{item.what} ({item.cure})" for item in rest)
    return replace(first, details=(*first.details, *more))
