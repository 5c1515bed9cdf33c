"""What API Gateway says of an account."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ApiLimits:
    """API Gateway's GetAccount: requests per second and burst of the whole region, and its logging role."""

    rate: float | None
    burst: int | None
    role: str | None
