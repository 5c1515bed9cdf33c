"""Where a deployment's state lives or is to live: what is wanted of it, and what is there."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from paybot_ops.adapters import kms, s3
from paybot_ops.adapters.files import find_text_file
from paybot_ops.adapters.session import Session, check_region
from paybot_ops.core.backend_file import WantedBackend, check_place, default_key, read_backend
from paybot_ops.core.bootstrap import Wanted
from paybot_ops.core.bucket_lifecycle import MOST_VERSIONS
from paybot_ops.core.bucket_names import check_bucket_name, default_bucket_name
from paybot_ops.core.hcl.values import Value
from paybot_ops.core.lock_table import WantedTable
from paybot_ops.core.locks import DEFAULT_TABLE, LockMode, lock_mode
from paybot_ops.core.state_bucket import WantedBucket
from paybot_ops.errors import UsageError
from paybot_ops.operations.preflight import check_account
from paybot_ops.operations.target import Target

_TABLE_NAME = re.compile(r"[A-Za-z0-9_.-]{3,255}")


@dataclass(frozen=True, slots=True, kw_only=True)
class HomeOptions:
    """What was asked for; None is no opinion: the backend file, what is there, and then the default decide."""

    bucket: str | None = None
    region: str | None = None
    kms_key: str | None = None
    keep_days: int | None = None
    keep_versions: int | None = None
    access_log_bucket: str | None = None
    mfa_serial: str | None = None
    lock: LockMode | None = None
    lock_table: str | None = None


@dataclass(frozen=True, slots=True)
class Home:
    """A state's home: what is wanted, and the session of its region, which need not be the deployment's."""

    wanted: Wanted
    session: Session
    backend_text: str | None
    backend_values: Mapping[str, Value] = field(repr=False)

    @property
    def bucket(self) -> s3.Bucket:
        """The bucket, for calls about it."""
        return s3.Bucket(self.wanted.bucket.name, self.wanted.bucket.account)


def find_home(target: Target, options: HomeOptions) -> Home:
    """Decide where the state lives: option, then the backend file, an active backend block, and the default.

    Raises:
        UsageError: a name that AWS would refuse, or another place than the one where the state is said to be.
        CredentialsError: no credentials, or those of an account that is not allowed.
    """
    _check_options(options)
    environment = environment_name(target)
    path = target.workspace.directory / f"{environment}.s3.tfbackend"
    file = find_text_file(path)
    block = target.backend.block if target.backend else None
    values = dict(block.attributes) if block is not None and block.type == "s3" else {}
    values |= read_backend(file.text, path.name) if file else {}
    region = options.region or _text(values, "region") or target.region
    session = target.session if region == target.region else Session(region, target.endpoint)
    if options.region is not None:
        # Looking through botocore's list costs as much as ten calls: a name that nobody typed just now is not checked.
        check_region(session)
    account = target.identity.account
    check_account(target, account)
    project = target.settings.project_name
    name = options.bucket or _text(values, "bucket") or _named(project, default_bucket_name(project, account))
    check_bucket_name(name)
    check_place(values, path.name if file else "the backend block", name, region)
    lock = lock_mode(options.lock, values)
    table = options.lock_table or _text(values, "dynamodb_table") or DEFAULT_TABLE
    backend = WantedBackend(
        path=path,
        bucket=name,
        key=_text(values, "key") or _named(project, default_key(project, environment)),
        region=region,
        lock=lock,
        table=table,
    )
    bucket = WantedBucket(
        name=name,
        account=account,
        region=region,
        keep_days=options.keep_days,
        keep_versions=options.keep_versions,
        mfa_serial=options.mfa_serial,
        log_bucket=options.access_log_bucket,
    )
    wanted_table = WantedTable(name=table, account=account, region=region) if lock.uses_table else None
    home = Home(
        Wanted(bucket=bucket, table=wanted_table, backend=backend), session, file.text if file else None, values
    )
    return home if options.kms_key is None else _with_key(home, key_arn(session, options.kms_key))


def key_arn(session: Session, name: str) -> str:
    """The ARN of a KMS key that can encrypt.

    Raises:
        UsageError: there is none in the region, it is no key for encryption, or it is disabled or going.
    """
    key = kms.find_key(session, name)
    if key is None:
        raise UsageError(f"there is no KMS key {name} in {session.region}", hint="aws kms list-keys shows what is")
    if key.state != "Enabled" or not key.encrypts:
        raise UsageError(
            f"the KMS key {name} cannot encrypt a state",
            why=f"its state is {key.state}" if key.state != "Enabled" else "it is not a symmetric encryption key",
        )
    return key.arn


def _with_key(home: Home, arn: str) -> Home:
    wanted = home.wanted
    table = replace(wanted.table, kms_key=arn) if wanted.table else None
    return replace(home, wanted=replace(wanted, bucket=replace(wanted.bucket, kms_key=arn), table=table))


def _check_options(options: HomeOptions) -> None:
    if options.bucket is not None:
        check_bucket_name(options.bucket)
    if options.access_log_bucket is not None and options.access_log_bucket == options.bucket:
        raise UsageError("a bucket cannot keep the log of itself", why="every log line would cause another one")
    if options.keep_days is not None and options.keep_days < 1:
        raise UsageError("--keep-days is 1 or more")
    if options.keep_versions is not None and not 1 <= options.keep_versions <= MOST_VERSIONS:
        raise UsageError(f"--keep-versions is 1 to {MOST_VERSIONS}", why="S3 counts no further")
    if options.lock_table is not None and not _TABLE_NAME.fullmatch(options.lock_table):
        raise UsageError(
            f"{options.lock_table!r} cannot be a table's name", why="it has 3 to 255 letters, digits, _, - and ."
        )


def environment_name(target: Target) -> str:
    """The environment's name, by which the backend file and the state's key are named; raises `UsageError`."""
    environment = target.settings.environment or target.workspace.env
    if not environment:
        raise UsageError(
            "the environment has no name",
            why="the backend file and the state's key are named by it, and no `environment` is set",
            hint='set environment = "…" in terraform.tfvars, or name it with --env',
        )
    return environment


def _named(project: str, name: str) -> str:
    if not project:
        raise UsageError(
            "the deployment has no name",
            why="the bucket and the state's key are named by `project_name`, which is not set",
            hint='set project_name = "…" in terraform.tfvars',
        )
    return name


def _text(values: Mapping[str, Value], name: str) -> str:
    value = values.get(name)
    return value if isinstance(value, str) else ""
