"""Which log groups are read, from when to when, and with which of CloudWatch's filter patterns."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from paybot_ops.core.chat_turns import session_tag
from paybot_ops.core.log_lines import LogEvent, Source, find_document
from paybot_ops.errors import UsageError

_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_AGO = re.compile(r"([0-9]{1,7})\s?([smhdw])")
# FilterLogEvents: filterPattern takes 1,024 characters.
LONGEST_PATTERN = 1024

_TAG = re.compile(r"[0-9a-f]{12}")
_SESSION = re.compile(r"[A-Za-z0-9_-]{1,64}")
_ROOT_TRACE = re.compile(r"1-[0-9a-f]{8}-[0-9a-f]{24}")
_REQUEST = re.compile(r"[A-Za-z0-9_=-]{8,128}")

# Coarse on purpose: what comes is judged again, event by event. `?` before each term means "any of them".
_TROUBLE = (
    "ERROR",
    "Error",
    "error",
    "WARN",
    "WARNING",
    "CRITICAL",
    "FATAL",
    "Traceback",
    "Runtime",
    "timed",
    "timeout",
    "failure",
    "platform.fault",
    "platform.logsDropped",
)
_TROUBLE_OF_API = '{ $.status = "5*" }'


@dataclass(frozen=True, slots=True)
class LogGroup:
    """A log group of the deployment."""

    source: Source
    name: str


@dataclass(frozen=True, slots=True)
class Query:
    """One FilterLogEvents, whatever its pages."""

    group: LogGroup
    pattern: str = ""


@dataclass(frozen=True, slots=True)
class Window:
    """From when to when, in milliseconds since 1970; no end means up to now."""

    start: int
    end: int | None = None


def parse_moment(text: str, now: datetime, option: str) -> datetime:
    """A time as people type it: `15m`, `2h`, `1d` before now, or an ISO time (UTC where it names no zone).

    Raises:
        UsageError: it is neither, or lies before 1970.
    """
    ago = _AGO.fullmatch(text.strip())
    try:
        if ago is not None:
            found = now - timedelta(**{_UNITS[ago[2]]: int(ago[1])})
        else:
            found = datetime.fromisoformat(text.strip())
        found = found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
        if found.timestamp() >= 0:
            return found
    except (ValueError, OverflowError):
        pass
    raise UsageError(
        f"{option} is no time that can be read",
        why="it takes a span before now (30s, 15m, 2h, 1d, 1w) or an ISO time",
        hint=f"for instance: {option} 2h, or {option} 2026-11-24T10:00:00Z",
    )


def choose_window(since: str, until: str | None, now: datetime) -> Window:
    """The window that two options name.

    Raises:
        UsageError: one cannot be read, or the end is not after the start.
    """
    start = parse_moment(since, now, "--since")
    end = parse_moment(until, now, "--until") if until is not None else None
    if start >= (end or now):
        raise UsageError(
            "--since is not before --until" if until is not None else "--since lies ahead",
            why=f"that is from {start:%Y-%m-%d %H:%M:%S}Z to {end or now:%Y-%m-%d %H:%M:%S}Z",
        )
    return Window(_milliseconds(start), _milliseconds(end) if end is not None else None)


def find_groups(outputs: Mapping[str, Any]) -> tuple[LogGroup, ...]:
    """The log groups that a deployment's outputs speak of; the API's are there where its access logs are on."""
    found = []
    name = outputs.get("lambda_log_group")
    function = outputs.get("lambda_function_name")
    if not name and function:
        name = f"/aws/lambda/{function}"
    if name:
        found.append(LogGroup(Source.BOT, str(name)))
    access = outputs.get("api_access_log_group")
    if access:
        found.append(LogGroup(Source.API, str(access)))
        api, stage = outputs.get("api_id"), outputs.get("stage_name")
        if api and stage:
            # API Gateway's own naming ("Set up CloudWatch logging for REST APIs").
            found.append(LogGroup(Source.GATEWAY, f"API-Gateway-Execution-Logs_{api}/{stage}"))
    return tuple(found)


def trouble_pattern(source: Source) -> str:
    """A pattern that lets every error through, and little else."""
    if source is Source.GATEWAY:
        return ""
    return _TROUBLE_OF_API if source is Source.API else _any_of(_TROUBLE)


def session_tags(session: str) -> tuple[str, ...]:
    """What the log calls a session, from its id; the tag itself, as a log line shows it, is taken too.

    Raises:
        UsageError: it is no session's id.
    """
    given = session.strip()
    if not _SESSION.fullmatch(given):
        raise UsageError(
            "--session is no session's id",
            why="an id has 1 to 64 letters, digits, - or _",
            hint="it is the sessionId of the bot's answers; paybot chat -v shows it",
        )
    tag = session_tag(given)
    return (tag, given) if _TAG.fullmatch(given) else (tag,)


def trail_of(event: LogEvent) -> frozenset[str]:
    """The ids by which an event's request is known elsewhere: of the API's request, of its X-Ray trace."""
    document = find_document(event.message)
    if document is None:
        return frozenset()
    request, trace = str(document.get("correlation_id", "")), str(document.get("xray_trace_id", ""))
    found = [request] if _REQUEST.fullmatch(request) else []
    return frozenset([*found, *_ROOT_TRACE.findall(trace)])


def patterns_for(words: Iterable[str]) -> tuple[str, ...]:
    """Patterns that together find every event with one of the words, each as long as CloudWatch takes it."""
    patterns: list[str] = []
    batch: list[str] = []
    for word in sorted(set(words)):
        if batch and len(_any_of([*batch, word])) > LONGEST_PATTERN:
            patterns.append(_any_of(batch))
            batch = []
        batch.append(word)
    return (*patterns, _any_of(batch)) if batch else tuple(patterns)


def check_pattern(pattern: str | None) -> None:
    """Refuse a filter that CloudWatch would refuse for its length.

    Raises:
        UsageError: it is too long, or empty.
    """
    if pattern is not None and not 1 <= len(pattern) <= LONGEST_PATTERN:
        raise UsageError(
            f"--filter takes 1 to {LONGEST_PATTERN} characters", why="it is CloudWatch's own filter pattern"
        )


def _any_of(words: Iterable[str]) -> str:
    return " ".join(f'?"{word}"' for word in words)


def _milliseconds(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)
