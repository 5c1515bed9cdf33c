"""The data of moto's CloudWatch by metric, quick to search, and the statistics of them."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC
from typing import Any

# (namespace, name, its dimensions): CloudWatch counts each combination as a metric of its own.
Key = tuple[str, str, frozenset[tuple[str, str]]]
SIMPLE_STATISTICS = ("SampleCount", "Average", "Sum", "Minimum", "Maximum")
# What moto computes when asked, and never stores.
_COMPUTED = ("AWS/S3",)
_PERCENTILE = re.compile(r"p(100(\.0{1,10})?|\d{1,2}(\.\d{1,10})?)")


@dataclass(frozen=True, slots=True)
class Sample:
    """What was published at one time: a value, or the summary of several; `at` is seconds since 1970."""

    at: float
    total: float
    count: float
    low: float
    high: float
    unit: str


@dataclass(slots=True)
class Series:
    """One metric's samples."""

    samples: list[Sample] = field(default_factory=list)
    _sorted: bool = True

    def add(self, sample: Sample) -> None:
        """Take one more sample, at any time."""
        self._sorted = self._sorted and (not self.samples or self.samples[-1].at <= sample.at)
        self.samples.append(sample)

    @property
    def latest(self) -> float:
        """When its last sample is from; before all times when it has none."""
        return max((sample.at for sample in self.samples), default=float("-inf"))

    def between(self, start: float, end: float) -> Sequence[Sample]:
        """The samples from `start` to before `end`."""
        if not self._sorted:
            self.samples.sort(key=_at)
            self._sorted = True
        return self.samples[bisect_left(self.samples, start, key=_at) : bisect_left(self.samples, end, key=_at)]


class Index:
    """Every metric of one region's backend. The caller holds moto's lock."""

    def __init__(self, backend: Any) -> None:
        self._backend = backend
        self._read = 0
        self._changed: set[Key] = set()
        self.series: dict[Key, Series] = {}

    def refresh(self) -> None:
        """Take in what was published since the last call."""
        data = self._backend.metric_data
        for datum in data[self._read :]:
            key = _key(datum)
            self.series.setdefault(key, Series()).add(_sample(datum))
            self._changed.add(key)
        self._read = len(data)

    def take_changed(self) -> set[Key]:
        """The metrics that got data since this was asked last."""
        taken, self._changed = self._changed, set()
        return taken

    def find(self, key: Key) -> Series:
        """The series of a metric; an empty one where nothing was ever published."""
        if key in self.series or key[0] not in _COMPUTED:
            return self.series.get(key) or Series()
        return _grouped(self._backend.aws_metric_data).get(key) or Series()

    def listed(self, namespace: str | None) -> dict[Key, Series]:
        """Every metric, with those that moto computes of what is stored in its services."""
        if namespace is not None and namespace not in _COMPUTED:
            return self.series
        return self.series | _grouped(self._backend.aws_metric_data)


def key_of(metric: Mapping[str, Any]) -> Key:
    """The key of a metric as the API names it (`Namespace`, `MetricName`, `Dimensions`)."""
    dimensions = frozenset((item["Name"], item["Value"]) for item in metric.get("Dimensions", ()))
    return metric["Namespace"], metric["MetricName"], dimensions


def is_statistic(name: str) -> bool:
    """Whether `statistic` can compute it: the five simple ones and percentiles."""
    return name in SIMPLE_STATISTICS or _PERCENTILE.fullmatch(name) is not None


def statistic(name: str, samples: Sequence[Sample]) -> float | None:
    """A statistic of the samples of one period; None where there are none, or for a percentile of mere summaries."""
    count = sum(sample.count for sample in samples)
    if not count:
        return None
    if name.startswith("p"):
        return _percentile(float(name[1:]), samples)
    total = sum(sample.total for sample in samples)
    return {
        "SampleCount": count,
        "Sum": total,
        "Average": total / count,
        "Minimum": min(sample.low for sample in samples),
        "Maximum": max(sample.high for sample in samples),
    }[name]


def bucketed(
    samples: Iterable[Sample], start: float, period: float, unit: str | None = None
) -> dict[int, list[Sample]]:
    """The samples by the number of their period since `start`, in order of time; only those of the unit, if given."""
    buckets: dict[int, list[Sample]] = {}
    for sample in samples:
        if unit is None or sample.unit == unit:
            buckets.setdefault(int((sample.at - start) // period), []).append(sample)
    return buckets


def _percentile(rank: float, samples: Sequence[Sample]) -> float | None:
    # Of a summary only its ends are known: CloudWatch has percentiles of it only where these are the same, or it is
    # one value (Amazon CloudWatch: Percentiles).
    if any(sample.low != sample.high and sample.count > 1 for sample in samples):
        return None
    values = sorted(sample.low for sample in samples for _ in range(max(1, round(sample.count))))
    position = (len(values) - 1) * rank / 100
    below = int(position)
    above = min(below + 1, len(values) - 1)
    return values[below] + (values[above] - values[below]) * (position - below)


def _key(datum: Any) -> Key:
    return datum.namespace, datum.name, frozenset((item.name, item.value) for item in datum.dimensions)


def _grouped(data: Iterable[Any]) -> dict[Key, Series]:
    found: dict[Key, Series] = {}
    for datum in data:
        found.setdefault(_key(datum), Series()).add(_sample(datum))
    return found


def _sample(datum: Any) -> Sample:
    at = datum.timestamp if datum.timestamp.tzinfo else datum.timestamp.replace(tzinfo=UTC)
    unit = datum.unit or "None"
    if hasattr(datum, "value"):
        return Sample(at.timestamp(), datum.value, 1, datum.value, datum.value, unit)
    return Sample(at.timestamp(), datum.sum, datum.sample_count, datum.min, datum.max, unit)


def _at(sample: Sample) -> float:
    return sample.at
