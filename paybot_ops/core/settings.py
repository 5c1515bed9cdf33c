"""A deployment's settings: which value of a Terraform variable counts, and whether paybot can work with it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from paybot_ops.core.hcl.reading import Variable
from paybot_ops.core.hcl.values import NotLiteral, Value
from paybot_ops.errors import UsageError

_DEFAULT_ORIGIN = "its default"


@dataclass(frozen=True, slots=True)
class Layer:
    """The values that one source assigns: a tfvars file, or the environment. Later layers win."""

    origin: str
    values: Mapping[str, Value]


@dataclass(frozen=True, slots=True)
class ModelPrices:
    """US dollars per million tokens, as the cost alarm reckons with them; None where the module has no such variable.

    `origin` names what sets them, and is empty where only the module's defaults do.
    """

    input_per_million: Decimal | None = None
    output_per_million: Decimal | None = None
    origin: str = ""


@dataclass(frozen=True, slots=True)
class Settings:
    """The variables that paybot itself acts on; everything else is Terraform's alone."""

    project_name: str
    environment: str
    aws_region: str
    bedrock_model_id: str
    bedrock_token_threshold: Decimal
    enable_bedrock_guardrails: bool
    allowed_account_ids: tuple[str, ...]
    model_prices: ModelPrices = field(default_factory=ModelPrices)
    card_collection: str = "hosted_link"
    accept_raw_card_data: bool = False
    bedrock_daily_cost_threshold: Decimal = Decimal(0)
    bedrock_daily_token_budget: Decimal | None = None

    @property
    def name(self) -> str:
        """The deployment's name: what a person types to confirm that it goes."""
        return f"{self.project_name}-{self.environment}"


@dataclass(frozen=True, slots=True)
class Reading:
    """Settings, and what a user should know about the files that they came from."""

    settings: Settings
    missing: tuple[str, ...]
    warnings: tuple[str, ...]


def parse_environment(environ: Mapping[str, str]) -> Layer:
    """`TF_VAR_*` as a layer. Terraform reads a text as it is where the variable is a string, else as an expression."""
    prefix = "TF_VAR_"
    values: dict[str, Value] = {
        name.removeprefix(prefix): value for name, value in environ.items() if name.startswith(prefix)
    }
    return Layer("the environment (TF_VAR_*)", values)


def resolve(variables: Mapping[str, Variable], layers: Iterable[Layer], *, env: str | None) -> Reading:
    """The settings in force.

    Raises:
        UsageError: a value has the wrong type, or the environment asked for is not the one that the files describe.
    """
    layers = tuple(layers)
    chosen: dict[str, tuple[Value, str]] = {
        name: (variable.default, _DEFAULT_ORIGIN) for name, variable in variables.items() if variable.has_default
    }
    for layer in layers:
        chosen.update({name: (value, layer.origin) for name, value in layer.values.items()})
    read = _Reader(chosen)
    settings = Settings(
        project_name=read.text("project_name", ""),
        environment=read.text("environment", env or ""),
        aws_region=read.text("aws_region", ""),
        bedrock_model_id=read.text("bedrock_model_id", ""),
        bedrock_token_threshold=read.number("bedrock_token_threshold", Decimal(0)),
        enable_bedrock_guardrails=read.flag("enable_bedrock_guardrails", False),
        allowed_account_ids=read.texts("allowed_account_ids"),
        model_prices=read.model_prices(),
        card_collection=read.text("card_collection", "hosted_link"),
        accept_raw_card_data=read.flag("accept_raw_card_data", False),
        bedrock_daily_cost_threshold=read.number("bedrock_daily_cost_threshold", Decimal(0)),
        bedrock_daily_token_budget=read.number_or_none("bedrock_daily_token_budget"),
    )
    if env is not None and settings.environment != env:
        raise UsageError(
            f"--env {env} does not fit: the variables describe the environment {settings.environment!r}",
            why=f"`environment` comes from {chosen['environment'][1]}" if "environment" in chosen else "",
            hint=f'write environment = "{env}" into {env}.tfvars, or leave --env out',
        )
    missing = tuple(sorted(name for name in variables if name not in chosen))
    return Reading(settings, missing, tuple(_undeclared(variables, layers)))


def _undeclared(variables: Mapping[str, Variable], layers: Iterable[Layer]) -> Iterable[str]:
    for layer in layers:
        if layer.origin.startswith("the environment"):
            continue  # as Terraform: a TF_VAR_ for another module is nobody's mistake
        for name in layer.values:
            if name not in variables:
                yield f"{layer.origin} sets {name}, which no variable declares; it has no effect"


@dataclass(slots=True)
class _Reader:
    chosen: Mapping[str, tuple[Value, str]]

    def text(self, name: str, fallback: str) -> str:
        value = self._of(name)
        if value is None:
            return fallback
        if isinstance(value, bool | list | dict):
            raise self._wrong(name, "a string")
        return str(value)

    def number(self, name: str, fallback: Decimal) -> Decimal:
        found = self.number_or_none(name)
        return fallback if found is None else found

    def number_or_none(self, name: str) -> Decimal | None:
        value = self._of(name)
        if value is None:
            return None
        if isinstance(value, bool | list | dict):
            raise self._wrong(name, "a number")
        try:
            return Decimal(value)
        except ArithmeticError:
            raise self._wrong(name, "a number") from None

    def model_prices(self) -> ModelPrices:
        names = ("bedrock_input_price_per_million", "bedrock_output_price_per_million")
        into, out = (self.number(name, Decimal(0)) for name in names)
        origins = {self.chosen[name][1] for name in names if name in self.chosen} - {_DEFAULT_ORIGIN}
        # The module takes no price of 0 either: 0 means that there is none.
        return ModelPrices(into or None, out or None, ", ".join(sorted(origins)))

    def flag(self, name: str, fallback: bool) -> bool:
        value = self._of(name)
        if value is None:
            return fallback
        if isinstance(value, bool):
            return value
        # Terraform converts these two words, and no others.
        if value not in ("true", "false"):
            raise self._wrong(name, "true or false")
        return bool(value == "true")

    def texts(self, name: str) -> tuple[str, ...]:
        value = self._of(name)
        if isinstance(value, str):  # from TF_VAR_, an expression
            try:
                value = json.loads(value)
            except ValueError:
                raise self._wrong(name, "a list of strings") from None
        if value is None:
            return ()
        if not isinstance(value, list):
            raise self._wrong(name, "a list of strings")
        return tuple(str(item) for item in value)

    def _of(self, name: str) -> Any:
        value, origin = self.chosen.get(name, (None, ""))
        if isinstance(value, NotLiteral):
            raise UsageError(
                f"{origin}:{value.line}:{value.column}: {name} must be a plain value",
                why=f"it is {value.kind}, which only Terraform can evaluate",
            )
        return value

    def _wrong(self, name: str, wanted: str) -> UsageError:
        return UsageError(
            f"the variable {name} must be {wanted}", why=f"it is set by {self.chosen[name][1]}", hint="mend the value"
        )
