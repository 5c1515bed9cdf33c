"""`paybot metrics tokens` against an embedded AWS: the answer, its three forms, the calls that it makes, bad input."""

from __future__ import annotations

import csv
import io
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from paybot_ops.sandbox.faults import Rule
from paybot_ops.sandbox.server import Sandbox
from tests.cli.metrics_world import MODEL, count, prepare
from tests.cli.paybot_world import Paybot

DAY = timedelta(days=1)
OTHER = "amazon.nova-micro-v1:0"


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox() as running:
        yield running


@pytest.fixture
def used(paybot: Paybot, sandbox: Sandbox) -> Paybot:
    """A deployment whose model was called today and the day before yesterday."""
    prepare(paybot, sandbox)
    count(sandbox, MODEL, calls=2, tokens_in=500, tokens_out=100, latency=40)
    count(sandbox, MODEL, ago=2 * DAY, calls=9, tokens_in=1500, tokens_out=300, latency=80, throttles=1, errors=3)
    return paybot


# -- the answer ------------------------------------------------------------------------------------------------------


def test_a_week_day_by_day(used: Paybot) -> None:
    ran = used("metrics", "tokens", "--output", "json")
    assert ran.code == 0, ran.err
    data = ran.document["data"]
    assert [row["input_tokens"] for row in data["rows"]] == [0, 0, 0, 0, 1500, 0, 500]
    assert [row["partial"] for row in data["rows"]] == [False] * 6 + [True]
    busy = data["rows"][4]
    assert (busy["calls"], busy["throttles"], busy["server_errors"], busy["average_latency_ms"]) == (9, 1, 3, 80)
    assert busy["share_of_daily_threshold"] == 1.5
    assert data["total"]["cost_usd"] == "0.000126"
    assert data["total"]["average_latency_ms"] == 60
    assert data["projection"]["total_tokens"] >= 2400
    assert ran.document["warnings"] == []


def test_the_table_names_days_shares_totals_and_where_the_price_is_from(used: Paybot) -> None:
    ran = used("metrics", "tokens", "--compare")
    assert ran.code == 0, ran.err
    assert f"{datetime.now(UTC):%Y-%m-%d} so far" in ran.out
    assert "150 % over" in ran.out
    assert "█" in ran.out
    assert "if it goes on like this" in ran.out
    assert "per million tokens (" in ran.out
    assert "change" in ran.out
    assert "embedded AWS" in ran.err


def test_csv_has_a_row_per_day(used: Paybot) -> None:
    rows = list(csv.DictReader(io.StringIO(used("metrics", "tokens", "--output", "csv").out)))
    assert len(rows) == 7
    assert rows[4]["total_tokens"] == "1800"
    assert rows[4]["start"].endswith("T00:00:00Z")


def test_by_hour_by_period_and_by_model(used: Paybot, sandbox: Sandbox) -> None:
    count(sandbox, OTHER, calls=1, tokens_in=7)
    hours = used("metrics", "tokens", "--hours", "3", "--output", "json").document["data"]
    assert (len(hours["rows"]), hours["rows"][-1]["input_tokens"], hours["period_seconds"]) == (3, 500, 3600)
    fine = used("metrics", "tokens", "--hours", "1", "--period", "300", "--output", "json").document["data"]
    assert sum(row["input_tokens"] for row in fine["rows"]) == 500
    ran = used("metrics", "tokens", "--all-models", "--by", "model", "--output", "json")
    assert [(row["name"], row["input_tokens"]) for row in ran.document["data"]["rows"]] == [(MODEL, 2000), (OTHER, 7)]


def test_several_models_are_added_up(used: Paybot, sandbox: Sandbox) -> None:
    count(sandbox, "no.price-v1:0", calls=1, tokens_in=7)
    ran = used("metrics", "tokens", "--model", MODEL, "--model", "no.price-v1:0", "--output", "json")
    total = ran.document["data"]["total"]
    assert total["input_tokens"] == 2007
    assert total["cost_complete"] is False
    assert "≥" in used("metrics", "tokens", "--model", MODEL, "--model", "no.price-v1:0").out


def test_times_in_the_readers_zone(used: Paybot) -> None:
    ran = used("metrics", "tokens", "--hours", "2", "--local", environ={"TZ": "Asia/Kathmandu"})
    assert "From (local)" in ran.out
    assert "+0545" in ran.out


def test_a_chart_in_the_terminal(used: Paybot) -> None:
    ran = used("metrics", "tokens", "--chart")
    assert ran.code == 0, ran.err
    assert "1,800 ┤" in ran.out
    assert "▒ tokens out" in ran.out


def test_a_chart_as_svg_is_well_formed_and_needs_nothing_from_elsewhere(used: Paybot) -> None:
    for _ in range(2):
        ran = used("metrics", "tokens", "--export", "tokens.svg", "--output", "json")
        assert ran.code == 0, ran.err
    text = (used.folder / "tokens.svg").read_text()
    titles = [one.text or "" for one in ElementTree.fromstring(text).iter("{http://www.w3.org/2000/svg}title")]
    assert any("1,500 in, 300 out" in title for title in titles)
    assert "href" not in text
    assert "script" not in text


def test_prices_of_the_tfvars_count(used: Paybot, sandbox: Sandbox) -> None:
    prepare(used, sandbox, bedrock_input_price_per_million=1000)
    data = used("metrics", "tokens", "--output", "json").document["data"]
    assert data["total"]["cost_usd"] == "2.000056"
    assert "terraform.tfvars" in data["models"][0]["price"]["source"]


def test_a_default_price_of_another_model_is_warned_of(used: Paybot, sandbox: Sandbox) -> None:
    count(sandbox, "us.amazon.nova-pro-v1:0", calls=1, tokens_in=1_000_000)
    prepare(used, sandbox, bedrock_model_id="us.amazon.nova-pro-v1:0")
    ran = used("metrics", "tokens", "--output", "json")
    assert any("the cost alarm reckons with" in warning for warning in ran.document["warnings"])
    assert Decimal(ran.document["data"]["total"]["cost_usd"]) == Decimal("0.8")


# -- the wrong id ----------------------------------------------------------------------------------------------------


def test_an_id_without_data_gives_way_to_the_one_that_has_it(paybot: Paybot, sandbox: Sandbox) -> None:
    prepare(paybot, sandbox, bedrock_model_id=OTHER)
    count(sandbox, MODEL, calls=1, tokens_in=500)
    count(sandbox, "us.amazon.nova-pro-v1:0", calls=1, tokens_in=90_000)
    ran = paybot("metrics", "tokens", "--output", "json")
    assert ran.code == 0, ran.err
    assert [model["model"] for model in ran.document["data"]["models"]] == [MODEL]
    assert any(OTHER in warning and MODEL in warning for warning in ran.document["warnings"])


def test_a_model_that_nobody_knows_is_refused(used: Paybot) -> None:
    ran = used("metrics", "tokens", "--model", "us.amazon.nova-mikro-v1:0")
    assert ran.code == 2
    assert f"is {MODEL} meant?" in ran.err


def test_a_deployment_that_nobody_has_called_has_no_calls(paybot: Paybot, sandbox: Sandbox) -> None:
    prepare(paybot, sandbox)
    ran = paybot("metrics", "tokens", "--output", "json")
    assert ran.code == 0, ran.err
    assert ran.document["data"]["total"]["calls"] == 0
    ran = paybot("metrics", "tokens", "--all-models", "--output", "json")
    assert ran.code == 0, ran.err
    assert any("no model was called" in warning for warning in ran.document["warnings"])


def test_a_deployment_without_a_model_asks_for_one(paybot: Paybot, sandbox: Sandbox) -> None:
    prepare(paybot, sandbox, bedrock_model_id="")
    ran = paybot("metrics", "tokens")
    assert ran.code == 2
    assert "--model" in ran.err


# -- calls and failures ----------------------------------------------------------------------------------------------


def watched(sandbox: Sandbox, *more: Rule) -> None:
    names = ("GetMetricData", "ListMetrics")
    sandbox.faults.replace([*more, *(Rule(service="monitoring", operation=name) for name in names)])


def calls(sandbox: Sandbox) -> dict[str, int]:
    return {rule["operation"]: rule["hits"] for rule in sandbox.faults.listed()}


@pytest.mark.parametrize(
    "arguments", [("--days", "7"), ("--days", "90", "--compare"), ("--days", "10", "--by", "hour"), ("--hours", "48")]
)
def test_one_call_answers(used: Paybot, sandbox: Sandbox, arguments: tuple[str, ...]) -> None:
    watched(sandbox)
    assert used("metrics", "tokens", *arguments).code == 0
    assert calls(sandbox) == {"GetMetricData": 1, "ListMetrics": 0}


def test_every_model_takes_the_list_and_one_call(used: Paybot, sandbox: Sandbox) -> None:
    for number in range(25):
        count(sandbox, f"some.model-{number}", calls=1)
    watched(sandbox)
    assert used("metrics", "tokens", "--all-models", "--by", "model").code == 0
    assert calls(sandbox) == {"GetMetricData": 1, "ListMetrics": 1}


def test_a_denied_action_is_named(used: Paybot, sandbox: Sandbox) -> None:
    watched(sandbox, Rule(service="monitoring", operation="GetMetricData", code="AccessDenied", status=403))
    ran = used("metrics", "tokens", "--output", "json")
    assert ran.code == 1
    assert "cloudwatch:GetMetricData" in ran.document["error"]["hint"]


def test_throttling_is_retried_and_then_said(used: Paybot, sandbox: Sandbox) -> None:
    throttled = Rule(service="monitoring", operation="GetMetricData", code="ThrottlingException", status=400, times=2)
    sandbox.faults.replace([throttled])
    assert used("metrics", "tokens").code == 0
    assert throttled.hits == 2
    sandbox.faults.replace([Rule(service="monitoring", code="ThrottlingException", status=400)])
    ran = used("metrics", "tokens")
    assert ran.code == 1
    assert "throttling" in ran.err


def test_where_models_may_not_be_listed_the_answer_stands_with_a_warning(paybot: Paybot, sandbox: Sandbox) -> None:
    prepare(paybot, sandbox)
    watched(sandbox, Rule(service="monitoring", operation="ListMetrics", code="AccessDenied", status=403))
    ran = paybot("metrics", "tokens", "--output", "json")
    assert ran.code == 0, ran.err
    assert any("cloudwatch:ListMetrics" in warning for warning in ran.document["warnings"])


# -- bad input -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--days", "0"), "1 to 455"),
        (("--days", "456"), "1 to 455"),
        (("--from", "2026-10-02", "--to", "2026-10-01"), "not after"),
        (("--period", "7"), "whole number of minutes"),
        (("--model", "a b"), "takes a model id"),
        (("--model", MODEL, "--all-models"), "exclude"),
        (("--export", "tokens.tf"), ".svg"),
        (("--by", "week"), "week"),
    ],
)
def test_wrong_options_are_usage_errors_before_any_call(
    used: Paybot, sandbox: Sandbox, arguments: tuple[str, ...], words: str
) -> None:
    watched(sandbox)
    ran = used("metrics", "tokens", *arguments)
    assert ran.code == 2
    assert words in ran.err
    assert calls(sandbox)["GetMetricData"] == 0


def test_a_region_that_does_not_exist(used: Paybot) -> None:
    del used.environ["AWS_ENDPOINT_URL"]
    credentials = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}
    ran = used("metrics", "tokens", "--region", "us-nowhere-9", environ=credentials)
    assert ran.code == 2
    assert "no AWS region" in ran.err


def test_no_credentials(used: Paybot) -> None:
    del used.environ["AWS_ENDPOINT_URL"]
    ran = used("metrics", "tokens", "--region", "us-east-1")
    assert ran.code == 1
    assert "no AWS credentials" in ran.err
