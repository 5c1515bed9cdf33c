"""Metrics embedded in log events, as CloudWatch extracts them ("Specification: Embedded metric format")."""

from __future__ import annotations

import contextlib
import json
import math
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

_MOST_DIMENSIONS = 30
_MOST_VALUES = 100


def metrics_in(message: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """(namespace, PutMetricData datum) of each metric in each dimension set; nothing for any other message.

    As in CloudWatch, what breaks the format is left out without an error.
    """
    if '"_aws"' not in message or not message.lstrip().startswith("{"):
        return
    try:
        document = json.loads(message)
    except (ValueError, RecursionError):
        return
    header = document.get("_aws")
    if not isinstance(header, Mapping) or not isinstance(header.get("CloudWatchMetrics"), list):
        return
    at = _time(header.get("Timestamp"))
    for directive in header["CloudWatchMetrics"]:
        if isinstance(directive, Mapping) and isinstance(directive.get("Namespace"), str):
            for datum in _directive(directive, document, at):
                yield directive["Namespace"], datum


def _directive(directive: Mapping[str, Any], document: Mapping[str, Any], at: datetime) -> Iterator[dict[str, Any]]:
    sets = [_dimensions(names, document) for names in directive.get("Dimensions") or [[]]]
    for metric in directive.get("Metrics") or []:
        name = metric.get("Name") if isinstance(metric, Mapping) else None
        values = _values(document.get(name)) if isinstance(name, str) else []
        if values:
            datum = {"MetricName": name, "Unit": metric.get("Unit", "None"), "Values": values, "Timestamp": at}
            yield from (datum | {"Dimensions": dimensions} for dimensions in sets if dimensions is not None)


def _dimensions(names: object, document: Mapping[str, Any]) -> list[dict[str, str]] | None:
    if not isinstance(names, list) or len(names) > _MOST_DIMENSIONS:
        return None
    if not all(isinstance(name, str) and isinstance(document.get(name), str) for name in names):
        return None
    return [{"Name": name, "Value": document[name]} for name in names]


def _values(value: object) -> list[float]:
    given = value if isinstance(value, list) else [value]
    numbers = [
        one for one in given if isinstance(one, int | float) and not isinstance(one, bool) and math.isfinite(one)
    ]
    return numbers if len(numbers) == len(given) <= _MOST_VALUES else []


def _time(milliseconds: object) -> datetime:
    if isinstance(milliseconds, int | float):
        with contextlib.suppress(ValueError, OverflowError, OSError):
            return datetime.fromtimestamp(milliseconds / 1000, UTC)
    return datetime.now(UTC)
