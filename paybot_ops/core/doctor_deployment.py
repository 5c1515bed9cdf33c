"""Verdicts on what is deployed: the state's home, the Stripe key, the guardrail, the alarms and who hears them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from paybot_ops.core.alarm_lint import Finding, Flaw
from paybot_ops.core.bucket_actions import (
    AppendTlsStatement,
    BlockPublicAccess,
    EnableVersioning,
    SetEncryption,
    TagBucket,
)
from paybot_ops.core.doctor import Verdict, failed, passed, skipped, warned, worst
from paybot_ops.core.guardrails import View, disagreements
from paybot_ops.core.state_settings import Setting
from paybot_ops.core.stripe_keys import KeyStatus, Mode
from paybot_ops.core.subscriptions import TopicReport
from paybot_ops.core.table_actions import EnablePitr, ProtectTable, TagTable
from paybot_ops.plan import Action

_BOOTSTRAP = "paybot bootstrap-state"
# Without these a state can be lost, or read by others.
_GRAVE = {"bucket", "versioning", "encryption", "TLS", "public access block", "table"}
# They add a protection and take nothing away: no object, no version, no access that a state's home should give.
_HARMLESS = (
    EnableVersioning,
    SetEncryption,
    AppendTlsStatement,
    BlockPublicAccess,
    TagBucket,
    ProtectTable,
    EnablePitr,
    TagTable,
)
_DEAF = {Flaw.NO_ACTION, Flaw.ACTIONS_OFF, Flaw.NO_SUBSCRIBER, Flaw.TOPIC_GONE}


def judge_local_state(path: str, resources: int) -> Verdict:
    """A state beside the module: it is on this machine only."""
    if not resources:
        return skipped("nothing is deployed yet, and the state will be local")
    cure = f"{_BOOTSTRAP} && paybot migrate-state"
    why = "whoever else deploys does not see it, and a lost disk loses it"
    return warned(f"the state of {resources} resources is on this machine only: {path}", cure, why)


def judge_home(settings: Sequence[Setting], bucket: str) -> Verdict:
    """Whether the bucket and the lock are as `bootstrap-state --check` wants them."""
    differing = [item for item in settings if not item.ok]
    if not differing:
        return passed(f"{bucket}: {len(settings)} settings are as they should be")
    details = tuple(f"{item.target} {item.name}: {item.now}, wanted {item.wanted}" for item in differing)
    what = f"{bucket}: {len(differing)} of {len(settings)} settings differ"
    made = failed if any(item.name in _GRAVE for item in differing) else warned
    return replace(made(what, _BOOTSTRAP, *details), fixes=harmless(differing))


def harmless(settings: Sequence[Setting]) -> tuple[Action, ...]:
    """The changes that only add a protection; none before the bucket or the table is there to be changed."""
    absent = {item.target for item in settings if item.name in ("bucket", "table")}
    return tuple(item.action for item in settings if isinstance(item.action, _HARMLESS) and item.target not in absent)


def judge_key(status: KeyStatus, *, readable: bool, environment: str, misfit: Verdict | None) -> Verdict:
    """Whether the bot can take payments with the key that is stored; `misfit` says why it may not have that one."""
    setting = "paybot secrets set-stripe-key"
    if not readable:
        return warned("not checked: the key may not be read", "allow secretsmanager:GetSecretValue and kms:Decrypt")
    if status.mode is None:
        return failed(status.problem, setting)
    if misfit is not None:
        return misfit
    shown = f"a {status.kind} key in {status.mode} mode, …{status.last_four}"
    if status.problem:
        return warned(status.problem, setting, shown)
    if status.mode is Mode.TEST and environment == "prod":
        return warned(f"{shown}: in prod, and no card is charged", setting)
    age = "" if status.age_days is None else f", {status.age_days} days old"
    return passed(f"{shown}{age}")


def judge_guardrail(view: View) -> Verdict:
    """Whether what is wanted, deployed, live and used agree."""
    found = [failed(item.what, item.cure) for item in disagreements(view)]
    version = view.deployed.version or "DRAFT"
    state = f"on, version {version} is live and used" if view.wanted.enabled else "off, as it is wanted"
    return worst(found, lambda: passed(state))


def judge_alarms(count: int, findings: Sequence[Finding]) -> Verdict:
    """Whether each alarm can fire, and notifies somebody when it does."""
    found = [(failed if item.flaw in _DEAF else warned)(f"{item.target} {item.what}", item.mend) for item in findings]
    return worst(found, lambda: passed(f"{count} alarm{'' if count == 1 else 's'}, each of which tells somebody"))


def judge_delivery(topics: Sequence[TopicReport]) -> Verdict:
    """Whether an alarm's message gets to its topic, and from there to people."""
    heard = sum(item.subscription.arn != "" for topic in topics for item in topic.subscriptions)
    return worst(_undelivered(topics), lambda: passed(f"{heard} confirmed subscriber{'' if heard == 1 else 's'}"))


def _undelivered(topics: Sequence[TopicReport]) -> Iterator[Verdict]:
    for topic in topics:
        name = topic.arn.rpartition(":")[2]
        if not topic.exists:
            yield failed(f"the topic {name} is gone", "paybot notifications subscribe you@example.com --create-topic")
            continue
        for problem in topic.problems:
            yield failed(f"alarms do not reach {name}: {problem}", "paybot deploy makes the module's own topic right")
        confirmed = [item for item in topic.subscriptions if item.subscription.arn]
        pending = [item for item in topic.subscriptions if item.subscription.state == "pending"]
        if not confirmed:
            cure = f"paybot notifications subscribe you@example.com --topic {topic.arn}"
            yield failed(f"nobody hears {name}", cure)
        elif pending:
            cure = "confirm it in its inbox, or: paybot notifications subscribe … --resend"
            yield warned(f"{len(pending)} of the subscriptions of {name} is not confirmed", cure)
