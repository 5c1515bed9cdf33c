"""What `bootstrap-state` wants, what it sees, and the plan that leads from one to the other."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from paybot_ops.core.backend_file import WantedBackend, WriteBackendFile, plan_backend_file
from paybot_ops.core.bucket_actions import BucketChange, EnableVersioning, SetMfaDelete
from paybot_ops.core.bucket_lifecycle import endangering, wanted_retention
from paybot_ops.core.lock_table import SeenTable, WantedTable, plan_table
from paybot_ops.core.state_bucket import Encryption, SeenBucket, WantedBucket, plan_bucket
from paybot_ops.core.state_settings import Setting
from paybot_ops.core.table_actions import TableChange
from paybot_ops.errors import ExitCode, PaybotError
from paybot_ops.plan import Plan, Result

BootstrapAction = BucketChange | TableChange | WriteBackendFile


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """The state's home as it should be; no table where the lock needs none."""

    bucket: WantedBucket
    table: WantedTable | None
    backend: WantedBackend


@dataclass(frozen=True, slots=True, kw_only=True)
class Observed:
    """The state's home as it is; None for what is not there."""

    bucket: SeenBucket | None = None
    table: SeenTable | None = None
    backend_text: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BootstrapPlan(Plan):
    """Every setting, converged ones too, and the actions for those that are not, in the order of their making."""

    actions: tuple[BootstrapAction, ...] = ()
    settings: tuple[Setting, ...] = ()
    warnings: tuple[str, ...] = ()

    @property
    def asks_for_code(self) -> bool:
        """Whether applying it needs a code of an MFA device."""
        return any(isinstance(action, SetMfaDelete) for action in self.actions)

    @property
    def starts_versioning(self) -> bool:
        """Whether versioning is on for the first time after it."""
        return any(isinstance(action, EnableVersioning) for action in self.actions)


@dataclass(slots=True)
class BootstrapReport:
    """What a run came to. `error` is set when an apply ended half-way: `result` then says how far it got."""

    wanted: Wanted
    plan: BootstrapPlan
    applied: bool = False
    result: Result = field(default_factory=Result)
    code: ExitCode = ExitCode.OK
    error: PaybotError | None = None


def plan_bootstrap(wanted: Wanted, observed: Observed) -> BootstrapPlan:
    """The way from what is there to what is wanted; the backend file comes last, when everything is in place.

    Raises:
        UsageError, PaybotError: something that is there cannot be made what is wanted; nothing is to be changed then.
    """
    settings = tuple(_settings(wanted, observed))
    actions = tuple(item.action for item in settings if isinstance(item.action, BootstrapAction))
    return BootstrapPlan(actions=actions, settings=settings, warnings=tuple(_warnings(wanted, observed)))


def _settings(wanted: Wanted, observed: Observed) -> Iterator[Setting]:
    yield from plan_bucket(wanted.bucket, observed.bucket)
    if wanted.table is not None:
        yield from plan_table(wanted.table, observed.table)
    yield plan_backend_file(wanted.backend, observed.backend_text, _encryption(wanted, observed))


def _encryption(wanted: Wanted, observed: Observed) -> Encryption | None:
    """The bucket's encryption as it will be."""
    if wanted.bucket.kms_key is not None:
        return Encryption("aws:kms", wanted.bucket.kms_key, bucket_key=True)
    return observed.bucket.encryption if observed.bucket else None


def _warnings(wanted: Wanted, observed: Observed) -> Iterator[str]:
    if observed.bucket is None:
        return
    rules = observed.bucket.lifecycle
    retention = wanted_retention(rules, wanted.bucket.keep_days, wanted.bucket.keep_versions)
    yield from endangering(rules, retention, wanted.backend.key)
