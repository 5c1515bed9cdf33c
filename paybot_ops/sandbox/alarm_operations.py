"""CloudWatch's operations on alarms, checked and paged as AWS does."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from typing import Any

from paybot_ops.sandbox.alarm_engine import AlarmEngine
from paybot_ops.sandbox.alarm_evaluation import period_of
from paybot_ops.sandbox.alarm_rules import RuleError, children, rule_holds
from paybot_ops.sandbox.alarm_store import COMPOSITE, METRIC, Alarm, AlarmStore
from paybot_ops.sandbox.metric_data import offset_of, token_for
from paybot_ops.sandbox.metric_queries import DAY, check_period, check_statistic, parse_queries
from paybot_ops.sandbox.rest_json import ApiError
from paybot_ops.sandbox.rpc import Operation, refused
from paybot_ops.sandbox.series import key_of

_PAGE = 50
_HISTORY_PAGE = 100
_TREATMENTS = ("breaching", "notBreaching", "ignore", "missing")
_ACTION_LISTS = ("OKActions", "AlarmActions", "InsufficientDataActions")


class AlarmOperations:
    """The operations by name. The caller holds moto's lock."""

    def __init__(self, engine: AlarmEngine) -> None:
        self._engine = engine
        self.operations: dict[str, Operation] = {
            "PutMetricAlarm": self._put_metric_alarm,
            "PutCompositeAlarm": self._put_composite_alarm,
            "DescribeAlarms": self._describe_alarms,
            "DescribeAlarmsForMetric": self._describe_alarms_for_metric,
            "DescribeAlarmHistory": self._describe_alarm_history,
            "DeleteAlarms": self._delete_alarms,
            "SetAlarmState": self._set_alarm_state,
            "EnableAlarmActions": lambda params, region: self._switch(params, region, on=True),
            "DisableAlarmActions": lambda params, region: self._switch(params, region, on=False),
            "ListTagsForResource": self._list_tags,
            "TagResource": self._tag,
            "UntagResource": self._untag,
        }

    def _put_metric_alarm(self, params: dict[str, Any], region: str) -> dict[str, Any]:
        _require(params, "AlarmName", "EvaluationPeriods", "ComparisonOperator")
        _check_actions(params)
        _check_watched(params)
        _check_numbers(params)
        self._engine.store(region).put(METRIC, params)
        return {}

    def _put_composite_alarm(self, params: dict[str, Any], region: str) -> dict[str, Any]:
        _require(params, "AlarmName", "AlarmRule")
        _check_actions(params)
        store = self._engine.store(region)
        try:
            rule_holds(params["AlarmRule"], {})
        except RuleError as problem:
            raise refused(f"Invalid AlarmRule: {problem}") from None
        unknown = [name for name in children(params["AlarmRule"]) if name not in store.alarms]
        if unknown:
            names = ", ".join(unknown)
            raise refused(f"Could not save the composite alarm as alarms [{names}] in the alarm rule do not exist")
        store.put(COMPOSITE, params)
        return {}

    def _describe_alarms(self, params: dict[str, Any], region: str) -> dict[str, Any]:
        if "AlarmNames" in params and "AlarmNamePrefix" in params:
            raise refused("AlarmNames and AlarmNamePrefix are mutually exclusive.")
        kinds = params.get("AlarmTypes") or [METRIC]
        store = self._engine.store(region)
        related = _related(params, store)
        found = [
            alarm
            for _, alarm in sorted(store.alarms.items())
            if alarm.kind in kinds and (related is None or alarm.name in related) and _fits(alarm, params)
        ]
        page, token = _page(found, params, params.get("MaxRecords", _PAGE))
        return {
            "MetricAlarms": [alarm.described() for alarm in page if alarm.kind == METRIC],
            "CompositeAlarms": [alarm.described() for alarm in page if alarm.kind == COMPOSITE],
        } | token

    def _describe_alarms_for_metric(self, params: dict[str, Any], region: str) -> dict[str, Any]:
        _require(params, "MetricName", "Namespace")
        wanted = key_of(params)
        found = [
            alarm.described()
            for alarm in self._engine.store(region).alarms.values()
            if "MetricName" in alarm.settings
            and key_of(alarm.settings) == wanted
            and all(params.get(name) in (None, alarm.settings.get(name)) for name in ("Statistic", "Period", "Unit"))
        ]
        return {"MetricAlarms": found}

    def _describe_alarm_history(self, params: dict[str, Any], region: str) -> dict[str, Any]:
        kinds = params.get("AlarmTypes") or [METRIC]
        start, end = params.get("StartDate"), params.get("EndDate")
        found = [
            item
            for item in self._engine.store(region).history
            if item["AlarmType"] in kinds
            and params.get("AlarmName") in (None, item["AlarmName"])
            and params.get("HistoryItemType") in (None, item["HistoryItemType"])
            and (start is None or item["Timestamp"] >= start)
            and (end is None or item["Timestamp"] <= end)
        ]
        if params.get("ScanBy") != "TimestampAscending":
            found.reverse()
        page, token = _page(found, params, params.get("MaxRecords", _HISTORY_PAGE))
        return {"AlarmHistoryItems": list(page)} | token

    def _delete_alarms(self, params: dict[str, Any], region: str) -> dict[str, Any]:
        _require(params, "AlarmNames")
        store, names = self._engine.store(region), set(params["AlarmNames"])
        for alarm in store.alarms.values():
            rule = alarm.settings.get("AlarmRule", "")
            if alarm.name not in names and names & set(children(rule)):
                raise refused(f"Cannot delete: the composite alarm {alarm.name} depends on it.")
        for name in params["AlarmNames"]:
            store.remove(name)
        return {}

    def _set_alarm_state(self, params: dict[str, Any], region: str) -> dict[str, Any]:
        _require(params, "AlarmName", "StateValue", "StateReason")
        store = self._engine.store(region)
        alarm = store.alarms.get(params["AlarmName"])
        if alarm is None:
            raise ApiError("ResourceNotFound", "The alarm does not exist.", status=404)
        data = params.get("StateReasonData", "")
        try:
            json.loads(data or "{}")
        except ValueError:
            raise ApiError("InvalidFormat", "StateReasonData is not JSON.") from None
        self._engine.set_state(store, alarm, params["StateValue"], params["StateReason"], data)
        return {}

    def _switch(self, params: dict[str, Any], region: str, *, on: bool) -> dict[str, Any]:
        store = self._engine.store(region)
        for name in params.get("AlarmNames", ()):
            if name in store.alarms:
                store.alarms[name].settings["ActionsEnabled"] = on
        return {}

    def _list_tags(self, params: dict[str, Any], region: str) -> dict[str, Any] | None:
        alarm = self._by_arn(params, region)
        return None if alarm is None else {"Tags": [{"Key": k, "Value": v} for k, v in alarm.tags.items()]}

    def _tag(self, params: dict[str, Any], region: str) -> dict[str, Any] | None:
        alarm = self._by_arn(params, region)
        if alarm is None:
            return None
        alarm.tags |= {item["Key"]: item["Value"] for item in params.get("Tags", ())}
        return {}

    def _untag(self, params: dict[str, Any], region: str) -> dict[str, Any] | None:
        alarm = self._by_arn(params, region)
        if alarm is None:
            return None
        for name in params.get("TagKeys", ()):
            alarm.tags.pop(name, None)
        return {}

    def _by_arn(self, params: Mapping[str, Any], region: str) -> Alarm | None:
        arn = params.get("ResourceARN", "")
        alarm = self._engine.store(region).alarms.get(arn.rpartition(":alarm:")[2])
        if alarm is None and ":alarm:" in arn:
            raise ApiError("ResourceNotFoundException", f"The alarm {arn} does not exist.", status=404)
        return alarm


def _require(params: Mapping[str, Any], *names: str) -> None:
    for name in names:
        if params.get(name) in (None, []):
            raise refused(f"The parameter {name} is required.")


def _check_actions(params: Mapping[str, Any]) -> None:
    for name in _ACTION_LISTS:
        for arn in params.get(name, ()):
            if not arn.startswith("arn:") or arn.count(":") < 5:
                raise refused(f"Invalid arn syntax: {arn}")


def _check_watched(params: Mapping[str, Any]) -> None:
    if ("MetricName" in params) == bool(params.get("Metrics")):
        raise refused("Exactly one of MetricName and Metrics must be specified.")
    if "MetricName" in params:
        _require(params, "Namespace", "Period")
        if ("Statistic" in params) == ("ExtendedStatistic" in params):
            raise refused("Exactly one of Statistic and ExtendedStatistic must be specified.")
        check_statistic(params.get("Statistic") or params["ExtendedStatistic"], "ExtendedStatistic")
        check_period(params["Period"], "Period")
    else:
        queries = parse_queries(params["Metrics"], "Metrics")
        if sum(query.get("ReturnData", True) for query in queries.values()) != 1 and "ThresholdMetricId" not in params:
            raise refused("Exactly one element of the metrics list should return data.")
    if "ThresholdMetricId" not in params and "Threshold" not in params:
        raise refused("The parameter Threshold is required.")


def _check_numbers(params: Mapping[str, Any]) -> None:
    if not math.isfinite(params.get("Threshold", 0.0)):
        raise refused("The parameter Threshold must be a finite number.")
    if params.get("DatapointsToAlarm", 1) > params["EvaluationPeriods"]:
        raise refused("The parameter DatapointsToAlarm must be no more than EvaluationPeriods.")
    if params.get("TreatMissingData", "missing") not in _TREATMENTS:
        raise refused(f"Option {params['TreatMissingData']} is not supported. Supported: {', '.join(_TREATMENTS)}.")
    period = period_of(params)
    longest = 7 * DAY if period >= 3600 else DAY
    if period * params["EvaluationPeriods"] > longest:
        raise refused(
            f"Metrics cannot be checked across more than {longest // DAY} day(s) "
            f"(EvaluationPeriods * Period must be <= {longest})."
        )


def _related(params: Mapping[str, Any], store: AlarmStore) -> set[str] | None:
    if parent := params.get("ChildrenOfAlarmName"):
        alarm = store.alarms.get(parent)
        return set(children(alarm.settings.get("AlarmRule", ""))) if alarm else set()
    if child := params.get("ParentsOfAlarmName"):
        return {name for name, alarm in store.alarms.items() if child in children(alarm.settings.get("AlarmRule", ""))}
    return None


def _fits(alarm: Alarm, params: Mapping[str, Any]) -> bool:
    names, action = params.get("AlarmNames"), params.get("ActionPrefix", "")
    return (
        (not names or alarm.name in names)
        and alarm.name.startswith(params.get("AlarmNamePrefix", ""))
        and params.get("StateValue") in (None, alarm.state)
        and (not action or any(arn.startswith(action) for kind in _ACTION_LISTS for arn in alarm.settings[kind]))
    )


def _page(items: Sequence[Any], params: Mapping[str, Any], size: int) -> tuple[Sequence[Any], dict[str, str]]:
    offset = offset_of(params.get("NextToken"))
    token = {"NextToken": token_for(offset + size)} if offset + size < len(items) else {}
    return items[offset : offset + size], token
