"""The verdicts of `paybot doctor` on what is deployed, and on the account's own limits."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from paybot_ops.core.alarm_lint import Finding, Flaw
from paybot_ops.core.api_limits import ApiLimits
from paybot_ops.core.backend_file import WantedBackend
from paybot_ops.core.bootstrap import Observed, Wanted, plan_bootstrap
from paybot_ops.core.bucket_actions import EnableVersioning, EnforceOwnership, SetLifecycle
from paybot_ops.core.concurrency import Concurrency
from paybot_ops.core.doctor import Status, failed
from paybot_ops.core.doctor_deployment import (
    judge_alarms,
    judge_delivery,
    judge_guardrail,
    judge_home,
    judge_key,
    judge_local_state,
)
from paybot_ops.core.doctor_quotas import judge_api, judge_concurrency
from paybot_ops.core.guardrails import Deployed, View
from paybot_ops.core.guardrails import Wanted as WantedGuardrail
from paybot_ops.core.lock_table import SeenTable, WantedTable
from paybot_ops.core.locks import LockMode
from paybot_ops.core.state_bucket import SeenBucket, WantedBucket
from paybot_ops.core.state_settings import Setting
from paybot_ops.core.stripe_keys import KeyStatus, Kind, Mode
from paybot_ops.core.subscriptions import Listed, Subscription, SubscriptionState, TopicReport


def settings(bucket: SeenBucket | None, table: SeenTable | None) -> tuple[Setting, ...]:
    where: dict[str, Any] = {"account": "123456789012", "region": "us-east-1"}
    wanted = Wanted(
        bucket=WantedBucket(name="b", **where),
        table=WantedTable(name="t", **where),
        backend=WantedBackend(
            path=Path("dev.s3.tfbackend"), bucket="b", key="k", region="us-east-1", lock=LockMode.BOTH, table="t"
        ),
    )
    return plan_bootstrap(wanted, Observed(bucket=bucket, table=table)).settings


def test_a_home_that_is_not_there_has_nothing_that_could_be_fixed_by_the_way() -> None:
    verdict = judge_home(settings(None, None), "b")
    assert (verdict.status, verdict.cure, verdict.fixes) == (Status.FAIL, "paybot bootstrap-state", ())


def test_only_what_adds_a_protection_is_fixed_by_the_way() -> None:
    bare = settings(SeenBucket(), SeenTable(keys=(("LockID", "HASH", "S"),), status="ACTIVE"))
    planned = {type(item.action) for item in bare if item.action}
    verdict = judge_home(bare, "b")
    fixed = {type(action) for action in verdict.fixes}
    assert verdict.status is Status.FAIL
    assert EnableVersioning in fixed
    assert {SetLifecycle, EnforceOwnership} <= planned - fixed


def test_a_home_that_only_lacks_order_is_a_warning() -> None:
    def setting(name: str, ok: bool) -> Setting:
        return Setting(target="b", name=name, now="–", wanted="x", why="", ok=ok)

    assert judge_home([setting("tags", True), setting("TLS", True)], "b").status is Status.PASS
    assert judge_home([setting("tags", False), setting("TLS", True)], "b").status is Status.WARN
    assert judge_home([setting("tags", True), setting("TLS", False)], "b").status is Status.FAIL


def test_a_local_state() -> None:
    assert judge_local_state("terraform.tfstate", 0).status is Status.SKIPPED
    verdict = judge_local_state("terraform.tfstate", 30)
    assert (verdict.status, verdict.cure) == (Status.WARN, "paybot bootstrap-state && paybot migrate-state")


GOOD = KeyStatus("arn", Kind.RESTRICTED, Mode.LIVE, "1234", age_days=3)


@pytest.mark.parametrize(
    ("key", "environment", "status", "word"),
    [
        (GOOD, "prod", Status.PASS, "a restricted key in live mode, …1234, 3 days old"),
        (KeyStatus("arn", Kind.SECRET, Mode.TEST, "1234"), "dev", Status.PASS, "test mode"),
        (KeyStatus("arn", Kind.SECRET, Mode.TEST, "1234"), "prod", Status.WARN, "no card is charged"),
        (KeyStatus("arn", problem="no key was set yet"), "dev", Status.FAIL, "no key was set yet"),
        (
            KeyStatus("arn", Kind.SECRET, Mode.LIVE, "1234", problem="the key is 400 days old"),
            "dev",
            Status.WARN,
            "400",
        ),
    ],
)
def test_the_stripe_key(key: KeyStatus, environment: str, status: Status, word: str) -> None:
    verdict = judge_key(key, readable=True, environment=environment, misfit=None)
    assert verdict.status is status
    assert word in verdict.what
    assert verdict.cure == ("" if status is Status.PASS else "paybot secrets set-stripe-key")


def test_a_key_that_may_not_be_read_or_does_not_fit() -> None:
    assert judge_key(GOOD, readable=False, environment="dev", misfit=None).status is Status.WARN
    misfit = failed("a live key and chat", "hosted_link")
    assert judge_key(GOOD, readable=True, environment="dev", misfit=misfit) is misfit


def test_the_guardrail() -> None:
    def view(enabled: bool) -> View:
        return View(WantedGuardrail(enabled, "its default", None), Deployed(), None, None)

    assert judge_guardrail(view(False)).status is Status.PASS
    verdict = judge_guardrail(view(True))
    assert (verdict.status, verdict.cure) == (Status.FAIL, "paybot deploy")


@pytest.mark.parametrize("flaw", list(Flaw))
def test_alarms_that_tell_nobody_fail_and_those_that_see_nothing_warn(flaw: Flaw) -> None:
    deaf = flaw in (Flaw.NO_ACTION, Flaw.ACTIONS_OFF, Flaw.NO_SUBSCRIBER, Flaw.TOPIC_GONE)
    verdict = judge_alarms(2, [Finding(flaw, "errors", "is flawed", "mend it")])
    assert verdict.status is (Status.FAIL if deaf else Status.WARN)
    assert verdict.cure == "mend it"
    assert judge_alarms(2, []).status is Status.PASS


def topic(*states: SubscriptionState, exists: bool = True, problems: tuple[str, ...] = ()) -> TopicReport:
    arn = "arn:aws:sns:us-east-1:123456789012:alerts"
    held = tuple(
        Listed(Subscription(arn, "email", "a@example.com", state, "arn:x" if state == "confirmed" else ""), None)
        for state in states
    )
    return TopicReport(arn, 3, exists, held, problems)


@pytest.mark.parametrize(
    ("found", "status"),
    [
        (topic(SubscriptionState.CONFIRMED), Status.PASS),
        (topic(SubscriptionState.CONFIRMED, SubscriptionState.PENDING), Status.WARN),
        (topic(SubscriptionState.PENDING), Status.FAIL),
        (topic(), Status.FAIL),
        (topic(exists=False), Status.FAIL),
        (topic(SubscriptionState.CONFIRMED, problems=("its KMS key is disabled",)), Status.FAIL),
    ],
)
def test_whether_alarms_reach_people(found: TopicReport, status: Status) -> None:
    verdict = judge_delivery([found])
    assert verdict.status is status
    assert bool(verdict.cure) is (status is not Status.PASS)


@pytest.mark.parametrize(
    ("found", "wanted", "reserved", "status"),
    [
        (Concurrency(1000, 1000), 20, None, Status.PASS),
        (Concurrency(1000, 120), 20, None, Status.PASS),
        (Concurrency(1000, 119), 20, None, Status.FAIL),
        (Concurrency(1000, 100), 20, 20, Status.PASS),  # it has them already
        (Concurrency(1000, 110), 20, 10, Status.PASS),
        (Concurrency(1000, 100), 40, 20, Status.FAIL),
        (Concurrency(1000, 100), 20, 0, Status.FAIL),  # paused: it could not be resumed
        (Concurrency(1000, 100), -1, -1, Status.PASS),
        (Concurrency(10, 10), -1, None, Status.WARN),
        (Concurrency(10, 10), None, None, Status.WARN),
        (Concurrency(10, 10), 20, None, Status.FAIL),
    ],
)
def test_concurrency(found: Concurrency, wanted: int | None, reserved: int | None, status: Status) -> None:
    verdict = judge_concurrency(found, wanted, reserved, "us-east-1")
    assert verdict.status is status
    assert ("request-service-quota-increase" in verdict.cure) is (status is not Status.PASS)


def test_the_quota_to_ask_for_is_enough() -> None:
    for found, wanted, desired in (
        (Concurrency(10, 10), 20, 1000),
        (Concurrency(1000, 1000), 950, 1050),
        (Concurrency(1000, 100), 40, 1020),  # 880 are others', 20 its own
    ):
        cure = judge_concurrency(found, wanted, 20 if wanted == 40 else None, "us-east-1").cure
        assert f"--desired-value {desired} " in cure


@pytest.mark.parametrize(
    ("limits", "logs", "status"),
    [
        (ApiLimits(10000.0, 5000, "arn"), True, Status.PASS),
        (ApiLimits(None, None, None), False, Status.PASS),
        (ApiLimits(10000.0, 5000, None), False, Status.PASS),
        (ApiLimits(10000.0, 5000, None), True, Status.FAIL),
        (ApiLimits(5.0, 5000, None), False, Status.WARN),
        (ApiLimits(10000.0, 5, None), False, Status.WARN),
        (ApiLimits(0.0, 0, None), False, Status.FAIL),
    ],
)
def test_api_limits(limits: ApiLimits, logs: bool, status: Status) -> None:
    verdict = judge_api(limits, 10, 20, logs=logs, region="us-east-1")
    assert verdict.status is status
    assert bool(verdict.cure) is (status is not Status.PASS)
