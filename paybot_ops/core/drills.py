"""The drills of `paybot verify`: which can be held on a deployment, which cannot and why, and what each came to."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from enum import StrEnum

from paybot_ops.core.alarms import Alarm
from paybot_ops.core.stripe_keys import KeyStatus, Mode
from paybot_ops.errors import ExitCode
from paybot_ops.plan import Action, Plan

# The seed of every deployment that was made by hand has it too.
_FIRST_CHOICE = "bedrock-token-usage"


class Drill(StrEnum):
    """What can be drilled."""

    ALARM = "alarm"
    GUARDRAIL = "guardrail"
    LOCK = "lock"
    PAYMENT = "payment"


class Verdict(StrEnum):
    """What a drill came to."""

    PASSED = "passed"
    FAILED = "failed"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldDrill(Action):
    """Hold one drill; `reason` says what it does and how it is put back."""

    drill: Drill


@dataclass(frozen=True, slots=True, kw_only=True)
class Drilled:
    """What a drill came to: what was seen, and, where it failed or was not held, why and what to type next."""

    drill: Drill
    verdict: Verdict
    seen: tuple[str, ...] = ()
    why: str = ""
    hint: str = ""
    seconds: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class DrillPlan(Plan):
    """The drills to hold, and those that this deployment cannot be put through."""

    actions: tuple[HoldDrill, ...] = ()
    skipped: tuple[Drilled, ...] = ()

    @property
    def notifies(self) -> bool:
        """Whether subscribers of the alarm will hear of it."""
        return any(action.drill is Drill.ALARM for action in self.actions)


@dataclass(frozen=True, slots=True, kw_only=True)
class DrillFacts:
    """What decides which drills can be held; `alarm` "" and `state` "" where there is none, `key` None unasked."""

    alarm: str = ""
    guarded: bool = False
    state: str = ""
    key: KeyStatus | None = None
    chat_url: str = ""


def choose_alarm(alarms: Sequence[Alarm]) -> str:
    """The alarm to set off: the one on tokens, else the first that tells somebody; "" where none does."""
    telling = [alarm.name for alarm in alarms if alarm.topics and alarm.actions_enabled]
    return next((name for name in telling if _FIRST_CHOICE in name), telling[0] if telling else "")


def plan_drills(facts: DrillFacts, only: Collection[Drill]) -> DrillPlan:
    """The drills that were asked for, all of them where none was named, as far as the deployment allows each."""
    wanted = [drill for drill in Drill if not only or drill in only]
    obstacles = {drill: _obstacle(drill, facts) for drill in wanted}
    return DrillPlan(
        actions=tuple(_action(drill, facts) for drill in wanted if obstacles[drill] is None),
        skipped=tuple(found for drill in wanted if (found := obstacles[drill]) is not None),
    )


def code_of(drilled: Sequence[Drilled]) -> ExitCode:
    """3 when one failed."""
    return ExitCode.FINDING if any(item.verdict is Verdict.FAILED for item in drilled) else ExitCode.OK


def _action(drill: Drill, facts: DrillFacts) -> HoldDrill:
    target, reason = {
        Drill.ALARM: (facts.alarm, "set to ALARM by hand, await the record of its message, put back"),
        Drill.GUARDRAIL: ("the guardrail", "probes to it and through the bot; charged as messages are"),
        Drill.LOCK: (facts.state, "hold each of its locks, and see a plan refused; released at once"),
        Drill.PAYMENT: (
            facts.chat_url,
            "a test card through the chat; search table and logs for its number; forget the session",
        ),
    }[drill]
    return HoldDrill(verb="drill", target=target, reason=reason, drill=drill)


def _obstacle(drill: Drill, facts: DrillFacts) -> Drilled | None:
    match drill:
        case Drill.ALARM if not facts.alarm:
            return _skipped(drill, "no alarm tells anybody", "paybot alarms status says what to do")
        case Drill.GUARDRAIL if not facts.guarded:
            return _skipped(drill, "guardrails are not enabled", "paybot guardrails enable")
        case Drill.LOCK if not facts.state:
            return _skipped(drill, "there is no state yet", "paybot deploy")
        case Drill.PAYMENT:
            return _no_payment(facts)
    return None


def _no_payment(facts: DrillFacts) -> Drilled | None:
    """Test keys only: with a live key the test card would be declined, and a real customer's account be asked."""
    if not facts.chat_url:
        return _skipped(Drill.PAYMENT, "nothing is deployed that could be talked to", "paybot deploy")
    mode = facts.key.mode if facts.key is not None else None
    if mode is Mode.LIVE:
        why = "the Stripe key is a live one, and drills are held with test keys only"
        return _skipped(Drill.PAYMENT, why, "hold it in an environment with a test key: --env")
    if mode is None:
        why = "no Stripe key is set" if facts.key is None or facts.key.kind is None else "the key's mode is not known"
        return _skipped(Drill.PAYMENT, why, "paybot secrets set-stripe-key")
    return None


def _skipped(drill: Drill, why: str, hint: str) -> Drilled:
    return Drilled(drill=drill, verdict=Verdict.SKIPPED, why=why, hint=hint)
