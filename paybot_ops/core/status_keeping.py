"""The lines of a status about what is kept and guards: guardrail, state and its lock, the Stripe key, drift."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from paybot_ops.core.guardrails import View, disagreements
from paybot_ops.core.state_lock import HeldLock, age_text
from paybot_ops.core.state_reports import StateStatus
from paybot_ops.core.status import DEPLOY, Line, Mark, few
from paybot_ops.core.stripe_keys import KeyStatus
from paybot_ops.core.terraform_plan import TerraformPlan

# An apply of the whole module takes a minute or two; whoever holds the lock for so long may be dead.
_LONG_HELD = timedelta(minutes=30)


def guardrail_line(view: View) -> Line:
    """Whether the guardrail that is wanted is the one that is used."""
    wrong = disagreements(view)
    used = view.used
    data = {
        "wanted": view.wanted.enabled,
        "id": view.deployed.guardrail_id or None,
        "deployed_version": view.deployed.version or None,
        "used_version": (used.guardrail_version or None) if used else None,
        "problems": [item.what for item in wrong],
    }
    if wrong:
        more = f" (and {len(wrong) - 1} more)" if len(wrong) > 1 else ""
        cure = wrong[0].cure if len(wrong) == 1 else "paybot guardrails status"
        return Line(name="guardrail", mark=Mark.ATTENTION, text=f"{wrong[0].what}{more}", cure=cure, data=data)
    if not view.wanted.enabled:
        return Line(name="guardrail", mark=Mark.INFO, text="off", data=data)
    return Line(name="guardrail", mark=Mark.OK, text=f"on: version {view.deployed.version} is used", data=data)


def state_line(status: StateStatus, now: datetime) -> Line:
    """Where the state is, and whether it is whole."""
    data = {
        "where": status.where,
        "serial": status.serial,
        "resources": status.resources,
        "modified": status.modified,
        "digest_ok": status.digest_ok,
    }
    if status.problem:
        text, cure = f"{status.where} cannot be read: {status.problem}", "paybot state versions"
        return Line(name="state", mark=Mark.ATTENTION, text=text, cure=cure, data=data)
    if status.digest_ok is False:
        text, cure = f"{status.where} is not the state that its digest is of", "paybot state versions"
        return Line(name="state", mark=Mark.ATTENTION, text=text, cure=cure, data=data)
    if status.serial is None:
        return Line(name="state", mark=Mark.INFO, text=f"{status.where}: none yet", data=data)
    age = f", {age_text(status.modified, now)} old" if status.modified else ""
    text = f"serial {status.serial}, {status.resources} resources{age}: {status.where}"
    return Line(name="state", mark=Mark.OK, text=text, data=data)


def lock_line(locks: Sequence[HeldLock], now: datetime) -> Line:
    """Who works on the state, and since when."""
    data = {
        "held": bool(locks),
        "locks": [
            {
                "kind": lock.kind,
                "id": lock.info.id,
                "who": lock.info.who,
                "operation": lock.info.operation,
                "since": lock.info.created,
            }
            for lock in locks
        ],
    }
    if not locks:
        return Line(name="lock", mark=Mark.OK, text="free", data=data)
    info = locks[0].info
    doing = f" ({info.operation})" if info.operation else ""
    text = f"held by {info.who or 'somebody'}{doing} for {age_text(info.created, now)}"
    if info.created is not None and now - info.created < _LONG_HELD:
        return Line(name="lock", mark=Mark.INFO, text=text, data=data)
    cure = "if its holder is certainly dead: paybot state unlock"
    return Line(name="lock", mark=Mark.ATTENTION, text=text, cure=cure, data=data)


def stripe_line(status: KeyStatus) -> Line:
    """Which key payments are taken with: its mode, age and last four characters."""
    data = {
        "mode": status.mode,
        "kind": status.kind,
        "last_four": status.last_four,
        "age_days": status.age_days,
        "problem": status.problem,
    }
    shown = f"{status.mode} mode, {status.kind}, …{status.last_four}" if status.mode else ""
    if status.problem:
        text = f"{shown}: {status.problem}" if shown else status.problem
        cure = "paybot secrets set-stripe-key"
        return Line(name="stripe key", mark=Mark.ATTENTION, text=text, cure=cure, data=data)
    return Line(name="stripe key", mark=Mark.OK, text=f"{shown}{_age(status.age_days)}", data=data)


def _age(days: int | None) -> str:
    """When AWS does not say when the key was set, nor does the line."""
    if days is None:
        return ""
    return f", {days} d old" if days else ", set today"


def drift_line(plan: TerraformPlan) -> Line:
    """What a deploy would change: what differs between the files and the account."""
    data = {"changes": [{"verb": change.verb, "address": change.target} for change in plan.actions]}
    if plan.is_empty:
        return Line(name="drift", mark=Mark.OK, text="none: the account is what the files say", data=data)
    names = [f"{change.verb} {change.target}" for change in plan.actions]
    text = few(names) or "outputs alone would change"
    return Line(
        name="drift",
        mark=Mark.ATTENTION,
        text=f"the account and the files differ: {text}",
        cure=f"{DEPLOY} --dry-run shows it, {DEPLOY} mends it",
        data=data,
    )


def no_drift_line() -> Line:
    """Drift that nobody asked about."""
    return Line(name="drift", mark=Mark.INFO, text="not looked at: paybot status --drift runs a plan")
