"""The lines of a status about what watches the deployment: alarms, who hears them, today's tokens and dollars."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal

from paybot_ops.core.alarm_lint import SUBSCRIBE, Destination, Finding, Flaw
from paybot_ops.core.alarm_status import StatusReport
from paybot_ops.core.alarms import State, topic_name
from paybot_ops.core.money import Money, dollars_text, money_text
from paybot_ops.core.settings import Settings
from paybot_ops.core.status import DEPLOY, Line, Mark, few
from paybot_ops.core.token_metrics import NO_USE
from paybot_ops.core.token_report import TokenReport

# With these nobody hears an alarm; the rest of the lint is for `paybot alarms status`.
_MUTE = (Flaw.NO_ACTION, Flaw.ACTIONS_OFF)
_TOKENS = "paybot metrics tokens --days 7"


def alarm_line(report: StatusReport) -> Line:
    """How many alarms fire, and whether each would be heard."""
    if not report.rows:
        text = "there are none: nothing watches the deployment"
        return Line(name="alarms", mark=Mark.ATTENTION, text=text, cure=DEPLOY, data={"firing": [], "ok": 0})
    names = {state: [row.alarm.name for row in report.rows if row.alarm.state is state] for state in State}
    mute = [finding for finding in report.findings if finding.flaw in _MUTE]
    firing, waiting = names[State.ALARM], names[State.INSUFFICIENT_DATA]
    parts = [f"{len(firing)} firing: {few(map(report.short, firing))}"] if firing else []
    parts += [f"{len(names[State.OK])} ok"] if names[State.OK] else []
    parts += [f"{len(waiting)} without data yet"] if waiting else []
    parts += [_mute_text(mute)] if mute else []
    data = {
        "firing": firing,
        "ok": len(names[State.OK]),
        "insufficient_data": waiting,
        "notify_nobody": [finding.target for finding in mute],
    }
    calls = bool(firing or mute)
    cure = "paybot alarms status" if firing else mute[0].mend if mute else ""
    return Line(name="alarms", mark=Mark.ATTENTION if calls else Mark.OK, text="; ".join(parts), cure=cure, data=data)


def notification_line(topics: Iterable[Destination]) -> Line:
    """Who hears of alarms."""
    listed = tuple(topics)
    data = {
        "topics": [
            {"arn": each.arn, "exists": each.exists, "confirmed": each.confirmed, "pending": each.pending}
            for each in listed
        ]
    }
    problem, cure = _unheard(listed)
    if problem:
        return Line(name="notifications", mark=Mark.ATTENTION, text=problem, cure=cure, data=data)
    text = ", ".join(f"{topic_name(each.arn)} → {_subscribers(each)}" for each in listed)
    return Line(name="notifications", mark=Mark.OK, text=text, data=data)


def limit_lines(report: TokenReport, settings: Settings) -> tuple[Line, ...]:
    """Today's tokens and dollars, each against its limit where the deployment has one."""
    row = report.rows[-1]
    usage = row.usage or NO_USE
    lines = [_tokens(usage.input_tokens, usage.output_tokens, report, settings)]
    if settings.bedrock_daily_token_budget is not None:
        lines.append(_budget(usage.tokens, settings.bedrock_daily_token_budget))
    return (*lines, _cost(row.cost, settings.bedrock_daily_cost_threshold))


def _tokens(into: Decimal, out: Decimal, report: TokenReport, settings: Settings) -> Line:
    threshold = settings.bedrock_token_threshold or None
    share = into / threshold if threshold else None
    least = "≥ " if report.incomplete else ""
    data = {
        "model": report.models[0] if report.models else settings.bedrock_model_id,
        "input_tokens": int(into),
        "output_tokens": int(out),
        "threshold": _whole(threshold),
        "complete": not report.incomplete,
    }
    text = f"{least}{into:,.0f} in, {out:,.0f} out"
    if threshold:
        text = f"{least}{into:,.0f} of {threshold:,.0f} in, {out:,.0f} out"
    return _limited("tokens today", text, share, cure=_TOKENS, data=data)


def _budget(tokens: Decimal, budget: Decimal) -> Line:
    data = {"tokens": int(tokens), "budget": _whole(budget)}
    if not budget:
        text = "0: the model is never asked"
        return Line(name="token budget", mark=Mark.INFO, text=text, data=data)
    text = f"{tokens:,.0f} of {budget:,.0f} in and out"
    cure = "raise bedrock_daily_token_budget, or wait for 00:00 UTC: until then the bot words its replies itself"
    return _limited("token budget", text, tokens / budget, cure=cure, data=data)


def _cost(cost: Money, threshold: Decimal) -> Line:
    data = {"dollars": cost.dollars, "complete": cost.complete, "threshold": threshold or None}
    if cost.dollars is None:
        text = "unknown: the model has no known price"
        cure = "set bedrock_input_price_per_million and bedrock_output_price_per_million"
        return Line(name="cost today", mark=Mark.INFO, text=text, cure=cure, data=data)
    text = money_text(cost)
    if not threshold:
        return Line(name="cost today", mark=Mark.OK, text=text, data=data)
    return _limited(
        "cost today", f"{text} of {dollars_text(threshold)}", cost.dollars / threshold, cure=_TOKENS, data=data
    )


def _limited(name: str, text: str, share: Decimal | None, *, cure: str, data: Mapping[str, object]) -> Line:
    if share is None:
        return Line(name=name, mark=Mark.OK, text=text, data=data)
    data = {**data, "share": round(float(share), 4)}
    if share > 1:
        return Line(name=name, mark=Mark.ATTENTION, text=f"{text}: over", cure=cure, share=share, data=data)
    return Line(name=name, mark=Mark.OK, text=text, share=share, data=data)


def _unheard(topics: Sequence[Destination]) -> tuple[str, str]:
    """Why an alarm would reach nobody, and what mends it; "" where somebody hears each topic."""
    if not topics:
        return "no alarm notifies a topic", f"{SUBSCRIBE} --create-topic"
    for each in topics:
        name = topic_name(each.arn)
        if not each.exists:
            return f"the topic {name} is gone", DEPLOY
        if not each.confirmed and each.pending:
            return f"nobody hears {name} yet: {each.pending} pending", "confirm the message in its inbox"
        if not each.confirmed:
            return f"nobody hears {name}", SUBSCRIBE
    return "", ""


def _subscribers(each: Destination) -> str:
    return f"{each.confirmed} confirmed" + (f", {each.pending} pending" if each.pending else "")


def _mute_text(mute: Sequence[Finding]) -> str:
    return f"{len(mute)} {'notifies' if len(mute) == 1 else 'notify'} nobody"


def _whole(value: Decimal | None) -> int | None:
    return None if value is None else int(value)
