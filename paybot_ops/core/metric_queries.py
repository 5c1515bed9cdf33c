"""What is asked of GetMetricData, in as few calls as its limits allow, and what comes back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from enum import StrEnum
from math import inf

# The limits of one call (Amazon CloudWatch API: GetMetricData).
MOST_QUERIES = 500
MOST_POINTS = 100_800


@dataclass(frozen=True, slots=True)
class MetricQuery:
    """One statistic of one metric; `dimensions` are name and value pairs, `period` is in seconds."""

    namespace: str
    metric: str
    stat: str
    period: int
    dimensions: tuple[tuple[str, str], ...] = ()


class Completeness(StrEnum):
    """How much of a series CloudWatch gave."""

    COMPLETE = "complete"
    PARTIAL = "partial"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Series:
    """The points of one query by the start of their bucket, in UTC. A bucket without a point has no data."""

    points: Mapping[datetime, Decimal] = field(default_factory=dict)
    completeness: Completeness = Completeness.COMPLETE
    unusable: int = 0

    @property
    def total(self) -> Decimal:
        """The sum of all points."""
        return sum(self.points.values(), Decimal(0))

    @property
    def last(self) -> Decimal | None:
        """The latest point."""
        return self.points[max(self.points)] if self.points else None


@dataclass(frozen=True, slots=True)
class MetricAnswer:
    """The series of each query, what CloudWatch said beside them, and its own clock when it answered."""

    series: Mapping[MetricQuery, Series]
    messages: tuple[str, ...] = ()
    answered_at: datetime | None = None

    def of(self, query: MetricQuery) -> Series:
        """The series of a query."""
        return self.series.get(query, Series())


def in_batches(queries: Iterable[MetricQuery], seconds: float) -> list[tuple[MetricQuery, ...]]:
    """Split queries over `seconds` of time into calls that each stay within GetMetricData's limits."""
    batches: list[list[MetricQuery]] = []
    points = MOST_POINTS + 1
    for query in dict.fromkeys(queries):
        needed = -int(-seconds // query.period)
        if points + needed > MOST_POINTS or len(batches[-1]) == MOST_QUERIES:
            batches.append([])
            points = 0
        batches[-1].append(query)
        points += needed
    return [tuple(batch) for batch in batches]


def parse_points(times: Sequence[datetime], values: Sequence[float]) -> tuple[dict[datetime, Decimal], int]:
    """The points of one page by time, and how many were no finite number from 0 up and so left out."""
    points: dict[datetime, Decimal] = {}
    for moment, value in zip(times, values, strict=True):
        # Also False for NaN. A float's text is what CloudWatch was told; most are counts, and written as such.
        if 0 <= value < inf:
            number = Decimal(int(value)) if value < 1e15 and value % 1 == 0 else Decimal(str(value))
            # In UTC's own zone: botocore's is a Python object that is asked anew for every look-up by time.
            points[moment.astimezone(UTC)] = number
    return points, len(values) - len(points)
