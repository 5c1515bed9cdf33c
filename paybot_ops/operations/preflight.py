"""What must hold before Terraform is asked: its version, the account, the state's owner, the model's life."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

from paybot_ops.adapters import apigateway, bedrock, lambda_
from paybot_ops.core.adoption import type_of
from paybot_ops.core.concurrency import kept_free, quota_needed, reservable
from paybot_ops.core.models import SUGGESTED, Life, ModelLifecycle, classify_life, foundation_model_id
from paybot_ops.core.requirements import OLDEST_TERRAFORM
from paybot_ops.core.state import StateSummary, foreign_account, parse_state
from paybot_ops.core.terraform_plan import TerraformPlan
from paybot_ops.errors import AccessDeniedError, CredentialsError, MissingToolError, PaybotError, UsageError
from paybot_ops.operations.target import Target

_LOGGING_SETTING = "aws_api_gateway_account"


def check_before_plan(target: Target, *, model_must_serve: bool = True) -> None:
    """Everything that can be known without a plan; the questions to AWS and to the binary go out together.

    A deployment whose model has reached its end can still be destroyed: `model_must_serve` is for those that go on.

    Raises:
        PaybotError: the first thing that is not as it must be, with what to do about it.
    """
    check_variables(target)
    with ThreadPoolExecutor(max_workers=3) as pool:
        version = pool.submit(target.terraform.version)
        identity = pool.submit(lambda: target.identity)
        model = pool.submit(_find_model, target) if model_must_serve else None
        _check_version(version.result())
        check_account(target, identity.result().account)
        if model is not None:
            _check_model(target, model.result())
    if not target.state_is_remote:
        check_local_state(target, local_state(target))


def check_variables(target: Target) -> None:
    """Refuse to plan while a variable has no value: Terraform would ask for it, and nobody is there to answer."""
    if target.reading.missing:
        raise UsageError(
            f"variables without a value: {', '.join(target.reading.missing)}",
            why="they have no default, and no tfvars file or TF_VAR_ sets them",
            hint=f"set them in {target.workspace.directory / 'terraform.tfvars'}",
        )


def local_state(target: Target) -> StateSummary | None:
    """The state beside the module, where there is one."""
    path = target.workspace.local_state
    return parse_state(path.read_bytes()) if path.is_file() else None


def check_local_state(target: Target, state: StateSummary | None) -> None:
    """Refuse a second environment on a local state, and a state of another account."""
    if state is None or not state.addresses:
        return
    wanted = target.settings.environment
    if wanted and state.environment is not None and state.environment != wanted:
        raise UsageError(
            f"the local state here is that of the environment {state.environment!r}, not {wanted!r}",
            why="a local state serves one environment: deploying another one with it would destroy the first",
            hint=f"work on {state.environment}, or make the state remote first, which keeps each apart",
        )
    check_state_owner(state, target.identity.account)


def check_state_owner(state: StateSummary | None, account: str) -> None:
    """Refuse a state whose resources belong to another account than the credentials."""
    owner = foreign_account(state, account)
    if owner is not None:
        raise CredentialsError(
            f"the state's resources belong to account {owner}, and the credentials to {account}",
            why="to Terraform every resource would seem gone, and the state would be emptied",
            hint="use that account's credentials (AWS_PROFILE=…)",
        )


def check_logging_role(target: Target, plan: TerraformPlan) -> None:
    """Refuse a stage with access logs where the account has no role for them: CreateStage would fail half-way."""
    if not plan.turns_on_access_logs or any(type_of(address) == _LOGGING_SETTING for address in plan.wanted):
        return
    try:
        role = apigateway.get_limits(target.session).role
    except AccessDeniedError as error:
        target.screen.warn(f"{error.what}: whether API Gateway may write logs was not checked ({error.action})")
        return
    if role is None:
        raise PaybotError(
            "API Gateway has no logging role in this account and region",
            why="the stage has access logs on, and creating it would be refused",
            hint="let the module make it (manage_api_logging_role = true), or enable_api_access_logs = false",
        )


def check_concurrency(target: Target, plan: TerraformPlan) -> None:
    """Refuse to reserve more concurrent runs than the account can spare: Lambda would refuse it half-way."""
    if not plan.reserves_more:
        return
    try:
        account = lambda_.get_account_concurrency(target.session)
    except AccessDeniedError as error:
        target.screen.warn(f"{error.what}: whether the account can reserve so much was not checked ({error.action})")
        return
    if plan.reserves_more <= reservable(account.limit, account.unreserved):
        return
    limit, unreserved = account.limit, account.unreserved
    needed = quota_needed(limit - unreserved + plan.reserves_more)
    raise PaybotError(
        f"the account cannot reserve {plan.reserves_more} more concurrent runs of Lambda in {target.region}",
        why=f"{unreserved} of its {limit} are not reserved, and Lambda keeps {kept_free(limit)} so",
        hint="reserved_concurrency = -1 in the tfvars reserves and limits nothing; or have the quota raised to "
        f"{needed} or more (Service Quotas: Lambda, Concurrent executions)",
    )


def _check_version(version: tuple[int, int, int]) -> None:
    if version < OLDEST_TERRAFORM:
        raise MissingToolError(
            f"terraform is {_dotted(version)}, and paybot needs {_dotted(OLDEST_TERRAFORM)} or newer",
            why="the lock file of the S3 backend and cross-variable validation came with it",
            hint="upgrade it, then check with: terraform version",
        )


def check_account(target: Target, account: str) -> None:
    """Refuse credentials of an account that `allowed_account_ids` does not allow."""
    allowed = target.settings.allowed_account_ids
    if target.endpoint is None and allowed and account not in allowed:
        raise CredentialsError(
            f"the credentials are of account {account}",
            why=f"allowed_account_ids allows {', '.join(allowed)}",
            hint="use the right profile (AWS_PROFILE=…), or mend allowed_account_ids",
        )


def _find_model(target: Target) -> ModelLifecycle | AccessDeniedError | None:
    wanted = target.settings.bedrock_model_id
    if not wanted:
        return None
    try:
        return bedrock.find_model(target.session, foundation_model_id(wanted))
    except AccessDeniedError as error:
        return error


def _check_model(target: Target, found: ModelLifecycle | AccessDeniedError | None) -> None:
    wanted = target.settings.bedrock_model_id
    if not wanted:
        return
    if isinstance(found, AccessDeniedError):
        target.screen.warn(f"whether the model {wanted} is still served was not checked: {found.why}")
        return
    life = classify_life(found, datetime.now(UTC))
    ends = found.end_of_life_time if found else None
    if life is Life.ENDED and ends is not None:
        raise PaybotError(
            f"the model {wanted} reached its end of life on {ends:%Y-%m-%d}: every call to it fails",
            hint=f'choose another one, for instance bedrock_model_id = "{SUGGESTED}"',
        )
    if life is Life.LEGACY:
        until = f", and ends on {ends:%Y-%m-%d}" if ends else ""
        target.screen.warn(f"the model {wanted} is legacy{until}; plan its replacement")
    if life is Life.UNKNOWN:
        raise UsageError(
            f"Bedrock knows no model {wanted} in {target.region}",
            why="the id is misspelt, or the region does not serve it",
            hint="aws bedrock list-foundation-models shows what it serves",
        )


def _dotted(version: tuple[int, int, int]) -> str:
    return ".".join(map(str, version))
