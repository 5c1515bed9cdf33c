"""The answer of `paybot alarms status`: a row per alarm, firing ones first, and what the lint found."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from paybot_ops.core.alarm_lint import Destination, Finding
from paybot_ops.core.alarm_readings import Value
from paybot_ops.core.alarms import Alarm, State


@dataclass(frozen=True, slots=True)
class Row:
    """One alarm with its latest value, and where it notifies."""

    alarm: Alarm
    value: Value | None
    destinations: tuple[Destination, ...]

    @property
    def share(self) -> float | None:
        """The latest value as a share of the threshold; None where one is missing, or the threshold is 0."""
        watch = self.alarm.watch
        if self.value is None or watch is None or not watch.threshold:
            return None
        return self.value.value / watch.threshold


@dataclass(frozen=True, slots=True)
class StatusReport:
    """All rows, and the findings below them; `prefix` and `suffix` are what names of the deployment have in common."""

    account: str
    region: str
    rows: tuple[Row, ...]
    findings: tuple[Finding, ...]
    prefix: str = ""
    suffix: str = ""

    def short(self, name: str) -> str:
        """A name without what all of the deployment's names begin and end with; a part of it that still finds it."""
        inner = name.removeprefix(self.prefix)
        return inner.removesuffix(self.suffix) or name if inner != name else name

    @property
    def firing(self) -> int:
        """How many alarms fire now."""
        return sum(row.alarm.state is State.ALARM for row in self.rows)


def ordered_rows(
    alarms: Iterable[Alarm], values: Mapping[str, Value], destinations: Mapping[str, Destination]
) -> tuple[Row, ...]:
    """The rows: firing first, then those without data; the latest change first among equals of the first kind."""
    rows = [
        Row(alarm, values.get(alarm.name), tuple(destinations[arn] for arn in alarm.topics if arn in destinations))
        for alarm in alarms
    ]
    return tuple(sorted(rows, key=_place))


def _place(row: Row) -> tuple[int, float, str]:
    firing = row.alarm.state is State.ALARM
    return (row.alarm.state.rank, -row.alarm.since.timestamp() if firing else 0.0, row.alarm.name)
