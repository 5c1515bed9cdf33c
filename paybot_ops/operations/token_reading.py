"""Asking CloudWatch what models took, and noticing when it is asked under the wrong id."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from difflib import get_close_matches

from paybot_ops.adapters import cloudwatch
from paybot_ops.core.metric_queries import MetricAnswer
from paybot_ops.core.metric_window import DAY, Window, floor, kept_for
from paybot_ops.core.prices import PriceTable
from paybot_ops.core.token_metrics import DIMENSION, NAMESPACE, ModelUsage, read_model, related_ids, token_queries
from paybot_ops.errors import AccessDeniedError, UsageError
from paybot_ops.operations.target import Target

# AWS refuses a signature that is five minutes off; less than that only moves the edge of today.
_SKEW = timedelta(minutes=2)


@dataclass(slots=True)
class TokenReading:
    """One question about models over a window; `explicit` when the user named the models."""

    target: Target
    window: Window
    prices: PriceTable
    compare: bool = False
    explicit: bool = False
    _listed: tuple[str, ...] | None = field(default=None, repr=False)

    def read(self, models: Sequence[str]) -> list[ModelUsage]:
        """Each model's usage; what is incomplete or unusable is warned of."""
        period = self.window.period
        queries = [query for model_id in models for query in token_queries(model_id, period).values()]
        if not queries:
            return []
        start, end = self._stretch()
        answer = cloudwatch.get_metric_data(self.target.session, queries, start, end)
        self._warn(answer)
        return [read_model(model_id, period, answer) for model_id in models]

    def known_ids(self) -> tuple[str, ...]:
        """Every id that Bedrock counted under within two weeks."""
        if self._listed is None:
            session = self.target.session
            self._listed = cloudwatch.list_dimension_values(session, NAMESPACE, "Invocations", DIMENSION)
        return self._listed

    def with_data(self, found: Iterable[ModelUsage]) -> list[ModelUsage]:
        """The same, but where an id has no data and another one has, that one, with a warning.

        Raises:
            UsageError: the user named a model that neither CloudWatch nor the price table has heard of.
        """
        return [self._instead_of(usage) if usage.is_empty else usage for usage in found]

    def _instead_of(self, empty: ModelUsage) -> ModelUsage:
        try:
            others = self.known_ids()
        except AccessDeniedError as error:
            self.target.screen.warn(
                f"{empty.model_id} has no data; whether another id has was not checked: {error.why}"
            )
            return empty
        if empty.model_id in others:
            return empty
        near = related_ids(empty.model_id, others)
        if not near and self.explicit:
            self._refuse_unknown(empty.model_id, others)
            return empty
        with_data = [usage for usage in self.read(near or others) if not usage.is_empty]
        if not with_data:
            return empty
        best = max(with_data, key=lambda usage: sum(bucket.tokens for bucket in usage.buckets.values()))
        self.target.screen.warn(
            f"nothing was counted under {empty.model_id} in {self.target.region}; shown is {best.model_id}, "
            "which has data. Bedrock counts under the id that is invoked, so alarms on the other one never fire"
        )
        return best

    def _refuse_unknown(self, model_id: str, others: Sequence[str]) -> None:
        if self.prices.find_model(model_id) is not None:
            return
        close = get_close_matches(model_id, [*others, *self.prices.models], n=1)
        raise UsageError(
            f"no model {model_id} is known in {self.target.region}",
            why="CloudWatch counted nothing under that id in two weeks, and it has no price",
            hint=f"is {close[0]} meant?"
            if close
            else "see which ids have data: paybot metrics tokens --all-models --by model",
        )

    def _stretch(self) -> tuple[datetime, datetime]:
        """From the earliest bucket that the answer needs, as far as CloudWatch keeps data, to the last."""
        window = self.window
        start = window.before().start if self.compare else window.start
        if window.period == DAY and window.reaches_now:
            start = min(start, window.from_month_start().start)
        oldest = floor(window.now - kept_for(window.period), window.period) + window.step
        return min(max(start, oldest), window.end - window.step), window.end

    def _warn(self, answer: MetricAnswer) -> None:
        warn = self.target.screen.warn
        for message in answer.messages:
            warn(f"CloudWatch says: {message}")
        if answer.answered_at is not None and abs(answer.answered_at - self.window.now) > _SKEW:
            warn(
                f"this machine's clock says {self.window.now:%Y-%m-%d %H:%M} UTC and AWS's says "
                f"{answer.answered_at:%Y-%m-%d %H:%M} UTC: today and the projection are reckoned with this machine's"
            )
