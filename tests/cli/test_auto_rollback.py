"""`deploy --auto-rollback` after the bot did not answer: back to what was live, or plainly why not."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import pytest

from paybot_ops.errors import PaybotError, UsageError
from paybot_ops.operations.auto_rollback import live_before, roll_back
from paybot_ops.operations.target import Choice, Target, find_target
from paybot_ops.sandbox.faults import Rule
from paybot_ops.screen import Screen
from tests.cli.live_world import Live, opened
from tests.cli.state_world import WatchedSandbox

FAILURE = PaybotError("deployed, and the bot does not answer: 500", why="down")


@pytest.fixture
def live(sandbox: WatchedSandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Live]:
    monkeypatch.setenv("AWS_ENDPOINT_URL", sandbox.endpoint)
    yield from opened(sandbox, tmp_path / "shop")


@pytest.fixture
def target(live: Live) -> Target:
    screen = Screen(stdout=io.StringIO(), stderr=io.StringIO(), stdin=io.StringIO())
    return find_target(screen, Choice(live.folder))


def test_back_to_what_was_live_and_pinned_there(live: Live, target: Target) -> None:
    assert live_before(target) == "3"
    report, error = roll_back(target, "2", FAILURE)
    assert report is not None
    assert (report.moved, live.version, live.written) == (True, "2", ['live_version = "2"'])
    assert "rolled back: version 2 is live again" in error.what
    assert error.why == "down"
    assert any("version 3 stays published" in detail for detail in error.details)
    assert "paybot rollback --latest" in error.hint


def test_a_deploy_that_left_the_live_version_has_nothing_to_undo(live: Live, target: Target) -> None:
    live.sandbox.calls.clear()
    report, error = roll_back(target, "3", FAILURE)
    assert (report, live.writes()) == (None, [])
    assert "left version 3 live" in error.what


def test_a_version_that_is_gone(live: Live, target: Target) -> None:
    report, error = roll_back(target, "9", FAILURE)
    assert (report, live.version) == (None, "3")
    assert "version 9, which was live before, is gone" in error.what


def test_lambda_refuses_the_move(live: Live, target: Target) -> None:
    live.sandbox.faults.replace([Rule("lambda", "UpdateAlias", status=403, code="AccessDeniedException")])
    report, error = roll_back(target, "2", FAILURE)
    assert report is not None
    assert (report.moved, live.version, live.written) == (False, "3", [])
    assert "version 2 is not live again" in error.what
    assert any("lambda:UpdateAlias" in detail for detail in error.details)


def test_lambda_does_not_say_what_there_is(live: Live, target: Target) -> None:
    live.sandbox.faults.replace([Rule("lambda", "ListVersionsByFunction", status=403, code="AccessDeniedException")])
    report, error = roll_back(target, "2", FAILURE)
    assert report is None
    assert "not rolled back: access to the versions" in error.what


def test_a_file_that_cannot_be_written_is_told_with_the_line(live: Live, target: Target) -> None:
    live.overrides.write_text("# mine\n")
    live.overrides.chmod(0o444)
    report, error = roll_back(target, "2", FAILURE)
    assert report is not None
    assert (report.moved, live.version) == (True, "2")
    assert "version 2 is live again" in error.what
    assert 'live_version = "2"' in error.hint


def test_a_module_without_an_alias_is_refused_before_anything(live: Live, target: Target) -> None:
    live.record()
    with pytest.raises(UsageError):
        live_before(target)
