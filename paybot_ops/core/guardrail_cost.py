"""What a guardrail costs: text units by policy, at the region's prices."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from paybot_ops.core.money import Money, known, total
from paybot_ops.core.prices import PriceTable

MESSAGES = 1_000
# One on each side of the model: a text unit is 1,000 characters that are begun (Amazon Bedrock pricing: Guardrails).
UNITS_PER_MESSAGE = 2
POLICIES = ("content", "topic", "pii", "word")


@dataclass(frozen=True, slots=True)
class PolicyCost:
    """One policy's text units and US dollars; `price` is that of 1,000 units, None where it is unknown."""

    policy: str
    units: int
    price: Decimal | None
    cost: Money


@dataclass(frozen=True, slots=True)
class GuardrailCost:
    """The cost by policy; those that are off are not in it."""

    policies: tuple[PolicyCost, ...]

    @property
    def total(self) -> Money:
        """All of them together."""
        return total(item.cost for item in self.policies)


def per_thousand_messages(charged: Mapping[str, bool], prices: PriceTable) -> GuardrailCost:
    """What 1,000 messages cost that take one text unit on each side; a long conversation takes more on its way in."""
    units = MESSAGES * UNITS_PER_MESSAGE
    return cost_of({policy: units for policy in POLICIES if charged.get(policy)}, prices)


def cost_of(units: Mapping[str, int], prices: PriceTable) -> GuardrailCost:
    """What so many text units cost."""
    return GuardrailCost(tuple(_one(policy, units[policy], prices) for policy in POLICIES if units.get(policy)))


def added(usages: Iterable[Mapping[str, int]]) -> dict[str, int]:
    """The sum of several uses, by policy."""
    sums = dict.fromkeys(POLICIES, 0)
    for usage in usages:
        for policy, count in usage.items():
            sums[policy] += count
    return sums


def _one(policy: str, units: int, prices: PriceTable) -> PolicyCost:
    price = prices.find_unit(f"guardrail-{policy}")
    thousand = price.cost(1_000) if price else None
    return PolicyCost(policy, units, thousand, known(price.cost(units) if price else None))
