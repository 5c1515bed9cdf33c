"""`paybot verify`: the drills of a deployment, one report; each puts back what it changed."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from paybot_ops.core.backend import LocalPlace
from paybot_ops.core.drills import (
    Drill,
    Drilled,
    DrillFacts,
    DrillPlan,
    HoldDrill,
    Verdict,
    choose_alarm,
    code_of,
    plan_drills,
)
from paybot_ops.core.guardrail_probes import Probed
from paybot_ops.core.stripe_keys import KeyStatus, describe
from paybot_ops.errors import ExitCode, PaybotError, StoppedError
from paybot_ops.operations import secrets
from paybot_ops.operations.alarm_test import test_alarm
from paybot_ops.operations.alarms import find_alarm, pages
from paybot_ops.operations.gate import Gate
from paybot_ops.operations.guardrail_probing import probe
from paybot_ops.operations.live_function import find_live
from paybot_ops.operations.payment_drill import hold_payment
from paybot_ops.operations.preflight import check_account
from paybot_ops.operations.state_locks import verify as verify_locks
from paybot_ops.operations.state_place import current_place
from paybot_ops.operations.target import Target


@dataclass(slots=True)
class DrillReport:
    """What was to be drilled, and what each drill came to; `drilled` is empty where it was only looked at."""

    plan: DrillPlan
    drilled: list[Drilled] = field(default_factory=list)

    @property
    def rows(self) -> tuple[Drilled, ...]:
        """The drills that were held and those that were not, in the order of the plan."""
        order = list(Drill)
        return tuple(sorted((*self.drilled, *self.plan.skipped), key=lambda item: order.index(item.drill)))

    @property
    def code(self) -> ExitCode:
        """3 when one failed."""
        return code_of(self.drilled)


def verify(
    target: Target, gate: Gate, *, only: Collection[Drill] = (), alarm: str = "", seconds: int = 60
) -> DrillReport:
    """Hold the drills one after the other; one that fails does not keep the next from being held.

    `alarm` names the alarm to set off; `seconds` is how long the record of its message may take.

    Raises:
        PaybotError: what is to be drilled cannot be found out, or it was not confirmed. Ctrl-C ends it; whatever was
            under way is put back.
    """
    screen = target.screen
    check_account(target, target.identity.account)
    screen.note(target.header(), style="bold")
    live = find_live(target)
    outputs = live.outputs if live is not None else {}
    report = DrillReport(plan_drills(_observe(target, outputs, only, alarm), only))
    for action in report.plan.actions:
        screen.note(f"  {action.drill.value}: {action.target}: {action.reason}")
    for item in report.plan.skipped:
        screen.note(f"  {item.drill.value}: skipped: {item.why}")
    if report.plan.is_empty or gate.dry_run:
        return report
    told = (
        "; subscribers get a real notification" if Drill.ALARM in {each.drill for each in report.plan.actions} else ""
    )
    screen.confirm(f"hold these drills on {target.header()}{told}?", yes=gate.yes)
    held: Mapping[Drill, Callable[[HoldDrill], Drilled]] = {
        Drill.ALARM: lambda action: _alarm(target, action, seconds),
        Drill.GUARDRAIL: lambda _action: _guardrail(target),
        Drill.LOCK: lambda _action: _lock(target),
        Drill.PAYMENT: lambda _action: hold_payment(target, outputs),
    }
    for action in report.plan.actions:
        screen.note(f"▸ {action.drill.value}", style="bold")
        report.drilled.append(_held(action, held[action.drill]))
    return report


def _held(action: HoldDrill, hold: Callable[[HoldDrill], Drilled]) -> Drilled:
    started = time.monotonic()
    try:
        found = hold(action)
    except StoppedError:
        raise
    except PaybotError as error:
        why = error.brief
        found = Drilled(drill=action.drill, verdict=Verdict.FAILED, why=why, hint=error.hint)
    return replace(found, seconds=round(time.monotonic() - started, 1))


def _observe(target: Target, outputs: Mapping[str, Any], only: Collection[Drill], alarm: str) -> DrillFacts:
    wanted = set(only or Drill)
    found = ""
    if Drill.ALARM in wanted:
        listed = [item for page in pages(target, None) for item in page]
        found = find_alarm(target, None, alarm).name if alarm else choose_alarm(listed)
    place = current_place(target)
    there = not isinstance(place, LocalPlace) or target.workspace.local_state.is_file()
    return DrillFacts(
        alarm=found,
        guarded=target.settings.enable_bedrock_guardrails,
        state=place.shown(target.workspace.selected) if there else "",
        key=_key(target, outputs) if Drill.PAYMENT in wanted else None,
        chat_url=str(outputs.get("chat_url") or ""),
    )


def _key(target: Target, outputs: Mapping[str, Any]) -> KeyStatus | None:
    secret = outputs.get("stripe_secret_arn")
    return describe(secrets.observe(target, str(secret)), datetime.now(UTC)) if secret else None


def _alarm(target: Target, action: HoldDrill, seconds: int) -> Drilled:
    report = test_alarm(target, Gate(yes=True), None, action.target, seconds=seconds)
    if report.error is not None:
        raise report.error
    lost = [item for item in report.deliveries if not item.sent]
    seen = [f"{item.topic}: the message went out" for item in report.deliveries if item.sent]
    back = f"put back to {report.alarm.state}" if report.put_back else "NOT put back; its next evaluation does that"
    return Drilled(
        drill=action.drill,
        verdict=Verdict.FAILED if lost or not report.put_back else Verdict.PASSED,
        seen=(*seen, f"{report.alarm.name}: {back}"),
        why="; ".join(f"{item.topic}: {item.error}" for item in lost),
        hint="paybot alarms status says who would be told" if lost else "",
    )


def _guardrail(target: Target) -> Drilled:
    report = probe(target, through_bot=True)
    failed = [_named(item) for item in report.failed]
    return Drilled(
        drill=Drill.GUARDRAIL,
        verdict=Verdict.FAILED if failed else Verdict.PASSED,
        seen=(f"{len(report.probed) - len(failed)} of {len(report.probed)} probes as expected",),
        why=f"not as expected: {', '.join(failed)}" if failed else "",
        hint="paybot guardrails test shows each" if failed else "",
    )


def _named(item: Probed) -> str:
    return f"{item.probe.name} (through the bot)" if item.through_bot else item.probe.name


def _lock(target: Target) -> Drilled:
    report = verify_locks(target, target.workspace.selected)
    open_locks = ", ".join(proof.lock for proof in report.proofs if not proof.refused)
    why = f"a plan went through although the lock was held: {open_locks}" if open_locks else "no lock guards the state"
    return Drilled(
        drill=Drill.LOCK,
        verdict=Verdict.PASSED if report.ok else Verdict.FAILED,
        seen=tuple(f"{proof.lock}: a second plan was refused" for proof in report.proofs if proof.refused),
        why="" if report.ok else why,
        hint="" if report.ok else "paybot bootstrap-state --check says what is wrong with the lock",
    )
