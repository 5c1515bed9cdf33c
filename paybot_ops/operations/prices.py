"""Which prices count for a deployment: a file that was named, then what its variables set, then the shipped table."""

from __future__ import annotations

from pathlib import Path

from paybot_ops.adapters.files import read_text_file
from paybot_ops.core.prices import PriceTable, known_prices, parse_prices, with_variables
from paybot_ops.errors import UsageError
from paybot_ops.operations.target import Target


def deployment_prices(target: Target, file: Path | None = None) -> PriceTable:
    """The prices in force in the deployment's region; warns where the cost alarm reckons with another model's.

    Raises:
        UsageError: the file is none of prices, or of another region.
    """
    listed = known_prices(target.region)
    if file is not None:
        named = parse_prices(read_text_file(file).text, origin=file.name)
        if named.region != target.region:
            raise UsageError(
                f"{file.name} holds prices of {named.region}, and the deployment is in {target.region}",
                hint="name a file of that region with --prices",
            )
        return with_variables(listed, target.settings.bedrock_model_id, target.settings.model_prices).overridden_by(
            named
        )
    _warn_of_default(target, listed)
    return with_variables(listed, target.settings.bedrock_model_id, target.settings.model_prices)


def _warn_of_default(target: Target, listed: PriceTable) -> None:
    """The module's default is the price of its default model; with another one the cost alarm is wrong."""
    prices, model_id = target.settings.model_prices, target.settings.bedrock_model_id
    price = listed.find_model(model_id)
    if prices.origin or prices.input_per_million is None or price is None:
        return
    if (prices.input_per_million, prices.output_per_million) != (price.input_per_million, price.output_per_million):
        target.screen.warn(
            f"the cost alarm reckons with the module's default price, and {model_id} costs "
            f"${price.input_per_million} in and ${price.output_per_million} out per million tokens in {target.region}: "
            "set bedrock_input_price_per_million and bedrock_output_price_per_million"
        )
