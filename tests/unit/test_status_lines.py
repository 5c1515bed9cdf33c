"""What each line of `paybot status` says, and what it makes of what is odd."""

from __future__ import annotations

import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from paybot_ops.core import status_keeping as keeping
from paybot_ops.core import status_limits as limits
from paybot_ops.core import status_lines as lines
from paybot_ops.core.alarm_lint import Destination
from paybot_ops.core.guardrails import Deployed, Live, Used, View, Wanted, parse_filters
from paybot_ops.core.metric_queries import MetricAnswer, Series
from paybot_ops.core.metric_window import Asked, By, choose_window
from paybot_ops.core.prices import ModelPrice
from paybot_ops.core.reports import CodeDifference
from paybot_ops.core.settings import Settings
from paybot_ops.core.state_lock import HeldLock, LockInfo, LockKind
from paybot_ops.core.state_reports import StateStatus
from paybot_ops.core.status import Line, Mark, StatusReport, unknown_line
from paybot_ops.core.status_lines import LiveVersion, Preflight
from paybot_ops.core.status_names import Names, conventional_names, parse_names
from paybot_ops.core.stripe_keys import KeyStatus, Kind, Mode
from paybot_ops.core.terraform_plan import ResourceChange, TerraformPlan
from paybot_ops.core.token_metrics import ModelUsage, Usage
from paybot_ops.core.token_report import Reckoning, TokenReport, token_report
from paybot_ops.errors import AccessDeniedError, AwsError, CredentialsError, ExitCode, PaybotError
from paybot_ops.operations.crew import Crew

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
NAMES = Names(function="bot", alias="live", published="4")
MODEL = "m.n-v1:0"


def live(version: str = "4", description: str = "") -> LiveVersion:
    return LiveVersion("bot", version, description)


@pytest.mark.parametrize(
    ("found", "reserved", "mark", "text", "cure"),
    [
        (live(), 20, Mark.OK, "version 4, the newest, at most 20 turns at once", ""),
        (live(), None, Mark.OK, "version 4, the newest", ""),
        (live(), 0, Mark.ATTENTION, "PAUSED: every turn is refused; version 4, the newest", "paybot resume"),
        (live("3"), 1, Mark.ATTENTION, "version 3, pinned; the newest is 4", "paybot rollback --latest"),
        (live("3"), 0, Mark.ATTENTION, "PAUSED: every turn is refused; version 3, pinned; the newest is 4", None),
        (None, 20, Mark.ATTENTION, "the function bot:live is gone", "paybot deploy"),
    ],
)
def test_serving(found: LiveVersion | None, reserved: int | None, mark: Mark, text: str, cure: str | None) -> None:
    line = lines.serving_line(found, NAMES, reserved)
    assert (line.mark, line.text) == (mark, text)
    assert cure is None or line.cure == cure


def test_a_refused_reservation_leaves_the_version_and_is_not_taken_for_serving() -> None:
    refused = AccessDeniedError("denied", action="lambda:GetFunctionConcurrency", why="the caller lacks it")
    line = lines.serving_line(live(), NAMES, refused)
    assert (line.mark, line.data["paused"], line.data["version"]) == (Mark.UNKNOWN, None, "4")
    assert line.text == "version 4, the newest; paused or not is unknown: the caller lacks it"


def test_code_that_paybot_did_not_build_differs() -> None:
    line = lines.code_line(CodeDifference("bot", "4", "", "local" * 5, None, differs=True))
    assert line.text == "another build than paybot's is deployed, the sources here are locallocallo"


def test_who_deployed() -> None:
    said = "commit unknown by arn:aws:sts::123456789012:assumed-role/ci/run-7 at 2026-11-24T09:00:00Z"
    line = lines.deploy_line(live(description=said), NOW)
    assert line.text == "3 h ago by run-7, commit unknown, 2026-11-24 09:00 UTC"
    for other in (live(description="terraform"), live(), None):
        assert lines.deploy_line(other, NOW).text.startswith("not by paybot")


def test_what_an_answering_api_proves_is_said() -> None:
    assert "the function was not asked" in str(lines.endpoint_line(Preflight("u", 204, 1.0)).data["proves"])
    for status, cure in ((429, "wait, and look again: paybot status"), (503, "paybot deploy --check")):
        line = lines.endpoint_line(Preflight("u", status, 1.0))
        assert (line.mark, line.cure) == (Mark.ATTENTION, cure)


def answer(**points: Mapping[datetime, int]) -> MetricAnswer:
    queries = lines.function_queries("bot")
    return MetricAnswer(
        {queries[name]: Series({at: Decimal(value) for at, value in of.items()}) for name, of in points.items()}
    )


def test_an_old_error_is_told_and_calls_nobody() -> None:
    past = {NOW - timedelta(hours=2): 1, NOW - timedelta(hours=1): 0}
    line = lines.function_line("bot", answer(Invocations={NOW: 1}, Errors=past), NOW)
    assert (line.mark, line.text) == (Mark.OK, "1 turn in 24 h, 1 error, the last within 2 h")
    recent = lines.function_line("bot", answer(Errors={NOW - timedelta(minutes=55): 2}), NOW)
    assert recent.mark is Mark.ATTENTION
    assert lines.function_line("bot", answer(), NOW).text == "no turns in 24 h"


def settings(**more: Any) -> Settings:
    given: dict[str, Any] = {
        "project_name": "shop",
        "environment": "dev",
        "aws_region": "us-east-1",
        "bedrock_model_id": MODEL,
        "bedrock_token_threshold": Decimal(1000),
        "enable_bedrock_guardrails": False,
        "allowed_account_ids": (),
    }
    return Settings(**given | more)


def report(into: int, out: int, *, price: bool = True, missing: tuple[str, ...] = ()) -> TokenReport:
    window = choose_window(Asked(days=1), NOW)
    usage = ModelUsage(MODEL, {window.start: Usage(input_tokens=Decimal(into), output_tokens=Decimal(out))}, missing)
    known = ModelPrice(MODEL, Decimal(1), Decimal(2), "a test", "") if price else None
    return token_report(Reckoning([usage], lambda _: known, Decimal(1000)), window, By.DAY, compare=False)


def test_tokens_and_dollars_against_their_limits() -> None:
    wanted = settings(bedrock_daily_token_budget=Decimal(1000), bedrock_daily_cost_threshold=Decimal(1))
    tokens, budget, cost = limits.limit_lines(report(900, 200), wanted)
    assert (tokens.text, tokens.share, tokens.mark) == ("900 of 1,000 in, 200 out", Decimal("0.9"), Mark.OK)
    assert (budget.text, budget.mark) == ("1,100 of 1,000 in and out: over", Mark.ATTENTION)
    assert "the bot words its replies itself" in budget.cure
    assert cost.text == "$0.0013 of $1.00"
    assert limits.limit_lines(report(2_000_000, 0), wanted)[2].text == "$2.00 of $1.00: over"
    assert limits.limit_lines(report(1, 0), wanted)[2].text == "<$0.0001 of $1.00"


def test_what_is_not_known_is_not_nothing() -> None:
    wanted = settings(bedrock_daily_token_budget=Decimal(0), bedrock_token_threshold=Decimal(0))
    tokens, budget, cost = limits.limit_lines(report(5, 1, price=False, missing=("InputTokenCount",)), wanted)
    assert (tokens.text, tokens.share) == ("≥ 5 in, 1 out", None)
    assert budget.text == "0: the model is never asked"
    assert cost.text == "unknown: the model has no known price"
    assert len(limits.limit_lines(report(5, 1), settings())) == 2


@pytest.mark.parametrize(
    ("topics", "text"),
    [
        ((), "no alarm notifies a topic"),
        ((Destination("a:t", exists=False),), "the topic t is gone"),
        ((Destination("a:t", pending=2),), "nobody hears t yet: 2 pending"),
        ((Destination("a:t", 1), Destination("a:u")), "nobody hears u"),
        ((Destination("a:t", 1, 1), Destination("a:u", 2)), "t → 1 confirmed, 1 pending, u → 2 confirmed"),
    ],
)
def test_who_hears(topics: tuple[Destination, ...], text: str) -> None:
    line = limits.notification_line(topics)
    assert line.text == text
    assert (line.mark is Mark.ATTENTION) == bool(line.cure)


def test_guardrail() -> None:
    deployed = Deployed("id", "arn", "3", "bot", "live")
    used = Used("bot", "4", "id", "3")
    view = View(Wanted(True, "x", None), deployed, Live("READY", "3", parse_filters({})), used)
    assert keeping.guardrail_line(view).text == "on: version 3 is used"
    gone = keeping.guardrail_line(View(view.wanted, deployed, None, Used("bot", "4", "id", "2")))
    assert gone.text == "version 3 of id is gone from Bedrock (and 1 more)"
    assert gone.cure == "paybot guardrails status"
    assert keeping.guardrail_line(View(Wanted(False, "x", None), Deployed(), None, None)).mark is Mark.INFO


@pytest.mark.parametrize(("days", "end"), [(None, "…1234"), (0, "…1234, set today"), (3, "…1234, 3 d old")])
def test_how_old_the_key_is_where_that_is_known(days: int | None, end: str) -> None:
    line = keeping.stripe_line(KeyStatus("arn", Kind.RESTRICTED, Mode.LIVE, "1234", age_days=days))
    assert line.text == f"live mode, restricted, {end}"


def test_state_and_lock() -> None:
    whole = StateStatus(workspace="default", where="s3://b/k", serial=4, resources=2, modified=NOW - timedelta(days=3))
    assert keeping.state_line(whole, NOW).text == "serial 4, 2 resources, 3 d old: s3://b/k"
    broken = StateStatus(workspace="default", where="x", problem="it is not JSON")
    other = StateStatus(workspace="default", where="x", serial=1, digest_ok=False)
    for status in (broken, other):
        assert keeping.state_line(status, NOW).mark is Mark.ATTENTION
    new = HeldLock(LockKind.FILE, LockInfo(id="1", who="ann", created=NOW - timedelta(minutes=2)), "")
    assert keeping.lock_line([new], NOW).mark is Mark.INFO
    nobody = HeldLock(LockKind.ROW, LockInfo(id=""), "?")
    line = keeping.lock_line([nobody], NOW)
    assert (line.mark, line.text) == (Mark.ATTENTION, "held by somebody for an unknown time")


def test_drift() -> None:
    changes = tuple(ResourceChange(verb="change", target=f"aws_x.{n}", type="aws_x") for n in "abc")
    line = keeping.drift_line(TerraformPlan(actions=changes, changes_anything=True))
    assert line.text == "the account and the files differ: change aws_x.a, change aws_x.b and 1 more"
    assert keeping.drift_line(TerraformPlan()).mark is Mark.OK
    assert "outputs alone" in keeping.drift_line(TerraformPlan(changes_anything=True)).text


def test_names_come_from_outputs_then_from_resources_and_of_a_strange_state_nothing_breaks() -> None:
    function = {"function_name": "by-hand", "version": "$LATEST"}
    document: dict[str, Any] = {
        "outputs": {"chat_url": {"value": "u", "sensitive": True}, "lambda_alias": {"value": None}, "odd": 3},
        "resources": [
            {"mode": "managed", "type": "aws_lambda_function", "instances": [{"attributes": function}]},
            {"mode": "data", "type": "aws_lambda_function", "instances": [{"attributes": {"function_name": "b"}}]},
            {"mode": "managed", "type": "aws_sns_topic", "instances": [{"attributes": None}]},
            {"mode": "data", "type": "aws_sns_topic", "instances": [{"attributes": {"arn": "data"}}]},
        ],
    }
    found = parse_names(document)
    assert (found.function, found.published, found.alias, found.chat_url, found.topic) == (
        *("by-hand", "$LATEST"),
        *("", "", ""),
    )
    assert parse_names(None) == Names()
    assert conventional_names("shop", "dev").function == "shop-bot-dev"
    assert conventional_names("", "dev").function == ""


def test_of_several_functions_the_one_with_the_alias_is_the_bot_and_else_none_is() -> None:
    document: dict[str, Any] = {
        "resources": [
            {
                "mode": "managed",
                "type": "aws_lambda_function",
                "instances": [{"attributes": {"function_name": name, "source_code_hash": f"of {name}"} | more}],
            }
            for name, more in (
                ("audit", {"role": "arn:aws:iam::123456789012:role/audit"}),
                ("shop-bot", {"role": "arn:aws:iam::123456789012:role/bot", "reserved_concurrent_executions": 7}),
            )
        ]
    }
    found = parse_names(document)
    assert (found.function, found.guardrail.function, found.unclear is not None) == ("", "", True)
    attributes = {"function_name": "shop-bot", "name": "live"}
    document["resources"].append(
        {"mode": "managed", "type": "aws_lambda_alias", "instances": [{"attributes": attributes}]}
    )
    found = parse_names(document)
    assert (found.function, found.alias, found.reserved, found.unclear) == ("shop-bot", "live", 7, None)
    assert found.source_hash == "of shop-bot"
    assert (found.guardrail.function, found.guardrail.alias, found.guardrail.role) == ("shop-bot", "live", "bot")


def test_check_is_content_only_with_what_is_known_to_be_in_order() -> None:
    def of(*found: Line, deployed: bool = True) -> StatusReport:
        return StatusReport(
            name="n", environment="e", account="a", region="r", endpoint="", at=NOW, deployed=deployed, lines=found
        )

    fine, info = Line(name="a", mark=Mark.OK, text=""), Line(name="b", mark=Mark.INFO, text="")
    unknown = unknown_line("c", AwsError("x failed", why="Throttling", hint="again"))
    assert (unknown.text, unknown.data["missing_iam_action"]) == ("unknown: Throttling", None)
    assert of(fine, info).code(check=True) is ExitCode.OK
    assert of(fine, unknown).code(check=True) is ExitCode.FINDING
    assert of(fine, unknown).code(check=False) is ExitCode.OK
    assert of(deployed=False).code(check=True) is ExitCode.FINDING


def test_a_reading_that_fails_in_any_way_is_a_line() -> None:
    crew = Crew(0.2)

    def fail(error: Exception) -> Any:
        raise error

    def wait() -> tuple[Line, ...]:
        time.sleep(5)
        return ()

    (refused,) = crew.lines("a", crew.start(lambda: fail(PaybotError("no", why="because"))))
    (odd,) = crew.lines("b", crew.start(lambda: fail(KeyError("secret value"))))
    (slow,) = crew.lines("c", crew.start(wait))
    assert refused.text == "unknown: because"
    assert odd.text == "unknown: it is not as expected (KeyError)"
    assert slow.text == "unknown: no answer within 0.2 s"
    with pytest.raises(CredentialsError):
        crew.lines("d", crew.start(lambda: fail(CredentialsError("none"))))
