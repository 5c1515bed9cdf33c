"""What things cost: a data file per region, each price with its source and date. Unknown is None, never 0."""

from __future__ import annotations

import json
import pkgutil
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cache
from typing import Any

from paybot_ops.core.settings import ModelPrices
from paybot_ops.errors import UsageError

MILLION = Decimal(1_000_000)

_REGION = re.compile(r"[a-z]{2}(-[a-z]+)+-[1-9]")
_HINT = "docs/cost.md shows the form of a price file"


@dataclass(frozen=True, slots=True)
class ModelPrice:
    """US dollars per million tokens of a model, on demand, for calls made from one region."""

    model_id: str
    input_per_million: Decimal
    output_per_million: Decimal
    source: str
    read: str

    def cost(self, input_tokens: Decimal | int, output_tokens: Decimal | int) -> Decimal:
        """US dollars for so many tokens."""
        return (self.input_per_million * input_tokens + self.output_per_million * output_tokens) / MILLION


@dataclass(frozen=True, slots=True)
class UnitPrice:
    """US dollars for `per` units of something; `free` units a month are free for the whole account."""

    name: str
    price: Decimal
    per: Decimal
    unit: str
    source: str
    read: str
    free: Decimal = Decimal(0)

    def cost(self, quantity: Decimal | int) -> Decimal:
        """US dollars for so many units."""
        return self.price * quantity / self.per


@dataclass(frozen=True, slots=True)
class PriceTable:
    """The prices that are known for one region."""

    region: str
    models: Mapping[str, ModelPrice] = field(default_factory=dict)
    units: Mapping[str, UnitPrice] = field(default_factory=dict)

    def find_model(self, model_id: str) -> ModelPrice | None:
        """The price of an id that is invoked; None when it is unknown.

        The id counts as it stands: newer models cost more through a geographic profile than through the global one
        (Amazon Bedrock pricing), so no id's price says anything of another's.
        """
        return self.models.get(model_id)

    def find_unit(self, name: str) -> UnitPrice | None:
        """The price of one kind of use, such as `lambda-requests`; None when it is unknown."""
        return self.units.get(name)

    def overridden_by(self, other: PriceTable) -> PriceTable:
        """This table with every price that the other one knows in its place."""
        return PriceTable(self.region, {**self.models, **other.models}, {**self.units, **other.units})


def with_variables(table: PriceTable, model_id: str, prices: ModelPrices) -> PriceTable:
    """The table with the prices that a deployment's variables set for its own model.

    A module's default does not count: it is one model's price in one region, whatever the deployment uses. Where only
    one of the two is set and the other is unknown, the model's price is unknown.
    """
    listed = table.find_model(model_id)
    into = prices.input_per_million or (listed.input_per_million if listed else None)
    out = prices.output_per_million or (listed.output_per_million if listed else None)
    if not prices.origin or not model_id or into is None or out is None:
        return table
    source = f"bedrock_*_price_per_million, set by {prices.origin}"
    return table.overridden_by(PriceTable(table.region, {model_id: ModelPrice(model_id, into, out, source, "")}))


def find_price(model_id: str, region: str) -> ModelPrice | None:
    """The known price of a model in a region: that of the shipped table."""
    return known_prices(region).find_model(model_id)


@cache
def known_prices(region: str) -> PriceTable:
    """The shipped table of a region, which is a constant of the program; empty for a region that has none."""
    if not _REGION.fullmatch(region):
        return PriceTable(region)
    try:
        content = pkgutil.get_data("paybot_ops", f"data/prices/{region}.json")
    except FileNotFoundError:
        return PriceTable(region)
    assert content is not None
    return parse_prices(content.decode(), origin=f"{region}.json")


def parse_prices(text: str, *, origin: str) -> PriceTable:
    """A price file: decimals are read as they are written.

    Raises:
        UsageError: it is no JSON, an entry lacks a part, or a price is no number from 0 up.
    """
    try:
        document = json.loads(text, parse_float=Decimal, parse_int=Decimal, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        place = f":{error.lineno}:{error.colno}" if isinstance(error, json.JSONDecodeError) else ""
        raise UsageError(f"{origin}{place} is no JSON of prices", hint=_HINT) from error
    reader = _Reader(origin)
    top = reader.object(document, "the file")
    models = {name: _model(reader, name, entry) for name, entry in reader.entries(top, "models")}
    units = {name: _unit(reader, name, entry) for name, entry in reader.entries(top, "units")}
    return PriceTable(reader.text(top, "region", "the file"), models, units)


@dataclass(frozen=True, slots=True)
class _Reader:
    origin: str

    def object(self, value: Any, where: str) -> Mapping[str, Any]:
        if not isinstance(value, dict):
            raise self.wrong(where, "must be an object")
        return value

    def text(self, entry: Mapping[str, Any], key: str, where: str) -> str:
        value = entry.get(key)
        if not isinstance(value, str) or not value:
            raise self.wrong(where, f"needs {key}, a text")
        return value

    def number(self, entry: Mapping[str, Any], key: str, where: str) -> Decimal:
        value = entry.get(key)
        if not isinstance(value, Decimal) or not value.is_finite() or value < 0:
            raise self.wrong(where, f"needs {key}, a number from 0 up")
        return value

    def entries(self, top: Mapping[str, Any], key: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
        for name, entry in self.object(top.get(key, {}), key).items():
            yield name, self.object(entry, name)

    def wrong(self, where: str, why: str) -> UsageError:
        return UsageError(f"{self.origin}: {where} {why}", hint=_HINT)


def _model(reader: _Reader, name: str, entry: Mapping[str, Any]) -> ModelPrice:
    return ModelPrice(
        model_id=name,
        input_per_million=reader.number(entry, "input_per_million", name),
        output_per_million=reader.number(entry, "output_per_million", name),
        source=reader.text(entry, "source", name),
        read=reader.text(entry, "read", name),
    )


def _unit(reader: _Reader, name: str, entry: Mapping[str, Any]) -> UnitPrice:
    per = reader.number(entry, "per", name)
    if not per:
        raise reader.wrong(name, "needs per, a number above 0")
    return UnitPrice(
        name=name,
        price=reader.number(entry, "price", name),
        per=per,
        unit=reader.text(entry, "unit", name),
        source=reader.text(entry, "source", name),
        read=reader.text(entry, "read", name),
        free=reader.number(entry, "free", name) if "free" in entry else Decimal(0),
    )


def _no_constant(word: str) -> Any:
    raise ValueError(f"{word} is no price")
