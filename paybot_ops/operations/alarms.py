"""`paybot alarms status` and `history`: only the calls that the answer needs, and those that can go out together."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future
from dataclasses import dataclass, field
from datetime import UTC, datetime

from paybot_ops.adapters import alarms as cloudwatch
from paybot_ops.adapters import sns
from paybot_ops.core.alarm_lint import Destination, Evidence, lint, needs_model_ids
from paybot_ops.core.alarm_readings import Value, plan_readings
from paybot_ops.core.alarm_status import StatusReport, ordered_rows
from paybot_ops.core.alarms import Alarm, HistoryItem, belongs
from paybot_ops.core.subscriptions import SubscriptionState
from paybot_ops.errors import AccessDeniedError, PaybotError, UsageError
from paybot_ops.operations.daemon_pool import DaemonPool
from paybot_ops.operations.target import Target

_AT_ONCE = 8
# So many alarms' metrics are asked for while further pages of alarms are still being read.
_BATCH = 400


@dataclass(slots=True)
class _Look:
    """One look at the alarms: what was found, and the calls that are still under way."""

    target: Target
    pool: DaemonPool
    now: datetime
    find: Callable[[Target, str], Destination]
    alarms: list[Alarm] = field(default_factory=list)
    values: list[Future[dict[str, Value]]] = field(default_factory=list)
    destinations: dict[str, Future[Destination]] = field(default_factory=dict)

    def take(self, alarms: Iterable[Alarm]) -> None:
        """Add alarms, and ask at once who hears of them."""
        for alarm in alarms:
            self.alarms.append(alarm)
            for arn in alarm.topics:
                if arn not in self.destinations:
                    self.destinations[arn] = self.pool.submit(self.find, self.target, arn)

    def ask_values(self, alarms: Iterable[Alarm]) -> None:
        """Ask for the latest values of these."""
        for reading in plan_readings(alarms):
            self.values.append(self.pool.submit(cloudwatch.get_values, self.target.session, reading, self.now))

    def latest(self) -> dict[str, Value] | None:
        """The values by alarm; None where they may not be read, which is said."""
        found: dict[str, Value] = {}
        try:
            for each in self.values:
                found |= each.result()
        except AccessDeniedError as error:
            self.target.screen.warn(f"the latest values are not shown: {error.why}")
            return None
        return found


def status(target: Target, prefix: str | None = None) -> StatusReport:
    """Every alarm of the deployment with its value, where it notifies, and what is wrong with it.

    Raises:
        PaybotError: there is no alarm, or the alarms may not be listed.
    """
    report = look_at_alarms(target, prefix)
    require([row.alarm for row in report.rows], target, prefix)
    return report


def look_at_alarms(
    target: Target,
    prefix: str | None = None,
    *,
    values: bool = True,
    find: Callable[[Target, str], Destination] | None = None,
) -> StatusReport:
    """The same, without rows where there is no alarm; without `values` what is measured is not asked for.

    `find` says who hears of a topic, where the caller has asked already.

    Raises:
        PaybotError: the alarms may not be listed.
    """
    now = datetime.now(UTC)
    session = target.session
    with DaemonPool(_AT_ONCE) as pool:
        look = _Look(target, pool, now, find or find_destination)
        pool.submit(session.client, "sns")  # made while the alarms are on their way
        asked = 0
        for page in pages(target, prefix):
            look.take(page)
            if values and len(look.alarms) - asked >= _BATCH:
                look.ask_values(look.alarms[asked:])
                asked = len(look.alarms)
        if values:
            look.ask_values(look.alarms[asked:])
        destinations = {arn: each.result() for arn, each in look.destinations.items()}
        latest = look.latest() if values else None
    silent: frozenset[str] = frozenset()
    if latest is not None:
        silent = frozenset(alarm.name for alarm in look.alarms if alarm.watch and alarm.name not in latest)
    evidence = Evidence(
        destinations=destinations,
        silent=silent,
        model_ids=_model_ids(target) if needs_model_ids(look.alarms, silent) else {},
        daily_tokens=target.settings.bedrock_token_threshold,
        now=now,
    )
    return StatusReport(
        account=look.alarms[0].account if look.alarms else "",
        region=target.region,
        rows=ordered_rows(look.alarms, latest or {}, destinations),
        findings=lint(look.alarms, evidence),
        prefix=name_prefix(target, prefix),
        suffix=f"-{target.settings.environment}" if prefix is None and target.settings.environment else "",
    )


def history(
    target: Target, prefix: str | None, name: str, *, since: datetime | None, kind: str, most: int
) -> tuple[HistoryItem, ...]:
    """What happened to the deployment's alarms, or to one, newest first; at most so many items.

    Raises:
        PaybotError: there is no such alarm, or the history may not be read.
    """
    wanted = find_alarm(target, prefix, name).name if name else ""
    start = name_prefix(target, prefix)
    items: list[HistoryItem] = []
    for item in cloudwatch.list_history(target.session, name=wanted, kind=kind, since=since):
        if wanted or (item.alarm.startswith(start) and belongs(item.alarm, target.settings.environment, prefix)):
            items.append(item)
            if len(items) == most:
                break
    return tuple(items)


def pages(target: Target, prefix: str | None) -> Iterator[tuple[Alarm, ...]]:
    """The deployment's alarms, page by page: `<project>-…-<environment>`, or those of the user's own prefix."""
    environment = target.settings.environment
    for page in cloudwatch.list_alarms(target.session, name_prefix(target, prefix)):
        yield tuple(alarm for alarm in page if belongs(alarm.name, environment, prefix))


def name_prefix(target: Target, prefix: str | None) -> str:
    """What the names of the deployment's alarms begin with.

    Raises:
        UsageError: nothing says which project this is.
    """
    if prefix is not None:
        return prefix
    if not target.settings.project_name:
        raise UsageError(
            "which alarms belong to this deployment is not known",
            why="the module has no project_name",
            hint='name them: --prefix my-bot-, or --prefix "" for every alarm of the region',
        )
    return f"{target.settings.project_name}-"


def require(alarms: list[Alarm], target: Target, prefix: str | None) -> None:
    """Refuse to answer for a deployment without alarms: nothing watches it.

    Raises:
        PaybotError: there is none.
    """
    if not alarms:
        start, environment = name_prefix(target, prefix), target.settings.environment
        named = f"{start}…-{environment}" if environment and prefix is None else f"{start}…"
        raise PaybotError(
            f"there are no alarms named {named} in {target.region}",
            why="nothing watches this deployment, or its alarms are named otherwise or in another region",
            hint="deploy them (paybot deploy), or name them: --prefix …, --region …",
        )


def find_alarm(target: Target, prefix: str | None, name: str) -> Alarm:
    """An alarm by its name, or by a part of it that only one has.

    Raises:
        UsageError: none has it, or several have.
    """
    alarms = [alarm for page in pages(target, prefix) for alarm in page]
    require(alarms, target, prefix)
    exact = [alarm for alarm in alarms if alarm.name == name]
    found = exact or [alarm for alarm in alarms if name in alarm.name]
    if len(found) != 1:
        names = ", ".join(alarm.name for alarm in found or alarms)
        what = f"several alarms are named like {name!r}" if found else f"there is no alarm {name!r}"
        raise UsageError(what, hint=f"one of: {names}")
    return found[0]


def find_destination(target: Target, arn: str) -> Destination:
    """Who hears of a topic; what may not be read is said, and is never taken for nobody."""
    try:
        return get_destination(target, arn)
    except AccessDeniedError as error:
        target.screen.warn(f"the subscribers of {arn} are not shown: {error.why}")
        return Destination(arn, readable=False)


def get_destination(target: Target, arn: str) -> Destination:
    """Who hears of a topic. Raises `AccessDeniedError` (sns:ListSubscriptionsByTopic)."""
    held = sns.find_subscriptions(target.session, arn)
    if held is None:
        return Destination(arn, exists=False)
    states = [item.state for item in held]
    return Destination(arn, states.count(SubscriptionState.CONFIRMED), states.count(SubscriptionState.PENDING))


def _model_ids(target: Target) -> dict[str, tuple[str, ...]]:
    try:
        return cloudwatch.list_model_ids(target.session)
    except AccessDeniedError as error:
        target.screen.warn(f"whether another model id has data was not checked: {error.why}")
        return {}
