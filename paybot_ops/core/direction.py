"""The two ways of a migration. On its own, so that the command line that offers them imports nothing else."""

from __future__ import annotations

from enum import StrEnum


class Direction(StrEnum):
    """Where the state goes."""

    S3 = "s3"
    LOCAL = "local"
