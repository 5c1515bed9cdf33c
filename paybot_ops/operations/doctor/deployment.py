"""The checks of what is deployed, and of the account that it is deployed to."""

from __future__ import annotations

from datetime import UTC, datetime

from paybot_ops.adapters.apigateway import get_limits
from paybot_ops.adapters.lambda_ import get_account_concurrency
from paybot_ops.adapters.secrets import SecretGoneError
from paybot_ops.core.backend import LocalPlace
from paybot_ops.core.doctor import Verdict, failed, passed, skipped, warned
from paybot_ops.core.doctor_deployment import (
    judge_alarms,
    judge_delivery,
    judge_guardrail,
    judge_home,
    judge_key,
    judge_local_state,
)
from paybot_ops.core.doctor_quotas import judge_api, judge_concurrency
from paybot_ops.core.guardrail_policies import ENABLED
from paybot_ops.core.state import foreign_account
from paybot_ops.core.stripe_keys import StripeKey, check_fit, describe
from paybot_ops.errors import CredentialsError, UsageError
from paybot_ops.operations import secrets
from paybot_ops.operations.alarms import look_at_alarms
from paybot_ops.operations.bootstrap_state import audit
from paybot_ops.operations.doctor.ground import Ground
from paybot_ops.operations.guardrail_status import look as look_at_guardrail
from paybot_ops.operations.notifications import Where, list_topics
from paybot_ops.operations.state_home import HomeOptions, find_home
from paybot_ops.operations.state_place import current_place

_NOTHING = "nothing is deployed yet"
_PRODUCTION = "prod"


def state(ground: Ground) -> Verdict:
    """Where is the state, can it be read, and is it of this account?"""
    found = ground.state()
    status, document = found.status, found.state
    if status.problem:
        return failed(f"the state cannot be read: {status.where}", "paybot state versions", status.problem)
    owner = _foreign(ground)
    if owner is not None:
        why = "to Terraform every resource would seem gone, and the state would be emptied"
        return failed(f"the state's resources belong to account {owner}", "AWS_PROFILE=… paybot doctor", why)
    if status.digest_ok is False:
        return failed(f"the lock table's digest is of another state than {status.where}", "paybot state restore …")
    place = current_place(ground.target)
    if isinstance(place, LocalPlace):
        return judge_local_state(status.where, status.resources)
    if document is None:
        return skipped(f"{_NOTHING}: {status.where} holds no state")
    return passed(f"{status.where}: serial {status.serial}, {status.resources} resources")


def _foreign(ground: Ground) -> str | None:
    """The account that the state or its bucket belongs to, where it is not the caller's.

    A state beside the module is looked at without credentials too; that there are none is another check's.
    """
    look = ground.state()
    summary = look.state.summary if look.state else None
    if not look.owner and not (summary and summary.accounts):
        return None
    try:
        account = ground.session.identity().account
    except CredentialsError:
        return None
    return look.owner if look.owner and look.owner != account else foreign_account(summary, account)


def home(ground: Ground) -> Verdict:
    """Are the state's bucket and its lock as `bootstrap-state --check` wants them?"""
    target = ground.target
    environment = target.settings.environment or target.workspace.env
    bootstrapped = bool(environment) and target.workspace.backend_file(environment or "") is not None
    if not target.state_is_remote and not bootstrapped:
        return skipped("the state has no bucket yet: see the check state")
    if target.state_is_remote:
        current_place(target)
    found = find_home(target, HomeOptions())
    return judge_home(audit(found).settings, found.wanted.bucket.name)


def stripe_key(ground: Ground) -> Verdict:
    """Is there a key, of which mode, and may this deployment have it?"""
    target = ground.target
    names = ground.names()
    if not names.secret:
        return skipped(_NOTHING if ground.is_empty() else "the module has no output stripe_secret_arn")
    try:
        stored = secrets.observe(target, names.secret)
    except SecretGoneError as gone:
        return failed(gone.what, gone.hint, *filter(None, (gone.why,)))
    status = describe(stored, datetime.now(UTC))
    misfit = _misfit(ground, stored.key) if stored.key else None
    return judge_key(status, readable=stored.readable, environment=target.settings.environment, misfit=misfit)


def _misfit(ground: Ground, key: StripeKey) -> Verdict | None:
    settings = ground.target.settings
    try:
        warning = check_fit(
            key,
            card_collection=settings.card_collection,
            accepts_raw_cards=settings.accept_raw_card_data,
            embedded=ground.endpoint is not None,
        )
    except UsageError as error:
        return failed(error.what, error.hint, error.why)
    return warned(warning, 'card_collection = "hosted_link" keeps card data out') if warning else None


def guardrail(ground: Ground) -> Verdict:
    """Do the wish, the state, Bedrock and the function agree?"""
    if ENABLED not in ground.target.variables:
        return skipped(f"the module has no variable {ENABLED}")
    names = ground.names()
    if ground.is_empty():
        return skipped(_NOTHING)
    if names.unclear is not None:
        raise names.unclear
    return judge_guardrail(look_at_guardrail(ground.target, names.guardrail))


def alarms(ground: Ground) -> Verdict:
    """Can each alarm fire, and does it notify somebody?"""
    report = look_at_alarms(ground.target)
    if not report.rows:
        if ground.is_empty():
            return skipped(_NOTHING)
        what = f"there are no alarms named {report.prefix}…{report.suffix}: nothing watches the deployment"
        return failed(what, "paybot deploy")
    return judge_alarms(len(report.rows), report.findings)


def delivery(ground: Ground) -> Verdict:
    """Does an alarm's message get to people?"""
    if not ground.target.settings.project_name:
        return skipped("which alarms are the deployment's is not known: the module has no project_name")
    if ground.is_empty() and not look_at_alarms(ground.target, values=False).rows:
        return skipped(_NOTHING)
    return judge_delivery(list_topics(ground.target, Where()))


def concurrency(ground: Ground) -> Verdict:
    """May as many functions run at once as the module reserves?"""
    found = get_account_concurrency(ground.session)
    wanted = ground.number("reserved_concurrency")
    # What the state says is reserved for the function counts as free for it.
    reserved = ground.names().reserved
    return judge_concurrency(found, None if wanted is None else int(wanted), reserved, ground.target.region)


def api(ground: Ground) -> Verdict:
    """Does the account let the API take what the module lets it take, and write its logs?"""
    target = ground.target
    logs = ground.flag("enable_api_access_logs")
    if logs is None:
        logs = "enable_api_access_logs" in target.variables and target.settings.environment == _PRODUCTION
    needs_role = logs and not ground.flag("manage_api_logging_role")
    return judge_api(
        get_limits(ground.session),
        ground.number("api_throttle_rate"),
        ground.number("api_throttle_burst"),
        logs=needs_role,
        region=target.region,
    )
