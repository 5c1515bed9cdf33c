"""Every change that paybot can make to an account: one typed match here, one file per area behind it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, assert_never

from paybot_ops.adapters import session_table
from paybot_ops.adapters.files import close_to_others
from paybot_ops.adapters.session import Session
from paybot_ops.apply import backend_file, lock_table, secrets, state_bucket
from paybot_ops.apply.steps import run_steps
from paybot_ops.core.backend_file import WriteBackendFile
from paybot_ops.core.bootstrap import BootstrapAction, BootstrapPlan
from paybot_ops.core.bucket_actions import (
    AppendTlsStatement,
    BlockPublicAccess,
    BucketChange,
    CreateBucket,
    EnableVersioning,
    EnforceOwnership,
    SetAccessLogging,
    SetEncryption,
    SetLifecycle,
    SetMfaDelete,
    TagBucket,
)
from paybot_ops.core.doctor_report import CloseFile, FixAction, FixPlan, InitTerraform
from paybot_ops.core.stripe_keys import KeyPlan
from paybot_ops.core.table_actions import (
    CreateLockTable,
    EnablePitr,
    EncryptTable,
    ProtectTable,
    SetOnDemand,
    TableAction,
    TableChange,
    TagTable,
)
from paybot_ops.errors import PaybotError
from paybot_ops.plan import Result, StepResult

if TYPE_CHECKING:
    from paybot_ops.adapters.terraform import Run, Terraform
    from paybot_ops.core.alarm_test import AlarmTestPlan, Delivery
    from paybot_ops.core.pause import PausePlan
    from paybot_ops.core.rollback import RollbackPlan
    from paybot_ops.core.subscriptions import NotificationPlan
    from paybot_ops.core.terraform_events import ResourceEvent
    from paybot_ops.core.terraform_plan import TerraformPlan


def apply_plan(
    plan: TerraformPlan, terraform: Terraform, plan_file: Path, on_event: Callable[[ResourceEvent], None]
) -> tuple[Result, Run]:
    """Carry out a plan that was shown and confirmed; what was done, what failed and what was not run."""
    from paybot_ops.apply import terraform as terraform_area

    return terraform_area.apply(plan, terraform, plan_file, on_event)


def apply_bootstrap(
    plan: BootstrapPlan, session: Session, on_step: Callable[[StepResult], None], *, mfa_code: str = ""
) -> tuple[Result, PaybotError | None]:
    """Make the state's home what the plan says, step by step; the error that stopped it comes with what was done."""
    return run_steps(plan.actions, lambda action: _bootstrap(action, session, mfa_code), on_step)


def apply_key(
    plan: KeyPlan, session: Session, on_step: Callable[[StepResult], None]
) -> tuple[Result, PaybotError | None]:
    """Write the Stripe key that was confirmed; its value goes nowhere but to Secrets Manager."""
    return run_steps(plan.actions, lambda action: secrets.write(session, action), on_step)


def apply_alarm_test(
    plan: AlarmTestPlan, session: Session, on_step: Callable[[StepResult], None]
) -> tuple[Result, tuple[Delivery, ...], PaybotError | None]:
    """Set an alarm's state, await the record of its message, and put the state back whatever happens."""
    from paybot_ops.apply import alarms

    return alarms.test(plan, session, on_step)


def apply_forget_session(session: Session, table: str, session_id: str) -> None:
    """Delete the row of a drill's own conversation."""
    session_table.delete_row(session, table, session_id)


def apply_notifications(
    plan: NotificationPlan, session: Session, tags: Mapping[str, str], on_step: Callable[[StepResult], None]
) -> tuple[Result, PaybotError | None]:
    """Make a topic, let alarms notify it, subscribe and unsubscribe, as the plan says."""
    from paybot_ops.apply import notifications

    return run_steps(plan.actions, lambda action: notifications.change(session, action, tags), on_step)


def apply_live(
    plan: RollbackPlan | PausePlan, session: Session, on_step: Callable[[StepResult], None]
) -> tuple[Result, PaybotError | None]:
    """Move the live alias, or stop and start serving, and then let the variable say so, as the plan says."""
    from paybot_ops.apply import live_function

    return run_steps(plan.actions, lambda action: live_function.change(session, action, plan.edits), on_step)


def apply_fixes(
    plan: FixPlan, session: Session, initialize: Callable[[], object], on_step: Callable[[StepResult], None]
) -> tuple[Result, PaybotError | None]:
    """Make the harmless changes that `doctor --fix` has shown; `initialize` runs `terraform init`."""
    return run_steps(plan.actions, lambda action: _fix(action, session, initialize), on_step)


def _fix(action: FixAction, session: Session, initialize: Callable[[], object]) -> None:
    match action:
        case CloseFile():
            close_to_others(Path(action.path), action.mask)
        case InitTerraform():
            initialize()
        case _:
            _bootstrap(action, session, "")


def _bootstrap(action: BootstrapAction, session: Session, mfa_code: str) -> None:
    match action:
        case WriteBackendFile():
            backend_file.write(action)
        case TableAction():
            _table(action, session)
        case _:
            _bucket(action, session, mfa_code)


def _bucket(action: BucketChange, session: Session, mfa_code: str) -> None:
    match action:
        case CreateBucket():
            state_bucket.create(session, action)
        case EnableVersioning():
            state_bucket.enable_versioning(session, action)
        case SetMfaDelete():
            state_bucket.set_mfa_delete(session, action, mfa_code)
        case SetEncryption():
            state_bucket.set_encryption(session, action)
        case EnforceOwnership():
            state_bucket.enforce_ownership(session, action)
        case AppendTlsStatement():
            state_bucket.append_tls_statement(session, action)
        case BlockPublicAccess():
            state_bucket.block_public_access(session, action)
        case SetLifecycle():
            state_bucket.set_lifecycle(session, action)
        case TagBucket():
            state_bucket.tag(session, action)
        case SetAccessLogging():
            state_bucket.set_access_logging(session, action)
        case _:
            assert_never(action)


def _table(action: TableChange, session: Session) -> None:
    match action:
        case CreateLockTable():
            lock_table.create(session, action)
        case SetOnDemand():
            lock_table.set_on_demand(session, action)
        case EncryptTable():
            lock_table.encrypt(session, action)
        case ProtectTable():
            lock_table.protect(session, action)
        case TagTable():
            lock_table.tag(session, action)
        case EnablePitr():
            lock_table.enable_pitr(session, action)
        case _:
            assert_never(action)
