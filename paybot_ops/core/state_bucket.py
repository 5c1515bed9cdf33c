"""The bucket that keeps Terraform's state: what is seen of it, and the changes that make it safe."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TypedDict

from paybot_ops.core.bucket_actions import (
    AppendTlsStatement,
    BlockPublicAccess,
    CreateBucket,
    EnableVersioning,
    EnforceOwnership,
    SetAccessLogging,
    SetEncryption,
    SetLifecycle,
    SetMfaDelete,
    TagBucket,
)
from paybot_ops.core.bucket_lifecycle import Rule, provides, wanted_retention
from paybot_ops.core.bucket_policy import enforces_tls
from paybot_ops.core.state_settings import UNSET, Setting, Tags, kept_tags, missing_tags, partition
from paybot_ops.errors import UsageError
from paybot_ops.plan import Action

BUCKET_TAGS: Tags = (("ManagedBy", "paybot"), ("Purpose", "terraform-state"))
PUBLIC_ACCESS_BLOCKS = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")
_OWNER_ENFORCED = "BucketOwnerEnforced"


@dataclass(frozen=True, slots=True)
class Encryption:
    """A bucket's default encryption; `key` is None for S3's own keys, and for the account's `aws/s3` key."""

    algorithm: str
    key: str | None = None
    bucket_key: bool = False

    def __str__(self) -> str:
        return " ".join(filter(None, (self.algorithm, self.key, "bucket key" if self.bucket_key else "")))


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenBucket:
    """A bucket's settings as S3 tells them; the defaults are those of a bucket on which nothing was ever set."""

    versioning: str = ""
    mfa_delete: bool = False
    encryption: Encryption | None = None
    ownership: str | None = None
    policy: str | None = None
    public_access: Mapping[str, bool] = field(default_factory=dict)
    lifecycle: tuple[Rule, ...] = ()
    tags: Mapping[str, str] = field(default_factory=dict)
    log_bucket: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class WantedBucket:
    """What the bucket should be. None: nothing was asked, so that what is there and good enough stays."""

    name: str
    account: str
    region: str
    kms_key: str | None = None
    keep_days: int | None = None
    keep_versions: int | None = None
    mfa_serial: str | None = None
    log_bucket: str | None = None

    @property
    def arn(self) -> str:
        """The bucket's ARN."""
        return f"arn:{partition(self.region)}:s3:::{self.name}"


def plan_bucket(wanted: WantedBucket, found: SeenBucket | None) -> Iterator[Setting]:
    """Every setting of the bucket in the order in which it is made so.

    The TLS statement comes before the public access block: behind it S3 refuses to write a policy that is public
    already, with or without one statement more.

    Raises:
        UsageError: MFA delete and lifecycle rules together, which S3 does not allow.
    """
    seen = found or SeenBucket()
    to = _Maker(wanted)
    yield to.setting(
        "bucket",
        "absent" if found is None else "there",
        f"in {wanted.region}",
        "Terraform's state is kept in it",
        None if found else CreateBucket(**to.fields("create", ""), region=wanted.region),
    )
    yield _versioning(to, seen)
    yield from _mfa_delete(to, seen)
    yield _encryption(to, seen)
    yield _ownership(to, seen)
    yield _tls(to, seen)
    yield _public_access(to, seen)
    yield _lifecycle(to, seen)
    yield _tags(to, seen)
    yield from _access_logging(to, seen)


class _Fields(TypedDict):
    verb: str
    target: str
    reason: str
    bucket: str
    owner: str


@dataclass(frozen=True, slots=True)
class _Maker:
    """Makes settings and the common fields of actions for one bucket."""

    wanted: WantedBucket

    def setting(self, name: str, now: str, wanted: str, why: str, action: Action | None) -> Setting:
        return Setting(
            target=self.wanted.name, name=name, now=now or UNSET, wanted=wanted, why=why, ok=not action, action=action
        )

    def fields(self, verb: str, what: str, reason: str = "") -> _Fields:
        target = f"bucket {self.wanted.name}" + (f": {what}" if what else "")
        return _Fields(verb=verb, target=target, reason=reason, bucket=self.wanted.name, owner=self.wanted.account)


def _versioning(to: _Maker, seen: SeenBucket) -> Setting:
    why = "an overwritten or deleted state can be brought back"
    action = None if seen.versioning == "Enabled" else EnableVersioning(**to.fields("set", "versioning", why))
    return to.setting("versioning", seen.versioning, "Enabled", why, action)


def _mfa_delete(to: _Maker, seen: SeenBucket) -> Iterator[Setting]:
    serial = to.wanted.mfa_serial
    if serial is None and not seen.mfa_delete:
        return
    why = "no version is deleted for good without a code of the device"
    action = None
    if serial is not None and not seen.mfa_delete:
        action = SetMfaDelete(**to.fields("set", "MFA delete", why), serial=serial)
    yield to.setting("MFA delete", "on" if seen.mfa_delete else "off", "on", why, action)


def _encryption(to: _Maker, seen: SeenBucket) -> Setting:
    key, now = to.wanted.kms_key, seen.encryption
    if key is None:
        why = "a state holds secrets"
        # A stronger encryption that the owner has chosen stays.
        good = now is not None
        goal = str(now) if now else "AES256"
    else:
        why = "a state holds secrets; the bucket key saves most calls to KMS"
        good = now is not None and same_key(now.key, key) and now.bucket_key
        goal = str(Encryption("aws:kms", key, bucket_key=True))
    action = None if good else SetEncryption(**to.fields("set", "encryption", why), kms_key=key)
    return to.setting("encryption", str(now or ""), goal, why, action)


def _ownership(to: _Maker, seen: SeenBucket) -> Setting:
    why = "access control lists are off: only policies decide"
    action = None
    if seen.ownership != _OWNER_ENFORCED:
        action = EnforceOwnership(**to.fields("set", "object ownership", why))
    return to.setting("object ownership", seen.ownership or "", _OWNER_ENFORCED, why, action)


def _tls(to: _Maker, seen: SeenBucket) -> Setting:
    why = "a request without TLS would show the state to the network"
    enforced = enforces_tls(seen.policy, to.wanted.arn)
    action = None
    if not enforced:
        action = AppendTlsStatement(**to.fields("append", "a policy statement", why), arn=to.wanted.arn)
    now = "enforced" if enforced else "no policy" if seen.policy is None else "not enforced by the policy in place"
    goal = "enforced" if enforced or seen.policy is None else "enforced: one statement more, the rest as it is"
    return to.setting("TLS", now, goal, why, action)


def _public_access(to: _Maker, seen: SeenBucket) -> Setting:
    why = "no policy or list can ever make the state public"
    off = [name for name in PUBLIC_ACCESS_BLOCKS if not seen.public_access.get(name)]
    now = "all four on" if not off else UNSET if len(off) == len(PUBLIC_ACCESS_BLOCKS) else f"off: {', '.join(off)}"
    action = BlockPublicAccess(**to.fields("set", "public access block", why)) if off else None
    return to.setting("public access block", now, "all four on", why, action)


def _lifecycle(to: _Maker, seen: SeenBucket) -> Setting:
    wanted, rules = to.wanted, seen.lifecycle
    now = f"{len(rules)} rule{'s' if len(rules) > 1 else ''}" if rules else ""
    if wanted.mfa_serial is not None or seen.mfa_delete:
        _refuse_both(wanted, seen)
        return to.setting("lifecycle", now, "none", "S3 takes no lifecycle rules on a bucket with MFA delete", None)
    retention = wanted_retention(rules, wanted.keep_days, wanted.keep_versions)
    why = "old versions do not pile up, abandoned uploads neither; the newest stay however old"
    if provides(rules, retention):
        return to.setting("lifecycle", str(retention), str(retention), why, None)
    action = SetLifecycle(**to.fields("set", "lifecycle", why), retention=retention)
    return to.setting("lifecycle", now, str(retention), why, action)


def _refuse_both(wanted: WantedBucket, seen: SeenBucket) -> None:
    if wanted.keep_days is not None or wanted.keep_versions is not None:
        raise UsageError(
            "MFA delete and a lifecycle exclude each other",
            why="S3 takes no lifecycle rules on a bucket with MFA delete: a rule deletes versions, and has no device "
            "to give a code from",
            hint="choose one: leave out --mfa-delete, or --keep-days and --keep-versions",
        )
    if wanted.mfa_serial is not None and seen.lifecycle and not seen.mfa_delete:
        names = ", ".join(str(rule.get("ID", "without a name")) for rule in seen.lifecycle)
        raise UsageError(
            f"the bucket {wanted.name} has lifecycle rules ({names}): MFA delete cannot be set",
            why="S3 takes one or the other: a rule deletes versions, and has no device to give a code from",
            hint=f"if the rules may go: aws s3api delete-bucket-lifecycle --bucket {wanted.name}",
        )


def _tags(to: _Maker, seen: SeenBucket) -> Setting:
    why = "whoever finds it knows what it is"
    missing = missing_tags(seen.tags, BUCKET_TAGS)
    action = TagBucket(**to.fields("add", "tags", why), tags=missing) if missing else None
    now, goal = kept_tags(seen.tags, BUCKET_TAGS)
    return to.setting("tags", now, goal, why, action)


def _access_logging(to: _Maker, seen: SeenBucket) -> Iterator[Setting]:
    asked = to.wanted.log_bucket
    if asked is None and seen.log_bucket is None:
        return
    why = "who read or wrote the state can be looked up"
    action = None
    if asked is not None and asked != seen.log_bucket:
        action = SetAccessLogging(**to.fields("set", "access logging", why), log_bucket=asked)
    yield to.setting("access logging", seen.log_bucket or "off", str(asked or seen.log_bucket), why, action)


def same_key(seen: str | None, wanted: str) -> bool:
    """Whether two names of a KMS key, each an ARN or the bare id, are of one key."""
    return seen is not None and (seen == wanted or seen.rpartition("/")[2] == wanted.rpartition("/")[2])
