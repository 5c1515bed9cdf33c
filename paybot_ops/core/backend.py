"""Where a deployment's state is kept: Terraform's backend values, and the keys and locks that follow from them."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePath

from paybot_ops.core.hcl.values import NotLiteral, Value
from paybot_ops.errors import UsageError

DEFAULT_WORKSPACE = "default"
# The arguments of the S3 backend (Terraform: Backend Type: s3); it refuses every other one.
S3_ARGUMENTS = frozenset(
    [
        "access_key",
        "acl",
        "allowed_account_ids",
        "assume_role",
        "assume_role_with_web_identity",
        "bucket",
        "custom_ca_bundle",
        "dynamodb_endpoint",
        "dynamodb_table",
        "ec2_metadata_service_endpoint",
        "ec2_metadata_service_endpoint_mode",
        "encrypt",
        "endpoint",
        "endpoints",
        "forbidden_account_ids",
        "force_path_style",
        "http_proxy",
        "https_proxy",
        "iam_endpoint",
        "insecure",
        "key",
        "kms_key_id",
        "max_retries",
        "no_proxy",
        "profile",
        "region",
        "retry_mode",
        "secret_key",
        "shared_config_files",
        "shared_credentials_file",
        "shared_credentials_files",
        "skip_credentials_validation",
        "skip_metadata_api_check",
        "skip_region_validation",
        "skip_requesting_account_id",
        "skip_s3_checksum",
        "sse_customer_key",
        "sts_endpoint",
        "sts_region",
        "token",
        "use_dualstack_endpoint",
        "use_fips_endpoint",
        "use_lockfile",
        "use_path_style",
        "workspace_key_prefix",
    ]
)
# Those by which Terraform would reach the bucket as somebody else than paybot does.
OTHER_CALLER = ("access_key", "assume_role", "assume_role_with_web_identity", "profile", "role_arn")
# `use_lockfile` came with 1.10; the values are handed to an `init` whose other runs speak JSON, which came with 1.9.
_LOCKFILE_NEEDS = (1, 10, 0)
_OLDEST = (1, 9, 0)


@dataclass(frozen=True, slots=True)
class LocalPlace:
    """A state in files beside the module; paths are relative to it, as Terraform's `local` backend takes them."""

    path: str = "terraform.tfstate"
    workspace_dir: str = "terraform.tfstate.d"

    def path_of(self, workspace: str) -> PurePath:
        """The state file of one Terraform workspace."""
        if workspace == DEFAULT_WORKSPACE:
            return PurePath(self.path)
        return PurePath(self.workspace_dir, workspace, "terraform.tfstate")

    def shown(self, workspace: str) -> str:
        """The place as a reader knows it."""
        return str(self.path_of(workspace))


@dataclass(frozen=True, slots=True)
class S3Place:
    """A state in a bucket, with the locks that guard it: a lock file, a row of a DynamoDB table, or both."""

    bucket: str
    key: str
    region: str
    workspace_prefix: str = "env:"
    use_lockfile: bool = False
    lock_table: str = ""
    encrypt: bool = False
    kms_key_id: str = ""

    def key_of(self, workspace: str) -> str:
        """The object of one Terraform workspace."""
        return self.key if workspace == DEFAULT_WORKSPACE else f"{self.workspace_prefix}/{workspace}/{self.key}"

    def lock_key_of(self, workspace: str) -> str:
        """The S3 lock file of one workspace."""
        return f"{self.key_of(workspace)}.tflock"

    def lock_id_of(self, workspace: str) -> str:
        """The `LockID` of the lock's row, and the `Path` in both locks."""
        return f"{self.bucket}/{self.key_of(workspace)}"

    def digest_id_of(self, workspace: str) -> str:
        """The `LockID` of the row that holds the MD5 digest of the state."""
        return f"{self.lock_id_of(workspace)}-md5"

    def shown(self, workspace: str) -> str:
        """The place as a reader knows it."""
        return f"s3://{self.lock_id_of(workspace)}"

    def workspace_of(self, key: str) -> str | None:
        """The workspace whose state an object is; None for any other object."""
        if key == self.key:
            return DEFAULT_WORKSPACE
        prefix, suffix = f"{self.workspace_prefix}/", f"/{self.key}"
        if not key.startswith(prefix) or not key.endswith(suffix) or len(key) <= len(prefix) + len(suffix):
            return None
        return key[len(prefix) : -len(suffix)]

    @property
    def needed_terraform(self) -> tuple[int, int, int]:
        """The oldest Terraform that understands the lock."""
        return _LOCKFILE_NEEDS if self.use_lockfile else _OLDEST


Place = LocalPlace | S3Place


def parse_local(values: Mapping[str, Value]) -> LocalPlace:
    """The place that a `backend "local"` block names."""
    default = LocalPlace()
    return LocalPlace(
        path=_text(values, "path") or default.path,
        workspace_dir=_text(values, "workspace_dir") or default.workspace_dir,
    )


def parse_s3(values: Mapping[str, Value], origin: str) -> S3Place:
    """The place that the values of an S3 backend name; `origin` is the file that they are in.

    Raises:
        UsageError: a value is missing or no literal, or a key is not one of the backend's.
    """
    for name in values:
        if name not in S3_ARGUMENTS:
            near = difflib.get_close_matches(name, S3_ARGUMENTS, n=1)
            raise UsageError(
                f"{origin} sets {name}, which the S3 backend does not know",
                why="Terraform would refuse to initialize",
                hint=f"is {near[0]} meant?" if near else "remove the line",
            )
    missing = [name for name in ("bucket", "key", "region") if not _text(values, name)]
    if missing:
        raise UsageError(
            f"{origin} does not set {', '.join(missing)}",
            why="without them it is not known where the state goes",
            hint="write the file with: paybot bootstrap-state",
        )
    return S3Place(
        bucket=_text(values, "bucket"),
        key=_text(values, "key"),
        region=_text(values, "region"),
        workspace_prefix=_text(values, "workspace_key_prefix") or "env:",
        use_lockfile=_flag(values, "use_lockfile"),
        lock_table=_text(values, "dynamodb_table"),
        encrypt=_flag(values, "encrypt"),
        kms_key_id=_text(values, "kms_key_id"),
    )


def _text(values: Mapping[str, Value], name: str) -> str:
    value = values.get(name)
    if value is None:
        return ""
    if isinstance(value, NotLiteral | bool | list | dict):
        raise UsageError(f"the backend's {name} must be a plain string", hint="write the value itself there")
    return str(value)


def _flag(values: Mapping[str, Value], name: str) -> bool:
    value = values.get(name)
    if value is None or isinstance(value, bool):
        return value is True
    if value in ("true", "false"):
        return value == "true"
    raise UsageError(f"the backend's {name} must be true or false", hint="write the value itself there")
