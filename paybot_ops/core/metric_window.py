"""Which stretch of time a question about metrics is about, cut into UTC buckets that CloudWatch still keeps."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from paybot_ops.errors import UsageError

MINUTE, HOUR, DAY = 60, 3600, 86400
# What CloudWatch keeps: (shortest period in seconds, for how long) (Amazon CloudWatch: Metrics retention).
RETENTION = ((MINUTE, timedelta(days=15)), (5 * MINUTE, timedelta(days=63)), (HOUR, timedelta(days=455)))
LONGEST = RETENTION[-1][1]
DEFAULT_DAYS = 7


class By(StrEnum):
    """What a row of the answer stands for."""

    DAY = "day"
    HOUR = "hour"
    MODEL = "model"


@dataclass(frozen=True, slots=True)
class Asked:
    """The stretch as it was asked for. `by` None means days, or hours where `hours` was given."""

    days: int | None = None
    hours: int | None = None
    start: str | None = None
    end: str | None = None
    period: int | None = None
    by: By | None = None


@dataclass(frozen=True, slots=True)
class Window:
    """Whole buckets of `period` seconds from `start` up to, not including, `end`; all times are UTC.

    The last bucket holds `now` where the window reaches it, and is then not over yet.
    """

    start: datetime
    end: datetime
    now: datetime
    period: int

    @property
    def step(self) -> timedelta:
        """The length of a bucket."""
        return timedelta(seconds=self.period)

    @property
    def buckets(self) -> tuple[datetime, ...]:
        """The start of every bucket, in order."""
        count = (self.end - self.start) // self.step
        return tuple(self.start + number * self.step for number in range(count))

    @property
    def elapsed(self) -> timedelta:
        """How much of the window is over."""
        return min(self.end, self.now) - self.start

    @property
    def reaches_now(self) -> bool:
        """Whether the last bucket is not over yet."""
        return self.end > self.now

    def is_partial(self, bucket: datetime) -> bool:
        """Whether a bucket is not over yet."""
        return bucket + self.step > self.now

    def is_kept(self, bucket: datetime) -> bool:
        """Whether CloudWatch still keeps a bucket's data at this period: outside, nothing is known, not even 0."""
        return self.now - bucket <= kept_for(self.period)

    def before(self) -> Window:
        """The window of the same length directly before."""
        return replace(self, start=self.start - (self.end - self.start), end=self.start)

    def from_month_start(self) -> Window:
        """The same window, begun early enough to hold the month so far."""
        return replace(self, start=min(self.start, month_start(self.now)))


def kept_for(period: int) -> timedelta:
    """How long CloudWatch keeps data that can be read with this period, in seconds."""
    return max((age for shortest, age in RETENTION if period >= shortest), default=timedelta(0))


def month_start(moment: datetime) -> datetime:
    """The first instant of the moment's month, in UTC."""
    return moment.astimezone(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)


def month_end(moment: datetime) -> datetime:
    """The first instant of the month after the moment's, in UTC."""
    return month_start(month_start(moment) + timedelta(days=31))


def floor(moment: datetime, period: int) -> datetime:
    """The start of the bucket that holds a moment; buckets of `period` seconds divide the UTC day."""
    seconds = int(moment.timestamp() // 1)
    return datetime.fromtimestamp(seconds - seconds % period, UTC)


def choose_window(asked: Asked, now: datetime, *, to_utc: Callable[[datetime], datetime] | None = None) -> Window:
    """The window that was asked for, widened to whole buckets; `to_utc` reads times that name no zone (else UTC).

    Raises:
        UsageError: options that exclude each other, a range that is empty, reversed, in the future or too long, or a
            period that CloudWatch would refuse.
    """
    now = now.astimezone(UTC)
    start, end = _range(asked, now, to_utc or _as_utc)
    period = _period(asked, start, end, now)
    first, last = floor(start, period), floor(now if end is None else end, period)
    if end is None or last < end:
        last += timedelta(seconds=period)
    return Window(first, last, now, period)


def _range(asked: Asked, now: datetime, to_utc: Callable[[datetime], datetime]) -> tuple[datetime, datetime | None]:
    """Start and end; the end is None where the bucket of now is the last one."""
    if asked.start is not None or asked.end is not None:
        return _between(asked, now, to_utc)
    if asked.hours is not None:
        if asked.days is not None:
            raise UsageError("--days and --hours exclude each other", hint="for instance: --hours 48")
        hours = _within(asked.hours, LONGEST // timedelta(hours=1), "--hours")
        return floor(now, HOUR) - timedelta(hours=hours - 1), None
    days = _within(DEFAULT_DAYS if asked.days is None else asked.days, LONGEST.days, "--days")
    return floor(now, DAY) - timedelta(days=days - 1), None


def _within(value: int, longest: int, option: str) -> int:
    if not 1 <= value <= longest:
        raise UsageError(
            f"{option} takes 1 to {longest}, not {value}", why=f"CloudWatch keeps metrics for {LONGEST.days} days"
        )
    return value


def _between(asked: Asked, now: datetime, to_utc: Callable[[datetime], datetime]) -> tuple[datetime, datetime | None]:
    if asked.days is not None or asked.hours is not None:
        raise UsageError("--from and --to exclude --days and --hours", hint="use one of the two ways")
    if asked.start is None:
        raise UsageError("--to needs --from", hint="for instance: --from 2026-10-01 --to 2026-10-31")
    start = _moment(asked.start, "--from", to_utc)
    end = None if asked.end is None else _moment(asked.end, "--to", to_utc, through=True)
    if start > now:
        raise UsageError(f"--from {asked.start} is in the future", why=f"now is {now:%Y-%m-%d %H:%M} UTC")
    if end is not None and end <= start:
        raise UsageError(f"--to {asked.end} is not after --from {asked.start}", hint="swap the two")
    return start, None if end is None or end > now else end


def _moment(text: str, option: str, to_utc: Callable[[datetime], datetime], *, through: bool = False) -> datetime:
    """A day or a time; a day as the end means through that day."""
    try:
        moment = datetime.fromisoformat(text)
        if through and len(text) <= len("2026-10-31"):
            moment += timedelta(days=1)
        return moment.astimezone(UTC) if moment.tzinfo else to_utc(moment)
    except (ValueError, OverflowError, OSError):
        raise UsageError(
            f"{option} takes a day or an ISO 8601 time, not {text!r}",
            hint="for instance: 2026-10-01, 2026-10-01T14:00, 2026-10-01T14:00+02:00",
        ) from None


def _as_utc(moment: datetime) -> datetime:
    return moment.replace(tzinfo=UTC)


def _period(asked: Asked, start: datetime, end: datetime | None, now: datetime) -> int:
    shortest = _shortest_readable(now - start)
    named = {By.DAY: DAY, By.HOUR: HOUR}.get(asked.by) if asked.by else None
    if asked.period is None:
        if asked.by is By.MODEL:
            return _longest_that_fits(start, end, shortest)
        return named or (HOUR if asked.hours is not None else DAY)
    if named is not None and named != asked.period:
        raise UsageError(f"--by {asked.by} and --period {asked.period} contradict each other", hint="use one of them")
    return _checked_period(asked.period, shortest, now - start)


def _shortest_readable(age: timedelta) -> int:
    return next((shortest for shortest, kept in RETENTION if age <= kept), HOUR)


def _longest_that_fits(start: datetime, end: datetime | None, shortest: int) -> int:
    """As few points as the range's own edges allow."""
    edges = [start] if end is None else [start, end]
    fitting = (length for length in (DAY, HOUR, 5 * MINUTE) if all(floor(edge, length) == edge for edge in edges))
    return max(next(fitting, MINUTE), shortest)


def _checked_period(period: int, shortest: int, age: timedelta) -> int:
    if period < MINUTE or period % MINUTE or DAY % period:
        raise UsageError(
            f"--period takes a whole number of minutes that divides a day, in seconds, not {period}",
            why="Bedrock's metrics have one point a minute, and rows begin with the UTC day",
            hint="for instance: --period 300, 3600 or 86400",
        )
    if period % shortest:
        raise UsageError(
            f"--period {period} is too fine for data of {age.days} days ago",
            why=f"CloudWatch keeps it only in steps of {shortest} seconds by then",
            hint=f"use --period {shortest}, or a shorter range",
        )
    return period
