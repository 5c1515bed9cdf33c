"""The checks of the machine, which need no workspace: Terraform, credentials, region, clock."""

from __future__ import annotations

import os
from datetime import UTC, datetime

from paybot_ops.adapters.caller import get_credential_source, measure_clock
from paybot_ops.adapters.session import list_regions
from paybot_ops.adapters.terraform.installed import version_text
from paybot_ops.core.doctor import Verdict, passed
from paybot_ops.core.doctor_machine import (
    Caller,
    judge_caller,
    judge_clock,
    judge_region,
    judge_terraform,
    parse_version,
)
from paybot_ops.errors import MissingToolError
from paybot_ops.operations.doctor.ground import Ground


def terraform(_ground: Ground) -> Verdict:
    """Is Terraform here, and new enough; is OpenTofu?"""
    text = version_text("terraform", os.environ)
    try:
        beside = version_text("tofu", os.environ)
    except MissingToolError:
        beside = None
    found = parse_version(text or "")
    return judge_terraform(found, parse_version(beside or ""), odd=text is not None and found is None)


def credentials(ground: Ground) -> Verdict:
    """Whose are they, and how long do they last?"""
    identity = ground.session.identity()
    if ground.endpoint:
        return passed(f"none are needed: the embedded AWS, account {identity.account}")
    source = get_credential_source(ground.session)
    caller = Caller(identity.account, identity.arn, source.source, source.temporary, source.expires)
    allowed = ground.found.settings.allowed_account_ids if ground.found else ()
    return judge_caller(caller, allowed, datetime.now(UTC))


def region(ground: Ground) -> Verdict:
    """Is there such a region, and Bedrock in it?"""
    declared = ground.found is not None and "aws_region" in ground.found.variables
    origin = "--region" if ground.choice.region else "the deployment's aws_region" if declared else "the environment"
    if ground.endpoint and not declared:
        origin = "the embedded AWS"
    known = list_regions(ground.session, "s3")
    return judge_region(ground.region, known, list_regions(ground.session, "bedrock"), origin)


def clock(ground: Ground) -> Verdict:
    """Is this machine's clock near AWS's?"""
    return judge_clock(measure_clock(ground.session))
