"""What is made of alarms: words, calls for their values, findings, order, a test's plan."""

from __future__ import annotations

import json
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from paybot_ops.core.alarm_lint import Destination, Evidence, Flaw, lint, needs_model_ids
from paybot_ops.core.alarm_readings import MOST_POINTS, MOST_QUERIES, Value, plan_readings, window
from paybot_ops.core.alarm_status import StatusReport, ordered_rows
from paybot_ops.core.alarm_test import REASON, SetState, deliveries, plan_test
from paybot_ops.core.alarm_words import number, span, watches
from paybot_ops.core.alarms import Alarm, HistoryItem, Kind, State, belongs
from paybot_ops.errors import UsageError
from tests.unit.alarm_examples import MODEL, NOW, TOPIC, alarm, composite, formula

HEARD = {TOPIC: Destination(TOPIC, confirmed=1)}


def lambda_alarm(metric: str, **changes: Any) -> Alarm:
    return alarm(Namespace="AWS/Lambda", MetricName=metric, **{"Period": 300, "Threshold": 1.0} | changes)


@pytest.mark.parametrize(
    ("read", "words"),
    [
        (alarm(), "input tokens per day > 100,000"),
        (
            lambda_alarm("Errors", ComparisonOperator="GreaterThanOrEqualToThreshold"),
            "function errors in 5 minutes ≥ 1",
        ),
        (
            lambda_alarm("Duration", Statistic=None, ExtendedStatistic="p99", Threshold=23200.0),
            "p99 of function duration in 5 minutes > 23,200 ms",
        ),
        (lambda_alarm("Duration", Statistic="Average", Period=60), "average function duration per minute > 1 ms"),
        (formula(), "Estimated model cost (USD) per day > $5"),
        (composite(), 'ALARM("bot-tokens-dev")'),
        (
            alarm(Namespace="Shop", MetricName="OpenBaskets", Period=7200, EvaluationPeriods=5, DatapointsToAlarm=3),
            "open baskets in 2 hours > 100,000, in 3 of 5 periods",
        ),
        (alarm(EvaluationPeriods=2), "input tokens per day > 100,000, 2 times running"),
        (alarm(Threshold=None, ThresholdMetricId="band"), "input tokens per day > its usual band"),
        (alarm(Threshold=float("nan")), "input tokens per day > its usual band"),
    ],
)
def test_what_an_alarm_watches_in_words(read: Alarm, words: str) -> None:
    assert watches(read) == words


@pytest.mark.parametrize(
    ("value", "shown"),
    [(0, "0"), (1234567, "1,234,567"), (0.5, "0.50"), (1234.56, "1,234.6"), (0.00012, "0.00012"), (3e20, "3e+20")],
)
def test_numbers_for_people(value: float, shown: str) -> None:
    assert number(value) == shown


def test_odd_spans() -> None:
    assert [span(seconds) for seconds in (1, 10, 90, 86400 * 2)] == [
        "per second",
        "in 10 seconds",
        "in 90 seconds",
        "in 2 days",
    ]


def test_kinds() -> None:
    assert [each.kind for each in (alarm(), formula(), composite())] == [Kind.METRIC, Kind.MATH, Kind.COMPOSITE]


@pytest.mark.parametrize(
    ("name", "prefix", "expected"),
    [("bot-a-dev", None, True), ("bot-a-prod", None, False), ("bot-a-prod", "bot-", True)],
)
def test_which_alarms_belong(name: str, prefix: str | None, expected: bool) -> None:
    assert belongs(name, "dev", prefix) is expected
    assert belongs(name, "", None)


# -- the calls for the latest values ---------------------------------------------------------------------------------


def test_one_call_serves_every_alarm() -> None:
    (reading,) = plan_readings([alarm("a"), lambda_alarm("Errors"), formula(), composite()])
    assert [query["Id"] for query in reading.queries] == ["a0_m", "a1_m", "a2_tokens_in", "a2_tokens_out", "a2_cost"]
    assert reading.queries[-1]["Expression"] == "(a2_tokens_in * 2 + a2_tokens_out) / 10"
    assert [query["Id"] for query in reading.queries if query["ReturnData"]] == list(reading.alarms)
    assert reading.alarms["a2_cost"] == "bot-cost-dev"
    assert reading.seconds == 86400


def test_texts_in_an_expression_stay_as_they_are() -> None:
    (reading,) = plan_readings([formula(expression="fill(tokens_in, 0) + SUM([tokens_out, tokens_in]) + 1e3")])
    assert reading.queries[-1]["Expression"] == "fill(a0_tokens_in, 0) + SUM([a0_tokens_out, a0_tokens_in]) + 1e3"


def test_what_sees_all_queries_of_a_call_has_its_own() -> None:
    readings = plan_readings([alarm("a"), formula(expression="SUM(METRICS())"), alarm("b")])
    assert sorted(len(reading.queries) for reading in readings) == [2, 3]


def test_many_alarms_stay_within_the_limits_of_a_call() -> None:
    alarms = [lambda_alarm("Errors", name=f"e{n}") if n % 3 else alarm(f"d{n}") for n in range(1700)]
    readings = plan_readings(alarms)
    for reading in readings:
        points = sum(reading.seconds // query["MetricStat"]["Period"] for query in reading.queries)
        assert len(reading.queries) <= MOST_QUERIES
        assert points <= MOST_POINTS
    assert sum(len(reading.alarms) for reading in readings) == 1700


def test_the_last_period_ends_with_this_minute() -> None:
    (reading,) = plan_readings([alarm()])
    start, end = window(reading, NOW + timedelta(seconds=30))
    assert (end - NOW, end - start) == (timedelta(minutes=1), timedelta(days=1))


# -- the findings ----------------------------------------------------------------------------------------------------


def flaws(*alarms: Alarm, silent: bool = False, destinations: Any = None, **more: Any) -> list[Flaw]:
    plain: dict[str, Any] = {
        "destinations": HEARD if destinations is None else destinations,
        "silent": frozenset(each.name for each in alarms) if silent else frozenset(),
        "model_ids": {},
        "daily_tokens": Decimal(100000),
        "now": NOW,
    }
    return [finding.flaw for finding in lint(alarms, Evidence(**plain | more))]


def test_a_sound_alarm_has_no_flaw() -> None:
    assert flaws(alarm(), lambda_alarm("Duration", Statistic="Average", Threshold=20000.0), formula()) == []


def test_an_alarm_that_notifies_nobody() -> None:
    assert flaws(alarm(AlarmActions=[])) == [Flaw.NO_ACTION]


def test_a_composite_alarm_speaks_for_its_children() -> None:
    assert flaws(alarm(AlarmActions=[]), composite()) == []
    assert flaws(alarm(AlarmActions=[]), composite(AlarmActions=[])) == [Flaw.NO_ACTION, Flaw.NO_ACTION]


def test_actions_that_are_off() -> None:
    assert flaws(alarm(ActionsEnabled=False)) == [Flaw.ACTIONS_OFF]


@pytest.mark.parametrize(
    ("destination", "expected"),
    [
        (Destination(TOPIC, confirmed=1), []),
        (Destination(TOPIC, pending=2), [Flaw.NO_SUBSCRIBER]),
        (Destination(TOPIC, exists=False), [Flaw.TOPIC_GONE]),
        (Destination(TOPIC, readable=False), []),
    ],
)
def test_topics_said_once_for_all_their_alarms(destination: Destination, expected: list[Flaw]) -> None:
    assert flaws(alarm("a"), alarm("b"), destinations={TOPIC: destination}) == expected


def test_another_model_id_has_the_data() -> None:
    others = {"InputTokenCount": ("amazon.nova-micro-v1:0",)}
    assert flaws(alarm(), silent=True, model_ids=others) == [Flaw.WRONG_DIMENSION]
    assert flaws(alarm(), silent=False, model_ids=others) == []
    assert flaws(alarm(), silent=True, model_ids={"InputTokenCount": (MODEL, "other")}) == []
    assert flaws(alarm(), silent=True, model_ids={}) == []


def test_models_are_only_asked_for_where_one_is_silent() -> None:
    assert needs_model_ids([alarm()], frozenset({"bot-tokens-dev"}))
    assert not needs_model_ids([alarm()], frozenset())
    assert not needs_model_ids([lambda_alarm("Errors", Dimensions=[])], frozenset({"bot-tokens-dev"}))


def test_data_missing_for_days() -> None:
    old: dict[str, Any] = {"StateTransitionedTimestamp": NOW - timedelta(days=3), "StateValue": "INSUFFICIENT_DATA"}
    assert flaws(alarm(**old), silent=True) == [Flaw.MISSING_DATA]
    assert flaws(alarm(StateValue="INSUFFICIENT_DATA"), silent=True) == []
    assert flaws(alarm(StateValue="ALARM", TreatMissingData="breaching"), silent=True) == [Flaw.MISSING_DATA]


@pytest.mark.parametrize(
    "read",
    [
        lambda_alarm("Errors", Statistic="Average", Threshold=1.0),
        lambda_alarm("Duration", Statistic=None, ExtendedStatistic="p99", Threshold=1e9),
        alarm(Namespace="AWS/ApiGateway", MetricName="5XXError", Statistic="Average", Threshold=5.0),
        alarm(Period=300),
    ],
)
def test_thresholds_that_a_period_cannot_reach(read: Alarm) -> None:
    assert flaws(read) == [Flaw.UNREACHABLE]


def test_thresholds_that_it_can() -> None:
    reachable = {"Statistic": "Average", "ComparisonOperator": "GreaterThanOrEqualToThreshold"}
    assert flaws(lambda_alarm("Errors", Threshold=1.0, **reachable)) == []
    assert flaws(lambda_alarm("Errors", Threshold=50.0)) == []
    assert (
        flaws(lambda_alarm("Duration", Statistic="Minimum", ComparisonOperator="LessThanThreshold", Threshold=1e9))
        == []
    )


# -- order -----------------------------------------------------------------------------------------------------------


def test_firing_alarms_come_first_the_latest_first() -> None:
    firing = {"StateValue": "ALARM", "StateTransitionedTimestamp": NOW - timedelta(hours=2)}
    alarms = [
        alarm("z"),
        alarm("a"),
        alarm("old", **firing),
        alarm("new", StateValue="ALARM"),
        alarm("x", StateValue="INSUFFICIENT_DATA"),
    ]
    rows = ordered_rows(alarms, {"a": Value(50000, NOW)}, HEARD)
    assert [row.alarm.name for row in rows] == ["new", "old", "x", "a", "z"]
    assert [row.share for row in rows][-2:] == [0.5, None]
    assert rows[0].destinations == (HEARD[TOPIC],)


def test_a_threshold_of_zero_has_no_share() -> None:
    (row,) = ordered_rows([alarm(Threshold=0.0)], {"bot-tokens-dev": Value(3, NOW)}, {})
    assert row.share is None


@pytest.mark.parametrize(
    ("name", "short"), [("bot-tokens-dev", "tokens"), ("other-x-dev", "other-x-dev"), ("bot-x", "x"), ("bot-", "bot-")]
)
def test_names_are_shortened_by_what_all_have(name: str, short: str) -> None:
    assert StatusReport("", "", (), (), "bot-", "-dev").short(name) == short


# -- proving the way to the reader -----------------------------------------------------------------------------------


def states(read: Alarm) -> list[State]:
    plan = plan_test(read, seconds=10)
    return [action.state for action in (*plan.actions, plan.put_back) if isinstance(action, SetState)]


def test_a_test_sets_and_puts_back() -> None:
    assert states(alarm()) == [State.ALARM, State.OK]
    assert states(alarm(StateValue="ALARM")) == [State.OK, State.ALARM, State.ALARM]
    plan = plan_test(alarm(), seconds=10)
    assert plan.put_back.reason_text == "fine"
    assert REASON in [action.reason_text for action in plan.actions if isinstance(action, SetState)]


@pytest.mark.parametrize("changes", [{"AlarmActions": []}, {"ActionsEnabled": False}])
def test_a_test_that_would_tell_nobody_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(UsageError):
        plan_test(alarm(**changes), seconds=10)


def action_item(summary: str, state: str = "ALARM", error: str | None = None) -> HistoryItem:
    message = json.dumps({"default": json.dumps({"NewStateValue": state})})
    return HistoryItem(
        NOW, "bot-tokens-dev", "Action", summary, json.dumps({"publishedMessage": message, "error": error})
    )


def test_what_the_history_says_of_a_message() -> None:
    done, failed = f"Successfully executed action {TOPIC}", f"Failed to execute action {TOPIC}"
    assert [each.sent for each in deliveries([action_item(done)], (TOPIC,))] == [True]
    (refused,) = deliveries([action_item(failed, error="not authorized")], (TOPIC,))
    assert (refused.sent, refused.error) == (False, "not authorized")
    assert deliveries([action_item(done, state="OK")], (TOPIC,)) == ()
    assert deliveries([action_item("executed something else")], (TOPIC,)) == ()
    assert deliveries([HistoryItem(NOW, "a", "Action", done, "no json")], (TOPIC,))[0].sent
