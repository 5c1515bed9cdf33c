"""The DynamoDB table that locks Terraform's state: what is seen of it, and the changes that make it safe."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TypedDict

from paybot_ops.core.state_bucket import same_key
from paybot_ops.core.state_settings import UNSET, Setting, Tags, kept_tags, missing_tags, partition
from paybot_ops.core.table_actions import (
    CreateLockTable,
    EnablePitr,
    EncryptTable,
    ProtectTable,
    SetOnDemand,
    TagTable,
)
from paybot_ops.errors import PaybotError, UsageError
from paybot_ops.plan import Action

# Terraform reads and writes rows by this one key (Terraform documentation, "Backend Type: s3").
HASH_KEY = "LockID"
TABLE_TAGS: Tags = (("ManagedBy", "paybot"), ("Purpose", "terraform-state-lock"))
DEFAULT_KEY = "aws/dynamodb"


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenTable:
    """A table as DynamoDB tells it: `keys` are (attribute, key type, attribute type); no `kms_key`: DynamoDB's own."""

    status: str = "ACTIVE"
    keys: tuple[tuple[str, str, str], ...] = ((HASH_KEY, "HASH", "S"),)
    on_demand: bool = False
    kms_key: str | None = None
    protected: bool = False
    pitr: bool = False
    tags: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class WantedTable:
    """What the table should be; with no `kms_key`, any KMS key will do."""

    name: str
    account: str
    region: str
    kms_key: str | None = None

    @property
    def arn(self) -> str:
        """The table's ARN."""
        return f"arn:{partition(self.region)}:dynamodb:{self.region}:{self.account}:table/{self.name}"


def check_table(name: str, seen: SeenTable) -> None:
    """Refuse a table that is not, and cannot become, a lock table.

    Raises:
        UsageError: its keys are not the one that Terraform uses.
        PaybotError: it is being deleted.
    """
    if seen.keys != ((HASH_KEY, "HASH", "S"),):
        keys = ", ".join(f"{key} ({kind}, {type_})" for key, kind, type_ in seen.keys)
        raise UsageError(
            f"the table {name} is not a lock table: its keys are {keys}",
            why=f"Terraform needs the one key {HASH_KEY} (HASH, S); the table was left as it is",
            hint="choose another name with --lock-table",
        )
    if seen.status == "DELETING":
        raise PaybotError(f"the table {name} is being deleted", hint="run this again when it is gone")


def plan_table(wanted: WantedTable, found: SeenTable | None) -> Iterator[Setting]:
    """Every setting of the table in the order in which it is made so.

    Raises:
        UsageError, PaybotError: see `check_table`.
    """
    if found is not None:
        check_table(wanted.name, found)
    seen = found or SeenTable()
    create = CreateLockTable(
        verb="create", target=f"table {wanted.name}", table=wanted.name, kms_key=wanted.kms_key, tags=TABLE_TAGS
    )
    to = _Maker(wanted.name, creating=found is None)
    why = "two runs of Terraform at once would overwrite each other's state"
    yield Setting(
        target=wanted.name,
        name="table",
        now="there" if found else "absent",
        wanted=f"key {HASH_KEY}, active",
        why=why,
        ok=found is not None,
        action=None if found else create,
    )
    yield to.setting(
        "billing",
        "on demand" if seen.on_demand else "provisioned",
        "on demand",
        "a lock is taken a few times a day",
        None if seen.on_demand else SetOnDemand(**to.fields("billing")),
    )
    yield _encryption(to, wanted, seen)
    yield to.setting(
        "deletion protection",
        "on" if seen.protected else "off",
        "on",
        "without the table nobody can plan or apply",
        None if seen.protected else ProtectTable(**to.fields("deletion protection")),
    )
    yield _tags(to, wanted, seen)
    # Not part of a creation: DynamoDB takes it only of a table that is active.
    yield Setting(
        target=wanted.name,
        name="point-in-time recovery",
        now="on" if seen.pitr else "off",
        wanted="on",
        why="the digest of the state is kept in it too",
        ok=seen.pitr,
        action=None if seen.pitr else EnablePitr(**to.fields("point-in-time recovery")),
    )


class _Fields(TypedDict):
    verb: str
    target: str
    table: str


@dataclass(frozen=True, slots=True)
class _Maker:
    """Makes settings of one table; those of a table that is made now are the creation's own work."""

    table: str
    creating: bool

    def setting(self, name: str, now: str, wanted: str, why: str, action: Action | None) -> Setting:
        return Setting(
            target=self.table,
            name=name,
            now=UNSET if self.creating else now,
            wanted=wanted,
            why=why,
            ok=not (self.creating or action),
            action=None if self.creating else action,
        )

    def fields(self, what: str, verb: str = "set") -> _Fields:
        return _Fields(verb=verb, target=f"table {self.table}: {what}", table=self.table)


def _encryption(to: _Maker, wanted: WantedTable, seen: SeenTable) -> Setting:
    good = seen.kms_key is not None and (wanted.kms_key is None or same_key(seen.kms_key, wanted.kms_key))
    goal = wanted.kms_key or (seen.kms_key if seen.kms_key and not to.creating else DEFAULT_KEY)
    action = None if good else EncryptTable(**to.fields("encryption"), kms_key=wanted.kms_key)
    why = "each use of the key is logged, which with DynamoDB's own key it is not"
    return to.setting("encryption", seen.kms_key or "DynamoDB's own key", f"KMS {goal}", why, action)


def _tags(to: _Maker, wanted: WantedTable, seen: SeenTable) -> Setting:
    missing = missing_tags(seen.tags, TABLE_TAGS)
    now, goal = kept_tags(seen.tags, TABLE_TAGS)
    action = TagTable(**to.fields("tags", "add"), arn=wanted.arn, tags=missing) if missing else None
    return to.setting("tags", now or UNSET, goal, "whoever finds it knows what it is", action)
