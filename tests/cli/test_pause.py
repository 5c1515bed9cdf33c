"""`paybot pause` and `paybot resume` against the embedded AWS: the API first, then the file, and back again."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from paybot_ops.sandbox.faults import Rule
from tests.cli.live_world import MODULE, Live, opened
from tests.cli.state_world import Call, WatchedSandbox


@pytest.fixture
def live(sandbox: WatchedSandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Live]:
    monkeypatch.setenv("AWS_ENDPOINT_URL", sandbox.endpoint)
    for made in opened(sandbox, tmp_path / "shop"):
        made.lambda_.put_function_concurrency(FunctionName=made.function, ReservedConcurrentExecutions=20)
        yield made


@pytest.fixture
def hand_built(sandbox: WatchedSandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Live]:
    """A module of somebody else's: no alias, no variables."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", sandbox.endpoint)
    for made in opened(sandbox, tmp_path / "shop", module=MODULE):
        made.record()
        yield made


def test_paused_at_once_and_in_the_file(live: Live) -> None:
    ran = live("pause", "--yes")
    assert ran.code == 0, ran.err
    assert (live.reserved, live.written, live.writes()) == (0, ["paused = true"], ["PutFunctionConcurrency"])
    for words in ("HTTP 500", "turns that are running", "alarms", "Stripe's pages", "20 at once → nothing runs"):
        assert words in ran.err
    assert "paybot resume" in ran.out
    again = live("pause")
    assert (again.code, "nothing to do" in again.out, live.writes()) == (0, True, [])


def test_serving_again_as_many_as_the_settings_say(live: Live) -> None:
    live.tfvars.write_text("reserved_concurrency = 7\n")
    assert live("pause", "--yes").code == 0
    code, document = live.json("resume", "--yes")
    assert (code, document["data"]["paused"], live.reserved, live.written) == (0, False, 7, ["paused = false"])
    again = live("resume")
    assert (again.code, "nothing to do" in again.out, live.writes()) == (0, True, [])


def test_without_a_reservation(live: Live) -> None:
    live.tfvars.write_text("reserved_concurrency = -1\n")
    assert live("pause", "--yes").code == 0
    assert live("resume", "--yes").code == 0
    assert (live.reserved, live.writes()) == (None, ["DeleteFunctionConcurrency"])


def test_the_document_of_a_pause(live: Live) -> None:
    _code, document = live.json("pause", "--yes")
    file = str(live.overrides)
    assert document["data"] == {
        "function": live.function,
        "paused": True,
        "changes": [
            {"verb": "reserve", "target": live.function, "reason": "20 at once → nothing runs"},
            {"verb": "set", "target": "paused", "reason": "in overrides.tfvars", "file": file, "value": True},
        ],
        "result": [
            {"verb": "reserve", "target": live.function, "outcome": "done", "why": ""},
            {"verb": "set", "target": "paused", "outcome": "done", "why": ""},
        ],
        "smoke": None,
    }
    assert document["warnings"] == []


def test_looking_and_nobody_to_ask(live: Live) -> None:
    dry = live("pause", "--dry-run")
    assert (dry.code, "HTTP 500" in dry.out) == (0, True)
    assert live("pause", "--check").code == 3
    assert live("resume", "--check").code == 0
    assert live("pause").code == 4
    assert live("pause", typed="n\n").code == 4
    assert (live.reserved, live.written) == (20, [])
    assert live.json("pause", "--dry-run")[1]["data"]["paused"] is False


def test_a_file_that_cannot_be_written_does_not_stand_in_the_way(live: Live) -> None:
    live.overrides.write_text("# mine\n")
    live.overrides.chmod(0o444)
    code, document = live.json("pause", "--yes")
    assert (code, live.reserved, document["data"]["paused"]) == (1, 0, True)
    assert "the next deploy lets it serve again" in document["error"]["what"]
    assert "paused = true in " in document["error"]["hint"]
    live.overrides.chmod(0o644)
    assert live("pause", "--yes").code == 0
    assert (live.writes(), live.written) == ([], ["paused = true"])


def test_the_file_of_a_resume_that_becomes_read_only_meanwhile(live: Live) -> None:
    assert live("pause", "--yes").code == 0

    def protect(call: Call, _number: int) -> None:
        if call.operation == "PutFunctionConcurrency":
            live.overrides.chmod(0o444)

    live.sandbox.after = protect
    ran = live("resume", "--yes")
    assert (ran.code, live.reserved) == (1, 20)
    assert "the next deploy pauses it again" in ran.err
    live.overrides.chmod(0o644)
    assert live("resume", "--yes").code == 0
    assert live.written == ["paused = false"]


def test_released_by_hand_it_is_paused_again(live: Live) -> None:
    assert live("pause", "--yes").code == 0
    live.lambda_.delete_function_concurrency(FunctionName=live.function)
    assert live("pause", "--yes").code == 0
    assert (live.reserved, live.written) == (0, ["paused = true"])


@pytest.mark.parametrize(
    ("command", "operation"),
    [("pause", "GetFunctionConcurrency"), ("pause", "PutFunctionConcurrency"), ("resume", "PutFunctionConcurrency")],
)
def test_denied_names_the_action_and_leaves_the_file(live: Live, command: str, operation: str) -> None:
    if command == "resume":
        assert live("pause", "--yes").code == 0
    before = (live.reserved, live.written)
    live.sandbox.faults.replace([Rule("lambda", operation, status=403, code="AccessDeniedException")])
    code, document = live.json(command, "--yes")
    assert (code, f"lambda:{operation}" in document["error"]["why"]) == (1, True)
    live.sandbox.faults.replace([])
    assert (live.reserved, live.written) == before


def test_throttled_it_is_tried_again(live: Live) -> None:
    throttled = Rule("lambda", "PutFunctionConcurrency", status=429, code="TooManyRequestsException", times=1)
    live.sandbox.faults.replace([throttled])
    assert live("pause", "--yes").code == 0
    assert live.reserved == 0


def test_a_quota_that_is_too_small_is_explained(live: Live) -> None:
    assert live("pause", "--yes").code == 0
    refused = Rule(
        "lambda", "PutFunctionConcurrency", status=400, code="InvalidParameterValueException", message="[100]"
    )
    live.sandbox.faults.replace([refused])
    ran = live("resume", "--yes")
    assert (ran.code, live.reserved, live.written) == (1, 0, ["paused = true"])
    assert "-1 reserves nothing" in ran.err


@pytest.mark.parametrize(
    ("text", "words"),
    [('paused = "maybe"', "paused must be true or false"), ("reserved_concurrency = 1.5", "whole number")],
)
def test_a_setting_that_is_not_usable(live: Live, text: str, words: str) -> None:
    live.tfvars.write_text(f"{text}\n")
    ran = live("resume", "--yes")
    assert (ran.code, words in ran.err, "maybe" in ran.err) == (2, True, False)


def test_a_mistyped_setting_does_not_stop_the_kill_switch(live: Live) -> None:
    live.tfvars.write_text('paused = "maybe"\n')
    ran = live("pause", "--yes")
    assert (ran.code, live.reserved, live.written) == (0, 0, ["paused = true"])
    assert "paused must be true or false; it is set by terraform.tfvars" in ran.err
    assert "maybe" not in ran.out + ran.err


def test_a_hand_built_module_is_paused_and_gets_back_what_terraform_saw(hand_built: Live) -> None:
    live = hand_built
    live.record(reserved=5)
    live.lambda_.put_function_concurrency(FunctionName=live.function, ReservedConcurrentExecutions=5)
    ran = live("pause", "--yes")
    assert (ran.code, live.reserved, live.written) == (0, 0, [])
    assert "the next terraform apply may let the function serve again" in ran.err
    assert live("resume", "--yes").code == 0
    assert live.reserved == 5
    live.record()
    assert live("pause", "--yes").code == 0
    assert live("resume", "--yes").code == 0
    assert live.reserved is None
