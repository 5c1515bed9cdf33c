"""What an alarm's change of state sets off: a message to each SNS topic, and the record of it in the history."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from paybot_ops.core.alarm_delivery import Topic, TopicKey, topic_problems
from paybot_ops.sandbox.alarm_store import METRIC, Alarm, AlarmStore
from paybot_ops.sandbox.part import ACCOUNT_ID, Moto

# How the message names the region; others are named by their id.
_REGIONS = {
    "us-east-1": "US East (N. Virginia)",
    "us-west-2": "US West (Oregon)",
    "eu-central-1": "EU (Frankfurt)",
    "eu-west-1": "EU (Ireland)",
}
_TRIGGER = (
    "MetricName",
    "Namespace",
    "Unit",
    "Period",
    "EvaluationPeriods",
    "DatapointsToAlarm",
    "ComparisonOperator",
    "Threshold",
    "TreatMissingData",
    "EvaluateLowSampleCountPercentile",
    "Metrics",
)
_LONGEST_SUBJECT = 100


def run_actions(moto: Moto, store: AlarmStore, alarm: Alarm, before: str) -> None:
    """Carry out the actions of the state that the alarm has just come to. The caller holds moto's lock."""
    for action in alarm.actions():
        message = _message(alarm, store.region, before)
        problem = _published(moto, action, message, alarm)
        summary = f"{'Failed to execute' if problem else 'Successfully executed'} action {action}"
        data = {
            "actionState": "Failed" if problem else "Succeeded",
            "stateUpdateTimestamp": int(alarm.updated.timestamp() * 1000),
            "notificationResource": action,
            "publishedMessage": json.dumps({"default": message}),
            "error": problem or None,
        }
        store.record(alarm, "Action", summary, data)


def _published(moto: Moto, arn: str, message: str, alarm: Alarm) -> str:
    """Publish to a topic; why it cannot be, or ""."""
    parts = arn.split(":")
    if len(parts) != 6 or parts[2] != "sns":
        return "The embedded AWS carries out actions of SNS topics only."
    with moto.backend("sns", parts[3]) as backend:
        topic = backend.topics.get(arn)
        if topic is None or parts[4] != ACCOUNT_ID:
            return f"Resource: {arn} doesn't exist"
        problems = topic_problems(_observed(moto, topic))
        if problems:
            return f"CloudWatch Alarms is not authorized to perform: SNS:Publish on resource: {arn} ({problems[0]})"
        subject = f'{alarm.state}: "{alarm.name}" in {_REGIONS.get(parts[3], parts[3])}'
        topic.publish(message, subject=subject[: _LONGEST_SUBJECT - 1])
    return ""


def _observed(moto: Moto, topic: Any) -> Topic:
    key_id = topic.kms_master_key_id or ""
    found = None
    if key_id and not key_id.startswith("alias/aws/"):
        region = topic.arn.split(":")[3]
        with moto.backend("kms", region) as backend:
            resolved = backend.any_id_to_key_id(key_id)
            key = backend.keys.get(resolved)
            found = TopicKey(key_id, key is not None and key.enabled, key.policy if key is not None else "")
    return Topic(topic.arn, topic.policy, key_id, found)


def _message(alarm: Alarm, region: str, before: str) -> str:
    settings = alarm.settings
    document = {
        "AlarmName": alarm.name,
        "AlarmDescription": settings.get("AlarmDescription"),
        "AWSAccountId": ACCOUNT_ID,
        "AlarmConfigurationUpdatedTimestamp": _stamp(alarm.configured),
        "NewStateValue": alarm.state,
        "NewStateReason": alarm.reason,
        "StateChangeTime": _stamp(alarm.transitioned),
        "Region": _REGIONS.get(region, region),
        "AlarmArn": alarm.arn,
        "OldStateValue": before,
        "OKActions": settings["OKActions"],
        "AlarmActions": settings["AlarmActions"],
        "InsufficientDataActions": settings["InsufficientDataActions"],
    }
    if alarm.kind == METRIC:
        document["Trigger"] = _trigger(settings)
    else:
        document["AlarmRule"] = settings["AlarmRule"]
    return json.dumps(document, default=str)


def _trigger(settings: Mapping[str, Any]) -> dict[str, Any]:
    found = {name: settings[name] for name in _TRIGGER if name in settings}
    if "Statistic" in settings:
        found |= {"StatisticType": "Statistic", "Statistic": settings["Statistic"].upper()}
    elif "ExtendedStatistic" in settings:
        found |= {"StatisticType": "ExtendedStatistic", "ExtendedStatistic": settings["ExtendedStatistic"]}
    # The message spells dimensions in small letters.
    dimensions = [{"value": item["Value"], "name": item["Name"]} for item in settings.get("Dimensions", ())]
    return found | {"Dimensions": dimensions}


def _stamp(at: datetime) -> str:
    return at.isoformat(timespec="milliseconds").replace("+00:00", "+0000")
