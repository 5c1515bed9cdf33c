"""`paybot cost` against an embedded AWS with a deployment's resources in it, and where one may not look."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import boto3
import pytest

from paybot_ops.sandbox.faults import Rule
from paybot_ops.sandbox.metrics import datum, publish
from paybot_ops.sandbox.server import Sandbox
from tests.cli.metrics_world import MODEL, REGION, count, prepare
from tests.cli.paybot_world import Paybot


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox() as running:
        yield running


def client(sandbox: Sandbox, service: str) -> Any:
    return boto3.client(
        service,  # type: ignore[call-overload]
        endpoint_url=sandbox.endpoint,
        region_name=REGION,
        aws_access_key_id="x",
        aws_secret_access_key="x",
    )


@pytest.fixture
def deployed(paybot: Paybot, sandbox: Sandbox) -> Paybot:
    """A table, a key, a secret, a log group and twelve alarms, of which two are another deployment's."""
    prepare(paybot, sandbox)
    client(sandbox, "dynamodb").create_table(
        TableName="shop-sessions-dev",
        KeySchema=[{"AttributeName": "k", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "k", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    kms = client(sandbox, "kms")
    kms.create_alias(AliasName="alias/shop-dev", TargetKeyId=kms.create_key()["KeyMetadata"]["KeyId"])
    client(sandbox, "secretsmanager").create_secret(Name="shop-stripe-key-dev-1", SecretString="x")
    client(sandbox, "logs").create_log_group(logGroupName="/aws/lambda/shop-bot-dev")
    cloudwatch = client(sandbox, "cloudwatch")
    for number in range(12):
        cloudwatch.put_metric_alarm(
            AlarmName=f"shop-a{number}-{'dev' if number < 10 else 'prod'}",
            Namespace="N",
            MetricName="M",
            Statistic="Sum",
            Period=60,
            EvaluationPeriods=1,
            Threshold=1,
            ComparisonOperator="GreaterThanThreshold",
        )
    publish(
        sandbox.moto,
        REGION,
        "AWS/DynamoDB",
        [datum("ConsumedWriteCapacityUnits", 2_000_000, "Count", TableName="shop-sessions-dev")],
    )
    count(sandbox, MODEL, calls=1, tokens_in=1_000_000, tokens_out=1_000_000)
    return paybot


def lines(paybot: Paybot, *arguments: str) -> dict[str, dict[str, Any]]:
    ran = paybot("cost", "--output", "json", *arguments)
    assert ran.code == 0, ran.err
    return {line["item"]: line for line in ran.document["data"]["lines"]}


def test_every_line_is_measured_and_says_where_its_price_is_from(deployed: Paybot) -> None:
    found = lines(deployed)
    assert found[f"{MODEL}, tokens in"]["so_far_usd"] == "0.035"
    assert Decimal(found[f"{MODEL}, tokens out"]["so_far_usd"]) == Decimal("0.14")
    assert Decimal(found["shop-sessions-dev, writes"]["so_far_usd"]) == Decimal("1.25")
    assert Decimal(found["key shop-dev"]["month_usd"]) == 1
    assert Decimal(found["shop-stripe-key-dev-1"]["month_usd"]) == Decimal("0.4")
    assert "/aws/lambda/shop-bot-dev, kept" in found
    alarms = found["10 alarms, metrics"]
    assert (alarms["quantity"], alarms["billed"]) == ("10", "2"), "ten of the account's twelve are free"
    assert all(line["source"] and line["read"] for line in found.values())


def test_the_table_shows_totals_sources_and_what_is_not_in_it(deployed: Paybot) -> None:
    ran = deployed("cost")
    assert ran.code == 0, ran.err
    assert "total" in ran.out
    assert "[1] " in ran.out
    assert "(8 free)" in ran.out
    assert "not in it: KMS and Secrets Manager requests" in ran.out
    assert "at least" not in ran.out


def test_the_csv_has_a_row_per_line(deployed: Paybot) -> None:
    rows = list(csv.DictReader(io.StringIO(deployed("cost", "--output", "csv").out)))
    assert {row["area"] for row in rows} == {"model", "dynamodb", "kms", "secret", "alarms", "logs"}
    assert rows[0]["so_far_usd"] == "0.035"


def test_an_unknown_price_is_unknown_and_the_sum_at_least(deployed: Paybot, sandbox: Sandbox) -> None:
    count(sandbox, "no.price-v1:0", calls=1, tokens_in=5)
    prepare(deployed, sandbox, bedrock_model_id="no.price-v1:0")
    ran = deployed("cost", "--output", "json")
    data = ran.document["data"]
    assert data["complete"] is False
    assert data["lines"][0]["so_far_usd"] is None
    table = deployed("cost").out
    assert "unknown" in table
    assert "≥ $" in table
    assert "at least" in table


def test_what_may_not_be_listed_is_unknown_and_named(deployed: Paybot, sandbox: Sandbox) -> None:
    sandbox.faults.replace([Rule(service="kms", code="AccessDeniedException", status=400)])
    ran = deployed("cost", "--output", "json")
    assert ran.code == 0, ran.err
    assert any("kms:ListAliases" in warning for warning in ran.document["warnings"])
    assert ran.document["data"]["complete"] is False
    assert ran.document["data"]["so_far_usd"] is not None


def test_a_price_file_counts_first(deployed: Paybot) -> None:
    entry = {"input_per_million": 7, "output_per_million": 0, "source": "our contract", "read": "2026-11"}
    (deployed.folder / "prices.json").write_text(json.dumps({"region": REGION, "models": {MODEL: entry}}))
    found = lines(deployed, "--prices", "prices.json")
    assert found[f"{MODEL}, tokens in"]["so_far_usd"] == "7"
    assert found[f"{MODEL}, tokens in"]["source"] == "our contract"
    assert found["key shop-dev"]["price_usd"] == "1"


@pytest.mark.parametrize(
    ("text", "words"),
    [(None, "does not exist"), ("{", "no JSON of prices"), ('{"region": "eu-west-1"}', "holds prices of eu-west-1")],
)
def test_a_price_file_that_cannot_be_used(deployed: Paybot, text: str | None, words: str) -> None:
    if text is not None:
        (deployed.folder / "prices.json").write_text(text)
    ran = deployed("cost", "--prices", "prices.json")
    assert ran.code == 2
    assert words in ran.err


def test_one_call_measures_everything_but_the_model(deployed: Paybot, sandbox: Sandbox) -> None:
    sandbox.faults.replace([Rule(service="monitoring", operation="GetMetricData")])
    assert deployed("cost").code == 0
    assert sandbox.faults.listed()[0]["hits"] == 2


def test_an_account_with_nothing_in_it_costs_nothing(paybot: Paybot, sandbox: Sandbox) -> None:
    prepare(paybot, sandbox)
    data = paybot("cost", "--output", "json").document["data"]
    assert Decimal(data["so_far_usd"]) == 0
    assert data["complete"] is True
