"""`paybot bootstrap-state`."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from paybot_ops import options
from paybot_ops.core.locks import LockMode
from paybot_ops.render.envelope import Answer, DocumentFormat

Bucket = Annotated[
    str | None, typer.Option("--bucket", help="The bucket (default: <project>-terraform-state-<account>).")
]
KmsKey = Annotated[
    str | None, typer.Option("--kms-key", help="Encrypt with this KMS key: its id, ARN or alias (default: AES256).")
]
KeepDays = Annotated[
    int | None, typer.Option("--keep-days", help="Days until an old version expires (default: 90).", min=1)
]
KeepVersions = Annotated[
    int | None, typer.Option("--keep-versions", help="Old versions that never expire (default: 10).", min=1, max=100)
]
AccessLogs = Annotated[
    str | None, typer.Option("--access-log-bucket", help="Log every request to the bucket into this one.")
]
MfaDelete = Annotated[
    str | None,
    typer.Option(
        "--mfa-delete", metavar="SERIAL", help="Ask for a code of this device before a version is deleted for good."
    ),
]
Lock = Annotated[
    LockMode | None, typer.Option("--lock", help="A DynamoDB table, an S3 lock file, or both (default: both).")
]
LockTable = Annotated[str | None, typer.Option("--lock-table", help="The table (default: terraform-state-lock).")]
PrintPolicy = Annotated[
    bool, typer.Option("--print-iam-policy", help="Print the least IAM policy that using this state needs, and stop.")
]


def bootstrap_state(
    ctx: typer.Context,
    bucket: Bucket = None,
    kms_key: KmsKey = None,
    keep_days: KeepDays = None,
    keep_versions: KeepVersions = None,
    access_log_bucket: AccessLogs = None,
    mfa_delete: MfaDelete = None,
    lock: Lock = None,
    lock_table: LockTable = None,
    print_iam_policy: PrintPolicy = False,
    directory: options.Directory = None,
    env: options.Environment = None,
    region: options.Region = None,
    sandbox: options.Sandbox = False,
    dry_run: options.DryRun = False,
    check: options.Check = False,
    yes: options.Yes = False,
    output: options.DocumentOutput = DocumentFormat.TABLE,
) -> int:
    """Make a safe home for Terraform's state: a bucket, a lock, and the file that names them.

    Run again, it changes only what differs. With --check it changes nothing, and exits 3 when something differs.

    Example: paybot bootstrap-state --env prod --check --output json
    """
    from paybot_ops.operations.bootstrap_state import bootstrap_state as operation
    from paybot_ops.operations.bootstrap_state import least_policy
    from paybot_ops.operations.gate import Gate
    from paybot_ops.operations.state_home import HomeOptions
    from paybot_ops.operations.target import Choice, find_target
    from paybot_ops.render import bootstrap, show

    screen = options.screen_of(ctx)
    asked = HomeOptions(
        bucket=bucket,
        region=region,
        kms_key=kms_key,
        keep_days=keep_days,
        keep_versions=keep_versions,
        access_log_bucket=access_log_bucket,
        mfa_serial=mfa_delete,
        lock=lock,
        lock_table=lock_table,
    )
    target = find_target(screen, Choice(directory, env, region, sandbox))
    if print_iam_policy:
        policy = least_policy(target, asked)
        answer = Answer(command="bootstrap-state", data={"iam_policy": policy}, warnings=tuple(screen.warnings))
        return show(screen, output, answer, lambda: json.dumps(policy, indent=2))
    report = operation(target, Gate(dry_run, check, yes), asked)
    answer = Answer(
        command="bootstrap-state",
        data=bootstrap.report_data(report),
        code=report.code,
        warnings=tuple(screen.warnings),
        error=report.error,
    )
    return show(screen, output, answer, lambda: bootstrap.report_text(report))
