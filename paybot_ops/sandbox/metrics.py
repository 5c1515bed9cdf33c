"""Publishing metrics into moto's CloudWatch, as AWS's own services do."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from paybot_ops.sandbox.part import Moto


def datum(name: str, value: float, unit: str = "None", /, **dimensions: str) -> dict[str, Any]:
    """One value of one metric, in the form of PutMetricData."""
    named = [{"Name": key, "Value": text} for key, text in dimensions.items()]
    return {"MetricName": name, "Value": value, "Unit": unit, "Dimensions": named}


def publish(moto: Moto, region: str, namespace: str, data: Iterable[Mapping[str, Any]]) -> None:
    """Add data (PutMetricData's MetricData; the time is now unless given) to a namespace of a region's CloudWatch."""
    now = datetime.now(UTC)
    metrics = [{**item, "Timestamp": _naive(item.get("Timestamp", now))} for item in data]
    with moto.backend("cloudwatch", region) as backend:
        backend.put_metric_data(namespace, metrics)


def _naive(at: datetime) -> datetime:
    # moto compares times without a zone, all in UTC.
    return at.astimezone(UTC).replace(tzinfo=None)
