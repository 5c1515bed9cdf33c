"""The two locks of Terraform's S3 backend: which to take, what each needs, and the safe way from one to the next.

Sources: Terraform documentation, "Backend Type: s3", and the changelogs of 1.10 (lock file) and 1.11 (it is generally
available, the DynamoDB arguments are deprecated).
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from paybot_ops.errors import UsageError

DEFAULT_TABLE = "terraform-state-lock"


class LockMode(StrEnum):
    """Which locks a run of Terraform takes: a lock file beside the state, a row in a DynamoDB table, or both."""

    BOTH = "both"
    DYNAMODB = "dynamodb"
    S3 = "s3"

    @property
    def uses_table(self) -> bool:
        """Whether a DynamoDB table is needed."""
        return self is not LockMode.S3

    @property
    def uses_file(self) -> bool:
        """Whether a lock file is written."""
        return self is not LockMode.DYNAMODB

    @property
    def needs(self) -> str:
        """What it asks of everybody's Terraform."""
        return {
            LockMode.BOTH: "Terraform 1.10 or newer; 1.11 and newer warn that dynamodb_table is deprecated",
            LockMode.DYNAMODB: "any Terraform; 1.11 and newer warn that dynamodb_table is deprecated",
            LockMode.S3: "Terraform 1.10 or newer, 1.11 for a lock file that is no longer experimental",
        }[self]


def lock_mode(asked: LockMode | None, values: Mapping[str, Any]) -> LockMode:
    """The lock to use: what was asked for, else what the backend file in place says, else both.

    Raises:
        UsageError: from one kind straight to the other, past the stage in which both are taken.
    """
    present = _present(values)
    if asked is None:
        return present or LockMode.BOTH
    if {asked, present} == {LockMode.DYNAMODB, LockMode.S3}:
        raise UsageError(
            f"--lock {asked} is one step too far: the backend file still says {present}",
            why="whoever runs with the old file would not see the lock of whoever runs with the new one",
            hint="first --lock both; when everybody runs with that, this",
        )
    return asked


def _present(values: Mapping[str, Any]) -> LockMode | None:
    table, file = bool(values.get("dynamodb_table")), values.get("use_lockfile") is True
    if table and file:
        return LockMode.BOTH
    if table:
        return LockMode.DYNAMODB
    return LockMode.S3 if file else None
