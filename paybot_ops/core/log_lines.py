"""A log event as it comes from CloudWatch, and as a person reads it: what the bot, Lambda and API Gateway write."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class Source(StrEnum):
    """Which log group a line comes from."""

    BOT = "bot"
    API = "api"
    """The access log: one line a request."""
    GATEWAY = "api-err"
    """API Gateway's execution log."""


class Level(StrEnum):
    """How bad it is; CloudWatch itself knows no levels."""

    DEBUG = "DEBUG"
    INFO = "INFO"
    WARNING = "WARN"
    ERROR = "ERROR"

    @property
    def is_trouble(self) -> bool:
        """Whether `--errors` shows it."""
        return self in (Level.WARNING, Level.ERROR)


@dataclass(frozen=True, slots=True)
class LogEvent:
    """One event of FilterLogEvents; times in milliseconds since 1970."""

    source: Source
    group: str
    stream: str
    event_id: str
    timestamp: int
    ingested: int
    message: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class LogLine:
    """What is shown of an event: `more` are the lines below it, such as a traceback's."""

    level: Level
    text: str
    request_id: str = ""
    more: tuple[str, ...] = ()


# Said by the line's own columns, or never of use to a reader.
_KNOWN = frozenset(
    re.findall(
        r"\w+",
        "level timestamp time message msg location service logger correlation_id request_id requestId AWSRequestId "
        "xray_trace_id function_name function_memory_size function_arn function_request_id cold_start sampling_rate "
        "exception exception_name stack_trace stackTrace errorType errorMessage",
    )
)
_LEVELS = {"WARNING": Level.WARNING, "CRITICAL": Level.ERROR, "FATAL": Level.ERROR, "TRACE": Level.DEBUG}
_BAD_WORDS = re.compile(
    r"\bTask timed out\b|\bTraceback \(most recent call last\)|\bRuntime\.\w+|\bRuntime exited\b|"
    r"\bErrorType\b|\bStatus: (?:error|timeout|failure)\b|\b(?:ERROR|CRITICAL|FATAL)\b"
)
_WARNING_WORDS = re.compile(r"\bWARN(?:ING)?\b")
_GATEWAY_BAD = re.compile(r"(?i)\bfail|\berror\b|\bstatus: 5\d\d\b|\btimed? ?out\b")
_STATUS_OK = ("", "success", "-")


def parse_event(source: Source, group: str, found: Mapping[str, Any]) -> LogEvent:
    """One entry of FilterLogEvents' answer."""
    return LogEvent(
        source,
        group,
        str(found.get("logStreamName", "")),
        str(found.get("eventId", "")),
        int(found.get("timestamp", 0)),
        int(found.get("ingestionTime", 0)),
        str(found.get("message", "")),
    )


def read_line(event: LogEvent) -> LogLine:
    """What an event says; one that is of no form that is known is shown as the text that it is."""
    document = find_document(event.message)
    if document is None:
        return _plain(event)
    if event.source is Source.API:
        return _access(document) or _plain(event)
    kind = document.get("type")
    if isinstance(kind, str) and kind.startswith("platform."):
        return _platform(kind.removeprefix("platform."), document.get("record"))
    if "_aws" in document:
        return _metrics(document)
    return _logged(document)


def find_document(message: str) -> dict[str, Any] | None:
    """The JSON object that a message is, or None."""
    if not message.startswith("{"):
        return None
    try:
        found = json.loads(message)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def tokens_in(document: Mapping[str, Any]) -> tuple[int, int]:
    """The tokens, in and out, of a metrics line (EMF) of the bot; 0 where the model was not asked."""
    return _sum(document.get("InputTokens")), _sum(document.get("OutputTokens"))


def _sum(values: Any) -> int:
    found = values if isinstance(values, list) else [values]
    return sum(int(one) for one in found if isinstance(one, int | float) and not isinstance(one, bool) and one == one)


def _plain(event: LogEvent) -> LogLine:
    first, *more = event.message.rstrip().splitlines() or [""]
    bad = _GATEWAY_BAD if event.source is Source.GATEWAY else _BAD_WORDS
    level = Level.INFO
    if event.source is not Source.API:
        if bad.search(event.message):
            level = Level.ERROR
        elif _WARNING_WORDS.search(event.message):
            level = Level.WARNING
    return LogLine(level, first.replace("\t", "  "), more=tuple(more))


def _access(document: Mapping[str, Any]) -> LogLine | None:
    status = str(document.get("status", ""))
    method, path = document.get("httpMethod"), document.get("resourcePath") or document.get("path")
    if not isinstance(method, str) or not isinstance(path, str):
        return None
    parts = [method, path, status]
    latency = str(document.get("responseLatency", "-"))
    if latency not in ("", "-"):
        parts.append(f"{latency} ms")
    for name, key in (("integration", "integrationStatus"), ("error", "errorType")):
        value = str(document.get(key, "-"))
        if value not in ("", "-", status):
            parts.append(f"{name}={_flat(value)}")
    level = Level.ERROR if status.startswith("5") else Level.INFO
    return LogLine(level, " ".join(parts), str(document.get("requestId", "")))


def _platform(kind: str, record: Any) -> LogLine:
    record = record if isinstance(record, Mapping) else {}
    status = str(record.get("status", ""))
    level = Level.INFO if status in _STATUS_OK else Level.ERROR
    if kind in ("fault", "logsDropped"):
        level = Level.ERROR
    words = [f"lambda {_PLATFORM_NAMES.get(kind, kind)}", *_measured(record)]
    if status not in _STATUS_OK:
        words.append(f"status={_flat(status)}")
    for name, key in (("error", "errorType"), ("version", "version"), ("runtime", "runtimeVersion"), ("why", "reason")):
        if record.get(key):
            words.append(f"{name}={_flat(record[key])}")
    return LogLine(level, " ".join(words), str(record.get("requestId", "")))


# Lambda's names of its own events ("Lambda Telemetry API Event schema reference").
_PLATFORM_NAMES = {
    "initStart": "init",
    "initReport": "init done",
    "initRuntimeDone": "init done",
    "runtimeDone": "done",
}


def _measured(record: Mapping[str, Any]) -> Iterator[str]:
    metrics = record.get("metrics")
    if not isinstance(metrics, Mapping):
        return
    if _is_number(metrics.get("durationMs")):
        yield f"{metrics['durationMs']:.0f} ms"
    if _is_number(metrics.get("initDurationMs")):
        yield f"after {metrics['initDurationMs']:.0f} ms of init"
    if _is_number(metrics.get("maxMemoryUsedMB")):
        size = metrics.get("memorySizeMB")
        yield f"{metrics['maxMemoryUsedMB']:.0f}{f' of {size:.0f}' if _is_number(size) else ''} MB"


def _metrics(document: Mapping[str, Any]) -> LogLine:
    named = [
        name for name, value in document.items() if isinstance(value, list) and _is_number(next(iter(value), None))
    ]
    words = " ".join(f"{_flat(name)}={_sum(document[name])}" for name in named)
    return LogLine(Level.INFO, f"metrics {words}".rstrip())


def _logged(document: Mapping[str, Any]) -> LogLine:
    message = document.get("message", document.get("msg", document.get("errorMessage", "")))
    text = message if isinstance(message, str) else json.dumps(message, ensure_ascii=False)
    kind = document.get("errorType") or document.get("exception_name")
    first, *more = text.rstrip().splitlines() or [""]
    if kind and str(kind) not in first:
        first = f"{_flat(kind)}: {first}" if first else _flat(kind)
    extra = [
        f"{_flat(key)}={_flat(value)}" for key, value in document.items() if key not in _KNOWN and value is not None
    ]
    known = ("correlation_id", "requestId", "AWSRequestId", "function_request_id", "request_id")
    request = next((str(document[key]) for key in known if document.get(key)), "")
    return LogLine(_level(document), " ".join((first, *extra)), request, (*more, *_trace(document)))


def _level(document: Mapping[str, Any]) -> Level:
    word = str(document.get("level", document.get("log_level", ""))).upper()
    if word in _LEVELS:
        return _LEVELS[word]
    try:
        return Level(word)
    except ValueError:
        return Level.ERROR if document.get("errorType") else Level.INFO


def _trace(document: Mapping[str, Any]) -> Iterator[str]:
    """A traceback, as text or as a list of frames, line by line."""
    for key in ("exception", "stack_trace", "stackTrace"):
        found = document.get(key)
        frames = found if isinstance(found, list) else [found] if isinstance(found, str) else []
        for frame in frames:
            yield from str(frame).rstrip().splitlines()


def _flat(value: Any) -> str:
    """A value in one line; what holds a blank stands in quotes."""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    text = " ".join(text.split())
    return json.dumps(text, ensure_ascii=False) if " " in text and isinstance(value, str) else text


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
