"""The lifecycle of a state bucket: old versions go after a while, the newest are kept, other people's rules stay.

Source: Amazon S3 API reference, `LifecycleRule` and `NoncurrentVersionExpiration`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

RULE_ID = "paybot-terraform-state"
DEFAULT_DAYS = 90
DEFAULT_VERSIONS = 10
# S3 takes 1 to 100 newer versions, and no more.
MOST_VERSIONS = 100
ABORT_DAYS = 7

Rule = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Retention:
    """How long old versions of a state stay: `days` after they were replaced, but always the newest `versions`."""

    days: int
    versions: int

    def __str__(self) -> str:
        return f"old versions {self.days} days, newest {self.versions} kept; uploads {ABORT_DAYS} days"


def wanted_retention(rules: Sequence[Rule], days: int | None, versions: int | None) -> Retention:
    """What was asked for; what was not asked for is what the rule in place says, else the default."""
    present = next((rule for rule in rules if rule.get("ID") == RULE_ID), {})
    expiry = present.get("NoncurrentVersionExpiration", {})
    return Retention(
        days if days is not None else int(expiry.get("NoncurrentDays", DEFAULT_DAYS)),
        versions if versions is not None else int(expiry.get("NewerNoncurrentVersions", DEFAULT_VERSIONS)),
    )


def provides(rules: Sequence[Rule], wanted: Retention) -> bool:
    """Whether rules in force for the whole bucket do this already, whoever wrote them."""
    general = [rule for rule in rules if rule.get("Status") == "Enabled" and _prefix(rule) == ""]
    expiries = [rule.get("NoncurrentVersionExpiration", {}) for rule in general]
    uploads = [rule.get("AbortIncompleteMultipartUpload", {}) for rule in general]
    return any(
        (item.get("NoncurrentDays"), item.get("NewerNoncurrentVersions")) == (wanted.days, wanted.versions)
        for item in expiries
    ) and any(0 < item.get("DaysAfterInitiation", 0) <= ABORT_DAYS for item in uploads)


def with_retention(rules: Sequence[Rule], wanted: Retention) -> list[Rule]:
    """The rules with ours, in the place of an earlier one of ours; every other rule says what it said."""
    ours: Rule = {
        "ID": RULE_ID,
        "Status": "Enabled",
        "Filter": {"Prefix": ""},
        "NoncurrentVersionExpiration": {"NoncurrentDays": wanted.days, "NewerNoncurrentVersions": wanted.versions},
        "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": ABORT_DAYS},
    }
    # S3 refuses a list in which some rules have a filter and others the older bare prefix.
    kept = [_with_filter(rule) for rule in rules]
    if any(rule.get("ID") == RULE_ID for rule in kept):
        return [ours if rule.get("ID") == RULE_ID else rule for rule in kept]
    return [*kept, ours]


def endangering(rules: Sequence[Rule], wanted: Retention, key: str) -> Iterator[str]:
    """What other people's rules do to the state object or its versions that ours cannot prevent."""
    for rule in rules:
        prefix = _prefix(rule)
        if rule.get("ID") == RULE_ID or rule.get("Status") != "Enabled" or prefix is None or not key.startswith(prefix):
            continue
        name = f"the bucket's lifecycle rule {rule.get('ID', '')!r}"
        expiry = rule.get("NoncurrentVersionExpiration", {})
        if {"Days", "Date"} & set(rule.get("Expiration", {})):
            yield f"{name} expires current objects: it would delete the state itself"
        if expiry and int(expiry.get("NewerNoncurrentVersions", 0)) < wanted.versions:
            days = expiry.get("NoncurrentDays")
            yield f"{name} deletes old versions after {days} days without keeping the newest {wanted.versions}"


def _prefix(rule: Rule) -> str | None:
    """The prefix that a rule is for; None where it looks at tags or sizes too."""
    chosen = rule.get("Filter")
    if chosen is None:
        return str(rule.get("Prefix", ""))
    return str(chosen.get("Prefix", "")) if set(chosen) <= {"Prefix"} else None


def _with_filter(rule: Rule) -> Rule:
    if "Prefix" not in rule:
        return rule
    rest = {name: value for name, value in rule.items() if name != "Prefix"}
    return rest | {"Filter": {"Prefix": rule["Prefix"]}}
