"""The answer to `metrics tokens`: rows, totals, what the month will come to, and how it compares with before."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal

from paybot_ops.core.metric_window import DAY, By, Window, month_end, month_start
from paybot_ops.core.money import NOTHING, UNKNOWN, Money, known, scaled, total
from paybot_ops.core.prices import ModelPrice
from paybot_ops.core.token_metrics import ModelUsage, Usage, add_up

FindPrice = Callable[[str], ModelPrice | None]


@dataclass(frozen=True, slots=True)
class Row:
    """One bucket, or one model over the whole window. `usage` is None outside what CloudWatch keeps."""

    label: datetime | str
    usage: Usage | None
    cost: Money
    share: Decimal | None = None
    partial: bool = False


@dataclass(frozen=True, slots=True)
class Projection:
    """What the month comes to if it goes on at the window's rate: the month so far, and the rest at that rate."""

    tokens: Decimal
    calls: Decimal
    cost: Money
    until: datetime


@dataclass(frozen=True, slots=True)
class Comparison:
    """The window of the same length directly before. `changes` are relative, by column; None where nothing was."""

    start: datetime
    end: datetime
    row: Row
    changes: dict[str, Decimal | None]


@dataclass(frozen=True, slots=True)
class TokenReport:
    """What models took, over a window."""

    window: Window
    by: By
    models: tuple[str, ...]
    prices: dict[str, ModelPrice | None]
    threshold: Decimal | None
    rows: tuple[Row, ...]
    total: Row
    projection: Projection | None = None
    comparison: Comparison | None = None
    incomplete: tuple[str, ...] = field(default=())


@dataclass(frozen=True, slots=True)
class Reckoning:
    """How usages become rows: the models, their prices, and the daily threshold of input tokens (None: no such)."""

    models: Sequence[ModelUsage]
    find_price: FindPrice
    threshold: Decimal | None

    def row(self, buckets: Iterable[datetime], window: Window, label: datetime | str, *, partial: bool = False) -> Row:
        """Some buckets of every model as one row; those that are no longer kept are left out."""
        kept = [bucket for bucket in buckets if window.is_kept(bucket)]
        if not kept:
            return Row(label, None, UNKNOWN)
        sums = {
            model.model_id: add_up(found)
            for model in self.models
            if (found := [model.buckets[bucket] for bucket in kept if bucket in model.buckets])
        }
        usage = add_up(sums.values())
        cost = total(self._cost(model_id, one) for model_id, one in sums.items())
        daily = self.threshold if window.period == DAY and isinstance(label, datetime) else None
        return Row(label, usage, cost, usage.input_tokens / daily if daily else None, partial)

    def _cost(self, model_id: str, usage: Usage) -> Money:
        if not usage.tokens:
            return NOTHING
        price = self.find_price(model_id)
        return known(price.cost(usage.input_tokens, usage.output_tokens) if price else None)


def token_report(reckoning: Reckoning, window: Window, by: By, *, compare: bool) -> TokenReport:
    """The whole report."""
    buckets = window.buckets
    whole = reckoning.row(buckets, window, "total", partial=window.reaches_now)
    if by is By.MODEL:
        rows = [
            Reckoning([model], reckoning.find_price, None).row(buckets, window, model.model_id)
            for model in reckoning.models
        ]
        rows.sort(key=lambda row: (-row.usage.tokens if row.usage else 0, str(row.label)))
    else:
        rows = [reckoning.row([one], window, one, partial=window.is_partial(one)) for one in buckets]
    models = tuple(model.model_id for model in reckoning.models)
    return TokenReport(
        window=window,
        by=by,
        models=models,
        prices={model: reckoning.find_price(model) for model in models},
        threshold=reckoning.threshold,
        rows=tuple(rows),
        total=whole,
        projection=_projection(reckoning, window, whole),
        comparison=_comparison(reckoning, window, whole) if compare else None,
        incomplete=tuple(f"{metric} of {model.model_id}" for model in reckoning.models for metric in model.missing),
    )


def _projection(reckoning: Reckoning, window: Window, whole: Row) -> Projection | None:
    """None where the window says nothing of today's rate, or does not hold the month by whole days."""
    if not window.reaches_now or window.period != DAY or whole.usage is None:
        return None
    until = month_end(window.now)
    month = Window(month_start(window.now), window.end, window.now, window.period)
    so_far = reckoning.row(month.buckets, month, "month")
    if so_far.usage is None:
        return None
    rest = _ratio(until - window.now, window.elapsed)
    return Projection(
        tokens=so_far.usage.tokens + whole.usage.tokens * rest,
        calls=so_far.usage.calls + whole.usage.calls * rest,
        cost=total([so_far.cost, scaled(whole.cost, rest)]),
        until=until,
    )


def _comparison(reckoning: Reckoning, window: Window, whole: Row) -> Comparison:
    before = window.before()
    row = reckoning.row(before.buckets, before, "before")
    if not before.is_kept(before.start):
        row = replace(row, usage=None, cost=UNKNOWN)  # a part of it would look like a rise
    return Comparison(before.start, before.end, row, dict(_changes(whole, row)))


def _changes(now: Row, before: Row) -> Iterable[tuple[str, Decimal | None]]:
    for name in ("calls", "input_tokens", "output_tokens", "tokens", "throttles", "errors"):
        new = getattr(now.usage, name) if now.usage else None
        yield name, _change(new, getattr(before.usage, name) if before.usage else None)
    comparable = now.cost.complete and before.cost.complete
    yield "cost", _change(now.cost.dollars, before.cost.dollars) if comparable else None


def _change(new: Decimal | None, old: Decimal | None) -> Decimal | None:
    return (new - old) / old if new is not None and old else None


def _ratio(part: timedelta, whole: timedelta) -> Decimal:
    # At the first second of a window nothing is over yet; a second is the least that can be said.
    return Decimal(part.total_seconds()) / Decimal(max(whole.total_seconds(), 1.0))
