"""A log event as a person reads it, and how bad it is."""

from __future__ import annotations

import json
from typing import Any

import pytest

from paybot_ops.core.log_choice import is_trouble
from paybot_ops.core.log_lines import Level, LogEvent, Source, read_line
from paybot_ops.render.logs import event_data, line_of, time_of
from tests.cli.log_world import REQUEST, access, report, turn


def event(message: Any, source: Source = Source.BOT, timestamp: int = 1_795_517_733_885) -> LogEvent:
    text = message if isinstance(message, str) else json.dumps(message)
    return LogEvent(source, "/group", "stream", "1", timestamp, timestamp, text)


def shown(message: Any, source: Source = Source.BOT) -> str:
    """The line without its time."""
    return line_of(event(message, source)).partition("  ")[2]


@pytest.mark.parametrize(
    ("message", "source", "line"),
    [
        (turn(), Source.BOT, "bot      INFO   turn answered session=0123456789ab turn=3 step=card  (7f0c1d2e)"),
        (
            {"_aws": {}, "service": "shop", "Turns": [1.0], "InputTokens": [210.0, 2.0]},
            Source.BOT,
            "bot      INFO   metrics Turns=1 InputTokens=212",
        ),
        (report(), Source.BOT, "bot      INFO   lambda report 123 ms 88 of 256 MB  (11112222)"),
        (
            report("error", errorType="Runtime.OutOfMemory"),
            Source.BOT,
            "bot      ERROR  lambda report 123 ms 88 of 256 MB status=error error=Runtime.OutOfMemory  (11112222)",
        ),
        (
            {"type": "platform.initStart", "record": {"runtimeVersion": "python:3.13.v1"}},
            Source.BOT,
            "bot      INFO   lambda init runtime=python:3.13.v1",
        ),
        ({"type": "platform.start", "record": None}, Source.BOT, "bot      INFO   lambda start"),
        (access(), Source.API, "api      INFO   POST /chat 200 123 ms  (7f0c1d2e)"),
        (
            access("502", integrationStatus="504", errorType="INTEGRATION_FAILURE"),
            Source.API,
            "api      ERROR  POST /chat 502 123 ms integration=504 error=INTEGRATION_FAILURE  (7f0c1d2e)",
        ),
        ('198.51.100.7 - - "POST /chat" 502', Source.API, 'api      INFO   198.51.100.7 - - "POST /chat" 502'),
        (
            f"({REQUEST}) Execution failed due to a timeout error",
            Source.GATEWAY,
            f"api-err  ERROR  ({REQUEST}) Execution failed due to a timeout error",
        ),
        ({"level": "WARNING", "message": "model gave no answer", "fault": "throttled"}, Source.BOT, "bot      WARN   "
         "model gave no answer fault=throttled"),
        ({"level": "weird", "msg": "a  b", "of": "two words"}, Source.BOT, 'bot      INFO   a  b of="two words"'),
        ("REPORT RequestId: x\tDuration: 3 ms\n", Source.BOT, "bot      INFO   REPORT RequestId: x  Duration: 3 ms"),
        ("", Source.BOT, "bot      INFO   "),
        ("[1, 2]", Source.BOT, "bot      INFO   [1, 2]"),
        ('{"level": "ERROR", "message": {"a": [1]}}', Source.BOT, 'bot      ERROR  {"a": [1]}'),
    ],
)  # fmt: skip
def test_a_line(message: Any, source: Source, line: str) -> None:
    assert shown(message, source) == line


def test_a_traceback_stands_below_its_line() -> None:
    trace = 'Traceback (most recent call last):\n  File "x.py", line 1\nValueError: no'
    failed = {"level": "ERROR", "message": "boom", "exception": trace, "exception_name": "ValueError"}
    assert shown(failed).splitlines() == [
        "bot      ERROR  ValueError: boom",
        "    Traceback (most recent call last):",
        '      File "x.py", line 1',
        "    ValueError: no",
    ]


def test_lambda_s_own_report_of_an_exception() -> None:
    failed = {"errorType": "KeyError", "errorMessage": "'x'", "requestId": REQUEST, "stackTrace": ["  File a\n", "b"]}
    assert shown(failed).splitlines() == ["bot      ERROR  KeyError: 'x'  (7f0c1d2e)", "      File a", "    b"]


@pytest.mark.parametrize(
    ("message", "source", "trouble"),
    [
        (turn(), Source.BOT, False),
        ({"level": "WARNING", "message": "effect failed"}, Source.BOT, True),
        ({"level": "CRITICAL", "message": "x"}, Source.BOT, True),
        (f"2026-11-24T10:40:00.123Z {REQUEST} Task timed out after 30.00 seconds", Source.BOT, True),
        (report("timeout"), Source.BOT, True),
        ("RequestId: x Error: Runtime exited with error: signal: killed\nRuntime.ExitError", Source.BOT, True),
        ("[ERROR] ValueError: no", Source.BOT, True),
        ({"type": "platform.initReport", "record": {"status": "error"}}, Source.BOT, True),
        (access("429"), Source.API, False),
        (access("500"), Source.API, True),
        ("(id) Method completed with status: 200", Source.GATEWAY, False),
        ("(id) Method completed with status: 504", Source.GATEWAY, True),
    ],
)
def test_what_errors_shows(message: Any, source: Source, trouble: bool) -> None:
    assert is_trouble(event(message, source)) is trouble


HOSTILE = "\x1b]0;t\x07\r\nforged  bot      ERROR  line\x9b2J\ud800"


@pytest.mark.parametrize("message", [HOSTILE, {"message": HOSTILE}, {"level": HOSTILE, "x": HOSTILE}, access(HOSTILE)])
@pytest.mark.parametrize("source", list(Source))
def test_no_event_can_steer_the_terminal_or_pass_for_another_line(message: Any, source: Source) -> None:
    first, *more = line_of(event(message, source)).split("\n")
    assert all(line.startswith("    ") for line in more)
    assert not [
        one for one in first + "".join(more) if one < " " or "\x7f" <= one <= "\x9f" or "\ud800" <= one <= "\udfff"
    ]


@pytest.mark.parametrize(
    "message",
    [
        {"message": None},
        {"_aws": 1},
        {"type": "platform.report", "record": {"metrics": 7}},
        {"exception": 7, "stackTrace": [1, None]},
        '{"a":' * 5000,
    ],
)
def test_odd_shapes_are_shown_all_the_same(message: Any) -> None:
    assert read_line(event(message)).level in Level


def test_a_number_is_masked_in_the_line_below_it_and_in_the_document() -> None:
    card = "4242 4242 4242 4242"
    found = event({"level": "ERROR", "message": f"a {card}", "exception": f"b {card}\n4242\n4242 4242 4242"})
    assert line_of(found).partition("ERROR  ")[2] == ("a [card number removed]\n    b [card number removed]")
    assert "4242" not in json.dumps(event_data(found))


def test_a_time_that_no_calendar_holds() -> None:
    assert time_of(10**18) == str(10**18)
    assert time_of(1_795_517_733_885) == "2026-11-24T10:55:33.885Z"
