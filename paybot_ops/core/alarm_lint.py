"""What is wrong with alarms that are there: they would not fire, or nobody would hear it. Each with what mends it."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum

from paybot_ops.core.alarm_words import amount, number, span
from paybot_ops.core.alarms import Alarm, MetricName, State, topic_name

SUBSCRIBE = "paybot notifications subscribe you@example.com"
_MISSING_FOR = timedelta(days=2)
_DAY = 86400
# The longest that Lambda runs a function, in ms (AWS Lambda quotas).
_LONGEST_DURATION = 900_000
_QUOTED = re.compile(r"[\"'(]([^\"'()]+)[\"')]")
# Each sample of these is 0 or 1, so their average is a share (Amazon API Gateway, AWS Lambda: metrics).
_SHARES = {("AWS/ApiGateway", "5XXError"), ("AWS/ApiGateway", "4XXError"), ("AWS/Lambda", "Errors")}


class Flaw(StrEnum):
    """What kind of thing is wrong."""

    NO_ACTION = "no-action"
    ACTIONS_OFF = "actions-off"
    NO_SUBSCRIBER = "no-subscriber"
    TOPIC_GONE = "topic-gone"
    WRONG_DIMENSION = "wrong-dimension"
    MISSING_DATA = "missing-data"
    UNREACHABLE = "unreachable-threshold"


@dataclass(frozen=True, slots=True)
class Finding:
    """One flaw of one alarm or topic, and the command or edit that mends it."""

    flaw: Flaw
    target: str
    what: str
    mend: str


@dataclass(frozen=True, slots=True)
class Destination:
    """A topic that alarms notify: how many subscribers it has, and whether it is there and may be looked at."""

    arn: str
    confirmed: int = 0
    pending: int = 0
    exists: bool = True
    readable: bool = True


@dataclass(frozen=True, slots=True)
class Evidence:
    """What the lint knows beside the alarms: topics by ARN, who has data, and the daily token threshold.

    `silent` are the alarms for whose metrics CloudWatch has no data in the past day; `model_ids` are those that
    AWS/Bedrock has data of, by metric, within two weeks.
    """

    destinations: Mapping[str, Destination]
    silent: frozenset[str]
    model_ids: Mapping[str, tuple[str, ...]]
    daily_tokens: Decimal
    now: datetime


def lint(alarms: Sequence[Alarm], evidence: Evidence) -> tuple[Finding, ...]:
    """Every flaw, in the alarms' order, each topic's once."""
    found: dict[Finding, None] = {}
    heard = frozenset(name for alarm in alarms if alarm.alarm_actions for name in _QUOTED.findall(alarm.rule))
    for alarm in alarms:
        if alarm.alarm_actions or alarm.name not in heard:  # else a composite alarm speaks for it
            found |= dict.fromkeys(_of_actions(alarm, evidence.destinations))
        found |= dict.fromkeys(_of_data(alarm, evidence))
        found |= dict.fromkeys(_of_threshold(alarm, evidence.daily_tokens))
    return tuple(found)


def needs_model_ids(alarms: Iterable[Alarm], silent: frozenset[str]) -> bool:
    """Whether it must be asked which models have data: only where a silent alarm watches one."""
    return any(alarm.name in silent and any(_models(alarm)) for alarm in alarms)


def _models(alarm: Alarm) -> Iterator[tuple[MetricName, str]]:
    for metric in alarm.watch.metrics if alarm.watch else ():
        model = metric.dimension("ModelId")
        if model is not None:
            yield metric, model


def _of_actions(alarm: Alarm, destinations: Mapping[str, Destination]) -> Iterator[Finding]:
    if not alarm.alarm_actions:
        yield Finding(Flaw.NO_ACTION, alarm.name, "notifies nobody when it fires", f"{SUBSCRIBE} --create-topic")
    elif not alarm.actions_enabled:
        mend = f"aws cloudwatch enable-alarm-actions --alarm-names {shlex.quote(alarm.name)}"
        yield Finding(Flaw.ACTIONS_OFF, alarm.name, "its actions are off", mend)
    for arn in alarm.topics:
        destination = destinations.get(arn, Destination(arn, readable=False))
        name = topic_name(arn)
        if not destination.exists:
            yield Finding(Flaw.TOPIC_GONE, name, "the topic that alarms notify is gone", f"{SUBSCRIBE} --create-topic")
        elif destination.readable and not destination.confirmed:
            waiting = f"; {destination.pending} wait to be confirmed" if destination.pending else ""
            mend = f"{SUBSCRIBE} --topic {arn}"
            yield Finding(Flaw.NO_SUBSCRIBER, name, f"the topic has no confirmed subscriber{waiting}", mend)


def _of_data(alarm: Alarm, evidence: Evidence) -> Iterator[Finding]:
    if alarm.name not in evidence.silent or alarm.watch is None:
        return
    for metric, model in _models(alarm):
        others = [item for item in evidence.model_ids.get(metric.name, ()) if item != model]
        if others and model not in evidence.model_ids.get(metric.name, ()):
            what = f"{metric.name} has no data for {model}, but for {', '.join(others)}"
            mend = f'bedrock_model_id = "{others[0]}" in the tfvars, if the bot invokes that; then: paybot deploy'
            yield Finding(Flaw.WRONG_DIMENSION, alarm.name, what, mend)
            return
    quiet = evidence.now - alarm.since
    if alarm.state is State.INSUFFICIENT_DATA and quiet >= _MISSING_FOR:
        yield _missing(alarm, f"has had no data for {quiet.days} days")
    elif alarm.state is State.ALARM and alarm.watch.treat_missing == "breaching":
        yield _missing(alarm, "fires because its data are missing")


def _missing(alarm: Alarm, what: str) -> Finding:
    assert alarm.watch is not None
    metric = alarm.watch.metrics[0] if alarm.watch.metrics else MetricName("", "")
    mend = f"aws cloudwatch list-metrics --namespace {shlex.quote(metric.namespace)} --metric-name {metric.name}"
    return Finding(Flaw.MISSING_DATA, alarm.name, what, f"see which dimensions have data: {mend}")


def _of_threshold(alarm: Alarm, daily_tokens: Decimal) -> Iterator[Finding]:
    watch = alarm.watch
    if watch is None or watch.threshold is None or not watch.stat or watch.compares_down or not watch.metrics:
        return
    metric = watch.metrics[0]
    highest = None
    if (metric.namespace, metric.name) in _SHARES and watch.stat == "Average":
        highest = 1.0
    elif (metric.namespace, metric.name) == ("AWS/Lambda", "Duration") and watch.stat not in ("Sum", "SampleCount"):
        highest = float(_LONGEST_DURATION)
    if highest is not None and (watch.threshold > highest or (watch.threshold == highest and watch.comparison == ">")):
        what = f"can never exceed {amount(watch, watch.threshold)}: the {watch.stat} is at most {number(highest)}"
        yield Finding(Flaw.UNREACHABLE, alarm.name, what, "lower the threshold in the module; then: paybot deploy")
    daily = metric.name == "InputTokenCount" and watch.stat == "Sum" and Decimal(str(watch.threshold)) == daily_tokens
    if daily and watch.period < _DAY:
        what = f"holds a day's threshold ({number(watch.threshold)}) against the tokens {span(watch.period)}"
        mend = f"set its period to {_DAY} in the module; then: paybot deploy"
        yield Finding(Flaw.UNREACHABLE, alarm.name, what, mend)
