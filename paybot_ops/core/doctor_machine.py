"""Verdicts on the machine: Terraform, the credentials, the region and the clock."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from difflib import get_close_matches

from paybot_ops.core.doctor import Verdict, failed, passed, warned
from paybot_ops.core.requirements import OLDEST_TERRAFORM

_INSTALL = "install Terraform 1.11 or newer (https://developer.hashicorp.com/terraform/install)"
_VERSION = re.compile(r"^(Terraform|OpenTofu) v(\d+)\.(\d+)\.(\d+)", re.MULTILINE)
_SHORT = timedelta(hours=1)
# A signature is good for five minutes around AWS's own time (AWS Signature Version 4: date handling).
SKEW_LIMIT = timedelta(minutes=5)
_SKEW_NOTICE = timedelta(minutes=1)
# What these give is given once; every other source of botocore's chain renews it.
_GIVEN_ONCE = ("env", "shared-credentials-file", "explicit")


@dataclass(frozen=True, slots=True)
class Program:
    """A program on PATH: what it calls itself (Terraform or OpenTofu), and its version."""

    product: str
    version: tuple[int, int, int]

    @property
    def shown(self) -> str:
        """As it says itself."""
        return f"{self.product} {'.'.join(map(str, self.version))}"


@dataclass(frozen=True, slots=True)
class Caller:
    """Whose credentials they are, where they come from, and until when they are good; None where nothing says so."""

    account: str
    arn: str
    source: str
    temporary: bool
    expires: datetime | None = None

    @property
    def renews(self) -> bool:
        """Whether botocore gets new ones by itself."""
        return self.source not in _GIVEN_ONCE


def parse_version(text: str) -> Program | None:
    """The program that printed this on `version`; None when it is neither."""
    found = _VERSION.search(text)
    return Program(found[1], (int(found[2]), int(found[3]), int(found[4]))) if found else None


def judge_terraform(terraform: Program | None, opentofu: Program | None, *, odd: bool = False) -> Verdict:
    """Whether paybot can deploy from here. `odd`: something on PATH is named terraform and does not say what it is."""
    beside = _beside(opentofu)
    if terraform is None:
        what = "what is on PATH as terraform does not say its version" if odd else "terraform is not on PATH"
        return failed(what, _INSTALL, *beside)
    if terraform.version < OLDEST_TERRAFORM:
        why = "the S3 backend's lock file and validation across variables came with 1.11"
        return failed(f"{terraform.shown}, and paybot needs 1.11 or newer", _INSTALL, why, *beside)
    if terraform.product != "Terraform":
        why = "its lock file of providers and its registry are its own; paybot is proven with Terraform only"
        return warned(f"what is on PATH as terraform is {terraform.shown}", _INSTALL, why)
    return passed("; ".join((terraform.shown, *beside)))


def _beside(opentofu: Program | None) -> tuple[str, ...]:
    if opentofu is None:
        return ()
    if opentofu.version < OLDEST_TERRAFORM:
        return (f"{opentofu.shown} is here too, and is too old for the module (required_version >= 1.11)",)
    return (f"{opentofu.shown} is here too: its version suits the module (tofu init), and paybot runs terraform",)


def judge_caller(caller: Caller, allowed: tuple[str, ...], now: datetime) -> Verdict:
    """Who is calling, whether that is meant, and for how long it lasts."""
    who = f"{caller.arn.rpartition(':')[2]} in account {caller.account}"
    if allowed and caller.account not in allowed:
        why = f"allowed_account_ids allows {', '.join(allowed)}"
        return failed(f"the credentials are of account {caller.account}", "AWS_PROFILE=… paybot doctor", why)
    left = caller.expires - now if caller.expires else None
    if left is not None and not caller.renews:
        if left <= timedelta(0):
            return failed("the credentials have expired", "aws sso login, or get new ones")
        if left < _SHORT:
            why = "a deployment that outlasts them stops half-way"
            return warned(f"{who}; good for {span(left)} only", "aws sso login, or get new ones", why)
    if caller.arn.endswith(":root"):
        why = "nothing limits the root user, and its actions cannot be told from anybody's"
        return warned(f"the root user of account {caller.account}", "sign in as a role: aws configure sso", why)
    return passed(f"{who}; {_lasting(caller, left)}")


def _lasting(caller: Caller, left: timedelta | None) -> str:
    if caller.renews:
        return f"from {caller.source}, renewed by itself" + (f" in {span(left)}" if left else "")
    if left is not None:
        return f"good for {span(left)}"
    return "temporary, until when is not said" if caller.temporary else "a long-lived key"


def span(left: timedelta) -> str:
    """A time that is left, in its largest units."""
    minutes = max(int(left.total_seconds() // 60), 0)
    days, hours = minutes // 1440, minutes // 60 % 24
    if days:
        return f"{days} day{'s' if days > 1 else ''} {hours} h"
    return f"{hours} h {minutes % 60:02} min" if hours else f"{minutes} min"


def judge_region(region: str | None, known: frozenset[str], with_bedrock: frozenset[str], origin: str) -> Verdict:
    """Whether the region exists and offers Bedrock, as far as botocore's own tables know."""
    if region is None:
        return failed("no AWS region", "paybot doctor --region eu-central-1, or aws_region in the tfvars")
    if region not in known:
        near = get_close_matches(region, sorted(known), n=1)
        return failed(f"there is no AWS region {region!r}", f"--region {near[0] if near else 'eu-central-1'}")
    if region not in with_bedrock:
        return warned(f"{region}, where botocore knows of no Bedrock", "choose another region (aws_region)")
    return passed(f"{region}, from {origin}")


def judge_clock(ahead: timedelta) -> Verdict:
    """How far this machine's clock is from AWS's; `ahead` is positive where it is fast."""
    off = abs(ahead)
    seconds = round(off.total_seconds())
    way = "fast" if ahead > timedelta(0) else "slow"
    shown = f"{seconds} s" if seconds < 120 else span(off)
    if off > SKEW_LIMIT:
        why = "AWS refuses a signature that is more than five minutes off"
        return failed(f"this machine's clock is {shown} {way}", "timedatectl set-ntp true", why)
    if off > _SKEW_NOTICE:
        return warned(f"this machine's clock is {shown} {way}", "timedatectl set-ntp true")
    return passed(f"within {max(seconds, 1)} s of AWS's")
