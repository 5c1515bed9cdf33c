"""Log lines and metrics; neither ever carries a word of a conversation."""

from __future__ import annotations

import hashlib
import logging
import os
import traceback
from enum import StrEnum
from pathlib import Path

from aws_lambda_powertools.logging import Logger
from aws_lambda_powertools.metrics import EphemeralMetrics, MetricUnit

NAMESPACE = "PaymentBot"

# At DEBUG these write whole requests, and so messages and cards; AWS_LAMBDA_LOG_LEVEL sets that level for every logger
# at once.
_TALKATIVE = ("awslambdaric", "boto3", "botocore", "requests", "stripe", "urllib3")

# No place of the line: it would always be the methods below.
_logger = Logger(location=None)


class Metric(StrEnum):
    """The bot's CloudWatch metrics, each with the single dimension `service`."""

    TURNS = "Turns"
    COMPLETIONS = "Completions"
    CANCELS = "Cancels"
    DECLINES = "Declines"
    MODEL_FALLBACK = "ModelFallback"
    GUARDRAIL_STOPS = "GuardrailStops"
    GUARDRAIL_MASKS = "GuardrailMasks"
    BUDGET_STOPS = "TokenBudgetStops"
    INPUT_TOKENS = "InputTokens"
    OUTPUT_TOKENS = "OutputTokens"


class Telemetry:
    """What one invocation has to tell; its own metric set, so that invocations side by side do not mix theirs."""

    def __init__(self, correlation_id: str) -> None:
        self._correlation_id = correlation_id
        self._counts: dict[Metric, int] = {}

    def count(self, metric: Metric, value: int = 1) -> None:
        """Add to a metric of this invocation."""
        self._counts[metric] = self._counts.get(metric, 0) + value

    def info(self, event: str, **fields: str | int | bool | None) -> None:
        """Log something that went as it should."""
        _logger.info(event, extra=self._extra(fields))

    def warning(self, event: str, **fields: str | int | bool | None) -> None:
        """Log something that a customer was spared from."""
        _logger.warning(event, extra=self._extra(fields))

    def error(self, event: str, **fields: str | int | bool | None) -> None:
        """Log something that a customer got an error for."""
        _logger.error(event, extra=self._extra(fields))

    def flush(self) -> None:
        """Write the metrics as one EMF line ("Specification: Embedded metric format"), if there are any."""
        if not self._counts:
            return
        metrics = EphemeralMetrics(namespace=os.environ.get("POWERTOOLS_METRICS_NAMESPACE") or NAMESPACE)
        for metric, value in self._counts.items():
            metrics.add_metric(name=metric, unit=MetricUnit.Count, value=value)
        metrics.flush_metrics()
        self._counts.clear()

    def _extra(self, fields: dict[str, str | int | bool | None]) -> dict[str, object]:
        return {"correlation_id": self._correlation_id, **fields}


def session_tag(session_id: str) -> str:
    """Return what a log may say of a session: its id opens it, so only a digest's beginning is written."""
    return hashlib.sha256(session_id.encode()).hexdigest()[:12]


def place_of(error: BaseException) -> str:
    """Return where an error was raised, innermost last, without its text: that may quote a message."""
    frames = traceback.extract_tb(error.__traceback__)[-6:]
    return " > ".join(f"{Path(frame.filename).name}:{frame.lineno}" for frame in frames)


def keep_quiet() -> None:
    """Hold the libraries' loggers at WARNING at any log level of the function, and take away Stripe's own switch."""
    os.environ.pop("STRIPE_LOG", None)
    for name in _TALKATIVE:
        logging.getLogger(name).setLevel(logging.WARNING)
