"""`paybot cost`: what the deployment costs, from what was measured; independent questions go out together."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

from paybot_ops.adapters import cloudwatch
from paybot_ops.adapters.session import Session
from paybot_ops.core import cost_meters as meters
from paybot_ops.core.backend import S3Place
from paybot_ops.core.cost import CostReport, Meter, cost_report
from paybot_ops.core.metric_queries import MetricAnswer, MetricQuery
from paybot_ops.core.metric_window import Asked, choose_window, month_start
from paybot_ops.core.prices import PriceTable, known_prices
from paybot_ops.core.token_metrics import ModelUsage, add_up
from paybot_ops.errors import PaybotError
from paybot_ops.operations.heading import heading
from paybot_ops.operations.prices import deployment_prices
from paybot_ops.operations.stock import Stock, take_stock
from paybot_ops.operations.target import Target
from paybot_ops.operations.token_reading import TokenReading

# What the bill leaves out, because nothing measures it by deployment.
NOT_IN_IT = "KMS and Secrets Manager requests, S3 requests, data transfer, X-Ray, SNS messages, tax"


def read_cost(target: Target, prices_file: Path | None = None, now: datetime | None = None) -> CostReport:
    """The bill of this month. What may not be read becomes an unknown line, with a warning that names the action.

    Raises:
        PaybotError: the price file cannot be used, or AWS does not answer at all.
    """
    now = (now or datetime.now(UTC)).astimezone(UTC)
    prices = deployment_prices(target, prices_file)
    window = choose_window(Asked(start=month_start(now).isoformat()), now)
    reading = TokenReading(target, window, prices)
    place = _state_place(target)
    with heading(target):
        stock = take_stock(target, place, tokens=lambda: _tokens(reading, target.settings.bedrock_model_id))
        _warn_of_refusals(target, stock)
        answer = cloudwatch.get_metric_data(target.session, _queries(stock), window.start, window.end)
        lines = [*_lines(target, stock, prices, answer), *_state_lines(target, stock, place, window.start, window.end)]
    return cost_report(lines, now)


def _tokens(reading: TokenReading, model_id: str) -> list[ModelUsage]:
    return reading.with_data(reading.read([model_id])) if model_id else []


def _state_place(target: Target) -> S3Place | None:
    """The bucket of the state, where it is in one; a bill does not fail because a backend cannot be read."""
    from paybot_ops.operations.state_place import current_place

    try:
        place = current_place(target)
    except PaybotError as error:
        target.screen.warn(f"{error.what}: the state's bucket and lock are not in the bill")
        return None
    return place if isinstance(place, S3Place) else None


def _warn_of_refusals(target: Target, stock: Stock) -> None:
    for refusal in stock.refusals():
        target.screen.warn(f"not in the sum: {refusal.area} ({refusal.why})")


def _queries(stock: Stock) -> Iterator[MetricQuery]:
    yield from meters.guardrail_queries().values()
    for function in stock.functions:
        yield from meters.function_queries(function.name)
    for name in stock.apis:
        yield meters.api_query(name)
    for table in stock.tables:
        yield from meters.table_queries(table.name)
    for group in stock.log_groups:
        yield meters.log_query(group.name)


def _lines(target: Target, stock: Stock, prices: PriceTable, answer: MetricAnswer) -> Iterator[Meter]:
    bill = meters.Bill(prices, answer)
    yield from meters.model_meters(prices, {usage.model_id: _counts(usage) for usage in stock.tokens})
    yield from meters.guardrail_meters(bill, enabled=target.settings.enable_bedrock_guardrails)
    yield from meters.function_meters(bill, stock.functions)
    yield from meters.api_meters(bill, stock.apis)
    yield from meters.table_meters(bill, stock.tables)
    yield from _counted(bill, stock)
    yield from meters.log_meters(bill, stock.log_groups)
    for refusal in stock.refusals():
        yield meters.unmeasured(refusal.area, "not read", refusal.why)


def _counted(bill: meters.Bill, stock: Stock) -> Iterator[Meter]:
    for name in stock.keys:
        yield bill.standing("kms", f"key {name}", "kms-key", 1)
    for name in stock.secrets:
        yield bill.standing("secret", name, "secret", 1)
    if stock.own_alarms:
        yield from meters.alarm_meters(bill, stock.own_alarms, stock.alarms)
    if stock.own_dashboards:
        count = len(stock.own_dashboards)
        yield bill.standing("dashboard", f"{count} dashboards", "dashboard", count, in_account=len(stock.dashboards))
    if stock.custom_metrics:
        yield bill.standing("metrics", "the bot's own metrics", "custom-metric", stock.custom_metrics)


def _counts(usage: ModelUsage) -> tuple[Decimal, Decimal] | None:
    if {"InputTokenCount", "OutputTokenCount"} & set(usage.missing):
        return None
    whole = add_up(usage.buckets.values())
    return whole.input_tokens, whole.output_tokens


def _state_lines(
    target: Target, stock: Stock, place: S3Place | None, start: datetime, end: datetime
) -> Iterable[Meter]:
    """The state's bucket and lock, with the prices and the metrics of their own region."""
    if place is None:
        return []
    prices = known_prices(place.region)
    queries = [meters.bucket_query(place.bucket)]
    queries += [query for table in stock.lock_tables for query in meters.table_queries(table.name)]
    try:
        session = target.session if place.region == target.region else Session(place.region, target.endpoint)
        answer = cloudwatch.get_metric_data(session, queries, start, end)
    except PaybotError as error:
        target.screen.warn(f"not in the sum: the state's bucket and lock ({error.why or error.what})")
        return [meters.unmeasured("state", place.bucket, error.why)]
    bucket = meters.bucket_meter(prices.find_unit("s3-storage"), place.bucket, answer)
    return [bucket, *meters.table_meters(meters.Bill(prices, answer), stock.lock_tables, "state")]
