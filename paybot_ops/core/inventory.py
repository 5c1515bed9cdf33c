"""What a deployment consists of, as far as it costs money; resources are recognised by their names."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Function:
    """A Lambda function; `memory` is in MB."""

    name: str
    memory: int
    architecture: str


@dataclass(frozen=True, slots=True)
class Table:
    """A DynamoDB table; `size` is in bytes and up to six hours old (DynamoDB: DescribeTable)."""

    name: str
    size: int
    on_demand: bool


@dataclass(frozen=True, slots=True)
class LogGroup:
    """A log group; `stored` is in bytes, as they are kept."""

    name: str
    stored: int


@dataclass(frozen=True, slots=True)
class Alarm:
    """An alarm: how many metrics it is billed for; a composite one is billed as such."""

    name: str
    metrics: int
    composite: bool = False


def belongs(name: str, project: str, environment: str) -> bool:
    """Whether a name is of this deployment: `<project>-…`, with the environment as one of its parts."""
    if not project or not (name == project or name.startswith(f"{project}-")):
        return False
    return not environment or f"-{environment}-" in f"{name}-"


def gigabytes(size: Decimal | int) -> Decimal:
    """Bytes as the gigabytes that AWS bills: of 1024³ bytes."""
    return Decimal(size) / 1024**3
