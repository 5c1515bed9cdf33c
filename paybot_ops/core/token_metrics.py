"""Bedrock's metrics of one model, added up: what was called, what it took, what failed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields
from datetime import datetime
from decimal import Decimal

from paybot_ops.core.metric_queries import Completeness, MetricAnswer, MetricQuery
from paybot_ops.core.models import foundation_model_id

NAMESPACE = "AWS/Bedrock"
DIMENSION = "ModelId"

# What is added up: (metric, statistic). The latency's sum and count give an exact average over any stretch.
_SOURCES = {
    "calls": ("Invocations", "Sum"),
    "input_tokens": ("InputTokenCount", "Sum"),
    "output_tokens": ("OutputTokenCount", "Sum"),
    "throttles": ("InvocationThrottles", "Sum"),
    "client_errors": ("InvocationClientErrors", "Sum"),
    "server_errors": ("InvocationServerErrors", "Sum"),
    "latency_sum": ("InvocationLatency", "Sum"),
    "latency_count": ("InvocationLatency", "SampleCount"),
}


@dataclass(frozen=True, slots=True)
class Usage:
    """What happened in one stretch of time; latencies are in milliseconds."""

    calls: Decimal = Decimal(0)
    input_tokens: Decimal = Decimal(0)
    output_tokens: Decimal = Decimal(0)
    throttles: Decimal = Decimal(0)
    client_errors: Decimal = Decimal(0)
    server_errors: Decimal = Decimal(0)
    latency_sum: Decimal = Decimal(0)
    latency_count: Decimal = Decimal(0)

    @property
    def tokens(self) -> Decimal:
        """Tokens in and out."""
        return self.input_tokens + self.output_tokens

    @property
    def errors(self) -> Decimal:
        """Calls that ended in an error, of the client's or the server's making."""
        return self.client_errors + self.server_errors

    @property
    def average_latency(self) -> Decimal | None:
        """Milliseconds; None when nothing was timed."""
        return self.latency_sum / self.latency_count if self.latency_count else None

    @property
    def is_empty(self) -> bool:
        """Whether nothing happened at all."""
        return not any(getattr(self, item.name) for item in fields(self))


NO_USE = Usage()


def add_up(usages: Iterable[Usage]) -> Usage:
    """Several stretches, or several models, as one."""
    listed = list(usages)
    if len(listed) < 2:
        return listed[0] if listed else NO_USE
    return Usage(*(sum((getattr(usage, name) for usage in listed), Decimal(0)) for name in _SOURCES))


def token_queries(model_id: str, period: int) -> dict[str, MetricQuery]:
    """The query for each part of a `Usage`, by its name."""
    dimensions = ((DIMENSION, model_id),)
    return {name: MetricQuery(NAMESPACE, metric, stat, period, dimensions) for name, (metric, stat) in _SOURCES.items()}


@dataclass(frozen=True, slots=True)
class ModelUsage:
    """One model's usage by bucket. `missing` names the metrics that CloudWatch gave in part or not at all."""

    model_id: str
    buckets: dict[datetime, Usage]
    missing: tuple[str, ...] = ()
    unusable: int = 0

    def at(self, bucket: datetime) -> Usage:
        """The usage in a bucket; a bucket without data is one without calls."""
        return self.buckets.get(bucket, NO_USE)

    @property
    def is_empty(self) -> bool:
        """Whether CloudWatch has no data of this id at all; an incomplete answer proves nothing."""
        return not self.buckets and not self.missing


def read_model(model_id: str, period: int, answer: MetricAnswer) -> ModelUsage:
    """One model's part of an answer."""
    series = {name: answer.of(query) for name, query in token_queries(model_id, period).items()}
    moments = {moment for one in series.values() for moment in one.points}
    buckets = {
        moment: Usage(*(one.points.get(moment, Decimal(0)) for one in series.values())) for moment in sorted(moments)
    }
    missing = dict.fromkeys(
        _SOURCES[name][0] for name, one in series.items() if one.completeness is not Completeness.COMPLETE
    )
    return ModelUsage(model_id, buckets, tuple(missing), sum(one.unusable for one in series.values()))


def related_ids(model_id: str, others: Iterable[str]) -> tuple[str, ...]:
    """Other ids of the same foundation model: its inference profiles, or the bare id."""
    wanted = foundation_model_id(model_id)
    return tuple(other for other in others if other != model_id and foundation_model_id(other) == wanted)
