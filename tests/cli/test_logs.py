"""`paybot logs` against an embedded AWS: what is shown, in which order, in which form, and what goes wrong."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from paybot_ops.render.logs import time_of
from paybot_ops.sandbox.faults import Rule
from paybot_ops.sandbox.server import Sandbox
from tests.cli.log_world import API, BOT, GATEWAY, OUTPUTS, REQUEST, TRACE, Logged, access, now, report, turn
from tests.cli.paybot_world import Paybot, Ran, started

CARD = "4242 4242 4242 4242"


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox() as running:
        yield running


@pytest.fixture
def logged(paybot: Paybot, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Iterator[Logged]:
    """A deployment with empty log groups."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", sandbox.endpoint)
    made = Logged(paybot, sandbox)
    made.make(BOT, API, GATEWAY)
    yield made
    sandbox.faults.replace([])


def texts(ran: Ran) -> list[str]:
    """The lines without their time."""
    return [line.partition("  ")[2] for line in ran.out.splitlines()]


# -- the lines -------------------------------------------------------------------------------------------------------


def test_every_group_by_time(logged: Logged) -> None:
    at = now() - 5_000
    logged.put(BOT, turn(turn=1), at=at)
    logged.put(API, access("200"), at=at + 1)
    logged.put(BOT, report(), at=at + 2, stream="other")
    logged.put(GATEWAY, f"({REQUEST}) Method completed with status: 502", at=at + 3)
    logged.put(API, access("502"), at=at + 4)
    ran = logged("logs")
    assert ran.code == 0, ran.err
    assert texts(ran) == [
        "bot      INFO   turn answered session=0123456789ab turn=1 step=card  (7f0c1d2e)",
        "api      INFO   POST /chat 200 123 ms  (7f0c1d2e)",
        "bot      INFO   lambda report 123 ms 88 of 256 MB  (11112222)",
        f"api-err  ERROR  ({REQUEST}) Method completed with status: 502",
        "api      ERROR  POST /chat 502 123 ms  (7f0c1d2e)",
    ]
    assert [line.partition("  ")[0] for line in ran.out.splitlines()] == [time_of(at + more) for more in range(5)]
    assert "the embedded AWS" in ran.err


def test_pages_are_followed_to_their_end(logged: Logged) -> None:
    logged.put(BOT, *(f"line {number}" for number in range(12_000)), at=now() - 1000)
    ran = logged("logs", "--since", "1h")
    assert [line.rsplit(" ", 1)[1] for line in ran.out.splitlines()] == [str(number) for number in range(12_000)]


def test_the_window(logged: Logged) -> None:
    logged.put(BOT, "long ago", at=now() - 7_200_000)
    logged.put(BOT, "an hour ago", at=now() - 3_600_000)
    logged.put(BOT, "now")
    assert [line.split()[-1] for line in texts(logged("logs"))] == ["now"]
    assert [line.split()[3] for line in texts(logged("logs", "--since", "3h", "--until", "90m"))] == ["ago"]


def test_limit_counts_from_the_oldest_and_tail_from_the_newest(logged: Logged) -> None:
    logged.put(BOT, *(f"b{number}" for number in range(5)), at=now() - 100)
    logged.put(API, *(f"a{number}" for number in range(5)), at=now())
    assert [line[-2:] for line in texts(logged("logs", "--limit", "3"))] == ["b0", "b1", "b2"]
    assert [line[-2:] for line in texts(logged("logs", "--tail", "3"))] == ["a2", "a3", "a4"]
    assert [line[-2:] for line in texts(logged("logs", "--tail", "4", "--limit", "1"))] == ["a1"]
    assert logged("logs", "--tail", "0").out == ""


def test_card_numbers_keys_and_controls_reach_neither_terminal_nor_document(logged: Logged) -> None:
    key = "sk_live_" + "a1B2" * 6
    logged.put(BOT, turn(message=f"a {CARD} \x1b[2J {key}"), f"plain {CARD}\x07")
    for output in ("table", "json", "csv"):
        ran = logged("logs", "-o", output)
        assert ran.code == 0
        assert "4242 4242" not in ran.out
        assert key not in ran.out
        assert "\x1b" not in ran.out
        assert "\x07" not in ran.out.replace("\\u0007", "")
        assert ran.out.count("[card number removed]") == 2


@pytest.mark.parametrize("before", ["\n", "\t", '"'])
def test_a_key_goes_whatever_escape_stands_before_it(logged: Logged, before: str) -> None:
    keys = [f"{prefix}{'a1B2' * 6}" for prefix in ("sk_live_", "rk_test_", "sk_org_")] + ["whsec_a1B2a1B2+CD/EF="]
    logged.put(BOT, json.dumps(turn(message=before.join(["", *keys, ""]))).replace('\\"', "\\u0022"))
    for output in ("table", "json", "csv"):
        ran = logged("logs", "-o", output)
        assert ran.code == 0
        assert not [part for part in ("a1B2", "CD/EF") if part in ran.out]
        assert ran.out.count("[key removed]") == 4


# -- filters ---------------------------------------------------------------------------------------------------------


def test_a_filter_is_cloudwatch_s_own(logged: Logged) -> None:
    logged.put(BOT, turn(step="card"), turn(step="expiry"), "plain")
    logged.put(API, access())
    assert len(texts(logged("logs", "--filter", '{ $.step = "exp*" }'))) == 1
    assert len(texts(logged("logs", "--filter", "?plain ?expiry"))) == 2


def test_a_filter_that_cloudwatch_cannot_read_is_a_usage_error(logged: Logged) -> None:
    ran = logged("logs", "--filter", "{ $.a = ")
    assert ran.code == 2
    assert "Invalid filter pattern" in ran.err


def test_errors_are_those_of_the_function_the_api_and_the_platform(logged: Logged) -> None:
    timed_out = f"2026-11-24T10:40:00.123Z {REQUEST} Task timed out after 30.00 seconds"
    logged.put(
        BOT, turn(), turn(level="WARNING", message="model gave no answer"), report(), report("timeout"), timed_out
    )
    logged.put(API, access("200"), access("404"), access("503"))
    logged.put(GATEWAY, "(x) Execution failed due to configuration error", "(x) Method completed with status: 200")
    found = texts(logged("logs", "--errors"))
    assert [line.split()[0:2] for line in found if "api" not in line] == [["bot", "WARN"]] + [["bot", "ERROR"]] * 2
    assert [line for line in found if line.startswith("api ")] == ["api      ERROR  POST /chat 503 123 ms  (7f0c1d2e)"]
    assert [line for line in found if line.startswith("api-err")] == [
        "api-err  ERROR  (x) Execution failed due to configuration error"
    ]


def test_errors_of_a_filter(logged: Logged) -> None:
    logged.put(BOT, turn(level="ERROR", step="a"), turn(level="ERROR", step="b"), turn(step="a"))
    assert len(texts(logged("logs", "--errors", "--filter", '{ $.step = "a" }'))) == 1


# -- a session -------------------------------------------------------------------------------------------------------

SESSION = "Zq3-_" + "x" * 27
TAG = hashlib.sha256(SESSION.encode()).hexdigest()[:12]
OTHER = {"correlation_id": "0" * 8 + REQUEST[8:], "xray_trace_id": "1-6743f0a2-0123456789abcdef01234567"}


@pytest.fixture
def conversation(logged: Logged) -> Logged:
    """A turn of one session with all that belongs to it, and a turn of another."""
    traced: dict[str, Any] = {
        "tracing": {"type": "X-Amzn-Trace-Id", "value": f"Root={TRACE};Parent=0123456789abcdef;Sampled=1"}
    }
    logged.put(
        BOT,
        turn(session=None, level="WARNING", message="model gave no answer"),
        turn(session=TAG),
        report(**traced),
        turn(session="ffffffffffff", **OTHER),
        report(),
        at=now() - 50,
    )
    logged.put(API, access(), access(requestId=OTHER["correlation_id"], xrayTraceId=OTHER["xray_trace_id"]), at=now())
    return logged


@pytest.mark.parametrize("given", [SESSION, TAG])
def test_a_session_is_followed_into_the_api_by_its_requests(conversation: Logged, given: str) -> None:
    assert texts(conversation("logs", "--session", given)) == [
        "bot      WARN   model gave no answer turn=3 step=card  (7f0c1d2e)",
        f"bot      INFO   turn answered session={TAG} turn=3 step=card  (7f0c1d2e)",
        "bot      INFO   lambda report 123 ms 88 of 256 MB  (11112222)",
        "api      INFO   POST /chat 200 123 ms  (7f0c1d2e)",
    ]


def test_a_session_s_errors_and_its_filtered_lines(conversation: Logged) -> None:
    assert len(texts(conversation("logs", "--session", SESSION, "--errors"))) == 1
    assert len(texts(conversation("logs", "--session", SESSION, "--filter", "turn"))) == 2


def test_a_session_of_many_requests(logged: Logged) -> None:
    requests = [f"{number:08x}{REQUEST[8:]}" for number in range(70)]
    logged.put(BOT, *(turn(session=TAG, correlation_id=one, xray_trace_id="") for one in requests), at=now() - 100)
    logged.put(API, *(access(requestId=one) for one in requests), access(requestId="x" * 36), at=now())
    assert len(texts(logged("logs", "--session", SESSION))) == 140


def test_a_session_that_said_nothing(logged: Logged) -> None:
    logged.put(BOT, turn(session=TAG))
    ran = logged("logs", "--session", "somebody-else")
    assert (ran.code, ran.out) == (0, "")
    assert "no log line" in ran.err
    assert "with --session" in ran.err


# -- documents -------------------------------------------------------------------------------------------------------


def test_the_document(logged: Logged) -> None:
    at = now() - 10
    logged.put(BOT, turn(), at=at)
    ran = logged("logs", "-o", "json")
    document = ran.document
    assert sorted(document) == ["command", "data", "error", "schema_version", "status", "warnings"]
    assert (document["schema_version"], document["command"], document["status"]) == (1, "logs", "ok")
    [found] = document["data"]
    assert json.loads(found.pop("message")) == turn()
    assert found.pop("timestamp") == time_of(at)
    assert len(found.pop("event_id")) == 56
    assert found.pop("ingested").endswith("Z")
    assert found == {"source": "bot", "level": "INFO", "log_group": BOT, "log_stream": "s"}


def test_an_empty_log_is_exit_0_and_says_so_aside(logged: Logged) -> None:
    ran = logged("logs", "--since", "1h")
    assert (ran.code, ran.out) == (0, "")
    assert "no log line from" in ran.err
    assert BOT in ran.err
    assert logged("logs", "-o", "json").document["data"] == []
    assert logged("logs", "-o", "csv").out.startswith("timestamp,ingested,source,level,log_group")


def test_csv(logged: Logged) -> None:
    logged.put(BOT, "=run()", 'a "b"\nc', at=now() - 10)
    rows = list(csv.DictReader(io.StringIO(logged("logs", "-o", "csv").out)))
    assert [row["message"] for row in rows] == ["'=run()", 'a "b"\nc']


def test_a_document_that_fails_half_way_is_closed_with_its_error(logged: Logged, sandbox: Sandbox) -> None:
    logged.put(BOT, *(f"line {number}" for number in range(10_500)), at=now() - 100)
    denied = Rule(service="logs", operation="FilterLogEvents", status=400, code="AccessDeniedException")
    patient = Rule(service="logs", operation="FilterLogEvents", times=3)
    sandbox.faults.replace([patient, denied])
    ran = logged("logs", "-o", "json")
    assert ran.code == 1
    assert ran.document["status"] == "error"
    assert ran.document["error"]["kind"] == "access-denied"
    assert 0 < len(ran.document["data"]) <= 10_500


# -- what goes wrong -------------------------------------------------------------------------------------------------


def test_denied_names_the_action(logged: Logged, sandbox: Sandbox) -> None:
    sandbox.faults.replace([Rule(service="logs", status=400, code="AccessDeniedException")])
    ran = logged("logs", "-o", "json")
    assert ran.code == 1
    assert "logs:FilterLogEvents" in ran.err
    assert ran.document["error"]["kind"] == "access-denied"


def test_throttling_is_waited_out_and_told_when_it_lasts(logged: Logged, sandbox: Sandbox) -> None:
    logged.write_state({"lambda_log_group": BOT})
    logged.put(BOT, "here")
    sandbox.faults.replace([Rule(service="logs", status=400, code="ThrottlingException", times=1)])
    assert texts(logged("logs")) == ["bot      INFO   here"]
    sandbox.faults.replace([Rule(service="logs", status=400, code="ThrottlingException")])
    ran = logged("logs")
    assert ran.code == 1
    assert "throttling" in ran.err


def test_a_group_that_is_gone_is_said_and_the_rest_is_shown(logged: Logged) -> None:
    logged.make(API)
    logged.put(API, access())
    ran = logged("logs", "-o", "json")
    assert ran.code == 0
    assert len(ran.document["data"]) == 1
    assert any("not deployed yet" in warning for warning in ran.document["warnings"])
    # API Gateway makes its own group with the first line: that it is not there means nothing.
    assert not any(GATEWAY in warning for warning in ran.document["warnings"])


def test_an_api_without_an_access_log_is_said(logged: Logged) -> None:
    logged.write_state(OUTPUTS | {"api_access_log_group": None})
    logged.put(BOT, "here")
    ran = logged("logs")
    assert texts(ran) == ["bot      INFO   here"]
    assert "enable_api_access_logs" in ran.err


def test_nothing_is_deployed(logged: Logged) -> None:
    logged.write_state({})
    ran = logged("logs")
    assert ran.code == 1
    assert "nothing is deployed" in ran.err
    logged.write_state({"region": "us-east-1"})
    assert "names no log group" in logged("logs").err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--since", "soon"), "no time"),
        (("--until", "1h"), "not before"),
        (("--since", "2999-01-01"), "lies ahead"),
        (("--follow", "--until", "1m"), "--follow"),
        (("--limit", "0"), "limit"),
        (("--tail", "-1"), "tail"),
        (("--filter", ""), "1 to 1024"),
        (("--filter", "x" * 1025), "1 to 1024"),
        (("--session", "not an id"), "no session's id"),
    ],
)
def test_wrong_options_are_usage_errors_before_any_call(
    logged: Logged, sandbox: Sandbox, arguments: tuple[str, ...], words: str
) -> None:
    sandbox.faults.replace([Rule(service="logs", status=500, code="Asked")])
    ran = logged("logs", *arguments)
    assert ran.code == 2
    assert words in ran.err
    assert sandbox.faults.listed()[0]["hits"] == 0


# -- following, and pipes --------------------------------------------------------------------------------------------


class Follower:
    """`paybot logs --follow` in a process of its own."""

    def __init__(self, logged: Logged, *arguments: str) -> None:
        self.process = started(logged.paybot, "logs", "--follow", *arguments)
        assert self.process.stdout is not None
        self._lines = self.process.stdout

    def line(self) -> str:
        """The next line, without its time."""
        return self._lines.readline().rstrip("\n").partition("  ")[2]

    def stop(self) -> tuple[int, str, str]:
        """Ctrl-C: its exit code, what else it said, and what it said aside."""
        self.process.send_signal(signal.SIGINT)
        out, err = self.process.communicate(timeout=30)
        return self.process.returncode, out, err


def test_following_shows_what_comes_once_also_what_comes_late(logged: Logged) -> None:
    at = now() - 60_000
    logged.put(BOT, "first", at=at)
    follower = Follower(logged)
    assert follower.line() == "bot      INFO   first"
    logged.put(API, access(), at=at + 20_000)
    logged.put(BOT, "second", at=at + 30_000)
    assert follower.line().startswith("api      INFO   POST /chat 200")
    assert follower.line() == "bot      INFO   second"
    logged.put(BOT, "late", at=at + 10_000, stream="slow")
    assert follower.line() == "bot      INFO   late"
    code, rest, err = follower.stop()
    assert (code, rest) == (130, "")
    assert "error" not in err
    assert "interrupted" not in err


def test_following_from_the_newest_line_as_lines_of_json(logged: Logged, sandbox: Sandbox) -> None:
    logged.put(BOT, "old", "older", at=now() - 1000)
    follower = Follower(logged, "--tail", "1", "--limit", "2", "--output", "json")
    first = json.loads(follower.process.stdout.readline())  # type: ignore[union-attr]
    sandbox.faults.replace([Rule(service="logs", status=400, code="OperationAbortedException", times=1)])
    logged.put(BOT, "new")
    out, err = follower.process.communicate(timeout=60)
    assert first["message"] == "older"
    assert [json.loads(line)["message"] for line in out.splitlines()] == ["new"]
    assert follower.process.returncode == 0
    assert err.count("following goes on") == 1


def test_a_reader_that_has_seen_enough_ends_it_quietly(logged: Logged) -> None:
    logged.put(BOT, *(f"{number} " + "x" * 500 for number in range(3000)), at=now() - 10)
    child = subprocess.Popen(
        [sys.executable, "-m", "paybot_ops.cli", "logs"],
        cwd=logged.folder,
        env=logged.paybot.environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert child.stdout is not None and child.stderr is not None
    assert "0 xxx" in child.stdout.readline()
    child.stdout.close()
    err = child.stderr.read()
    child.stderr.close()
    assert child.wait(timeout=30) == 0, err
    assert "error" not in err.lower()


@pytest.mark.parametrize("output", ["table", "json", "csv"])
def test_a_reader_that_reads_nothing_at_all_is_no_failure(logged: Logged, output: str) -> None:
    logged.put(BOT, "here")
    end, other = os.pipe()
    os.close(end)
    ran = subprocess.run(
        [sys.executable, "-m", "paybot_ops.cli", "logs", "-o", output],
        cwd=logged.folder,
        env=logged.paybot.environ,
        stdout=other,
        stderr=subprocess.PIPE,
        text=True,
        timeout=60,
    )
    os.close(other)
    assert ran.returncode == 0, ran.stderr
    assert "rror" not in ran.stderr


def test_a_terminal_shows_how_bad_a_line_is_in_colour_too(logged: Logged) -> None:
    logged.put(BOT, turn(level="ERROR"))
    environ = {"FORCE_COLOR": "1"}
    assert "\x1b[31m" not in logged.paybot("logs", environ=environ).out
    assert _on_a_terminal(logged, {}).count("\x1b[31mERROR\x1b[0m") == 1
    assert "\x1b[31m" not in _on_a_terminal(logged, {"NO_COLOR": "1"})


def _on_a_terminal(logged: Logged, environ: dict[str, Any]) -> str:
    end, other = os.openpty()
    child = subprocess.Popen(
        [sys.executable, "-m", "paybot_ops.cli", "logs"],
        cwd=logged.folder,
        env=logged.paybot.environ | {"TERM": "xterm"} | environ,
        stdout=other,
        stderr=subprocess.DEVNULL,
    )
    os.close(other)
    seen = b""
    while True:
        try:
            part = os.read(end, 65536)
        except OSError:  # Linux's word for a terminal that nobody holds any more
            break
        seen += part
    os.close(end)
    assert child.wait(timeout=30) == 0
    return seen.decode()
