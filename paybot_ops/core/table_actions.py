"""The changes that can be made to a lock table: one class each."""

from __future__ import annotations

from dataclasses import dataclass

from paybot_ops.core.state_settings import Tags
from paybot_ops.plan import Action


@dataclass(frozen=True, slots=True, kw_only=True)
class TableAction(Action):
    """A change of one table."""

    table: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateLockTable(TableAction):
    """Make the table, from its first moment on demand, encrypted, protected and tagged, and wait until it is active."""

    kms_key: str | None
    tags: Tags


@dataclass(frozen=True, slots=True, kw_only=True)
class SetOnDemand(TableAction):
    """Pay for each request instead of for a capacity that a lock never needs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EncryptTable(TableAction):
    """Encrypt with a KMS key, or with the account's `aws/dynamodb` key where `kms_key` is None."""

    kms_key: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ProtectTable(TableAction):
    """Refuse to delete the table until this is taken back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EnablePitr(TableAction):
    """Keep what is needed to bring back any second of the last 35 days."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TagTable(TableAction):
    """Add tags to those that are there."""

    arn: str
    tags: Tags


TableChange = CreateLockTable | SetOnDemand | EncryptTable | ProtectTable | TagTable | EnablePitr
