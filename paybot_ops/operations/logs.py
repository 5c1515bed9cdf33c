"""`paybot logs`: the function's and the API's log lines as one stream, read as it is shown."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import islice

from paybot_ops.adapters.logs import Page, filter_log_events
from paybot_ops.adapters.session import check_region
from paybot_ops.core import log_query
from paybot_ops.core.log_choice import Keep, all_of, is_trouble, mentions
from paybot_ops.core.log_lines import LogEvent, Source
from paybot_ops.core.log_merge import Seen, merge
from paybot_ops.core.log_query import LogGroup, Query, Window
from paybot_ops.errors import AwsError, PaybotError, UsageError
from paybot_ops.operations.log_pages import PageReader, events_of
from paybot_ops.operations.outputs import read_outputs
from paybot_ops.operations.target import Target

POLL_SECONDS = 2.0
# Lambda and API Gateway deliver within seconds; a busy moment, or a batch that is sent again, takes longer.
_LATE = 120_000
# AWS refuses a caller whose clock is five minutes off.
_SKEW = 300_000
_MOST_FAILURES = 5


@dataclass(frozen=True, slots=True)
class LogWish:
    """What `paybot logs` was asked; `limit` counts from the oldest line, `tail` from the newest."""

    since: str = "15m"
    until: str | None = None
    follow: bool = False
    pattern: str | None = None
    errors: bool = False
    session: str | None = None
    limit: int | None = None
    tail: int | None = None


@dataclass
class LogReading:
    """The log of one deployment while it is read."""

    target: Target
    wish: LogWish
    window: Window
    groups: tuple[LogGroup, ...]
    sleep: Callable[[float], None] = time.sleep
    clock: Callable[[], float] = time.time
    missing: set[LogGroup] = field(default_factory=set)
    _trail: set[str] = field(default_factory=set)
    _announced: bool = False

    def events(self) -> Iterator[LogEvent]:
        """The lines that were asked for, by time; with `follow` until it is interrupted.

        Raises:
            PaybotError: AWS refuses, or cannot be reached.
        """
        found = self._follow() if self.wish.follow else self._history(self.window)
        return islice(found, self.wish.limit) if self.wish.limit is not None else found

    def nothing(self) -> str:
        """What to say where there is no line."""
        wish, end = self.wish, self.window.end
        asked = {"--filter": wish.pattern, "--errors": wish.errors, "--session": wish.session}
        given = " and ".join(name for name, value in asked.items() if value)
        names = ", ".join(group.name for group in self.groups if group not in self.missing) or "any log group"
        until = _second(end) if end is not None else "now"
        return f"no log line from {_second(self.window.start)} to {until}{f' with {given}' if given else ''} in {names}"

    def _history(self, window: Window) -> Iterator[LogEvent]:
        if self.wish.tail is None:
            return self._read(window)
        newest = islice(self._read(window, newest_first=True), self.wish.tail) if self.wish.tail else ()
        return iter(list(newest)[::-1])

    def _follow(self) -> Iterator[LogEvent]:
        seen = Seen(self.window.start, _LATE)
        if self.wish.tail is None:
            yield from self._unseen(self.window, seen)
        else:
            shown = list(self._history(self.window))
            # What came before the lines that were asked for stays out.
            seen = Seen(shown[-1].timestamp if shown else self._now(), _LATE)
            for event in shown:
                seen.note(event)
            yield from shown
        failures = 0
        while True:
            self.sleep(POLL_SECONDS * 2**failures)
            try:
                yield from self._unseen(Window(seen.since(self._now(), _SKEW)), seen)
                failures = 0
            except AwsError as error:
                failures += 1
                if failures == _MOST_FAILURES:
                    raise
                self.target.screen.warn(f"{error.what}; following goes on")

    def _unseen(self, window: Window, seen: Seen) -> Iterator[LogEvent]:
        # Judged after they are noted: what is not shown need not be read again either.
        keep = self._keep()
        for event in self._read(window, judged=False):
            if seen.note(event) and (keep is None or keep(event)):
                yield event

    def _read(self, window: Window, *, newest_first: bool = False, judged: bool = True) -> Iterator[LogEvent]:
        queries = self._queries(window)
        keep = self._keep() if judged else None
        readers = [PageReader(self._pages(query, window, newest_first)) for query in queries]
        pairs = zip(queries, readers, strict=True)
        try:
            self._announce()
            for event in merge([events_of(*pair, self._miss) for pair in pairs], newest_first=newest_first):
                if keep is None or keep(event):
                    yield event
        finally:
            for reader in readers:
                reader.close()

    def _pages(self, query: Query, window: Window, newest_first: bool) -> Callable[[], Iterator[Page | None]]:
        return lambda: filter_log_events(
            self.target.session,
            query.group.name,
            start=window.start,
            end=window.end,
            pattern=query.pattern,
            newest_first=newest_first,
        )

    def _queries(self, window: Window) -> list[Query]:
        wish = self.wish
        if wish.session is not None:
            self._find_trail(wish.session, window)
        if wish.pattern is not None:
            return [Query(group, wish.pattern) for group in self.groups]
        if wish.session is not None:
            found = log_query.patterns_for(self._trail)
            return [Query(group, pattern) for group in self.groups for pattern in found]
        if wish.errors:
            return [Query(group, log_query.trouble_pattern(group.source)) for group in self.groups]
        return [Query(group) for group in self.groups]

    def _keep(self) -> Keep | None:
        """What a filter pattern does not say: one goes to CloudWatch, the rest is judged here."""
        wish = self.wish
        session = mentions(frozenset(self._trail)) if wish.session is not None and wish.pattern is not None else None
        return all_of(session, is_trouble if wish.errors else None)

    def _find_trail(self, session: str, window: Window) -> None:
        """Find the requests of a session: its own lines name them, and every other line only its request."""
        tags = log_query.session_tags(session)
        self._trail.update(tags)
        for group in self.groups:
            if group.source is Source.BOT:
                for pattern in log_query.patterns_for(tags):
                    query = Query(group, pattern)
                    reader = PageReader(self._pages(query, window, newest_first=False))
                    self._announce()
                    for event in events_of(query, reader, self._miss):
                        self._trail |= log_query.trail_of(event)

    def _miss(self, group: LogGroup) -> None:
        if group not in self.missing:
            self.missing.add(group)
            if why := _WHY_MISSING.get(group.source):
                self.target.screen.warn(f"there is no log group {group.name}: {why}")

    def _announce(self) -> None:
        """Say whose log it is; the question who calls goes out beside those for the first pages."""
        if not self._announced:
            self._announced = True
            self.target.screen.note(self.target.header(), style="bold")
            if all(group.source is Source.BOT for group in self.groups):
                self.target.screen.note("the API keeps no access log (enable_api_access_logs): the lines are the bot's")

    def _now(self) -> int:
        return int(self.clock() * 1000)


def _second(milliseconds: int) -> str:
    return f"{datetime.fromtimestamp(milliseconds / 1000, UTC):%Y-%m-%d %H:%M:%S}Z"


_WHY_MISSING = {
    Source.BOT: "the function was not deployed yet, or was destroyed (paybot deploy --check)",
    Source.API: "it was deleted outside Terraform (paybot deploy makes it again)",
}


def open_logs(target: Target, wish: LogWish, now: datetime | None = None) -> LogReading:
    """Find the deployment's log groups; nothing of them is read yet.

    Raises:
        UsageError: an option that cannot be used.
        PaybotError: nothing is deployed.
    """
    log_query.check_pattern(wish.pattern)
    if wish.follow and wish.until is not None:
        raise UsageError("--follow and --until exclude each other", why="what is followed has no end")
    if wish.session is not None:
        log_query.session_tags(wish.session)
    window = log_query.choose_window(wish.since, wish.until, now or datetime.now(UTC))
    if target.endpoint is None:
        check_region(target.session)
    groups = log_query.find_groups(read_outputs(target))
    if not groups:
        raise PaybotError(
            "the deployment names no log group",
            why="its outputs hold no lambda_log_group",
            hint="deploy paybot's own module: paybot deploy",
        )
    return LogReading(target, wish, window, groups)
