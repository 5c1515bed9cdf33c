"""CloudWatch Logs in front of moto's: FilterLogEvents finds, sorts and pages as AWS does; moto keeps the events."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from werkzeug import Request, Response

from paybot_ops.sandbox.log_pattern import parse_pattern
from paybot_ops.sandbox.part import Moto
from paybot_ops.sandbox.rest_json import ApiError
from paybot_ops.sandbox.rpc import Rpc

# FilterLogEvents: a page has 10,000 events or 1 MB at most; with a filter it may have none and still not be the last.
_MOST_EVENTS = 10_000
_MOST_BYTES = 1_048_576
# What CloudWatch Logs counts for each event beside its message ("PutLogEvents").
_EVENT_BYTES = 26
# From this day on the newest may come first (FilterLogEvents, startFromHead): 2024-01-01 in milliseconds.
_BACKWARDS_FROM = 1_704_067_200_000


@dataclass(frozen=True, order=True)
class _Place:
    """Where an event stands: by its time, when it was ingested, and the order in which it came."""

    timestamp: int
    ingested: int
    number: int


class Logs:
    """The operation that moto gets wrong; the rest is moto's."""

    def __init__(self, moto: Moto) -> None:
        self._moto = moto
        operations = {"FilterLogEvents": self._filter}
        self._rpc = Rpc("logs", "logs", operations, moto.lock, invalid_code="InvalidParameterException")

    def answer(self, request: Request) -> Response | None:
        """The answer to a request that is answered here, None to what is moto's."""
        return self._rpc.answer(request)

    def _filter(self, params: dict[str, Any], region: str) -> dict[str, Any]:
        matches = parse_pattern(params.get("filterPattern", ""))
        backwards, after = _direction(params)
        found: list[dict[str, Any]] = []
        size, last = 0, None
        with self._moto.backend("logs", region) as backend:
            candidates = sorted(self._candidates(backend, params), key=lambda item: item[0], reverse=backwards)
        for scanned, (place, stream, event) in enumerate(_beyond(candidates, after, backwards)):
            weight = len(event.message.encode(errors="surrogatepass")) + _EVENT_BYTES
            if (
                scanned == _MOST_EVENTS
                or len(found) == params.get("limit", _MOST_EVENTS)
                or (size and size + weight > _MOST_BYTES)
            ):
                return {"events": found, "searchedLogStreams": [], "nextToken": _token(last, backwards)}
            last, size = place, size + weight
            if matches(event.message):
                found.append(_shown(stream, event))
        return {"events": found, "searchedLogStreams": []}

    def _candidates(self, backend: Any, params: dict[str, Any]) -> Iterator[tuple[_Place, str, Any]]:
        named = params.get("logGroupName") or params.get("logGroupIdentifier", "").partition(":log-group:")[2]
        group = backend.groups.get(named or params.get("logGroupIdentifier"))
        if group is None:
            raise ApiError("ResourceNotFoundException", "The specified log group does not exist.")
        start, end = params.get("startTime", 0), params.get("endTime")
        if end is not None and start > end:
            raise _invalid("startTime must not be after endTime.")
        for name in _streams(group, params):
            for event in group.streams[name].events:
                if start <= event.timestamp and (end is None or event.timestamp <= end):
                    yield _Place(event.timestamp, event.ingestion_time, event.event_id), name, event


def _streams(group: Any, params: dict[str, Any]) -> list[str]:
    names, prefix = params.get("logStreamNames"), params.get("logStreamNamePrefix")
    if names and prefix:
        raise _invalid("logStreamNames and logStreamNamePrefix exclude each other.")
    if names:
        if any(name not in group.streams for name in names):
            raise ApiError("ResourceNotFoundException", "The specified log stream does not exist.")
        return list(names)
    return [name for name in group.streams if name.startswith(prefix or "")]


def _beyond(
    candidates: list[tuple[_Place, str, Any]], after: _Place | None, backwards: bool
) -> Iterator[tuple[_Place, str, Any]]:
    for item in candidates:
        if after is None or (item[0] < after if backwards else item[0] > after):
            yield item


def _shown(stream: str, event: Any) -> dict[str, Any]:
    return {
        "logStreamName": stream,
        "timestamp": event.timestamp,
        "message": event.message,
        "ingestionTime": event.ingestion_time,
        # Of AWS's length, and as there the same at every reading.
        "eventId": f"{event.timestamp:020d}{event.event_id:036d}",
    }


def _direction(params: dict[str, Any]) -> tuple[bool, _Place | None]:
    """Whether the newest come first, and what was the last of the page before; a token decides on both."""
    if "nextToken" in params:
        try:
            word, *numbers = base64.urlsafe_b64decode(params["nextToken"].encode()).decode().split()
            if word in ("f", "b"):
                return word == "b", _Place(*map(int, numbers))
        except (binascii.Error, ValueError, TypeError):
            pass
        raise _invalid("The specified nextToken is invalid.")
    backwards = params.get("startFromHead") is False
    if backwards and params.get("startTime", 0) < _BACKWARDS_FROM:
        raise _invalid("startFromHead may be false only with a startTime on or after 2024-01-01.")
    return backwards, None


def _token(last: _Place | None, backwards: bool) -> str:
    assert last is not None, "a page that ends early has an event"
    text = f"{'b' if backwards else 'f'} {last.timestamp} {last.ingested} {last.number}"
    return base64.urlsafe_b64encode(text.encode()).decode()


def _invalid(message: str) -> ApiError:
    return ApiError("InvalidParameterException", message)
