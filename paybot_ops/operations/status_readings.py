"""The readings of `paybot status`, each on its own: what it asks, and the lines that the answer makes."""

from __future__ import annotations

import re
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from paybot_ops.adapters import cloudwatch
from paybot_ops.adapters.chat import ask_preflight
from paybot_ops.adapters.lambda_ import DeployedFunction, find_function, get_concurrency
from paybot_ops.adapters.session import Identity
from paybot_ops.core import status_keeping as keeping
from paybot_ops.core import status_limits as limits
from paybot_ops.core import status_lines as lines
from paybot_ops.core.alarm_lint import Destination
from paybot_ops.core.alarm_status import StatusReport as AlarmReport
from paybot_ops.core.backend import LocalPlace, S3Place
from paybot_ops.core.chat import reachable_address
from paybot_ops.core.metric_window import Asked, By, choose_window
from paybot_ops.core.state_document import StateDocument
from paybot_ops.core.state_lock import HeldLock
from paybot_ops.core.state_reports import StateStatus
from paybot_ops.core.status import Line
from paybot_ops.core.status_lines import LiveVersion, Preflight
from paybot_ops.core.status_names import Names
from paybot_ops.core.stripe_keys import describe
from paybot_ops.core.token_report import Reckoning, token_report
from paybot_ops.errors import AccessDeniedError, PaybotError
from paybot_ops.operations.state import local_locks, read_local, read_remote
from paybot_ops.operations.state_place import Remote, current_place, remote_of
from paybot_ops.operations.target import Target

T = TypeVar("T")
# The end of a bucket's name that `bootstrap-state` chooses.
_ACCOUNT = re.compile(r"-(\d{12})$")


@dataclass(frozen=True, slots=True)
class StateLook:
    """The state of the selected workspace, what is in it, and the account that its bucket was held to be of."""

    status: StateStatus
    state: StateDocument | None
    owner: str = ""

    @property
    def is_empty(self) -> bool:
        """Whether it says that nothing is deployed; a state that cannot be read says nothing."""
        return not self.status.problem and (self.state is None or not self.state.summary.addresses)


def read_state(target: Target, identity: Future[Identity]) -> StateLook:
    """The state of the selected workspace, local or in its bucket."""
    place, workspace = current_place(target), target.workspace.selected
    if isinstance(place, LocalPlace):
        return StateLook(*read_local(target, place, workspace))
    found, owner = _of_owner(target, place, identity, lambda remote: read_remote(remote, workspace))
    return StateLook(*found, owner)


def read_locks(target: Target, identity: Future[Identity]) -> tuple[HeldLock, ...]:
    """The locks on it."""
    place, workspace = current_place(target), target.workspace.selected
    if isinstance(place, LocalPlace):
        return local_locks(target, place, workspace)
    return _of_owner(target, place, identity, lambda remote: remote.locks(workspace))[0]


def _of_owner(target: Target, place: S3Place, identity: Future[Identity], read: Callable[[Remote], T]) -> tuple[T, str]:
    """Read a bucket that must be the account's which the settings or its own name say, without waiting for who calls.

    S3 holds the bucket against that account. Whether it is the caller's is for the one who shows the answer to check.
    """
    allowed, named = target.settings.allowed_account_ids, _ACCOUNT.search(place.bucket)
    likely = allowed[0] if len(allowed) == 1 else named[1] if named else ""
    if likely:
        try:
            return read(remote_of(target, place, likely)), likely
        except AccessDeniedError:
            if identity.result().account == likely:
                raise
    account = identity.result().account
    return read(remote_of(target, place, account)), account


def find_live_version(target: Target, names: Names) -> DeployedFunction | None:
    """The version that customers talk to."""
    return find_function(target.session, names.function, names.alias or "$LATEST")


def serving(target: Target, names: Names, live: Future[DeployedFunction | None]) -> tuple[Line, ...]:
    """Whether customers are served, and by what; the reservation is asked for beside the version."""
    reserved: int | PaybotError | None
    try:
        reserved = get_concurrency(target.session, names.function)
    except PaybotError as error:
        reserved = error
    return (lines.serving_line(_version(live.result()), names, reserved),)


def last_deploy(live: Future[DeployedFunction | None], now: datetime) -> tuple[Line, ...]:
    """Who deployed, and when."""
    return (lines.deploy_line(_version(live.result()), now),)


def code(target: Target, names: Names, live: Future[DeployedFunction | None]) -> tuple[Line, ...]:
    """The deployed code against the sources; the zip is fetched only where Terraform's record is of another one."""
    from paybot_ops.operations.package_check import compare_code

    function = live.result()
    if function is None or target.source.bot is None:
        return (lines.code_line(None),)
    # Where there was no digest beside the bundle, the module recorded the zip's own.
    of_sources = names.code_sha256 == function.code_sha256 and names.source_hash != names.code_sha256
    return (lines.code_line(compare_code(target, function, names.source_hash if of_sources else "")),)


def endpoint(target: Target, names: Names, seconds: float) -> tuple[Line, ...]:
    """One preflight through the API."""
    url = reachable_address(names.chat_url, target.endpoint)
    return (lines.endpoint_line(Preflight(url, *ask_preflight(url, timeout=seconds))),)


def function(target: Target, names: Names, now: datetime) -> tuple[Line, ...]:
    """The function's health, from its metrics."""
    start, end = lines.function_window(now)
    queries = lines.function_queries(names.function).values()
    answer = cloudwatch.get_metric_data(target.session, queries, start, end)
    return (lines.function_line(names.function, answer, now),)


def notifications(topic: Future[Destination] | None, alarms: Future[AlarmReport]) -> tuple[Line, ...]:
    """Who hears of the module's topic and of every other one that an alarm notifies."""
    found = {} if topic is None else {(own := topic.result()).arn: own}
    found |= {each.arn: each for row in alarms.result().rows for each in row.destinations if each.arn not in found}
    return (limits.notification_line(each for each in found.values() if each.readable),)


def today(target: Target, now: datetime) -> tuple[Line, ...]:
    """Tokens and dollars of the UTC day, against their limits."""
    from paybot_ops.operations.prices import deployment_prices
    from paybot_ops.operations.token_reading import TokenReading

    window = choose_window(Asked(days=1), now)
    prices = deployment_prices(target)
    # Of this model alone: what another one took today may be another deployment's.
    found = TokenReading(target, window, prices).read([target.settings.bedrock_model_id])
    threshold = target.settings.bedrock_token_threshold or None
    report = token_report(Reckoning(tuple(found), prices.find_model, threshold), window, By.DAY, compare=False)
    return limits.limit_lines(report, target.settings)


def guardrail(target: Target, names: Names) -> tuple[Line, ...]:
    """The four views of the guardrail."""
    from paybot_ops.operations.guardrail_status import look

    return (keeping.guardrail_line(look(target, names.guardrail)),)


def stripe_key(target: Target, names: Names, now: datetime) -> tuple[Line, ...]:
    """The key that payments are taken with, without its value."""
    from paybot_ops.operations.secrets import get_stored_key

    return (keeping.stripe_line(describe(get_stored_key(target, names.secret), now)),)


def drift(target: Target) -> Line:
    """What Terraform would change; it takes the state's lock and reads every resource, so it is slow."""
    from paybot_ops.operations.change import Planner
    from paybot_ops.operations.deploy import prepare_bundle
    from paybot_ops.operations.gate import Gate
    from paybot_ops.operations.preflight import check_before_plan

    check_before_plan(target)
    prepare_bundle(target)
    with Planner(target, target.terraform_variables({}), Gate(check=True)).planned() as (plan, _file):
        return keeping.drift_line(plan)


def _version(found: DeployedFunction | None) -> LiveVersion | None:
    return None if found is None else LiveVersion(found.name, found.version, found.description)
