"""`paybot metrics tokens`: what the models took, read in one call where CloudWatch's limits allow it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from paybot_ops.adapters.files import create_text_file, find_text_file, replace_text_file
from paybot_ops.core.metric_window import DAY, Asked, By, choose_window
from paybot_ops.core.token_metrics import ModelUsage
from paybot_ops.core.token_report import Reckoning, TokenReport, token_report
from paybot_ops.errors import UsageError
from paybot_ops.operations.heading import heading
from paybot_ops.operations.prices import deployment_prices
from paybot_ops.operations.target import Target
from paybot_ops.operations.token_reading import TokenReading


@dataclass(frozen=True, slots=True)
class TokenWish:
    """What `metrics tokens` was asked; without models the deployed one is meant."""

    asked: Asked = field(default_factory=Asked)
    models: tuple[str, ...] = ()
    all_models: bool = False
    compare: bool = False
    local: bool = False


def read_tokens(target: Target, wish: TokenWish, now: datetime | None = None) -> TokenReport:
    """The report; what may mislead is warned of.

    Raises:
        PaybotError: an option that cannot be used, an unknown model, or AWS does not answer.
    """
    now = now or datetime.now(UTC)
    window = choose_window(wish.asked, now, to_utc=_from_local if wish.local else None)
    chosen = _chosen(target, wish)
    prices = deployment_prices(target)
    with heading(target):
        reading = TokenReading(target, window, prices, compare=wish.compare, explicit=bool(wish.models))
        if wish.all_models:
            chosen = reading.known_ids()
            if not chosen:
                target.screen.warn(f"no model was called in {target.region} in the last two weeks")
            found = reading.read(chosen)
        else:
            found = reading.with_data(reading.read(chosen))
    _warn_of_gaps(target, found)
    by = wish.asked.by or (By.DAY if window.period == DAY else By.HOUR)
    threshold = target.settings.bedrock_token_threshold or None
    return token_report(Reckoning(tuple(found), prices.find_model, threshold), window, by, compare=wish.compare)


def check_export(path: Path | None) -> None:
    """Refuse, before anything is read, a name that an exported chart should not replace.

    Raises:
        UsageError: the name does not end in .svg, so it may be something else that is there.
    """
    if path is not None and path.suffix.lower() != ".svg":
        raise UsageError(f"--export writes SVG, and {path.name} does not end in .svg", hint="for instance: tokens.svg")


def save_chart(path: Path, svg: str) -> None:
    """Write the exported chart; an earlier one is replaced whole. Raises `FileError` when it cannot be written."""
    earlier = find_text_file(path)
    if earlier is None:
        create_text_file(path, svg)
    else:
        replace_text_file(earlier, svg)


def _warn_of_gaps(target: Target, found: list[ModelUsage]) -> None:
    for usage in found:
        if usage.missing:
            target.screen.warn(
                f"CloudWatch gave {', '.join(usage.missing)} of {usage.model_id} only in part: "
                "the figures are too low; run the same again"
            )
        if usage.unusable:
            target.screen.warn(f"values of {usage.model_id} that are no usable numbers, left out: {usage.unusable}")


def _from_local(moment: datetime) -> datetime:
    return moment.astimezone(UTC)


def _chosen(target: Target, wish: TokenWish) -> tuple[str, ...]:
    if wish.models and wish.all_models:
        raise UsageError("--model and --all-models exclude each other", hint="use one of them")
    chosen = tuple(dict.fromkeys(wish.models)) or (target.settings.bedrock_model_id,)
    for model_id in chosen:
        # The bounds of a dimension's value (Amazon CloudWatch API: Dimension).
        if len(model_id) > 1024 or not model_id.isascii() or not model_id.isprintable() or " " in model_id:
            raise UsageError(
                "--model takes a model id or an inference profile's id", hint="for instance: us.amazon.nova-micro-v1:0"
            )
    if not wish.all_models and "" in chosen:
        raise UsageError(
            "no model was named",
            why="the deployment sets no bedrock_model_id",
            hint="name one with --model, or: --all-models",
        )
    return chosen
