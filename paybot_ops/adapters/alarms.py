"""CloudWatch alarms: found page by page, their latest values and history, their state, and the full round trip."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from paybot_ops.adapters.session import Session, aws_errors, error_code
from paybot_ops.core.alarm_readings import Reading, Value, window
from paybot_ops.core.alarms import Alarm, HistoryItem, State, parse_alarm, parse_history
from paybot_ops.errors import MissingToolError

_BOTH = ["MetricAlarm", "CompositeAlarm"]
_PAGE = 100


def list_alarms(session: Session, prefix: str) -> Iterator[tuple[Alarm, ...]]:
    """The alarms whose name begins so, of every kind, a page at a time.

    Raises:
        AccessDeniedError: the caller may not list alarms (cloudwatch:DescribeAlarms).
    """
    client = session.client("cloudwatch")
    request: dict[str, Any] = {"AlarmTypes": _BOTH, "MaxRecords": _PAGE}
    if prefix:
        request["AlarmNamePrefix"] = prefix
    while True:
        with aws_errors("cloudwatch", "the alarms"):
            page = client.describe_alarms(**request)
        yield tuple(parse_alarm(found) for found in (*page["MetricAlarms"], *page.get("CompositeAlarms", ())))
        if not page.get("NextToken"):
            return
        request["NextToken"] = page["NextToken"]


def get_values(session: Session, reading: Reading, now: datetime) -> dict[str, Value]:
    """The latest value of each alarm of one planned call, by the alarm's name; none for one without data.

    Raises:
        AccessDeniedError: the caller may not read metrics (cloudwatch:GetMetricData).
    """
    start, end = window(reading, now)
    request = {"MetricDataQueries": list(reading.queries), "StartTime": start, "EndTime": end}
    found: dict[str, Value] = {}
    while True:
        with aws_errors("cloudwatch", "the alarms' metrics"):
            page = session.client("cloudwatch").get_metric_data(**request)
        for result in page["MetricDataResults"]:
            name = reading.alarms.get(result["Id"])
            # Newest first, over all pages: the first point of a result is its latest.
            if name is not None and name not in found and result.get("Values"):
                value, at = result["Values"][0], result["Timestamps"][0]
                if math.isfinite(value):
                    found[name] = Value(value, at.astimezone(UTC))
        if not page.get("NextToken"):
            return found
        request["NextToken"] = page["NextToken"]


def list_model_ids(session: Session) -> dict[str, tuple[str, ...]]:
    """The ids that AWS/Bedrock has had data of within two weeks, by metric, sorted.

    Raises:
        AccessDeniedError: the caller may not list metrics (cloudwatch:ListMetrics).
    """
    found: dict[str, set[str]] = {}
    pages = session.client("cloudwatch").get_paginator("list_metrics")
    with aws_errors("cloudwatch", "the models' metrics"):
        for page in pages.paginate(Namespace="AWS/Bedrock", Dimensions=[{"Name": "ModelId"}]):
            for metric in page["Metrics"]:
                ids = [item["Value"] for item in metric["Dimensions"] if item["Name"] == "ModelId"]
                found.setdefault(metric["MetricName"], set()).update(ids)
    return {name: tuple(sorted(ids)) for name, ids in found.items()}


def list_history(
    session: Session, *, name: str = "", kind: str = "", since: datetime | None = None
) -> Iterator[HistoryItem]:
    """What happened, newest first; of one alarm, one kind, from a time on, where these are given.

    Raises:
        AccessDeniedError: the caller may not read it (cloudwatch:DescribeAlarmHistory).
    """
    request: dict[str, Any] = {"AlarmTypes": _BOTH, "MaxRecords": _PAGE, "ScanBy": "TimestampDescending"}
    request |= {"AlarmName": name} if name else {}
    request |= {"HistoryItemType": kind} if kind else {}
    # No end: by a clock of ours that is behind, the latest items would be in the future.
    request |= {"StartDate": since} if since else {}
    while True:
        with aws_errors("cloudwatch", f"the history of {name or 'the alarms'}"):
            page = session.client("cloudwatch").describe_alarm_history(**request)
        for found in page["AlarmHistoryItems"]:
            yield parse_history(found)
        if not page.get("NextToken"):
            return
        request["NextToken"] = page["NextToken"]


def find_definition(session: Session, name: str) -> Mapping[str, Any] | None:
    """An alarm in full, as DescribeAlarms gives it; None when there is none of that name.

    Raises:
        MissingToolError: CloudWatch said more of it than the installed botocore knows and could put back.
    """
    client = session.client("cloudwatch")
    bodies: list[bytes] = []

    def heard(response_dict: Mapping[str, Any], **_: Any) -> None:
        bodies.append(response_dict.get("body", b""))

    event = "before-parse.cloudwatch.DescribeAlarms"
    client.meta.events.register(event, heard)
    try:
        with aws_errors("cloudwatch", f"the alarm {name}"):
            page = client.describe_alarms(AlarmNames=[name], AlarmTypes=_BOTH)
    finally:
        client.meta.events.unregister(event, heard)
    found: list[Mapping[str, Any]] = [*page["MetricAlarms"], *page.get("CompositeAlarms", ())]
    if not found:
        return None
    _check_known(client, name, bodies)
    return found[0]


def put_definition(session: Session, definition: Mapping[str, Any], changes: Mapping[str, Any]) -> None:
    """Write an alarm back in full with some settings changed: what is not sent, CloudWatch would reset.

    Raises:
        AccessDeniedError: the caller may not (cloudwatch:PutMetricAlarm or PutCompositeAlarm).
    """
    client = session.client("cloudwatch")
    operation = "PutCompositeAlarm" if "AlarmRule" in definition else "PutMetricAlarm"
    members = client.meta.service_model.operation_model(operation).input_shape.members
    kept = {
        name: value for name, value in definition.items() if name in members and name not in changes and value != []
    }
    put = client.put_composite_alarm if "AlarmRule" in definition else client.put_metric_alarm
    with aws_errors("cloudwatch", f"the alarm {definition['AlarmName']}"):
        put(**kept, **changes)


def set_alarm_state(session: Session, name: str, state: State, reason: str, reason_data: str = "") -> bool:
    """Change a state until the next evaluation; False when there is no such alarm.

    Raises:
        AccessDeniedError: the caller may not (cloudwatch:SetAlarmState).
    """
    from botocore.exceptions import ClientError

    request = {"AlarmName": name, "StateValue": state.value, "StateReason": reason}
    if reason_data:
        request["StateReasonData"] = reason_data
    with aws_errors("cloudwatch", f"the alarm {name}"):
        try:
            session.client("cloudwatch").set_alarm_state(**request)
        except ClientError as error:
            if error_code(error) in ("ResourceNotFound", "ResourceNotFoundException"):
                return False
            raise
    return True


def _check_known(client: Any, name: str, bodies: list[bytes]) -> None:
    """Compare what was sent with what botocore's model knows: it drops the rest without a word."""
    try:
        sent = json.loads(bodies[-1])
    except (IndexError, ValueError):
        return  # not JSON: an older protocol, whose members botocore's floor version knows
    shapes = client.meta.service_model
    for key, shape in (("MetricAlarms", "MetricAlarm"), ("CompositeAlarms", "CompositeAlarm")):
        known = shapes.shape_for(shape).members
        for alarm in sent.get(key) or ():
            unknown = sorted(set(alarm) - set(known))
            if unknown:
                raise MissingToolError(
                    f"the installed botocore does not know all settings of the alarm {name}",
                    why=f"it would lose {', '.join(unknown)} when the alarm is put back",
                    hint="upgrade it: pip install -U boto3",
                )
