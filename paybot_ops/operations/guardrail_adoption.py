"""A guardrail that a killed apply had created without recording it: Bedrock names it by an id that is nowhere else."""

from __future__ import annotations

from collections.abc import Iterable

from paybot_ops.adapters.guardrails import find_guardrail_id
from paybot_ops.adapters.session import Session
from paybot_ops.core.adoption import type_of
from paybot_ops.core.guardrails import DRAFT
from paybot_ops.core.terraform_events import ResourceEvent
from paybot_ops.core.terraform_plan import TerraformPlan


def lost_guardrails(session: Session, lost: Iterable[ResourceEvent], plan: TerraformPlan) -> dict[str, str]:
    """Address to import id of a guardrail that is to be created again although one of its name is there.

    Raises:
        PaybotError: Bedrock does not answer.
    """
    found = {}
    for event in lost:
        wanted = plan.wanted.get(event.address)
        if event.verb == "create" and wanted is not None and type_of(event.address) == "aws_bedrock_guardrail":
            identifier = find_guardrail_id(session, str(wanted.get("name")))
            if identifier is not None:
                # Terraform Registry, AWS provider: the Import section of aws_bedrock_guardrail.
                found[event.address] = f"{identifier},{DRAFT}"
    return found
