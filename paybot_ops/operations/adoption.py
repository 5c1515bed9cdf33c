"""What a killed apply had created without recording it, and whose import id only AWS can tell by its name."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from paybot_ops.adapters.guardrails import find_guardrail_id
from paybot_ops.adapters.session import Session
from paybot_ops.adapters.wafv2 import find_web_acl_id
from paybot_ops.core.adoption import type_of
from paybot_ops.core.guardrails import DRAFT
from paybot_ops.core.terraform_events import ResourceEvent
from paybot_ops.core.terraform_plan import TerraformPlan


def looked_up(session: Session, lost: Iterable[ResourceEvent], plan: TerraformPlan) -> dict[str, str]:
    """Address to import id of what is to be created again although one of its name is there.

    Raises:
        PaybotError: AWS does not answer.
    """
    found = {}
    for event in lost:
        wanted, find = plan.wanted.get(event.address), _FINDERS.get(type_of(event.address))
        if event.verb == "create" and wanted is not None and find is not None:
            identifier = find(session, str(wanted.get("name")))
            if identifier is not None:
                found[event.address] = identifier
    return found


def _guardrail(session: Session, name: str) -> str | None:
    identifier = find_guardrail_id(session, name)
    return None if identifier is None else f"{identifier},{DRAFT}"


def _web_acl(session: Session, name: str) -> str | None:
    identifier = find_web_acl_id(session, name)
    return None if identifier is None else f"{identifier}/{name}/REGIONAL"


# Terraform Registry, AWS provider: the Import section of each resource.
_FINDERS: Mapping[str, Callable[[Session, str], str | None]] = {
    "aws_bedrock_guardrail": _guardrail,
    "aws_wafv2_web_acl": _web_acl,
}
