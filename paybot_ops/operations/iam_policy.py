"""`paybot iam-policy`: the policy for some commands, for the account, region and names of one deployment."""

from __future__ import annotations

from collections.abc import Sequence

from paybot_ops.core.backend import S3Place
from paybot_ops.core.backend_file import default_key
from paybot_ops.core.bucket_names import default_bucket_name
from paybot_ops.core.iam_policy import (
    LONGEST_MANAGED_POLICY,
    PolicyReport,
    build_policy,
    changes_resources,
    makes_home,
    select_commands,
)
from paybot_ops.core.iam_policy_resources import Scope
from paybot_ops.core.locks import DEFAULT_TABLE
from paybot_ops.errors import UsageError
from paybot_ops.operations.state_home import environment_name
from paybot_ops.operations.state_place import backend_file_path, current_place, s3_place
from paybot_ops.operations.target import Target


def policy_of(target: Target, words: Sequence[str], part: int | None = None) -> PolicyReport:
    """The policy that these commands need; without words what every command calls by itself.

    Nothing is asked of AWS but who is calling, and not even that where `allowed_account_ids` names one account.

    Raises:
        UsageError: there is no such command or part, or the deployment has no name.
    """
    commands = select_commands(words)
    report = build_policy(commands, _scope(target, commands), provider=bool(words))
    if report.is_empty:
        target.screen.note("nothing in an account is called: no policy is needed")
        return report
    if part is not None and part > len(report.parts):
        raise UsageError(f"there is no part {part}", hint=f"the last one is {len(report.parts)}")
    if not words:
        target.screen.note("Terraform's own calls are not in it; they are in: paybot iam-policy deploy")
    elif changes_resources(commands):
        target.screen.note("it lets Terraform make, change and remove the deployment's resources")
    if not report.fits and part is None:
        target.screen.warn(
            f"{report.characters:,} characters are more than the {LONGEST_MANAGED_POLICY:,} of a managed policy: make "
            f"{len(report.parts)} of it, with --part 1 to --part {len(report.parts)}"
        )
    return report


def _scope(target: Target, commands: Sequence[str]) -> Scope:
    settings = target.settings
    if not settings.project_name:
        raise UsageError(
            "the deployment has no name",
            why="resources are named by `project_name`, which is not set, and a policy would reach all of them",
            hint='set project_name = "…" in terraform.tfvars',
        )
    account = _account(target)
    return Scope(
        account=account,
        region=target.region,
        project=settings.project_name,
        environment=settings.environment,
        model_id=settings.bedrock_model_id,
        state=_state(target, account, commands),
    )


def _account(target: Target) -> str:
    allowed = target.settings.allowed_account_ids
    if target.endpoint is None and len(allowed) == 1:
        return allowed[0]
    return target.identity.account


def _state(target: Target, account: str, commands: Sequence[str]) -> S3Place | None:
    """Where the state is, or is to be where one of the commands makes or fills its home."""
    place = current_place(target)
    if isinstance(place, S3Place):
        return place
    if not makes_home(commands):
        return None
    if backend_file_path(target).is_file():
        return s3_place(target)
    environment = environment_name(target)
    project = target.settings.project_name
    return S3Place(
        bucket=default_bucket_name(project, account),
        key=default_key(project, environment),
        region=target.region,
        use_lockfile=True,
        lock_table=DEFAULT_TABLE,
    )
