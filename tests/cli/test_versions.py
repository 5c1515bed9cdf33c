"""`paybot versions` against the embedded AWS: what was deployed when and by whom, and what is live."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from pathlib import Path

import pytest

from paybot_ops.sandbox.faults import Rule
from tests.cli.live_world import Live, opened
from tests.cli.state_world import WatchedSandbox


@pytest.fixture
def live(sandbox: WatchedSandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Live]:
    monkeypatch.setenv("AWS_ENDPOINT_URL", sandbox.endpoint)
    yield from opened(sandbox, tmp_path / "shop")


def test_the_versions_newest_first_in_every_format(live: Live) -> None:
    code, document = live.json("versions")
    assert code == 0
    data = document["data"]
    assert (data["live"], data["pinned"], [item["version"] for item in data["versions"]]) == (
        "3",
        None,
        ["3", "2", "1"],
    )
    assert data["versions"][1] | {"code_sha256": "", "code_size": 0, "by": ""} == {
        "version": "2",
        "live": False,
        "share": None,
        "newest": False,
        "deployed": "2026-11-02T10:00:00Z",
        "commit": "abc2def",
        "by": "",
        "description": data["versions"][1]["description"],
        "code_sha256": "",
        "code_size": 0,
        "runtime": "python3.13",
        "memory": 512,
        "timeout": 3,
        "model": "us.amazon.nova-micro-v1:0",
        "guardrail": None,
        "guardrail_version": None,
    }
    rows = list(csv.DictReader(io.StringIO(live("versions", "-o", "csv").out)))
    assert [row["version"] for row in rows if row["live"] == row["newest"] == "True"] == ["3"]
    table = live("versions").out
    assert "live, newest" in table
    assert "assumed-role/deployer/ann" in table
    assert [item["version"] for item in live.json("versions", "--limit", "1")[1]["data"]["versions"]] == ["3"]


def test_versions_say_what_is_pinned_and_who_gets_a_share(live: Live) -> None:
    assert live("rollback", "1", "--yes").code == 0
    weights = {"AdditionalVersionWeights": {"3": 0.1}}
    live.lambda_.update_alias(FunctionName=live.function, Name="live", RoutingConfig=weights)
    table = live("versions").out
    assert "10% of calls, newest" in table
    assert "pins version 1" in table
    data = live.json("versions")[1]["data"]
    assert (data["pinned"], data["versions"][0]["share"]) == ("1", 0.1)


def test_a_description_that_is_no_deploy_s_is_shown_without_its_controls(live: Live) -> None:
    live.lambda_.update_function_configuration(FunctionName=live.function, Timeout=9)
    live.lambda_.publish_version(FunctionName=live.function, Description="by hand \x1b]0;x\x07")
    ran = live("versions")
    assert "by hand" in ran.out
    assert "\x1b" not in ran.out


def test_versions_where_nothing_is_deployed(live: Live) -> None:
    (live.folder / ".paybot/sandbox/terraform/terraform.tfstate").unlink()
    for command in (("versions",), ("rollback",), ("pause",), ("resume",)):
        ran = live(*command)
        assert (ran.code, "shop-dev has no function" in ran.err) == (1, True)


def test_versions_of_a_module_without_an_alias(live: Live) -> None:
    live.record()
    ran = live("versions")
    assert (ran.code, "no alias" in ran.out) == (0, True)
    refused = live("rollback", "--yes")
    assert refused.code == 2
    assert "has no alias" in refused.err
    assert "paybot init" in refused.err
    assert live.version == "3"


def test_denied_names_the_action(live: Live) -> None:
    live.sandbox.faults.replace([Rule("lambda", "ListVersionsByFunction", status=403, code="AccessDeniedException")])
    code, document = live.json("versions")
    assert (code, "lambda:ListVersionsByFunction" in document["error"]["why"]) == (1, True)


def test_throttled_it_is_asked_again(live: Live) -> None:
    throttled = Rule("lambda", "ListVersionsByFunction", status=429, code="TooManyRequestsException", times=1)
    live.sandbox.faults.replace([throttled])
    assert live("versions").code == 0


def test_a_number_that_is_no_limit(live: Live) -> None:
    assert live("versions", "--limit", "0").code == 2
