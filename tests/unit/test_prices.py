"""Every shipped price has a source and a date; what is not in the table is unknown; a bad price file is refused."""

from __future__ import annotations

import json
import re
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

import paybot_ops
from paybot_ops.core.prices import find_price, known_prices, parse_prices, with_variables
from paybot_ops.core.settings import ModelPrices
from paybot_ops.errors import UsageError

FILES = sorted((Path(paybot_ops.__file__).parent / "data/prices").glob("*.json"))
MICRO = "us.amazon.nova-micro-v1:0"


def entry(**parts: Any) -> dict[str, Any]:
    return {"input_per_million": 1, "output_per_million": 2.5, "source": "s", "read": "2026-11"} | parts


def file_of(**models: Any) -> str:
    return json.dumps({"region": "us-east-1", "models": models})


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_shipped_price_says_where_and_when_it_is_from(path: Path) -> None:
    table = known_prices(path.stem)
    assert table.region == path.stem
    assert table.models
    origins = [(price.source, price.read) for price in table.models.values()]
    for source, read in [*origins, *((price.source, price.read) for price in table.units.values())]:
        assert len(source) > 8
        assert re.fullmatch(r"20\d\d-\d\d(-\d\d)?", read)


def test_the_default_model_costs_what_the_facts_say() -> None:
    price = find_price(MICRO, "us-east-1")
    assert price is not None
    assert price.cost(1_000_000, 1_000_000) == Decimal("0.175")
    assert price.cost(0, 0) == 0


def test_a_hundred_thousand_tokens_of_llama_are_a_cent() -> None:
    price = find_price("meta.llama3-2-1b-instruct-v1:0", "us-east-1")
    assert price is not None
    assert price.cost(100_000, 0) == Decimal("0.01")


@pytest.mark.parametrize(
    ("model", "region"),
    [
        ("nobody.knows-v1:0", "us-east-1"),
        (MICRO, "sa-east-1"),
        (MICRO, "../../../etc/passwd"),
        (MICRO, ""),
        # A geographic profile may cost more than the global one: no id stands for another.
        ("anthropic.claude-haiku-4-5-20251001-v1:0", "us-east-1"),
    ],
)
def test_what_is_not_in_the_table_is_unknown(model: str, region: str) -> None:
    assert find_price(model, region) is None


def test_prices_are_read_as_they_are_written() -> None:
    table = parse_prices(file_of(m=entry(input_per_million=0.1)), origin="f.json")
    found = table.find_model("m")
    assert found is not None
    assert str(found.cost(3_000_000, 0)) == "0.3"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{", "f.json:1:2"),
        ("[]", "must be an object"),
        ("{}", "needs region"),
        ('{"region": "us-east-1", "models": 7}', "models must be an object"),
        (file_of(m=7), "m must be an object"),
        (file_of(m=entry(input_per_million=-1)), "m needs input_per_million"),
        (file_of(m=entry(input_per_million="0.1")), "a number from 0 up"),
        (file_of(m=entry(input_per_million=float("nan"))), "no JSON"),
        (file_of(m=entry(output_per_million=float("inf"))), "no JSON"),
        (file_of(m=entry(source="")), "needs source"),
        (file_of(m={"input_per_million": 1}), "needs output_per_million"),
        ('{"region": "r", "units": {"u": {"price": 1, "per": 0}}}', "needs per"),
        ("[" * 100_000, "no JSON"),
    ],
)
def test_a_file_that_is_none_of_prices_is_refused_and_never_quoted(text: str, words: str) -> None:
    with pytest.raises(UsageError) as found:
        parse_prices(text, origin="f.json")
    assert words in found.value.what


def test_a_file_counts_before_the_table_price_by_price() -> None:
    named = parse_prices(file_of(**{MICRO: entry()}), origin="f.json")
    table = known_prices("us-east-1").overridden_by(named)
    found = table.find_model(MICRO)
    assert found is not None
    assert found.output_per_million == Decimal("2.5")
    assert table.find_model("amazon.nova-pro-v1:0") is not None
    assert table.find_unit("kms-key") is not None


# -- what the deployment's variables set -----------------------------------------------------------------------------


def own(
    model: str, into: str | None, out: str | None, origin: str = "prod.tfvars"
) -> tuple[Decimal, Decimal, str] | None:
    prices = ModelPrices((into and Decimal(into)) or None, (out and Decimal(out)) or None, origin)
    found = with_variables(known_prices("us-east-1"), model, prices).find_model(model)
    return None if found is None else (found.input_per_million, found.output_per_million, found.source)


def test_prices_that_a_file_sets_count_for_the_deployments_own_model() -> None:
    assert own("own.model", "1", "2") == (Decimal(1), Decimal(2), "bedrock_*_price_per_million, set by prod.tfvars")


def test_the_modules_default_is_one_models_price_and_counts_for_none() -> None:
    assert own("own.model", "0.035", "0.14", origin="") is None


def test_one_that_is_set_is_joined_with_the_known_other() -> None:
    found = own(MICRO, "0.02", None)
    assert found is not None
    assert found[:2] == (Decimal("0.02"), Decimal("0.14"))
    assert own("own.model", "0.02", None) is None, "half a price is unknown"
