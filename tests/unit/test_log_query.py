"""Times, windows, log groups, sessions and filter patterns."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime, timedelta

import pytest

from paybot_ops.core import log_query
from paybot_ops.core.log_lines import LogEvent, Source
from paybot_ops.errors import UsageError
from paybot_ops.sandbox.log_pattern import parse_pattern
from tests.cli.log_world import API, BOT, GATEWAY, OUTPUTS, REQUEST, TRACE, access, report, turn

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("30s", NOW - timedelta(seconds=30)),
        ("15m", NOW - timedelta(minutes=15)),
        (" 2 h ", NOW - timedelta(hours=2)),
        ("1d", NOW - timedelta(days=1)),
        ("2w", NOW - timedelta(weeks=2)),
        ("2026-11-24", datetime(2026, 11, 24, tzinfo=UTC)),
        ("2026-11-24T10:30", datetime(2026, 11, 24, 10, 30, tzinfo=UTC)),
        ("2026-11-24T10:30:00Z", datetime(2026, 11, 24, 10, 30, tzinfo=UTC)),
        ("2026-11-24T10:30:00+02:00", datetime(2026, 11, 24, 8, 30, tzinfo=UTC)),
    ],
)
def test_times_as_people_type_them(text: str, moment: datetime) -> None:
    assert log_query.parse_moment(text, NOW, "--since") == moment


@pytest.mark.parametrize(
    "text", ["", "yesterday", "15", "15 minutes", "-1h", "9999999w", "1969-01-01", "0001-01-01", "٣m"]
)
def test_what_is_no_time(text: str) -> None:
    with pytest.raises(UsageError, match="--until is no time"):
        log_query.parse_moment(text, NOW, "--until")


def test_a_window_has_its_start_before_its_end() -> None:
    window = log_query.choose_window("2h", "1h", NOW)
    assert (window.end or 0) - window.start == 3_600_000
    assert log_query.choose_window("15m", None, NOW).end is None
    for since, until in (("1h", "2h"), ("1h", "1h"), ("2027-01-01", None)):
        with pytest.raises(UsageError):
            log_query.choose_window(since, until, NOW)


def test_the_groups_of_a_deployment() -> None:
    assert [(group.source, group.name) for group in log_query.find_groups(OUTPUTS)] == [
        (Source.BOT, BOT),
        (Source.API, API),
        (Source.GATEWAY, GATEWAY),
    ]
    off = OUTPUTS | {"api_access_log_group": None}
    assert [group.source for group in log_query.find_groups(off)] == [Source.BOT]
    assert [group.name for group in log_query.find_groups({"lambda_function_name": "f"})] == ["/aws/lambda/f"]
    assert log_query.find_groups({}) == ()


def test_a_session_is_found_by_its_id_and_by_what_the_log_calls_it() -> None:
    identifier = "Zq3-_" + "x" * 27
    assert log_query.session_tags(identifier) == (hashlib.sha256(identifier.encode()).hexdigest()[:12],)
    assert "0123456789ab" in log_query.session_tags("0123456789ab")
    for wrong in ("", "a b", "é", "x" * 65, '"; drop'):
        with pytest.raises(UsageError):
            log_query.session_tags(wrong)


def test_the_trail_of_a_turn() -> None:
    def trail(message: object) -> frozenset[str]:
        return log_query.trail_of(LogEvent(Source.BOT, BOT, "s", "1", 0, 0, json.dumps(message)))

    assert trail(turn()) == {REQUEST, TRACE}
    assert trail(turn(correlation_id='x" || $.a = "', xray_trace_id="Root=" + TRACE + ";Sampled=1")) == {TRACE}
    assert trail("no object") == trail({}) == frozenset()


def test_patterns_are_as_long_as_cloudwatch_takes_them_and_miss_no_word() -> None:
    words = [f"{number:036d}" for number in range(60)]
    patterns = log_query.patterns_for(words)
    assert all(len(pattern) <= log_query.LONGEST_PATTERN for pattern in patterns)
    assert all(any(parse_pattern(pattern)(f'"{word}"') for pattern in patterns) for word in words)
    assert log_query.patterns_for([]) == ()


@pytest.mark.parametrize(
    "message",
    [
        turn(level="WARNING"),
        turn(level="ERROR"),
        report("timeout"),
        report("error"),
        report("failure"),
        "2026-11-24 x Task timed out after 3.00 seconds",
        "RequestId: x Error: Runtime exited with error: signal: killed",
        "Traceback (most recent call last):",
    ],
)
def test_no_trouble_is_lost_to_the_coarse_pattern(message: object) -> None:
    text = message if isinstance(message, str) else json.dumps(message)
    assert parse_pattern(log_query.trouble_pattern(Source.BOT))(text)


def test_the_api_s_errors_are_found_by_their_status() -> None:
    matches = parse_pattern(log_query.trouble_pattern(Source.API))
    assert [matches(json.dumps(access(status))) for status in ("200", "429", "500", "503")] == [
        False,
        False,
        True,
        True,
    ]
    assert len(log_query.trouble_pattern(Source.BOT)) <= log_query.LONGEST_PATTERN
