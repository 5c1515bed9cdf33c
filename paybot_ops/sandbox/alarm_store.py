"""The alarms of one region: their settings as they were put, their state, their history."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from paybot_ops.sandbox.part import ACCOUNT_ID

METRIC, COMPOSITE = "MetricAlarm", "CompositeAlarm"
OK, ALARM, INSUFFICIENT = "OK", "ALARM", "INSUFFICIENT_DATA"
_ACTIONS = {OK: "OKActions", ALARM: "AlarmActions", INSUFFICIENT: "InsufficientDataActions"}
_MOST_HISTORY = 20_000
_HISTORY_VERSION = "1.0"


@dataclass(slots=True)
class Alarm:
    """One alarm; `settings` are the members of PutMetricAlarm or PutCompositeAlarm, all of them, as they were sent."""

    kind: str
    settings: dict[str, Any]
    arn: str
    configured: datetime
    state: str = INSUFFICIENT
    reason: str = "Unchecked: Initial alarm creation"
    reason_data: str = ""
    updated: datetime = field(default_factory=lambda: datetime.now(UTC))
    transitioned: datetime = field(default_factory=lambda: datetime.now(UTC))
    tags: dict[str, str] = field(default_factory=dict)
    # When it is to be evaluated next, in seconds since 1970.
    due: float = 0.0
    suppressed_by: str = ""

    @property
    def name(self) -> str:
        """Its name."""
        return str(self.settings["AlarmName"])

    def actions(self) -> list[str]:
        """What its present state sets off; nothing while its actions are disabled or suppressed."""
        enabled = self.settings["ActionsEnabled"] and not self.suppressed_by
        return list(self.settings[_ACTIONS[self.state]]) if enabled else []

    def described(self) -> dict[str, Any]:
        """As DescribeAlarms shows it."""
        shown = {
            **self.settings,
            "AlarmArn": self.arn,
            "AlarmConfigurationUpdatedTimestamp": self.configured,
            "StateValue": self.state,
            "StateReason": self.reason,
            "StateUpdatedTimestamp": self.updated,
            "StateTransitionedTimestamp": self.transitioned,
        }
        if self.reason_data:
            shown["StateReasonData"] = self.reason_data
        if self.suppressed_by:
            shown["ActionsSuppressedBy"] = "Alarm"
        return shown


@dataclass(slots=True)
class AlarmStore:
    """The alarms of a region by name, and what happened to them, oldest first."""

    region: str
    alarms: dict[str, Alarm] = field(default_factory=dict)
    history: deque[dict[str, Any]] = field(default_factory=lambda: deque(maxlen=_MOST_HISTORY))

    def put(self, kind: str, params: Mapping[str, Any]) -> Alarm:
        """Create an alarm, or overwrite the settings of one, which keeps its state (PutMetricAlarm)."""
        settings = {name: value for name, value in params.items() if name != "Tags"}
        settings.setdefault("ActionsEnabled", True)
        for name in _ACTIONS.values():
            settings.setdefault(name, [])
        name, now = settings["AlarmName"], datetime.now(UTC)
        known = self.alarms.get(name)
        if known is None:
            arn = f"arn:aws:cloudwatch:{self.region}:{ACCOUNT_ID}:alarm:{name}"
            tags = {item["Key"]: item["Value"] for item in params.get("Tags", ())}
            known = self.alarms[name] = Alarm(kind, settings, arn, now, tags=tags)
            self._configured(known, "Create")
        else:
            known.settings, known.configured, known.due = settings, now, 0.0
            self._configured(known, "Update")
        return known

    def remove(self, name: str) -> None:
        """Delete an alarm where there is one."""
        if (alarm := self.alarms.pop(name, None)) is not None:
            self._configured(alarm, "Delete")

    def change_state(self, alarm: Alarm, state: str, reason: str, reason_data: str = "") -> bool:
        """Record what an evaluation or SetAlarmState found; True when that is another state than before."""
        before = alarm.state, alarm.reason, alarm.reason_data
        now = datetime.now(UTC)
        alarm.reason, alarm.reason_data, alarm.updated = reason, reason_data, now
        if state == before[0]:
            return False
        alarm.state, alarm.transitioned = state, now
        data = {
            "version": _HISTORY_VERSION,
            "oldState": _state_data(*before),
            "newState": _state_data(state, reason, reason_data),
        }
        self.record(alarm, "StateUpdate", f"Alarm updated from {before[0]} to {state}", data)
        return True

    def record(self, alarm: Alarm, kind: str, summary: str, data: Mapping[str, Any]) -> None:
        """Add to the history."""
        self.history.append(
            {
                "AlarmName": alarm.name,
                "AlarmType": alarm.kind,
                "Timestamp": datetime.now(UTC),
                "HistoryItemType": kind,
                "HistorySummary": summary,
                "HistoryData": json.dumps(data, default=str),
            }
        )

    def _configured(self, alarm: Alarm, what: str) -> None:
        done = {"Create": "created", "Update": "updated", "Delete": "deleted"}[what]
        data = {"version": _HISTORY_VERSION, "type": what}
        self.record(alarm, "ConfigurationUpdate", f'Alarm "{alarm.name}" {done}', data)


def _state_data(state: str, reason: str, reason_data: str) -> dict[str, Any]:
    data = {"stateValue": state, "stateReason": reason}
    return data | ({"stateReasonData": json.loads(reason_data)} if reason_data else {})
