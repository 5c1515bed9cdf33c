"""`paybot status`: the state gives the names, then everything is asked at once; who calls is asked beside it."""

from __future__ import annotations

import copy
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from datetime import UTC, datetime

from paybot_ops.adapters.session import Identity
from paybot_ops.core import status_keeping as keeping
from paybot_ops.core import status_limits as limits
from paybot_ops.core.alarm_lint import Destination
from paybot_ops.core.alarm_status import StatusReport as AlarmReport
from paybot_ops.core.guardrail_policies import ENABLED
from paybot_ops.core.status import Line, StatusReport, unknown_line
from paybot_ops.core.status_names import Names, conventional_names, parse_names
from paybot_ops.errors import CredentialsError, PaybotError, StoppedError
from paybot_ops.operations import status_readings as readings
from paybot_ops.operations.alarms import find_destination, get_destination, look_at_alarms
from paybot_ops.operations.crew import Crew, QuietScreen
from paybot_ops.operations.preflight import check_account, check_local_state, check_state_owner
from paybot_ops.operations.status_readings import StateLook
from paybot_ops.operations.target import Target

# How much of the time may pass until it goes on without the names that the state would give.
_SHARE_OF_STATE = 0.5


@dataclass(slots=True)
class _Look:
    """One look: the readings under way, in the order in which their lines are shown."""

    target: Target
    crew: Crew
    now: datetime
    shown: list[tuple[str, Future[tuple[Line, ...]]]] = field(default_factory=list)
    topic: Future[Destination] | None = None
    topic_arn: str = ""

    def show(self, name: str, read: Callable[[], tuple[Line, ...]]) -> None:
        """Begin a reading; where it fails, the line of this name says why."""
        self.shown.append((name, self.crew.start(read)))

    def needs_state(self, name: str) -> None:
        """A line for what only the state names, which could not be read."""
        error = PaybotError("its name stands in the state, which could not be read", hint="see the line of the state")
        self.show(name, lambda: (unknown_line(name, error),))

    def destination(self, target: Target, arn: str) -> Destination:
        """Who hears of a topic; the module's own was asked by the name in the state, before the alarms were there."""
        if self.topic is None or arn != self.topic_arn:
            return find_destination(target, arn)
        try:
            return self.topic.result()
        except PaybotError:
            return Destination(arn, readable=False)


def read_status(target: Target, *, drift: bool = False, seconds: float = 20) -> StatusReport:
    """The whole deployment; a reading that is refused, or not there within `seconds`, is a line that says so.

    Raises:
        CredentialsError: none that AWS accepts, or those of another account than the state's.
    """
    now = datetime.now(UTC)
    quiet = copy.copy(target)
    quiet.screen = QuietScreen()
    look = _Look(quiet, Crew(seconds), now)
    identity = look.crew.start(lambda: quiet.identity)
    state = look.crew.start(lambda: readings.read_state(quiet, identity))
    alarms = look.crew.start(lambda: look_at_alarms(quiet, values=False, find=look.destination))
    today = look.crew.start(lambda: readings.today(quiet, now))
    locks: Future[tuple[Line, ...]] = look.crew.start(
        lambda: (keeping.lock_line(readings.read_locks(quiet, identity), now),)
    )
    found = _find_state(look, state)
    empty = found is not None and found.is_empty
    if empty and not _any_alarm(look, alarms):
        return _report(look, _caller(look, identity, found), deployed=False)
    _begin(look, _names(quiet, found), seconds, alarms, today)
    look.show("state", lambda: (keeping.state_line(state.result().status, now),))
    look.shown.append(("lock", locks))
    caller = _caller(look, identity, found)
    lines = [line for each in look.shown for line in look.crew.lines(*each)]
    lines.append(_drift(quiet) if drift else keeping.no_drift_line())
    return _report(look, caller, lines=tuple(lines))


def _begin(
    look: _Look, names: Names, seconds: float, alarms: Future[AlarmReport], today: Future[tuple[Line, ...]]
) -> None:
    """Ask about everything that has a name, all at once; what the deployment does not have has no line."""
    target, now = look.target, look.now
    if names.topic:
        look.topic_arn = names.topic
        look.topic = look.crew.start(lambda: get_destination(target, names.topic))
    topic = look.topic
    if (unclear := names.unclear) is not None:
        look.show("serving", lambda: (unknown_line("serving", unclear),))
    if names.function:
        live = look.crew.start(lambda: readings.find_live_version(target, names))
        look.show("serving", lambda: readings.serving(target, names, live))
        look.show("code", lambda: readings.code(target, names, live))
        look.show("last deploy", lambda: readings.last_deploy(live, now))
    if names.chat_url:
        look.show("endpoint", lambda: readings.endpoint(target, names, seconds))
    elif not names.known:
        look.needs_state("endpoint")
    if names.function:
        look.show("function", lambda: readings.function(target, names, now))
    if target.settings.bedrock_model_id:
        look.shown.append(("tokens today", today))
    look.show("alarms", lambda: (limits.alarm_line(alarms.result()),))
    look.show("notifications", lambda: readings.notifications(topic, alarms))
    if ENABLED in target.variables:
        if unclear is not None:
            look.show("guardrail", lambda: (unknown_line("guardrail", unclear),))
        elif names.known:
            look.show("guardrail", lambda: readings.guardrail(target, names))
        else:
            look.needs_state("guardrail")
    if names.secret:
        look.show("stripe key", lambda: readings.stripe_key(target, names, now))
    elif not names.known:
        look.needs_state("stripe key")


def _find_state(look: _Look, state: Future[StateLook]) -> StateLook | None:
    try:
        return look.crew.wait(state, share=_SHARE_OF_STATE)
    except CredentialsError:
        raise
    except PaybotError:  # its own line tells it
        return None


def _names(target: Target, found: StateLook | None) -> Names:
    settings = target.settings
    if found is None or found.status.problem:
        return conventional_names(settings.project_name, settings.environment)
    return parse_names(found.state.document if found.state else None)


def _any_alarm(look: _Look, alarms: Future[AlarmReport]) -> bool:
    """Whether something is watched that no state here knows of: a deployment that was made by hand elsewhere."""
    try:
        return bool(look.crew.wait(alarms).rows)
    except CredentialsError:
        raise
    except PaybotError:
        return False


def _caller(look: _Look, identity: Future[Identity], found: StateLook | None) -> str:
    """The account; "" where it could not be had, which is said. The state must be that account's."""
    try:
        account = look.crew.wait(identity).account
    except CredentialsError:
        raise
    except PaybotError as error:
        line = unknown_line("account", error)
        look.shown.insert(0, (line.name, look.crew.start(lambda: (line,))))
        return ""
    check_account(look.target, account)
    if found is not None and found.owner not in ("", account):
        raise CredentialsError(
            f"the state's bucket belongs to account {found.owner}, and the credentials to {account}",
            why="what it names may be another deployment",
            hint="use that account's credentials (AWS_PROFILE=…)",
        )
    if found is not None and found.state is not None:
        if look.target.state_is_remote:
            check_state_owner(found.state.summary, account)
        else:
            check_local_state(look.target, found.state.summary)
    return account


def _drift(target: Target) -> Line:
    try:
        return readings.drift(target)
    except (CredentialsError, StoppedError):
        raise
    except PaybotError as error:
        return unknown_line("drift", error)


def _report(look: _Look, account: str, *, deployed: bool = True, lines: tuple[Line, ...] = ()) -> StatusReport:
    target = look.target
    return StatusReport(
        name=target.settings.name,
        environment=target.settings.environment,
        account=account,
        region=target.region,
        endpoint=target.endpoint or "",
        at=look.now,
        deployed=deployed,
        lines=lines,
        warnings=tuple(target.screen.warnings),
    )
