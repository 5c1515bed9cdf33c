"""`paybot rollback` against the embedded AWS: what moves, what is kept, and what stops it."""

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
    yield from opened(sandbox, tmp_path / "shop")


@pytest.fixture
def without_variable(sandbox: WatchedSandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Live]:
    """A module of somebody else's, that knows of no pinned version."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", sandbox.endpoint)
    yield from opened(sandbox, tmp_path / "shop", module=MODULE)


def fault(operation: str, code: str, status: int, **more: object) -> Rule:
    return Rule("lambda", operation, status=status, code=code, **more)  # type: ignore[arg-type]


def test_the_version_before_the_live_one_and_the_variable_that_keeps_it(live: Live) -> None:
    ran = live("rollback", "--yes")
    assert ran.code == 0, ran.err
    assert (live.version, live.written) == ("2", ['live_version = "2"'])
    assert live.writes() == ["UpdateAlias"]
    for words in ("abc3def", "abc2def", "1024 MB", "variable EXTRA", "variable OLD", "2026-11-02 10:00 UTC"):
        assert words in ran.err
    assert "paybot rollback --latest" in ran.out
    assert live.tfvars.read_text().count("live_version") == 0


def test_one_more_goes_one_further_back_and_a_named_one_stays(live: Live) -> None:
    assert live("rollback", "--yes").code == 0
    code, document = live.json("rollback", "--yes")
    assert (code, live.version, document["data"]["before"], document["data"]["live"]) == (0, "1", "2", "1")
    again = live("rollback", "1", "--yes")
    assert (again.code, "nothing to do" in again.out, live.writes()) == (0, True, [])
    first = live("rollback", "--yes")
    assert (first.code, "is the first that exists" in first.err) == (2, True)
    assert live.version == "1"


def test_the_document_of_a_rollback(live: Live) -> None:
    _code, document = live.json("rollback", "2", "--yes")
    data = document["data"]
    assert (document["status"], document["command"], document["warnings"]) == ("ok", "rollback", [])
    assert {name: data[name] for name in ("alias", "before", "after", "live", "newest", "smoke")} == {
        "alias": "live",
        "before": "3",
        "after": "2",
        "live": "2",
        "newest": "3",
        "smoke": None,
    }
    assert {"what": "variable OLD", "before": "", "after": "set"} in data["differences"]
    assert [(step["target"], step["outcome"]) for step in data["result"]] == [
        ("live", "done"),
        ("live_version", "done"),
    ]


def test_to_the_newest_again_which_deploys_then_promote(live: Live) -> None:
    assert live("rollback", "1", "--yes").code == 0
    ran = live("rollback", "--latest", "--yes")
    assert (ran.code, live.version, live.written) == (0, "3", ["live_version = null"])
    assert "paybot rollback 1" in ran.out
    again = live("rollback", "--latest", "--yes")
    assert (again.code, live.writes(), "nothing to do" in again.out) == (0, [], True)


def test_looking_changes_nothing(live: Live) -> None:
    dry = live("rollback", "--dry-run")
    assert (dry.code, "version 3 → version 2" in dry.out) == (0, True)
    assert live("rollback", "--check").code == 3
    assert live("rollback", "3", "--check").code == 0
    assert (live.version, live.written, live.writes()) == ("3", [], [])


def test_nobody_to_ask_and_a_no(live: Live) -> None:
    assert live("rollback").code == 4
    assert live("rollback", typed="n\n").code == 4
    assert (live.version, live.written) == ("3", [])
    assert live("rollback", typed="y\n").code == 0
    assert live.version == "2"


def test_a_version_that_does_not_exist_names_those_that_do(live: Live) -> None:
    for asked in ("9", "0", "x", "$LATEST", "02", "\x1b[2J"):
        ran = live("rollback", asked, "--yes")
        assert ran.code == 2
        assert "has no version" in ran.err
        assert "3, 2, 1" in ran.err
        assert "\x1b" not in ran.err
    assert live.version == "3"


def test_a_version_and_the_newest_are_two_wishes(live: Live) -> None:
    assert live("rollback", "2", "--latest").code == 2


def test_a_version_that_was_deleted(live: Live) -> None:
    live.lambda_.delete_function(FunctionName=live.function, Qualifier="2")
    assert live("rollback", "2", "--yes").code == 2
    assert live("rollback", "--yes").code == 0
    assert live.version == "1"


def test_a_guardrail_that_is_gone_is_told_before(live: Live) -> None:
    variables = {"GUARDRAIL_ID": "abcdef123456", "GUARDRAIL_VERSION": "7"}
    live.lambda_.update_function_configuration(FunctionName=live.function, Environment={"Variables": variables})
    live.lambda_.publish_version(FunctionName=live.function)
    assert live("rollback", "4", "--yes").code == 0
    assert live("rollback", "3", "--yes").code == 0
    code, document = live.json("rollback", "4", "--dry-run")
    assert code == 0
    assert any("abcdef123456, which is gone" in warning for warning in document["warnings"])


def test_the_way_back_from_a_guardrail_to_none_is_told(live: Live) -> None:
    variables = {"GUARDRAIL_ID": "abcdef123456", "GUARDRAIL_VERSION": "7"}
    live.lambda_.update_function_configuration(FunctionName=live.function, Environment={"Variables": variables})
    live.lambda_.publish_version(FunctionName=live.function)
    assert live("rollback", "4", "--yes").code == 0
    assert "refuses the model without it" in live("rollback", "3", "--dry-run").err


def test_an_alias_that_shares_its_calls_ends_wholly_at_one_version(live: Live) -> None:
    weights = {"AdditionalVersionWeights": {"2": 0.5}}
    live.lambda_.update_alias(FunctionName=live.function, Name="live", RoutingConfig=weights)
    ran = live("rollback", "3", "--yes")
    assert (ran.code, "50% for version 2" in ran.err) == (0, True)
    assert "RoutingConfig" not in live.lambda_.get_alias(FunctionName=live.function, Name="live")


def test_a_module_without_the_variable(without_variable: Live) -> None:
    live = without_variable
    ran = live("rollback", "--yes")
    assert ran.code == 0, ran.err
    assert "the next deploy makes the newest version live again" in ran.err
    assert (live.version, live.written) == ("2", [])


# -- what goes wrong -------------------------------------------------------------------------------------------------


def test_cut_off_between_the_alias_and_the_file_it_is_finished_and_not_repeated(live: Live) -> None:
    live.lambda_.update_alias(FunctionName=live.function, Name="live", FunctionVersion="2")
    ran = live("rollback", "--yes")
    assert (ran.code, live.version, live.written) == (0, "2", ['live_version = "2"'])
    assert live.writes() == []


def test_somebody_else_was_quicker(live: Live) -> None:
    def meddle(call: Call, _number: int) -> None:
        if call.operation == "GetAlias":
            live.sandbox.after = lambda _call, _number: None
            live.lambda_.update_alias(FunctionName=live.function, Name="live", FunctionVersion="1")

    live.sandbox.after = meddle
    ran = live("rollback", "2", "--yes")
    assert ran.code == 1
    assert "moved by somebody else" in ran.err
    assert (live.version, live.written) == ("1", [])
    assert live("rollback", "2", "--yes").code == 0
    assert (live.version, live.written) == ("2", ['live_version = "2"'])


def test_an_answer_that_was_lost_is_no_failure(live: Live) -> None:
    live.sandbox.faults.replace([Rule("lambda", "UpdateAlias", lose_answer=True, times=1)])
    ran = live("rollback", "--yes")
    assert ran.code == 0, ran.err
    assert (live.version, live.written) == ("2", ['live_version = "2"'])


def test_a_file_that_becomes_read_only_meanwhile(live: Live) -> None:
    assert live("rollback", "2", "--yes").code == 0

    def protect(call: Call, _number: int) -> None:
        if call.operation == "UpdateAlias":
            live.overrides.chmod(0o444)

    live.sandbox.after = protect
    code, document = live.json("rollback", "1", "--yes")
    assert (code, live.version, document["data"]["live"]) == (1, "1", "1")
    assert [step["outcome"] for step in document["data"]["result"]] == ["done", "failed"]
    assert document["error"]["what"].startswith("version 1 is live, and live_version does not say so")
    assert 'live_version = "1" in ' in document["error"]["hint"]
    live.sandbox.after = lambda _call, _number: None
    live.overrides.chmod(0o644)
    assert live("rollback", "1", "--yes").code == 0
    assert (live.writes(), live.written) == ([], ['live_version = "1"'])


def test_a_file_that_cannot_be_written_does_not_stand_in_the_way(live: Live) -> None:
    live.overrides.write_text("# mine\n")
    live.overrides.chmod(0o444)
    ran = live("rollback", "--yes")
    assert (ran.code, live.version) == (1, "2")
    assert "add by hand" in ran.err
    assert 'live_version = "2"' in ran.err
    assert live.overrides.read_text() == "# mine\n"
    assert live("rollback", "2").code == 1  # nothing to ask, and still not said by the file


def test_a_value_that_is_no_version(live: Live) -> None:
    live.tfvars.write_text('live_version = "latest"\n')
    ran = live("rollback", "--yes")
    assert (ran.code, "is no version" in ran.err, "latest" in ran.err) == (2, True, False)


@pytest.mark.parametrize("operation", ["ListVersionsByFunction", "GetAlias", "UpdateAlias"])
def test_denied_names_the_action_and_changes_nothing(live: Live, operation: str) -> None:
    live.sandbox.faults.replace([fault(operation, "AccessDeniedException", 403)])
    ran = live("rollback", "--yes")
    assert (ran.code, f"lambda:{operation}" in ran.err) == (1, True)
    live.sandbox.faults.replace([])
    assert (live.version, live.written) == ("3", [])
    assert live("rollback", "--yes").code == 0
    assert live.version == "2"


def test_throttled_once_and_for_good(live: Live) -> None:
    live.sandbox.faults.replace([fault("UpdateAlias", "TooManyRequestsException", 429, times=1)])
    assert live("rollback", "--yes").code == 0
    live.sandbox.faults.replace([fault("UpdateAlias", "TooManyRequestsException", 429)])
    ran = live("rollback", "--yes")
    assert (ran.code, "throttling" in ran.err, live.written) == (1, True, ['live_version = "2"'])


def test_an_alias_that_is_gone(live: Live) -> None:
    live.lambda_.delete_alias(FunctionName=live.function, Name="live")
    ran = live("rollback", "--yes")
    assert (ran.code, "the alias live of the function" in ran.err) == (1, True)
