"""FilterLogEvents of the embedded AWS: order, pages, tokens, windows, patterns, refusals."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from paybot_ops.sandbox.log_pattern import parse_pattern
from paybot_ops.sandbox.rest_json import ApiError
from paybot_ops.sandbox.server import Sandbox
from tests.cli.log_world import now
from tests.sandbox.aws_world import client, code_of

GROUP = "/shop"


@pytest.fixture(scope="module")
def logs() -> Iterator[Any]:
    with Sandbox() as sandbox:
        yield client(sandbox, "logs")


@pytest.fixture
def at(logs: Any) -> Iterator[int]:
    """A group with two streams; the time of the first event that a test puts there."""
    logs.create_log_group(logGroupName=GROUP)
    for stream in ("a", "b"):
        logs.create_log_stream(logGroupName=GROUP, logStreamName=stream)
    yield now() - 60_000
    logs.delete_log_group(logGroupName=GROUP)


def put(logs: Any, stream: str, at: int, *messages: str, step: int = 1) -> None:
    events = [{"timestamp": at + place * step, "message": message} for place, message in enumerate(messages)]
    logs.put_log_events(logGroupName=GROUP, logStreamName=stream, logEvents=events)


def found(logs: Any, **asked: Any) -> list[str]:
    pages = logs.get_paginator("filter_log_events").paginate(logGroupName=GROUP, **asked)
    return [event["message"] for page in pages for event in page["events"]]


def test_streams_are_interleaved_by_time_in_pages_of_any_size(logs: Any, at: int) -> None:
    put(logs, "a", at, "0", "2", "4", step=2)
    put(logs, "b", at + 1, "1", "3", "5", step=2)
    for size in (1, 2, 5, 10_000):
        assert found(logs, PaginationConfig={"PageSize": size}) == list("012345")
    assert found(logs, startTime=at, startFromHead=False, PaginationConfig={"PageSize": 4}) == list("543210")
    assert found(logs, logStreamNames=["b"]) == list("135")
    assert found(logs, logStreamNamePrefix="a") == list("024")
    assert found(logs, startTime=at + 1, endTime=at + 3) == list("123")


def test_what_arrives_late_is_in_its_place_and_ids_are_the_same_at_every_reading(logs: Any, at: int) -> None:
    put(logs, "a", at + 10, "second")
    first = logs.filter_log_events(logGroupName=GROUP)["events"]
    put(logs, "b", at, "first")
    again = logs.filter_log_events(logGroupName=GROUP)["events"]
    assert [event["message"] for event in again] == ["first", "second"]
    assert again[1] == first[0]
    assert len({event["eventId"] for event in again}) == 2


def test_a_page_has_a_megabyte_at_most_and_may_be_empty_and_not_the_last(logs: Any, at: int) -> None:
    for stream in ("a", "b"):
        put(logs, stream, at, *("x" * 200_000 for _ in range(5)))
    put(logs, "b", at + 100, "needle")
    page = logs.filter_log_events(logGroupName=GROUP, filterPattern="needle")
    assert page["events"] == []
    assert page["nextToken"]
    assert found(logs, filterPattern="needle") == ["needle"]


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ({"logGroupName": "/absent"}, "ResourceNotFoundException"),
        ({"logStreamNames": ["absent"]}, "ResourceNotFoundException"),
        ({"nextToken": "bm9uZQ=="}, "InvalidParameterException"),
        ({"limit": 10_001}, "InvalidParameterException"),
        ({"startTime": 2, "endTime": 1}, "InvalidParameterException"),
        ({"startTime": 0, "startFromHead": False}, "InvalidParameterException"),
        ({"filterPattern": "{ $.a = "}, "InvalidParameterException"),
        ({"logStreamNames": ["a"], "logStreamNamePrefix": "a"}, "InvalidParameterException"),
    ],
)
def test_what_aws_refuses_is_refused(logs: Any, at: int, asked: dict[str, Any], code: str) -> None:
    with pytest.raises(ClientError) as refused:
        logs.filter_log_events(**{"logGroupName": GROUP, **asked})
    assert code_of(refused.value)[0] == code


LINE = json.dumps(
    {"level": "ERROR", "n": 7, "s": "503", "a": {"b": [1, {"c": None}]}, "x-y": True, "m": "Task timed out"}
)


@pytest.mark.parametrize(
    "pattern",
    [
        "",
        "ERROR",
        'ERROR "timed out"',
        "?nothing ?ERROR",
        "-nothing",
        "%time[dr]%",
        '{ $.level = "ERROR" }',
        '{ $.level = "ERR*" && $.n > 6 }',
        '{ $.s = "5*" }',
        "{ $.s = 503 }",
        "{ $.n = 7 }",
        "{ $.n >= 7 && $.n <= 7.0 && $.n < 8 && $.n != 8 }",
        '{ ($.level = "x" || $.n = 7) && $.a.b[0] = 1 }',
        "{ $.a.b[1].c IS NULL }",
        "{ $.nothing NOT EXISTS }",
        '{ $.["x-y"] IS TRUE }',
        "{ $.m = %time.% }",
    ],
)
def test_patterns_that_find_it(pattern: str) -> None:
    assert parse_pattern(pattern)(LINE)


@pytest.mark.parametrize(
    "pattern",
    [
        "error",
        "ERROR nothing",
        "ERROR ?nothing -Task",
        "?nothing ?neither",
        '{ $.level = "error" }',
        "{ $.n > 7 }",
        '{ $.s > 5 }',
        "{ $.nothing != 1 }",
        "{ $.nothing = 1 }",
        "{ $.a.b[9] = 1 }",
        "{ $.level IS NULL }",
    ],
)  # fmt: skip
def test_patterns_that_do_not(pattern: str) -> None:
    assert not parse_pattern(pattern)(LINE)
    assert not parse_pattern(pattern)("no object at all") or pattern.startswith("-")


@pytest.mark.parametrize(
    "pattern",
    [
        "ORDER-ITEM",
        '"open',
        "{ }",
        "{ $.a }",
        "{ a = 1 }",
        "{ $.a > x }",
        "{ $.a = 1 } x",
        "%(a)%",
        "{ ($.a = 1 }",
        "?",
    ],
)
def test_patterns_that_cloudwatch_cannot_read(pattern: str) -> None:
    with pytest.raises(ApiError, match="Invalid filter pattern"):
        parse_pattern(pattern)


def test_patterns_that_are_not_simulated_say_so() -> None:
    with pytest.raises(ApiError, match="does not simulate"):
        parse_pattern("[ip, user, ...]")
