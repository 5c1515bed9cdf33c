"""The lines of a status about what customers reach: version, code, last deploy, endpoint, the function's health."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from paybot_ops.core.metric_queries import MetricAnswer, MetricQuery
from paybot_ops.core.reports import CodeDifference
from paybot_ops.core.state_lock import age_text
from paybot_ops.core.status import DEPLOY, Line, Mark
from paybot_ops.core.status_names import Names
from paybot_ops.core.versions import parse_description
from paybot_ops.errors import PaybotError

_SHORT_HASH = 12
_PERIOD = 300
_LOOK_BACK = timedelta(hours=24)
_RECENT = timedelta(hours=1)
_FUNCTION_METRICS = ("Invocations", "Errors", "Throttles")


@dataclass(frozen=True, slots=True)
class LiveVersion:
    """The version that customers talk to."""

    function: str
    version: str
    description: str


@dataclass(frozen=True, slots=True)
class Preflight:
    """What OPTIONS on the chat's address came to; the API answers that itself, without the function."""

    url: str
    status: int
    milliseconds: float


def serving_line(live: LiveVersion | None, names: Names, reserved: int | PaybotError | None) -> Line:
    """Whether customers are served, by which version, and whether that is the newest."""
    name = "serving"
    if live is None:
        text = f"the function {names.function}:{names.alias or '$LATEST'} is gone"
        return Line(name=name, mark=Mark.ATTENTION, text=text, cure=DEPLOY, data={"function": names.function})
    pinned = bool(names.published) and live.version not in (names.published, "$LATEST")
    paused = reserved == 0 if not isinstance(reserved, PaybotError) else None
    data = {
        "function": live.function,
        "version": live.version,
        "newest": names.published or None,
        "pinned": pinned if names.published else None,
        "paused": paused,
        "reserved_concurrency": None if isinstance(reserved, PaybotError) else reserved,
    }
    which = f"version {live.version}" if live.version != "$LATEST" else "$LATEST, without an alias"
    if pinned:
        which += f", pinned; the newest is {names.published}"
    elif names.published and names.alias:
        which += ", the newest"
    if paused:
        text = f"PAUSED: every turn is refused; {which}"
        return Line(name=name, mark=Mark.ATTENTION, text=text, cure="paybot resume", data=data)
    if pinned:
        return Line(name=name, mark=Mark.ATTENTION, text=which, cure="paybot rollback --latest", data=data)
    if isinstance(reserved, PaybotError):
        text = f"{which}; paused or not is unknown: {reserved.why or reserved.what}"
        return Line(name=name, mark=Mark.UNKNOWN, text=text, cure=reserved.hint, data=data)
    limit = f", at most {_count(Decimal(reserved), 'turn')} at once" if reserved else ""
    return Line(name=name, mark=Mark.OK, text=which + limit, data=data)


def code_line(found: CodeDifference | None) -> Line:
    """The deployed code against the sources here; None where there are no sources."""
    if found is None:
        return Line(name="code", mark=Mark.INFO, text="there are no sources here to compare with")
    local, deployed = found.source_hash[:_SHORT_HASH], (found.deployed_hash or "")[:_SHORT_HASH]
    data = {"deployed": found.deployed_hash, "local": found.source_hash, "differs": found.differs}
    if not found.differs:
        return Line(name="code", mark=Mark.OK, text=f"{deployed}, as the sources here", data=data)
    what = f"{deployed} is deployed" if deployed else "another build than paybot's is deployed"
    return Line(
        name="code",
        mark=Mark.ATTENTION,
        text=f"{what}, the sources here are {local}",
        cure=DEPLOY,
        data=data,
    )


def deploy_line(live: LiveVersion | None, now: datetime) -> Line:
    """Who deployed what and when, by what the live version says of itself."""
    found = parse_description(live.description) if live is not None else None
    if found is None or found.by is None:
        return Line(name="last deploy", mark=Mark.INFO, text="not by paybot: the live version does not say by whom")
    text = f"by {_short_caller(found.by)}, commit {(found.commit or 'unknown')[:_SHORT_HASH]}"
    if found.at is not None:
        text = f"{age_text(found.at, now)} ago {text}, {found.at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
    data = {"commit": found.commit, "by": found.by, "at": found.at}
    return Line(name="last deploy", mark=Mark.INFO, text=text, data=data)


def endpoint_line(found: Preflight) -> Line:
    """Whether the API answers, and what that proves."""
    data: Mapping[str, object] = {
        "url": found.url,
        "status": found.status,
        "milliseconds": round(found.milliseconds, 1),
        "proves": "API Gateway serves the stage; it answers a preflight itself, so the function was not asked",
    }
    told = f"{found.status} in {found.milliseconds:,.0f} ms"
    if found.status < 300:
        text = f"{told} from API Gateway; the function was not asked"
        return Line(name="endpoint", mark=Mark.OK, text=text, data=data)
    cure = "wait, and look again: paybot status" if found.status == 429 else "paybot deploy --check"
    return Line(name="endpoint", mark=Mark.ATTENTION, text=f"answers a preflight with {told}", cure=cure, data=data)


def function_queries(function: str) -> dict[str, MetricQuery]:
    """What tells a function's health, by metric."""
    dimensions = (("FunctionName", function),)
    return {name: MetricQuery("AWS/Lambda", name, "Sum", _PERIOD, dimensions) for name in _FUNCTION_METRICS}


def function_window(now: datetime) -> tuple[datetime, datetime]:
    """The day that it is read for, ending with the minute of now."""
    end = now.replace(second=0, microsecond=0) + timedelta(minutes=1)
    return end - _LOOK_BACK, end


def function_line(function: str, answer: MetricAnswer, now: datetime) -> Line:
    """Whether the function is well, by its own metrics of a day."""
    series = {name: answer.of(query) for name, query in function_queries(function).items()}
    turns, errors, throttles = (series[name].total for name in _FUNCTION_METRICS)
    failed = [moment for moment, value in series["Errors"].points.items() if value]
    # The beginning of the five minutes in which the last error was.
    last = max(failed) if failed else None
    data = {
        "function": function,
        "hours": 24,
        "turns": int(turns),
        "errors": int(errors),
        "throttles": int(throttles),
        "last_error": last,
    }
    text = f"{_count(turns, 'turn')} in 24 h"
    if last is not None:
        text += f", {_count(errors, 'error')}, the last within {age_text(last, now)}"
    elif turns:
        text += ", no error"
    if throttles:
        text += f", {throttles:,.0f} refused for want of capacity"
    if last is not None and now - last < _RECENT:
        cure = "paybot logs --since 1h --errors"
        return Line(name="function", mark=Mark.ATTENTION, text=text, cure=cure, data=data)
    return Line(name="function", mark=Mark.OK, text=text, data=data)


def _count(number: Decimal, what: str) -> str:
    return f"{'no' if not number else f'{number:,.0f}'} {what}{'' if number == 1 else 's'}"


def _short_caller(arn: str) -> str:
    """The part of a caller's ARN by which a person knows somebody."""
    return arn.rpartition(":")[2].rpartition("/")[2] or arn
