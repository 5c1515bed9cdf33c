"""`paybot bootstrap-state`: look at the state's home, plan, show, confirm, make it so."""

from __future__ import annotations

import re
from typing import Any

from paybot_ops.core.bootstrap import BootstrapPlan, BootstrapReport, plan_bootstrap
from paybot_ops.core.state_access import StateAccess, access_policy
from paybot_ops.core.state_settings import partition
from paybot_ops.errors import CredentialsError, ExitCode, UsageError
from paybot_ops.operations.gate import Gate
from paybot_ops.operations.state_home import Home, HomeOptions, find_home, key_arn
from paybot_ops.operations.state_observation import observe
from paybot_ops.operations.target import Target
from paybot_ops.render import bootstrap as render

_CODE = re.compile(r"\d{6}")


def bootstrap_state(target: Target, gate: Gate, options: HomeOptions) -> BootstrapReport:
    """Make the bucket, the lock and the backend file what they should be; only what differs is changed.

    Raises:
        PaybotError: nothing was changed. A failed apply is in the report instead.
    """
    screen = target.screen
    home = find_home(target, options)
    screen.note(_header(target, home), style="bold")
    plan = audit(home)
    for warning in plan.warnings:
        screen.warn(warning)
    report = BootstrapReport(home.wanted, plan)
    if plan.asks_for_code:
        _check_root(target)
    if plan.is_empty or gate.check or gate.dry_run:
        report.code = ExitCode.FINDING if gate.check and not plan.is_empty else ExitCode.OK
        return report
    screen.draw_aside(render.settings_table(plan))
    screen.confirm(f"apply this to {_header(target, home)}?", yes=gate.yes)
    code = _ask_code(target, options) if plan.asks_for_code else ""
    from paybot_ops.apply import apply_bootstrap

    report.result, report.error = apply_bootstrap(
        plan, home.session, lambda step: screen.note(render.step_line(step)), mfa_code=code
    )
    if report.error is not None:
        report.code = report.error.code
        screen.draw_aside(render.unfinished(report.result))
        return report
    report.applied = True
    if plan.starts_versioning:
        screen.note("versioning was just turned on: AWS advises to wait 15 minutes before the first state is written")
    return report


def audit(home: Home) -> BootstrapPlan:
    """The plan for what is there now; empty when the home is as it should be.

    Raises:
        PaybotError: something that is there cannot be made what is wanted.
    """
    return plan_bootstrap(home.wanted, observe(home))


def least_policy(target: Target, options: HomeOptions) -> dict[str, Any]:
    """The least IAM policy that using this state needs, as a document."""
    home = find_home(target, options)
    bucket, backend = home.wanted.bucket, home.wanted.backend
    named = bucket.kms_key or home.backend_values.get("kms_key_id")
    keys = (key_arn(home.session, named),) if isinstance(named, str) and named else ()
    region = home.session.region
    return access_policy(
        StateAccess(
            bucket_arn=bucket.arn,
            key=backend.key,
            lock=backend.lock,
            table_arn=f"arn:{partition(region)}:dynamodb:{region}:{bucket.account}:table/{backend.table}",
            kms_keys=keys,
            workspaces=(target.source.directory / "terraform.tfstate.d").is_dir(),
        )
    )


def _header(target: Target, home: Home) -> str:
    region = home.session.region
    return target.header() + (f" · state in {region}" if region != target.region else "")


def _check_root(target: Target) -> None:
    """S3 refuses everybody else, half-way through; the embedded AWS knows no root user."""
    if target.endpoint is None and not target.identity.arn.endswith(":root"):
        raise CredentialsError(
            "only the account's root user can set MFA delete",
            why=f"the credentials are those of {target.identity.arn}",
            hint="leave --mfa-delete out, and set it once with the root user's credentials",
        )


def _ask_code(target: Target, options: HomeOptions) -> str:
    code = target.screen.ask(f"the code that {options.mfa_serial} shows now")
    if not _CODE.fullmatch(code):
        raise UsageError("a code of an MFA device has six digits", why="nothing was changed")
    return code
